"""What everybody does who forbids, or lets again, that a person is contacted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.errors import NotFound
from portal.core.parties.locks import lock_person, void_permits
from portal.core.parties.models import Debtor
from portal.core.permissions import Side
from portal.core.principal import Principal

_TABLES = ("holds", "contact_wishes", "contact_statements")


def lock_debtor(session: Session, actor: Principal, debtor_id: UUID) -> Debtor:
    """Lock a person the actor sees until the transaction ends, after any account, and return them.

    Their row is kept as it is meanwhile, so that an agency that accepts an account of theirs sees
    what is written now. An agency may not lock that row: a job shares with others what it writes.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    debtor = session.scalars(select(Debtor).where(Debtor.id == debtor_id)).one_or_none()
    if debtor is None:
        raise NotFound
    if actor.side is Side.AGENCY:
        outbox.enqueue(
            session, "share_person", bank_id=str(debtor.bank_id), debtor_id=str(debtor_id)
        )
    else:
        session.refresh(debtor, with_for_update={"read": True})
    lock_person(session, debtor.bank_id, debtor_id)
    return debtor


def share_with_agencies(
    session: Session, actor: Principal, debtor_id: UUID, *, at: datetime
) -> int:
    """Let every agency that works for a person see all holds, wishes and statements; return rows.

    Only what was written by an agency while another one accepted an account can lack one; permits
    that were given without knowing of it are taken back.

    Raises:
        NotFound: no such person at the acting bank.
    """
    debtor = lock_debtor(session, actor, debtor_id)
    values = {"bank": debtor.bank_id, "person": debtor_id, "agencies": debtor.agency_ids}
    changed = 0
    for table in _TABLES:
        statement = (
            # The names are our own, no values.
            f"UPDATE {table} SET agency_ids = :agencies WHERE bank_id = :bank"  # noqa: S608
            " AND debtor_id = :person AND agency_ids <> :agencies RETURNING id"
        )
        changed += len(session.execute(text(statement), values).all())
    if changed:
        void_permits(session, debtor.bank_id, debtor.id, at=at, why="hold shared")
    return changed
