"""Read model of the first page: today's work by its clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.agency.queries_breaches import count_to_explain
from portal.agency.queries_offers import OfferLine, list_offers
from portal.agency.queries_recoveries import RecoveryRow, list_recoveries
from portal.core.accounts.models import Account
from portal.core.actions.contact import may_contact
from portal.core.money import Money
from portal.core.parties.models import Debtor
from portal.core.plans.models import Instalment, InstalmentState, Promise, PromiseState
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.rules import Channel

#: Of so many accounts, those longest without an action, the rules are asked at most.
ASKED = 100
AHEAD = timedelta(days=7)
_SHOWN = 8


@dataclass(frozen=True)
class ToCall:
    """An account that may be called this minute."""

    id: UUID
    ref: str
    name: str
    last_action_at: datetime | None


@dataclass(frozen=True)
class Opening:
    """A later moment at which so many accounts may be called."""

    at: datetime
    count: int


@dataclass(frozen=True)
class Due:
    """A promise or an instalment that falls due, or did."""

    account_id: UUID
    ref: str
    name: str
    amount: Money
    due_on: date
    is_late: bool
    number: int | None = None


@dataclass(frozen=True)
class HomePage:
    """What needs this agency now."""

    accounts: int
    asked: int
    may_call: int
    to_call: list[ToCall]
    openings: list[Opening]
    offers: list[OfferLine]
    offers_waiting: int
    promises: list[Due]
    instalments: list[Due]
    recoveries_waiting: int
    breaches_open: int
    rejected: list[RecoveryRow]


def home_page(session: Session, agency_id: UUID, *, at: datetime, zone: ZoneInfo) -> HomePage:
    """Return what this agency should look at today, each part by its own clock."""
    today = at.astimezone(zone).date()
    candidates = _candidates(session, agency_id)
    answers = may_contact(session, [row.id for row in candidates], Channel.CALL, at=at)
    allowed = [row for row in candidates if row.id in answers and answers[row.id].is_allowed]
    later = Counter(
        answer.next_allowed_at
        for answer in answers.values()
        if not answer.is_allowed and answer.next_allowed_at is not None
    )
    offers = list_offers(session, agency_id, waiting=True, at=at).lines
    return HomePage(
        accounts=_count(session, Account.agency_id == agency_id),
        asked=len(candidates),
        may_call=len(allowed),
        to_call=[
            ToCall(row.id, row.account_ref, row.name, row.last_action_at)
            for row in allowed[:_SHOWN]
        ],
        openings=[Opening(moment, count) for moment, count in sorted(later.items())[:4]],
        offers=offers[:_SHOWN],
        offers_waiting=len(offers),
        promises=_promises(session, agency_id, today),
        instalments=_instalments(session, agency_id, today),
        recoveries_waiting=_count(
            session,
            Recovery.agency_id == agency_id,
            Recovery.state == RecoveryState.REPORTED,
        ),
        breaches_open=count_to_explain(session, agency_id),
        rejected=list_recoveries(
            session, agency_id, state=RecoveryState.REJECTED, limit=_SHOWN
        ).rows,
    )


def _candidates(session: Session, agency_id: UUID) -> Sequence[Any]:
    return session.execute(
        select(Account.id, Account.account_ref, Account.last_action_at, Debtor.name)
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .where(Account.agency_id == agency_id)
        .order_by(Account.last_action_at.asc().nulls_first(), Account.id)
        .limit(ASKED)
    ).all()


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0


def _promises(session: Session, agency_id: UUID, today: date) -> list[Due]:
    rows = session.execute(
        select(
            Promise.account_id,
            Promise.amount_minor,
            Promise.currency,
            Promise.due_on,
            Account.account_ref,
            Debtor.name,
        )
        .join(Account, and_(Account.bank_id == Promise.bank_id, Account.id == Promise.account_id))
        .join(Debtor, and_(Debtor.bank_id == Promise.bank_id, Debtor.id == Promise.debtor_id))
        .where(
            Promise.agency_id == agency_id,
            Promise.state == PromiseState.ACTIVE,
            Promise.due_on <= today + AHEAD,
        )
        .order_by(Promise.due_on, Promise.id)
        .limit(_SHOWN)
    )
    return [
        Due(
            row.account_id,
            row.account_ref,
            row.name,
            Money(row.amount_minor, row.currency),
            row.due_on,
            row.due_on < today,
        )
        for row in rows
    ]


def _instalments(session: Session, agency_id: UUID, today: date) -> list[Due]:
    rows = session.execute(
        select(
            Instalment.account_id,
            (Instalment.amount_minor - Instalment.paid_minor).label("left_minor"),
            Instalment.currency,
            Instalment.due_on,
            Instalment.number,
            Account.account_ref,
            Debtor.name,
        )
        .join(
            Account,
            and_(Account.bank_id == Instalment.bank_id, Account.id == Instalment.account_id),
        )
        .join(
            Debtor,
            and_(Debtor.bank_id == Instalment.bank_id, Debtor.id == Instalment.debtor_id),
        )
        .where(
            Instalment.agency_id == agency_id,
            Instalment.state.in_((InstalmentState.DUE, InstalmentState.PART_PAID)),
            Instalment.due_on <= today + AHEAD,
        )
        .order_by(Instalment.due_on, Instalment.id)
        .limit(_SHOWN)
    )
    return [
        Due(
            row.account_id,
            row.account_ref,
            row.name,
            Money(row.left_minor, row.currency),
            row.due_on,
            row.due_on < today,
            row.number,
        )
        for row in rows
    ]
