"""Organisations and a bank's panel: made by the operator and by banks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound
from portal.core.parties.models import Agency, Bank, PanelMember
from portal.core.permissions import Permission
from portal.core.principal import Principal


@dataclass(frozen=True)
class OrganisationDetails:
    """What is known of an organisation when it is created; all of it may stand on a letter."""

    code: str
    name: str
    country: str
    timezone: str
    name_zh: str = ""
    languages: list[str] = field(default_factory=lambda: ["en"])
    phone: str = ""
    phone_hours: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True)
class PanelTerms:
    """The terms a bank agreed with an agency. Fees are basis points of what is recovered."""

    fee_bps: int
    term_days: int
    capacity: int
    approved_on: date
    tail_days: int = 0
    answer_hours: int = 48
    places: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)


def create_bank(session: Session, actor: Principal, details: OrganisationDetails) -> Bank:
    """Create a bank with its own key.

    Raises:
        PermissionDenied: the actor does not manage organisations.
        Conflict: the code is taken.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    _refuse_taken_code(session, Bank, details.code)
    bank = Bank(id=uuid7(), **vars(details))
    bank.payment_account = f"acct_{details.code.lower().replace('-', '_')}"
    session.add(bank)
    session.flush()
    seals.make_owner_key(session, bank.id)
    audit.record(session, actor, "bank.created", bank.id)
    return bank


def create_agency(session: Session, actor: Principal, details: OrganisationDetails) -> Agency:
    """Create an agency with its own key.

    Raises:
        PermissionDenied: the actor does not manage organisations.
        Conflict: the code is taken.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    _refuse_taken_code(session, Agency, details.code)
    agency = Agency(id=uuid7(), **vars(details))
    session.add(agency)
    session.flush()
    seals.make_owner_key(session, agency.id)
    audit.record(session, actor, "agency.created", agency.id)
    return agency


def _refuse_taken_code(session: Session, kind: type[Bank] | type[Agency], code: str) -> None:
    if session.scalar(select(kind.id).where(kind.code == code)) is not None:
        raise Conflict("The code %(code)s is taken. Choose another.", code=code)


def approve_agency(
    session: Session, actor: Principal, agency_id: UUID, terms: PanelTerms
) -> PanelMember:
    """Put an agency on the acting bank's panel, on the terms of its contract.

    Raises:
        PermissionDenied: the actor makes no referrals.
        NotFound: no such agency.
        Conflict: it is on the panel already.
    """
    actor.require(Permission.REFERRAL_MAKE)
    bank_id = actor.bank_id
    if bank_id is None or session.get(Agency, agency_id) is None:
        raise NotFound
    if session.get(PanelMember, (bank_id, agency_id)) is not None:
        raise Conflict("This agency is on your panel already.")
    member = PanelMember(bank_id=bank_id, agency_id=agency_id, **vars(terms))
    session.add(member)
    session.flush()
    audit.record(session, actor, "panel.approved", agency_id)
    return member


def find_bank_by_code(session: Session, code: str) -> Bank:
    """Return the bank with this code.

    Raises:
        NotFound: there is none.
    """
    bank = session.scalars(select(Bank).where(Bank.code == code)).one_or_none()
    if bank is None:
        raise NotFound("No bank has the code %(code)s.", code=code)
    return bank
