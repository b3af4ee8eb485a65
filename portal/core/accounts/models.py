"""Tables of overdue accounts, of what was tried before referral, and of imported files."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class AccountState(StrEnum):
    """Where an account stands between bank and agencies; money and holds are kept apart."""

    READY = "ready"
    OFFERED = "offered"
    PLACED = "placed"
    CLOSED = "closed"


class Account(Base):
    """One overdue debt of one debtor at one bank.

    `agency_id` and `placement_id` name the agency that works the account now, kept true in the
    transaction that accepts or ends a placement, so that policies stay plain comparisons.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        UniqueConstraint("bank_id", "account_ref"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    account_ref: Mapped[str]
    product: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    credit_limit_minor: Mapped[int | None]
    itemisation_on: Mapped[date]
    past_due_since: Mapped[date]
    months_past_due: Mapped[int]
    last_payment_minor: Mapped[int | None]
    state: Mapped[AccountState] = mapped_column(text_enum(AccountState), default=AccountState.READY)
    agency_id: Mapped[UUID | None]
    placement_id: Mapped[UUID | None]
    last_action_at: Mapped[datetime | None]
    import_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Effort(Base):
    """What the bank itself tried before referral: reminders, calls, a formal demand."""

    __tablename__ = "efforts"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    last_on: Mapped[date | None]


class ImportState(StrEnum):
    """Where a delivered file stands."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    COMMITTED = "committed"
    REFUSED = "refused"


class ImportFile(Base):
    """A file a bank delivered; its bytes are kept sealed in chunks until nobody needs them."""

    __tablename__ = "import_files"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    file_name: Mapped[str]
    sha256: Mapped[bytes]
    size_bytes: Mapped[int]
    encoding: Mapped[str]
    delimiter: Mapped[str]
    state: Mapped[ImportState] = mapped_column(text_enum(ImportState))
    mapping: Mapped[dict[str, Any] | None]
    report: Mapped[dict[str, Any] | None]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    committed_at: Mapped[datetime | None]


class ImportChunk(Base):
    """One sealed piece of a delivered file."""

    __tablename__ = "import_chunks"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class ImportMapping(Base):
    """A bank's column mapping, remembered for files with the same headings."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("bank_id", "headings_key"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    headings_key: Mapped[bytes]
    mapping: Mapped[dict[str, Any]]
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
