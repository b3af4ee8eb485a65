"""A bank as merchant of record: its account at the provider, its keys, its webhook address."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.errors import NotFound, Unavailable
from portal.core.parties.models import Bank, OrgSecret
from portal.core.permissions import Permission
from portal.core.ports import Merchant
from portal.core.principal import Principal

_ADDRESS = "payment.webhook_address"


@dataclass(frozen=True)
class KeySource:
    """Where merchants' keys come from: which set a bank keeps, and what stands in for its own.

    `realm` is `live` or `sandbox`; the two sets lie beside each other and are never mixed, so that
    a key in the settings switches every bank to the real provider with no other change.
    """

    realm: str
    shared_key: str | None = field(default=None, repr=False)
    shared_webhook_secret: str | None = field(default=None, repr=False)


def merchant_of(session: Session, bank_id: UUID, source: KeySource) -> Merchant:
    """Return a bank's account at the provider with its keys, for the bank's own machine.

    Raises:
        NotFound: the bank is not this principal's to act for.
        Unavailable: the bank cannot take payments yet.
    """
    bank = session.get(Bank, bank_id)
    if bank is None:
        raise NotFound
    own_key = _read(session, bank_id, f"payment.{source.realm}.secret_key")
    own_secrets = _read(session, bank_id, f"payment.{source.realm}.webhook_secrets")
    secret_key = own_key or source.shared_key
    webhook_secrets = tuple(json.loads(own_secrets)) if own_secrets else ()
    if not webhook_secrets and source.shared_webhook_secret:
        webhook_secrets = (source.shared_webhook_secret,)
    if not (secret_key and webhook_secrets and bank.payment_account):
        raise Unavailable("This bank cannot take payments here yet.")
    return Merchant(bank_id, bank.payment_account, secret_key, webhook_secrets)


def is_live(merchant: Merchant) -> bool:
    """Tell whether a merchant's key moves real money."""
    return "_live_" in merchant.secret_key


def set_merchant_keys(
    session: Session,
    actor: Principal,
    bank_id: UUID,
    *,
    realm: str,
    secret_key: str,
    webhook_secrets: tuple[str, ...],
) -> None:
    """Keep a bank's keys at the provider, sealed; two webhook secrets while one is being changed.

    Raises:
        PermissionDenied: the actor is not the bank's machine.
    """
    actor.require(Permission.SIGN_IN_MANAGE)
    _write(session, bank_id, f"payment.{realm}.secret_key", secret_key)
    _write(session, bank_id, f"payment.{realm}.webhook_secrets", json.dumps(webhook_secrets))
    audit.record(session, actor, "merchant.keyed", bank_id, facts={"realm": realm})


def webhook_address(session: Session, actor: Principal, bank_id: UUID) -> str:
    """Return the bank's own address under `/hooks/stripe/`, made at the first call.

    It names the bank to the hook and is no proof: events prove themselves by their signature.
    """
    actor.require(Permission.SIGN_IN_MANAGE)
    address = _read(session, bank_id, _ADDRESS)
    if address is None:
        address = secrets.token_urlsafe(24)
        _write(session, bank_id, _ADDRESS, address)
    session.execute(
        text("SELECT doors.add_merchant(:hash, :bank)"),
        {"hash": seals.token_hash(address), "bank": bank_id},
    )
    return address


def find_bank_by_address(session: Session, address: str) -> UUID | None:
    """Return which bank a webhook address belongs to; it works before anyone is known."""
    found = session.execute(
        text("SELECT doors.find_merchant(:hash)"), {"hash": seals.token_hash(address)}
    ).scalar()
    return UUID(str(found)) if found is not None else None


def _read(session: Session, bank_id: UUID, kind: str) -> str | None:
    secret = session.get(OrgSecret, (bank_id, kind))
    if secret is None:
        return None
    return seals.owner_key(session, bank_id).open(f"org_secrets.{kind}", bank_id, secret.sealed)


def _write(session: Session, bank_id: UUID, kind: str, value: str) -> None:
    sealed = seals.owner_key(session, bank_id).seal(f"org_secrets.{kind}", bank_id, value)
    session.merge(OrgSecret(org_id=bank_id, kind=kind, sealed=sealed))
    session.flush()
