"""Read model of what a person agreed to and sent, and of what was recovered on an account."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_account import AccountHead
from portal.core.money import Money
from portal.core.parties.models import Agency
from portal.core.payments.models import Payment, PaymentState
from portal.core.plans.models import (
    Frequency,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    Promise,
    PromiseState,
)
from portal.core.recoveries.models import Recovery, RecoveryState


@dataclass(frozen=True)
class InstalmentRow:
    """One due part of a plan."""

    number: int
    due_on: date
    amount: Money
    paid: Money
    state: InstalmentState


@dataclass(frozen=True)
class PlanView:
    """A plan with its parts."""

    id: UUID
    state: PlanState
    amount: Money
    total: Money
    frequency: Frequency
    starts_on: date
    accepted_at: datetime | None
    answer_by: date | None
    instalments: list[InstalmentRow]


@dataclass(frozen=True)
class PaymentRow:
    """Money the person sent through the portal."""

    ref: str
    amount: Money
    state: PaymentState
    initiated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PromiseRow:
    """One dated amount the person promised."""

    amount: Money
    due_on: date
    state: PromiseState
    made_at: datetime
    agency: str


@dataclass(frozen=True)
class RecoveryRow:
    """Money credited to a placement."""

    id: UUID
    amount: Money
    fee: Money
    received_on: date
    state: RecoveryState
    agency: str
    external_ref: str
    reason: str


@dataclass(frozen=True)
class MoneyTab:
    """What the person agreed to, sent, and what was recovered."""

    plans: list[PlanView]
    payments: list[PaymentRow]
    promises: list[PromiseRow]
    recoveries: list[RecoveryRow]


def get_money_tab(session: Session, head: AccountHead) -> MoneyTab:
    """Return plans, payments, promises and recoveries of an account, newest first."""
    return MoneyTab(
        plans=_plans(session, head),
        payments=_payments(session, head),
        promises=_promises(session, head),
        recoveries=_recoveries(session, head),
    )


def _plans(session: Session, head: AccountHead) -> list[PlanView]:
    rows = session.execute(
        select(Plan, Instalment)
        .outerjoin(
            Instalment, and_(Instalment.bank_id == Plan.bank_id, Instalment.plan_id == Plan.id)
        )
        .where(Plan.bank_id == head.debtor.bank_id, Plan.account_id == head.id)
        .order_by(Plan.created_at.desc(), Plan.id.desc(), Instalment.number)
    ).all()
    parts: defaultdict[UUID, list[InstalmentRow]] = defaultdict(list)
    plans: dict[UUID, Plan] = {}
    for plan, part in rows:
        plans[plan.id] = plan
        if part is not None:
            parts[plan.id].append(
                InstalmentRow(
                    part.number,
                    part.due_on,
                    Money(part.amount_minor, part.currency),
                    Money(part.paid_minor, part.currency),
                    part.state,
                )
            )
    return [
        PlanView(
            id=plan.id,
            state=plan.state,
            amount=Money(plan.amount_minor, plan.currency),
            total=Money(plan.total_minor, plan.currency),
            frequency=plan.frequency,
            starts_on=plan.starts_on,
            accepted_at=plan.accepted_at,
            answer_by=plan.answer_by,
            instalments=parts[plan.id],
        )
        for plan in plans.values()
    ]


def _payments(session: Session, head: AccountHead) -> list[PaymentRow]:
    rows = session.execute(
        select(
            Payment.ref,
            Payment.amount_minor,
            Payment.currency,
            Payment.state,
            Payment.initiated_at,
            func.coalesce(Payment.cleared_at, Payment.ended_at).label("ended_at"),
        )
        .where(Payment.bank_id == head.debtor.bank_id, Payment.account_id == head.id)
        .order_by(Payment.initiated_at.desc(), Payment.id.desc())
    )
    return [
        PaymentRow(
            row.ref,
            Money(row.amount_minor, row.currency),
            row.state,
            row.initiated_at,
            row.ended_at,
        )
        for row in rows
    ]


def _promises(session: Session, head: AccountHead) -> list[PromiseRow]:
    rows = session.execute(
        select(
            Promise.amount_minor,
            Promise.currency,
            Promise.due_on,
            Promise.state,
            Promise.made_at,
            Agency.name,
            Agency.name_zh,
        )
        .outerjoin(Agency, Agency.id == Promise.made_by_agency_id)
        .where(Promise.bank_id == head.debtor.bank_id, Promise.account_id == head.id)
        .order_by(Promise.made_at.desc(), Promise.id.desc())
    )
    return [
        PromiseRow(
            Money(row.amount_minor, row.currency),
            row.due_on,
            row.state,
            row.made_at,
            words.organisation(row.name, row.name_zh),
        )
        for row in rows
    ]


def _recoveries(session: Session, head: AccountHead) -> list[RecoveryRow]:
    rows = session.execute(
        select(
            Recovery.id,
            Recovery.amount_minor,
            Recovery.fee_minor,
            Recovery.currency,
            Recovery.received_on,
            Recovery.state,
            Recovery.external_ref,
            Recovery.reason,
            Agency.name,
            Agency.name_zh,
        )
        .join(Agency, Agency.id == Recovery.agency_id)
        .where(Recovery.bank_id == head.debtor.bank_id, Recovery.account_id == head.id)
        .order_by(Recovery.reported_at.desc(), Recovery.id.desc())
    )
    return [
        RecoveryRow(
            id=row.id,
            amount=Money(row.amount_minor, row.currency),
            fee=Money(row.fee_minor, row.currency),
            received_on=row.received_on,
            state=row.state,
            agency=words.organisation(row.name, row.name_zh),
            external_ref=row.external_ref,
            reason=row.reason,
        )
        for row in rows
    ]
