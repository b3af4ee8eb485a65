"""Looking at holds: which there are, whether they still bind, when their owner is due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.hold_kinds import KindOfHold
from portal.core.accounts.models import Hold, HoldState
from portal.core.parties.models import Bank, Debtor
from portal.core.parties.persons import person_key
from portal.core.permissions import Side
from portal.core.rules import HoldKind


def list_holds(
    session: Session,
    *,
    debtor_id: UUID | None = None,
    account_id: UUID | None = None,
    kind: HoldKind | None = None,
    states: Collection[HoldState] = (HoldState.OPENED, HoldState.ACTIVE),
    due_before: date | None = None,
    limit: int = 200,
) -> list[Hold]:
    """Return the holds a principal may see, what is due first in front.

    With an account, also those on its whole person.
    """
    bounds: list[ColumnElement[bool]] = [Hold.state.in_(states)]
    if debtor_id is not None:
        bounds.append(Hold.debtor_id == debtor_id)
    if account_id is not None:
        bounds.append(or_(Hold.account_id == account_id, Hold.account_id.is_(None)))
    if kind is not None:
        bounds.append(Hold.kind == kind)
    if due_before is not None:
        bounds.append(Hold.due_on < due_before)
    order = (Hold.due_on.asc().nulls_last(), Hold.received_at, Hold.id)
    return list(session.scalars(select(Hold).where(*bounds).order_by(*order).limit(limit)))


def open_on(today: date) -> ColumnElement[bool]:
    """Return the condition that a hold is open on a day and its last day is not over."""
    return and_(
        Hold.state != HoldState.RELEASED, or_(Hold.ends_on.is_(None), Hold.ends_on >= today)
    )


def has_ended(hold: Hold, zones: Collection[str], at: datetime) -> bool:
    """Tell whether a hold's last day is over in every zone the person may be in."""
    last = hold.ends_on
    if last is None:
        return False
    return all(at.astimezone(ZoneInfo(zone)).date() > last for zone in zones or ("UTC",))


def is_own_stop(hold: Hold) -> bool:
    """Tell whether a hold is a person's own stop, set on their page: only they lift it."""
    return hold.kind is HoldKind.CEASE and hold.opened_side is Side.DEBTOR


def open_note(session: Session, hold: Hold) -> str:
    """Return a hold's note in the clear, empty when there is none."""
    if hold.note_sealed is None:
        return ""
    debtor = session.get_one(Debtor, (hold.bank_id, hold.debtor_id))
    return person_key(session, debtor).open("holds.note", hold.id, hold.note_sealed)


def find_open_hold(
    session: Session, debtor: Debtor, kind: HoldKind, account_id: UUID | None
) -> Hold | None:
    """Return the open hold of a kind on an account, or on the whole person when none is named."""
    scope = Hold.account_id.is_(None) if account_id is None else Hold.account_id == account_id
    return session.scalars(
        select(Hold).where(
            Hold.bank_id == debtor.bank_id,
            Hold.debtor_id == debtor.id,
            Hold.kind == kind,
            Hold.state != HoldState.RELEASED,
            scope,
        )
    ).one_or_none()


def due_day(session: Session, hold: Hold, rule: KindOfHold) -> date | None:
    """Return when the owner's next step is due: a look first, then an answer."""
    day = day_at_bank(session, hold.bank_id, hold.received_at)
    if hold.state is HoldState.OPENED:
        return day + timedelta(days=rule.confirm_days)
    if rule.answer_days is not None:
        return day + timedelta(days=rule.answer_days)
    return hold.ends_on


def day_at_bank(session: Session, bank_id: UUID, at: datetime) -> date:
    """Return the day an instant falls on where the bank is, by which dues are reckoned."""
    zone = session.scalars(select(Bank.timezone).where(Bank.id == bank_id)).one()
    return at.astimezone(ZoneInfo(zone)).date()


class Standing(StrEnum):
    """How a hold stands on a day, as a page shows it."""

    OPENED = "opened"
    ACTIVE = "active"
    TO_COME = "to_come"
    ENDED = "ended"
    RELEASED = "released"


def standing_on(hold: Hold, today: date) -> Standing:
    """Return how a hold stands on a day: one whose days are over binds no more."""
    if hold.state is HoldState.RELEASED:
        return Standing.RELEASED
    if hold.ends_on is not None and hold.ends_on < today:
        return Standing.ENDED
    if hold.starts_on is not None and hold.starts_on > today:
        return Standing.TO_COME
    return Standing.OPENED if hold.state is HoldState.OPENED else Standing.ACTIVE
