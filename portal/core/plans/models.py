"""Tables of promises, a bank's plan policy, plans and instalments."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class PromiseState(StrEnum):
    """Where a promise stands."""

    ACTIVE = "active"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class PlanState(StrEnum):
    """Where a plan stands; `asked` waits for a person at the bank."""

    ASKED = "asked"
    ACTIVE = "active"
    IN_CURE = "in_cure"
    PAUSED = "paused"
    DEFAULTED = "defaulted"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    RENEGOTIATED = "renegotiated"


LIVE_PLAN_STATES = (PlanState.ASKED, PlanState.ACTIVE, PlanState.IN_CURE, PlanState.PAUSED)


class InstalmentState(StrEnum):
    """Where one due part of a plan stands."""

    DUE = "due"
    PART_PAID = "part_paid"
    PAID = "paid"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Frequency(StrEnum):
    """How often an instalment falls due."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


class Promise(Base):
    """One dated amount a debtor promised to an agency."""

    __tablename__ = "promises"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    placement_id: Mapped[UUID | None]
    agency_id: Mapped[UUID | None]
    made_by_agency_id: Mapped[UUID | None]
    action_id: Mapped[UUID | None]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    due_on: Mapped[date]
    state: Mapped[PromiseState] = mapped_column(
        text_enum(PromiseState), default=PromiseState.ACTIVE
    )
    made_at: Mapped[datetime]
    recorded_by: Mapped[UUID]


class PlanPolicy(Base):
    """What a bank accepts without asking a person, in force from a day.

    `bands` is a list of `{"up_to_minor": int | null, "minimum_minor": int, "most_months": int}`
    by rising balance; the last band's `up_to_minor` is null. `charges_paused`: no interest and no
    fees are added while a plan is kept to; `misses_that_end`: so many in a row end it.
    """

    __tablename__ = "plan_policies"
    __table_args__ = (UniqueConstraint("bank_id", "currency", "effective_from"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    currency: Mapped[str] = mapped_column(CHAR(3))
    effective_from: Mapped[date]
    bands: Mapped[list[dict[str, Any]]] = mapped_column()
    start_within_days: Mapped[int]
    grace_days: Mapped[int] = mapped_column(default=5)
    answer_days: Mapped[int] = mapped_column(default=3)
    minimum_payment_minor: Mapped[int]
    charges_paused: Mapped[bool] = mapped_column(default=False)
    misses_that_end: Mapped[int] = mapped_column(default=2)
    made_by: Mapped[UUID]


class Plan(Base):
    """An agreed way to pay off a balance. It belongs to the account and survives its agency."""

    __tablename__ = "plans"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(
            ["bank_id", "policy_id"], ["plan_policies.bank_id", "plan_policies.id"]
        ),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    policy_id: Mapped[UUID | None]
    state: Mapped[PlanState] = mapped_column(text_enum(PlanState))
    version: Mapped[int] = mapped_column(default=1)
    amount_minor: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    frequency: Mapped[Frequency] = mapped_column(text_enum(Frequency))
    instalment_count: Mapped[int]
    starts_on: Mapped[date]
    balance_verified_on: Mapped[date | None]
    answer_by: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Instalment(Base):
    """One due part of a plan."""

    __tablename__ = "instalments"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "plan_id"], ["plans.bank_id", "plans.id"]),
        UniqueConstraint("bank_id", "plan_id", "number"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    plan_id: Mapped[UUID]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    number: Mapped[int]
    due_on: Mapped[date]
    amount_minor: Mapped[int]
    paid_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[InstalmentState] = mapped_column(
        text_enum(InstalmentState), default=InstalmentState.DUE
    )
