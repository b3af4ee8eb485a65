"""Table of recoveries."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class RecoveryState(StrEnum):
    """Where a recovery stands; only a verified one counts."""

    REPORTED = "reported"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    REJECTED = "rejected"


class Recipient(StrEnum):
    """Who received the money."""

    AGENCY = "agency"
    BANK = "bank"
    PLATFORM = "platform"


class Recovery(Base):
    """Money collected on an account, credited to a placement at the fee it was placed with."""

    __tablename__ = "recoveries"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(["bank_id", "placement_id"], ["placements.bank_id", "placements.id"]),
        # The table also refers to payments, which this package does not know.
        UniqueConstraint("bank_id", "recipient", "external_ref"),
        UniqueConstraint("bank_id", "payment_id"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    placement_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    recipient: Mapped[Recipient] = mapped_column(text_enum(Recipient))
    external_ref: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    received_on: Mapped[date]
    state: Mapped[RecoveryState] = mapped_column(text_enum(RecoveryState))
    fee_bps: Mapped[int]
    fee_minor: Mapped[int] = mapped_column(default=0)
    payment_id: Mapped[UUID | None]
    reported_by: Mapped[UUID]
    reported_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
