"""First figures per agency at a bank: what was placed, what came back, at what cost in conduct.

Read from the events themselves each time, so that every number can be followed to its rows. What
they mean is in `measures.py`; how batches came back month by month in `curves.py`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from portal.core.actions.models import Action, Breach
from portal.core.money import Money
from portal.core.payments.models import Payment, PaymentState
from portal.core.placements.models import Offer, OfferState, Placement
from portal.core.plans.models import Promise, PromiseState
from portal.core.ratings.measures import (
    PENETRATION_DAY,
    AgencyFigures,
    EffortFigures,
    MoneyFigures,
    OfferFigures,
    PromiseFigures,
)
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.rules import Direction, Outcome, Role, Verdict


def list_figures(
    session: Session, bank_id: UUID, *, at: datetime, agency_id: UUID | None = None
) -> dict[UUID, AgencyFigures]:
    """Return the figures of every agency that was ever offered something, or of one.

    Two queries, however many agencies.
    """
    money = _money(session, bank_id, agency_id)
    return {
        row.agency_id: AgencyFigures(
            money=money.get(row.agency_id, {}),
            effort=EffortFigures(
                attempts=row.attempts or 0,
                conversations=row.conversations or 0,
                accounts_worked=row.accounts_worked or 0,
                breached=row.breached or 0,
                tried_in_time=row.tried_in_time or 0,
                old_enough=row.old_enough or 0,
                median_first_action=row.median_first_action,
            ),
            promises=PromiseFigures(
                row.promised or 0, row.kept or 0, row.partial or 0, row.broken or 0
            ),
            offers=OfferFigures(row.offered, row.accepted, row.waiting, row.median_answer),
        )
        for row in session.execute(_conduct(bank_id, agency_id, at))
    }


def _money(
    session: Session, bank_id: UUID, agency_id: UUID | None
) -> dict[UUID, dict[str, MoneyFigures]]:
    placed = (
        select(
            Placement.agency_id,
            Placement.currency,
            func.count().label("accounts"),
            func.sum(Placement.placed_minor).label("placed"),
        )
        .where(Placement.bank_id == bank_id, Placement.term_start.is_not(None))
        .group_by(Placement.agency_id, Placement.currency)
        .subquery()
    )
    verified, stays = Recovery.state == RecoveryState.VERIFIED, ~taken_back()
    returned = (
        select(
            Recovery.agency_id,
            Recovery.currency,
            _sum(Recovery.amount_minor, verified).label("gross"),
            _sum(Recovery.amount_minor, verified & ~stays).label("reversed"),
            _sum(Recovery.fee_minor, verified & stays).label("fee"),
            _sum(Recovery.amount_minor, Recovery.state == RecoveryState.REPORTED).label("reported"),
        )
        .outerjoin(Payment, of_recovery())
        .where(Recovery.bank_id == bank_id)
        .group_by(Recovery.agency_id, Recovery.currency)
        .subquery()
    )
    rows = session.execute(
        select(placed, returned.c.gross, returned.c.reversed, returned.c.fee, returned.c.reported)
        .outerjoin(
            returned,
            and_(
                returned.c.agency_id == placed.c.agency_id,
                returned.c.currency == placed.c.currency,
            ),
        )
        .where(*_only(placed.c.agency_id, agency_id))
        .order_by(placed.c.agency_id, placed.c.currency)
    )
    found: defaultdict[UUID, dict[str, MoneyFigures]] = defaultdict(dict)
    for row in rows:
        amounts = (row.placed, row.gross, row.reversed, row.fee, row.reported)
        found[row.agency_id][row.currency] = MoneyFigures(
            row.accounts, *(Money(int(minor or 0), row.currency) for minor in amounts)
        )
    return found


def _conduct(bank_id: UUID, agency_id: UUID | None, at: datetime) -> Select[Any]:
    """Select offers per agency, with effort, first actions and promises beside them."""
    offers = (
        select(
            Offer.agency_id,
            func.count().label("offered"),
            _count(Offer.state == OfferState.ACCEPTED).label("accepted"),
            _count(Offer.state == OfferState.OFFERED).label("waiting"),
            _median(Offer.answered_at - Offer.offered_at, Offer.state == OfferState.ACCEPTED).label(
                "median_answer"
            ),
        )
        .where(Offer.bank_id == bank_id, *_only(Offer.agency_id, agency_id))
        .group_by(Offer.agency_id)
        .subquery()
    )
    parts = [_attempts(bank_id), _first_actions(bank_id, at), _promises(bank_id)]
    joined = select(offers, *(column for part in parts for column in list(part.c)[1:]))
    for part in parts:
        joined = joined.outerjoin(part, part.c.agency_id == offers.c.agency_id)
    return joined.order_by(offers.c.agency_id)


def _attempts(bank_id: UUID) -> Subquery:
    broken = exists().where(
        Breach.bank_id == Action.bank_id,
        Breach.action_id == Action.id,
        Breach.verdict != Verdict.REVIEW,
        Breach.state != "waived",
    )
    spoke = and_(Action.outcome == Outcome.CONVERSATION, Action.target == Role.CONSUMER)
    return (
        select(
            Action.made_by_agency_id.label("agency_id"),
            func.count().label("attempts"),
            _count(spoke).label("conversations"),
            func.count(Action.account_id.distinct()).label("accounts_worked"),
            _count(broken).label("breached"),
        )
        .where(Action.bank_id == bank_id, Action.direction == Direction.OUTBOUND)
        .group_by(Action.made_by_agency_id)
        .subquery()
    )


def _first_actions(bank_id: UUID, at: datetime) -> Subquery:
    tenth_day = Placement.accepted_at + timedelta(PENETRATION_DAY)
    tried = exists().where(
        Action.bank_id == Placement.bank_id,
        Action.placement_id == Placement.id,
        Action.direction == Direction.OUTBOUND,
        Action.made_at < tenth_day,
    )
    return (
        select(
            Placement.agency_id,
            _count(tenth_day <= at).label("old_enough"),
            _count(and_(tenth_day <= at, tried)).label("tried_in_time"),
            _median(Placement.first_action_at - Placement.accepted_at).label("median_first_action"),
        )
        .where(Placement.bank_id == bank_id, Placement.accepted_at.is_not(None))
        .group_by(Placement.agency_id)
        .subquery()
    )


def _promises(bank_id: UUID) -> Subquery:
    return (
        select(
            Promise.made_by_agency_id.label("agency_id"),
            func.count().label("promised"),
            *(
                _count(Promise.state == state).label(state.value)
                for state in (PromiseState.KEPT, PromiseState.PARTIAL, PromiseState.BROKEN)
            ),
        )
        .where(Promise.bank_id == bank_id)
        .group_by(Promise.made_by_agency_id)
        .subquery()
    )


def of_recovery() -> ColumnElement[bool]:
    """Join a recovery with the payment through the portal that it came from."""
    return and_(Payment.bank_id == Recovery.bank_id, Payment.id == Recovery.payment_id)


def taken_back() -> ColumnElement[bool]:
    """Tell of a recovery joined with its payment whether the money went back."""
    return func.coalesce(Payment.state == PaymentState.REVERSED, False)


def _only(column: Any, agency_id: UUID | None) -> list[ColumnElement[bool]]:
    return [] if agency_id is None else [column == agency_id]


def _count(condition: ColumnElement[bool]) -> Any:
    return func.count().filter(condition)


def _sum(column: Any, condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(column).filter(condition), 0)


def _median(length: Any, condition: ColumnElement[bool] | None = None) -> Any:
    middle = func.percentile_cont(0.5).within_group(length)
    return middle if condition is None else middle.filter(condition)
