"""How batches came back month by month: measures M1 and M2, one curve for each batch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Subquery,
    and_,
    cast,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.core.payments.models import Payment
from portal.core.placements.models import Offer, Placement
from portal.core.ratings.figures import of_recovery, taken_back
from portal.core.ratings.measures import Share
from portal.core.recoveries.models import Recovery, RecoveryState

MONTH_DAYS = 30


@dataclass(frozen=True)
class CurvePoint:
    """M1 of one batch at one month on book; the running month is not complete."""

    month: int
    net: Money
    liquidation: Share
    complete: bool


@dataclass(frozen=True)
class BatchCurve:
    """M2: how a batch, what an agency got with one referral, came back month by month."""

    referral_ref: str
    referral_id: UUID
    started_on: date
    accounts: int
    placed: Money
    points: tuple[CurvePoint, ...]


def month_on_book(term_start: date, on: date) -> int:
    """Return which month of the term a day falls in, counted from 1; months have 30 days."""
    return (on - term_start).days // MONTH_DAYS + 1


def list_curves(
    session: Session, bank_id: UUID, agency_id: UUID, *, today: date, most: int = 6
) -> list[BatchCurve]:
    """Return the curves of an agency's newest batches, oldest of them first; one query.

    A reversal counts in the month it happened in, so that what was shown once stays true. The
    last point is the running month, or the month the batch's tail ended in.
    """
    batches = (
        select(
            Offer.id,
            Offer.referral_id,
            Offer.referral_ref,
            Offer.currency,
            (Offer.term_days + Offer.tail_days).label("days"),
            func.min(Placement.term_start).label("started_on"),
            func.count().label("accounts"),
            func.sum(Placement.placed_minor).label("placed"),
        )
        .join(Placement, and_(Placement.bank_id == Offer.bank_id, Placement.offer_id == Offer.id))
        .where(
            Offer.bank_id == bank_id,
            Offer.agency_id == agency_id,
            Placement.term_start.is_not(None),
        )
        .group_by(Offer.bank_id, Offer.id)
        .order_by(func.min(Placement.term_start).desc(), Offer.id.desc())
        .limit(most)
        .subquery()
    )
    monthly = _monthly(bank_id, agency_id)
    rows = session.execute(
        select(batches, monthly.c.month, monthly.c.net)
        .outerjoin(monthly, monthly.c.offer_id == batches.c.id)
        .order_by(batches.c.started_on, batches.c.id, monthly.c.month)
    ).all()
    by_batch: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        by_batch[row.id].append(row)
    return [_curve(months, today) for months in by_batch.values()]


def _monthly(bank_id: UUID, agency_id: UUID) -> Subquery:
    """Select net collected per offer and month on book: what came in, less what was taken back."""

    def moves(on: Any, amount: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
        return (
            select(
                Placement.offer_id,
                (cast(on - Placement.term_start, Integer) // MONTH_DAYS + 1).label("month"),
                amount.label("amount"),
            )
            .select_from(Recovery)
            .join(
                Placement,
                and_(Placement.bank_id == Recovery.bank_id, Placement.id == Recovery.placement_id),
            )
            .outerjoin(Payment, of_recovery())
            .where(
                Recovery.bank_id == bank_id,
                Recovery.agency_id == agency_id,
                Recovery.state == RecoveryState.VERIFIED,
                *conditions,
            )
        )

    taken_back_on = cast(func.coalesce(Payment.ended_at, Payment.cleared_at), Date)
    both = union_all(
        moves(Recovery.received_on, Recovery.amount_minor),
        moves(taken_back_on, -Recovery.amount_minor, taken_back()),
    ).subquery()
    return (
        select(both.c.offer_id, both.c.month, func.sum(both.c.amount).label("net"))
        .group_by(both.c.offer_id, both.c.month)
        .subquery()
    )


def _curve(rows: list[Any], today: date) -> BatchCurve:
    first = rows[0]
    net = {row.month: int(row.net) for row in rows if row.month is not None}
    last = month_on_book(first.started_on, today)
    end = max(month_on_book(first.started_on, first.started_on + timedelta(first.days)), *net, 1)
    placed = Money(int(first.placed), first.currency)
    points, total = [], 0
    for month in range(1, min(last, end) + 1):
        total += net.get(month, 0)
        points.append(
            CurvePoint(
                month=month,
                net=Money(total, first.currency),
                liquidation=Share(total, placed.minor),
                complete=month < last,
            )
        )
    return BatchCurve(
        referral_ref=first.referral_ref,
        referral_id=first.referral_id,
        started_on=first.started_on,
        accounts=first.accounts,
        placed=placed,
        points=tuple(points),
    )
