"""Read models of what hangs on an account: promises, a plan, recoveries, letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.agency.queries_head import AccountHead
from portal.core.money import Money
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.models import (
    LIVE_PLAN_STATES,
    Frequency,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    Promise,
    PromiseState,
)
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from portal.web.labels import language_name


@dataclass(frozen=True)
class PromiseLine:
    """One promise of the account."""

    id: UUID
    amount: Money
    due_on: date
    state: PromiseState
    made_at: datetime


@dataclass(frozen=True)
class InstalmentLine:
    """One due part of the plan."""

    number: int
    due_on: date
    amount: Money
    paid: Money
    state: InstalmentState


@dataclass(frozen=True)
class PlanLines:
    """The plan that runs or waits for an answer, with its parts."""

    state: PlanState
    total: Money
    amount: Money
    frequency: Frequency
    parts: list[InstalmentLine]


@dataclass(frozen=True)
class RecoveryLine:
    """One recovery on the account."""

    amount: Money
    received_on: date
    recipient: Recipient
    state: RecoveryState
    reason: str
    reported_at: datetime
    ref: str


@dataclass(frozen=True)
class LetterLine:
    """One letter about the account."""

    id: UUID
    kind: LetterKind
    language: str
    issued_at: datetime
    is_ready: bool


def list_promises(session: Session, head: AccountHead) -> list[PromiseLine]:
    """Return the promises this agency may see on an account, the newest first."""
    rows = session.execute(
        select(
            Promise.id,
            Promise.amount_minor,
            Promise.currency,
            Promise.due_on,
            Promise.state,
            Promise.made_at,
        )
        .where(Promise.bank_id == head.bank_id, Promise.account_id == head.id)
        .order_by(Promise.made_at.desc(), Promise.id.desc())
        .limit(20)
    )
    return [
        PromiseLine(
            row.id, Money(row.amount_minor, row.currency), row.due_on, row.state, row.made_at
        )
        for row in rows
    ]


def find_plan(session: Session, head: AccountHead) -> PlanLines | None:
    """Return the plan of an account that runs or waits for an answer."""
    rows = session.execute(
        select(
            Plan.state.label("plan_state"),
            Plan.total_minor,
            Plan.amount_minor.label("each_minor"),
            Plan.frequency,
            Instalment.number,
            Instalment.due_on,
            Instalment.amount_minor,
            Instalment.paid_minor,
            Instalment.state,
        )
        .outerjoin(
            Instalment, and_(Instalment.bank_id == Plan.bank_id, Instalment.plan_id == Plan.id)
        )
        .where(
            Plan.bank_id == head.bank_id,
            Plan.account_id == head.id,
            Plan.state.in_(LIVE_PLAN_STATES),
        )
        .order_by(Instalment.number)
    ).all()
    if not rows:
        return None
    return PlanLines(
        state=rows[0].plan_state,
        total=Money(rows[0].total_minor, head.currency),
        amount=Money(rows[0].each_minor, head.currency),
        frequency=rows[0].frequency,
        parts=_parts(rows, head.currency),
    )


def _parts(rows: Sequence[Any], currency: str) -> list[InstalmentLine]:
    return [
        InstalmentLine(
            row.number,
            row.due_on,
            Money(row.amount_minor, currency),
            Money(row.paid_minor, currency),
            row.state,
        )
        for row in rows
        if row.number is not None
    ]


def list_recoveries(session: Session, head: AccountHead) -> list[RecoveryLine]:
    """Return the recoveries on an account, the newest report first."""
    rows = session.execute(
        select(
            Recovery.amount_minor,
            Recovery.currency,
            Recovery.received_on,
            Recovery.recipient,
            Recovery.state,
            Recovery.reason,
            Recovery.reported_at,
            Recovery.external_ref,
        )
        .where(Recovery.bank_id == head.bank_id, Recovery.account_id == head.id)
        .order_by(Recovery.reported_at.desc(), Recovery.id.desc())
        .limit(50)
    )
    return [
        RecoveryLine(
            amount=Money(row.amount_minor, row.currency),
            received_on=row.received_on,
            recipient=row.recipient,
            state=row.state,
            reason=row.reason,
            reported_at=row.reported_at,
            ref=row.external_ref,
        )
        for row in rows
    ]


def list_letters(session: Session, head: AccountHead) -> list[LetterLine]:
    """Return the letters about an account that this agency may see, the newest first."""
    rows = session.execute(
        select(
            Letter.id,
            Letter.kind,
            Letter.language,
            Letter.issued_at,
            Letter.pdf_sha256.is_not(None).label("is_ready"),
        )
        .where(Letter.bank_id == head.bank_id, Letter.account_id == head.id)
        .order_by(Letter.issued_at.desc(), Letter.id.desc())
        .limit(50)
    )
    return [
        LetterLine(row.id, row.kind, language_name(row.language), row.issued_at, row.is_ready)
        for row in rows
    ]
