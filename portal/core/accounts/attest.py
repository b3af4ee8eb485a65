"""A named person at the bank confirms balances: what a referral, a letter and a demand rest on."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.core.principal import Principal

#: Accounts in one statement: each has to end well before the database's patience does.
AT_ONCE = 5_000
_NEXT = """SELECT a.id FROM accounts a
    WHERE a.bank_id = :bank AND a.import_id = :import AND a.id > :after
    ORDER BY a.id LIMIT :most"""
_VERIFY = (
    """INSERT INTO verifications (bank_id, account_id, debtor_id, as_of, principal_minor,
        interest_minor, fees_minor, costs_minor, currency, source, attested_by)
    SELECT b.bank_id, b.account_id, b.debtor_id, a.itemisation_on, b.principal_minor,
        b.interest_minor, b.fees_minor, b.costs_minor, b.currency, :source, :actor
    FROM balances b JOIN accounts a ON a.bank_id = b.bank_id AND a.id = b.account_id
    WHERE b.bank_id = :bank AND a.id = ANY (:accounts) AND b.verified_as_of IS NULL""",
    """UPDATE balances b SET verified_as_of = a.itemisation_on, verified_by = :actor
    FROM accounts a
    WHERE b.bank_id = :bank AND a.bank_id = b.bank_id AND a.id = b.account_id
      AND a.id = ANY (:accounts) AND b.verified_as_of IS NULL""",
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
        "actor": actor.user_id,
        "source": f"attested:{import_id}",
    }
    confirmed = 0
    for accounts in _parts(session, actor.bank_id, import_id):
        for statement in _VERIFY:
            result = session.execute(text(statement), {**values, "accounts": accounts})
        confirmed += result.rowcount  # type: ignore[attr-defined]
    audit.record(session, actor, "balance.verified", import_id, facts={"count": confirmed})
    return confirmed


def _parts(session: Session, bank_id: UUID, import_id: UUID) -> Iterator[list[UUID]]:
    """Yield an import's accounts in parts, by id."""
    values = {"bank": bank_id, "import": import_id, "most": AT_ONCE}
    after = UUID(int=0)
    while part := list(session.scalars(text(_NEXT), {**values, "after": after})):
        yield part
        after = part[-1]
