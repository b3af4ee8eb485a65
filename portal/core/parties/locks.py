"""The person's lock: taken by whoever is about to contact somebody, or to forbid it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import refuse_if_apart
from portal.core.errors import NotFound

_LOCK = text("SELECT doors.lock_person(:bank, :person), clock_timestamp()")
_LOCK_ALL = text(
    "SELECT doors.lock_person(:bank, wanted.id), clock_timestamp()"
    " FROM unnest(CAST(:people AS uuid[])) WITH ORDINALITY AS wanted (id, place)"
    " ORDER BY wanted.place"
)
_VOID = text("SELECT doors.void_permits(:bank, :person, :moment, :why)")


def lock_person(session: Session, bank_id: UUID, debtor_id: UUID) -> None:
    """Lock a person this principal may see, until the transaction ends; after their account.

    Permits, holds and wishes of one person are thereby written one after another, by all agencies.

    Raises:
        NotFound: there is none, or it is another party's.
        Unavailable: this clock and the database's differ, so that no limit of time can be kept.
    """
    asked_at = clock.ticks()
    found, told = session.execute(_LOCK, {"bank": bank_id, "person": debtor_id}).one()
    if not found:
        raise NotFound
    refuse_if_apart(told, asked_at)


def lock_people(session: Session, bank_id: UUID, debtor_ids: Iterable[UUID]) -> None:
    """Lock several people of a bank in the order of their ids; as `lock_person` otherwise."""
    asked_at = clock.ticks()
    people = sorted(set(debtor_ids))
    rows = session.execute(_LOCK_ALL, {"bank": bank_id, "people": people}).all()
    if not all(found for found, _told in rows):
        raise NotFound
    if rows:
        refuse_if_apart(rows[-1][1], asked_at)


def void_permits(
    session: Session, bank_id: UUID, debtor_id: UUID, *, at: datetime, why: str
) -> int:
    """Take every open permit on a person away, whoever holds it; return how many.

    Worklists are told to look at the person's accounts again.
    """
    session.flush()
    values = {"bank": bank_id, "person": debtor_id, "moment": at, "why": why}
    count: int = session.scalar(_VOID, values) or 0
    session.expire_all()
    return count
