"""Tables of payments and of the inbox of the provider's events."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class PaymentState(StrEnum):
    """Where a payment stands. `unknown`: the provider's answer was lost and is being looked up."""

    INITIATED = "initiated"
    OPEN = "open"
    UNKNOWN = "unknown"
    CAPTURED = "captured"
    CLEARED = "cleared"
    FAILED = "failed"
    ABANDONED = "abandoned"
    REVERSED = "reversed"


UNSETTLED = (
    PaymentState.INITIATED,
    PaymentState.OPEN,
    PaymentState.UNKNOWN,
    PaymentState.CAPTURED,
)


class Payment(Base):
    """Money a debtor sends through the portal. At most one is under way per account and purpose."""

    __tablename__ = "payments"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(
            ["bank_id", "instalment_id"], ["instalments.bank_id", "instalments.id"]
        ),
        UniqueConstraint("bank_id", "ref"),
        UniqueConstraint("bank_id", "checkout_id"),
        UniqueConstraint("bank_id", "intent_id"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    ref: Mapped[str]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    instalment_id: Mapped[UUID | None]
    purpose: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[PaymentState] = mapped_column(text_enum(PaymentState))
    gateway_account: Mapped[str]
    checkout_id: Mapped[str | None]
    checkout_url: Mapped[str | None]
    intent_id: Mapped[str | None]
    applied_minor: Mapped[int] = mapped_column(default=0)
    initiated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class EventState(StrEnum):
    """Where an event of the provider stands in the inbox."""

    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class ProviderEvent(Base):
    """An event of the payment provider, stored under its own id before anything is done with it."""

    __tablename__ = "gateway_events"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway_account: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    livemode: Mapped[bool]
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    state: Mapped[EventState] = mapped_column(text_enum(EventState), default=EventState.RECEIVED)
    reason: Mapped[str] = mapped_column(default="")
    handled_at: Mapped[datetime | None]
