"""Read models of offers. Before acceptance they tell of amounts only, never of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.parties.models import Bank, Staff
from portal.core.placements.models import Offer, OfferState, Placement, PlacementState

PAGE = 50
_COLUMNS = (
    Offer.id,
    Offer.bank_id,
    Offer.referral_ref,
    Offer.state,
    Offer.account_count,
    Offer.total_minor,
    Offer.currency,
    Offer.fee_bps,
    Offer.term_days,
    Offer.tail_days,
    Offer.offered_at,
    Offer.answer_by,
    Offer.answered_at,
    Offer.answered_by,
    Offer.reason,
    Bank.name,
    Bank.name_zh,
)


@dataclass(frozen=True)
class OfferLine:
    """One offer in a list; `minutes_left` is None when there is nothing left to answer."""

    id: UUID
    ref: str
    bank: str
    state: OfferState
    count: int
    total: Money
    fee_bps: int
    offered_at: datetime
    answer_by: datetime
    minutes_left: int | None


@dataclass(frozen=True)
class Amounts:
    """How the balances of a batch spread."""

    smallest: Money
    middle: Money
    largest: Money


@dataclass(frozen=True)
class OfferPage:
    """One offer with its terms, and how far its accounts are opened once it is accepted."""

    line: OfferLine
    term_days: int
    tail_days: int
    amounts: Amounts | None
    answered_at: datetime | None
    answered_by: str
    reason: str
    opened: int

    @property
    def is_waiting(self) -> bool:
        """Tell whether the offer can still be answered."""
        return self.line.minutes_left is not None

    @property
    def is_opening(self) -> bool:
        """Tell whether accounts of an accepted offer are still to be opened."""
        return self.line.state is OfferState.ACCEPTED and self.opened < self.line.count


@dataclass(frozen=True)
class OfferList:
    """A page of offers, the newest first, and the key of the next."""

    lines: list[OfferLine]
    before: str


def list_offers(
    session: Session, agency_id: UUID, *, waiting: bool, at: datetime, before: UUID | None = None
) -> OfferList:
    """Return offers to this agency: those to answer by their clock, or the others by age."""
    statement = select(*_COLUMNS).join(Bank, Bank.id == Offer.bank_id)
    statement = statement.where(Offer.agency_id == agency_id)
    if waiting:
        statement = statement.where(
            Offer.state == OfferState.OFFERED, Offer.answer_by >= at
        ).order_by(Offer.answer_by, Offer.id)
    else:
        statement = statement.where(
            (Offer.state != OfferState.OFFERED) | (Offer.answer_by < at)
        ).order_by(Offer.id.desc())
        if before is not None:
            statement = statement.where(Offer.id < before)
    rows = session.execute(statement.limit(PAGE + 1)).all()
    lines = [_line(row, at) for row in rows[:PAGE]]
    return OfferList(lines, str(lines[-1].id) if len(rows) > PAGE else "")


def offer_page(session: Session, agency_id: UUID, offer_id: UUID, *, at: datetime) -> OfferPage:
    """Return one offer made to this agency.

    Raises:
        NotFound: no such offer was made to it.
    """
    row = session.execute(
        select(*_COLUMNS, Staff.name.label("staff_name"))
        .join(Bank, Bank.id == Offer.bank_id)
        .outerjoin(Staff, (Staff.org_id == Offer.agency_id) & (Staff.id == Offer.answered_by))
        .where(Offer.id == offer_id, Offer.agency_id == agency_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    line = _line(row, at)
    spread = _spread(session, row)
    return OfferPage(
        line=line,
        term_days=row.term_days,
        tail_days=row.tail_days,
        amounts=_amounts(spread, row.currency),
        answered_at=row.answered_at,
        answered_by=row.staff_name or "",
        reason=row.reason,
        opened=line.count - spread.waiting if line.state is OfferState.ACCEPTED else 0,
    )


def _line(row: Any, at: datetime) -> OfferLine:
    is_open = row.state is OfferState.OFFERED and row.answer_by >= at
    return OfferLine(
        id=row.id,
        ref=row.referral_ref,
        bank=name_in(row),
        state=row.state if is_open or row.state is not OfferState.OFFERED else OfferState.LAPSED,
        count=row.account_count,
        total=Money(row.total_minor, row.currency),
        fee_bps=row.fee_bps,
        offered_at=row.offered_at,
        answer_by=row.answer_by,
        minutes_left=int((row.answer_by - at).total_seconds() // 60) if is_open else None,
    )


def _spread(session: Session, offer: Any) -> Any:
    """Return how the batch's balances spread, and how many of its accounts wait to be opened."""
    placed = Placement.placed_minor
    return session.execute(
        select(
            func.min(placed).label("smallest"),
            func.percentile_disc(0.5).within_group(placed).label("middle"),
            func.max(placed).label("largest"),
            func.count().filter(Placement.state == PlacementState.OFFERED).label("waiting"),
        ).where(Placement.bank_id == offer.bank_id, Placement.offer_id == offer.id)
    ).one()


def _amounts(spread: Any, currency: str) -> Amounts | None:
    if spread.smallest is None:
        return None
    figures = (spread.smallest, spread.middle, spread.largest)
    return Amounts(*(Money(int(each), currency) for each in figures))
