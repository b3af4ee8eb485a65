"""A named person at the bank confirms balances: what a referral, a letter and a demand rest on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.core.principal import Principal

_VERIFY = (
    """INSERT INTO verifications (bank_id, account_id, debtor_id, as_of, principal_minor,
        interest_minor, fees_minor, costs_minor, currency, source, attested_by)
    SELECT b.bank_id, b.account_id, b.debtor_id, a.itemisation_on, b.principal_minor,
        b.interest_minor, b.fees_minor, b.costs_minor, b.currency, :source, :actor
    FROM balances b JOIN accounts a ON a.bank_id = b.bank_id AND a.id = b.account_id
    WHERE b.bank_id = :bank AND a.import_id = :import AND b.verified_as_of IS NULL""",
    """UPDATE balances b SET verified_as_of = a.itemisation_on, verified_by = :actor
    FROM accounts a
    WHERE b.bank_id = :bank AND a.bank_id = b.bank_id AND a.id = b.account_id
      AND a.import_id = :import AND b.verified_as_of IS NULL""",
)


def attest_import(session: Session, actor: Principal, import_id: UUID) -> int:
    """Confirm, as of the itemisation date, the balances of an import nobody confirmed yet.

    Returns how many were confirmed; a repeat confirms none.

    Raises:
        PermissionDenied: the actor verifies no balances.
        NotFound: the actor is not a bank's.
    """
    actor.require(Permission.BALANCE_VERIFY)
    if actor.bank_id is None:
        raise NotFound
    values = {
        "bank": actor.bank_id,
        "import": import_id,
        "actor": actor.user_id,
        "source": f"attested:{import_id}",
    }
    confirmed = 0
    for statement in _VERIFY:
        confirmed = session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]
    audit.record(session, actor, "balance.verified", import_id, facts={"count": confirmed})
    return int(confirmed)
