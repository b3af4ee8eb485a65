"""Read models of holds: the list with its due dates, one hold, and what limits one account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.days import bank_today
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.exports import Cell
from portal.core.accounts.hold_kinds import kind_of_hold
from portal.core.accounts.hold_reading import Standing, open_note, open_on, standing_on
from portal.core.accounts.models import Account, Hold, HoldOwner, HoldState
from portal.core.errors import NotFound
from portal.core.parties.models import Agency, Bank, Debtor, Staff
from portal.core.permissions import Side
from portal.core.rules import HoldKind
from portal.web.held import HOLD_NAMES, STANDINGS
from portal.web.limits import effects

_READ_AT_ONCE = 2_000
_LAST = date(9999, 12, 31)
#: Where a hold without a due day stands in the list: after all that have one.
_DUE = func.coalesce(Hold.due_on, literal(_LAST)).label("due")

EXPORTED = (
    *(_l("Customer number"), _l("Account number"), _l("Kind"), _l("State"), _l("Owner")),
    *(_l("Due on"), _l("Received"), _l("First day"), _l("Last day"), _l("Reference")),
    *(_l("Opened by"), _l("Released"), _l("Reason"), _l("Number")),
)


@dataclass(frozen=True)
class HoldFilter:
    """Which holds to list; what is left out does not bind."""

    kind: HoldKind | None = None
    standing: Standing | None = None
    overdue: bool = False

    def facts(self) -> dict[str, str]:
        """Return the filter as it is kept with a file that left."""
        chosen = {"kind": self.kind, "standing": self.standing}
        found = {name: value.value for name, value in chosen.items() if value is not None}
        return {**found, **({"overdue": "yes"} if self.overdue else {})}


@dataclass(frozen=True)
class HoldLine:
    """One hold in a list."""

    id: UUID
    name: str
    person: str
    account_id: UUID | None
    account_ref: str
    standing: str
    tone: str
    stops: str
    owner: HoldOwner
    due_on: date | None
    is_overdue: bool
    received_at: datetime
    since: date
    ends_on: date | None
    is_open: bool


@dataclass(frozen=True)
class HoldsPage:
    """What the list shows: its rows, and how many there are in each standing."""

    page: Page[HoldLine]
    counts: dict[Standing | None, int]
    overdue: int


@dataclass(frozen=True)
class OneHold:
    """One hold with all that is on record about it."""

    line: HoldLine
    debtor_id: UUID
    state: HoldState
    is_own_stop: bool
    is_dated: bool
    kind: HoldKind
    ref: str
    note: str
    opened_at: datetime
    opened_by: str
    confirmed_at: datetime | None
    confirmed_by: str
    released_at: datetime | None
    released_by: str
    release_reason: str
    accounts: list[tuple[UUID, str, str]]


def list_holds(
    session: Session, bank_id: UUID, chosen: HoldFilter, cursor: Cursor | None, *, at: datetime
) -> HoldsPage:
    """Return the holds a filter matches, what is due first in front, with counts by standing."""
    today = bank_today(session, bank_id, at)
    statement = sliced(
        _lines().where(_matching(bank_id, chosen, today)),
        _DUE,
        Hold.id,
        descending=False,
        cursor=cursor,
    )
    rows = session.execute(statement).all()
    marks = [write_cursor(row.due.isoformat(), row.Hold.id) for row in rows]
    counts: dict[Standing | None, int] = {
        standing: _count(session, bank_id, HoldFilter(chosen.kind, standing), today)
        for standing in Standing
    }
    counts[None] = counts[Standing.OPENED] + counts[Standing.ACTIVE] + counts[Standing.TO_COME]
    return HoldsPage(
        page=paged([_line(row, today) for row in rows], marks, cursor),
        counts=counts,
        overdue=_count(session, bank_id, HoldFilter(chosen.kind, overdue=True), today),
    )


def list_exported(
    session: Session, bank_id: UUID, chosen: HoldFilter, *, at: datetime
) -> Iterator[list[Cell]]:
    """Yield every hold of a filter, what is due first in front, as cells under `EXPORTED`."""
    today = bank_today(session, bank_id, at)
    statement = (
        _lines()
        .where(_matching(bank_id, chosen, today))
        .order_by(_DUE, Hold.id)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in session.execute(statement):
        line, hold = _line(row, today), row.Hold
        yield [
            row.customer_ref,
            line.account_ref,
            line.name,
            line.standing,
            str(OWNERS[hold.owner]),
            hold.due_on,
            hold.received_at,
            hold.starts_on,
            hold.ends_on,
            hold.ref,
            words.side(hold.opened_side.value),
            hold.released_at,
            hold.release_reason,
            hold.id,
        ]


OWNERS = {HoldOwner.BANK: _l("Bank"), HoldOwner.AGENCY: _l("Agency")}


def get_hold(session: Session, bank_id: UUID, hold_id: UUID, *, at: datetime) -> OneHold:
    """Return one hold of the bank.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(_lines().where(Hold.bank_id == bank_id, Hold.id == hold_id)).one_or_none()
    if row is None:
        raise NotFound
    hold: Hold = row.Hold
    names = _names(session, bank_id, hold)
    return OneHold(
        line=_line(row, bank_today(session, bank_id, at)),
        debtor_id=hold.debtor_id,
        state=hold.state,
        is_own_stop=hold.kind is HoldKind.CEASE and hold.opened_side is Side.DEBTOR,
        is_dated=hold.ends_on is not None,
        kind=hold.kind,
        ref=hold.ref,
        note=open_note(session, hold),
        opened_at=hold.opened_at,
        opened_by=_opened_by(session, hold, names),
        confirmed_at=hold.confirmed_at,
        confirmed_by=words.by_whom(names.get(hold.confirmed_by)) if hold.confirmed_at else "",
        released_at=hold.released_at,
        released_by=words.by_whom(names.get(hold.released_by)) if hold.released_at else "",
        release_reason=hold.release_reason,
        accounts=_accounts(session, hold),
    )


def account_holds(
    session: Session, bank_id: UUID, debtor_id: UUID, account_id: UUID, *, today: date
) -> list[HoldLine]:
    """Return every hold that is or was on an account or its person, what is open first."""
    rows = session.execute(
        _lines()
        .where(
            Hold.bank_id == bank_id,
            Hold.debtor_id == debtor_id,
            or_(Hold.account_id.is_(None), Hold.account_id == account_id),
        )
        .order_by(Hold.released_at.desc().nulls_first(), _DUE, Hold.id)
    )
    return [_line(row, today) for row in rows]


def _lines() -> Any:
    return (
        select(
            Hold,
            _DUE,
            Debtor.name.label("person"),
            Debtor.customer_ref,
            Account.account_ref,
            Bank.timezone,
        )
        .join(Bank, Bank.id == Hold.bank_id)
        .join(Debtor, and_(Debtor.bank_id == Hold.bank_id, Debtor.id == Hold.debtor_id))
        .outerjoin(Account, and_(Account.bank_id == Hold.bank_id, Account.id == Hold.account_id))
    )


def _matching(bank_id: UUID, chosen: HoldFilter, today: date) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = [Hold.bank_id == bank_id]
    if chosen.kind is not None:
        bounds.append(Hold.kind == chosen.kind)
    if chosen.overdue:
        bounds += [open_on(today), Hold.due_on < today]
    begun = or_(Hold.starts_on.is_(None), Hold.starts_on <= today)
    standings: dict[Standing | None, ColumnElement[bool]] = {
        None: open_on(today),
        Standing.OPENED: and_(open_on(today), begun, Hold.state == HoldState.OPENED),
        Standing.ACTIVE: and_(open_on(today), begun, Hold.state == HoldState.ACTIVE),
        Standing.TO_COME: and_(open_on(today), Hold.starts_on > today),
        Standing.ENDED: and_(Hold.state != HoldState.RELEASED, Hold.ends_on < today),
        Standing.RELEASED: Hold.state == HoldState.RELEASED,
    }
    return and_(*bounds, standings[chosen.standing])


def _count(session: Session, bank_id: UUID, chosen: HoldFilter, today: date) -> int:
    statement = select(func.count()).select_from(Hold).where(_matching(bank_id, chosen, today))
    return session.scalar(statement) or 0


def _line(row: Any, today: date) -> HoldLine:
    hold: Hold = row.Hold
    standing = standing_on(hold, today)
    text, tone = STANDINGS[standing]
    is_open = standing in (Standing.OPENED, Standing.ACTIVE, Standing.TO_COME)
    return HoldLine(
        id=hold.id,
        name=str(HOLD_NAMES[hold.kind]),
        person=row.person,
        account_id=hold.account_id,
        account_ref=row.account_ref or "",
        standing=str(text),
        tone=tone,
        stops=effects(kind_of_hold(hold.kind).effects),
        owner=hold.owner,
        due_on=hold.due_on,
        is_overdue=is_open and hold.due_on is not None and hold.due_on < today,
        received_at=hold.received_at,
        since=hold.starts_on or hold.received_at.astimezone(ZoneInfo(row.timezone)).date(),
        ends_on=hold.ends_on,
        is_open=is_open,
    )


def _names(session: Session, bank_id: UUID, hold: Hold) -> dict[UUID | None, str]:
    ids = [each for each in (hold.opened_by, hold.confirmed_by, hold.released_by) if each]
    rows = session.execute(
        select(Staff.id, Staff.name).where(Staff.org_id == bank_id, Staff.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _opened_by(session: Session, hold: Hold, names: dict[UUID | None, str]) -> str:
    if hold.opened_side is Side.AGENCY and hold.opened_org is not None:
        agency = session.get(Agency, hold.opened_org)
        if agency is not None:
            return words.organisation(agency.name, agency.name_zh)
    return names.get(hold.opened_by) or words.side(hold.opened_side.value)


def _accounts(session: Session, hold: Hold) -> list[tuple[UUID, str, str]]:
    """Return the accounts a hold is on, each with the agency that has it."""
    rows = session.execute(
        select(Account.id, Account.account_ref, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .where(
            Account.bank_id == hold.bank_id,
            Account.debtor_id == hold.debtor_id,
            *([Account.id == hold.account_id] if hold.account_id else []),
        )
        .order_by(Account.account_ref, Account.id)
    )
    return [(row.id, row.account_ref, words.organisation(row.name, row.name_zh)) for row in rows]
