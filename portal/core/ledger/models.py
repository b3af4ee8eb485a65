"""Tables of postings, ledger lines, balances and their verification."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, Computed, ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class Book(StrEnum):
    """Where an amount can lie. The first four are what the debtor owes."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"
    COSTS = "costs"
    ORIGIN = "origin"
    CLEARING = "clearing"
    BANK = "bank"
    AGENCY_TRUST = "agency_trust"
    COMMISSION = "commission"
    UNAPPLIED = "unapplied"
    WRITTEN_OFF = "written_off"


OWED_BOOKS = (Book.PRINCIPAL, Book.INTEREST, Book.FEES, Book.COSTS)


class PostingKind(StrEnum):
    """What a posting booked."""

    OPENING = "opening"
    PAYMENT = "payment"
    SETTLEMENT = "settlement"
    RECOVERY = "recovery"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    ACCRUAL = "accrual"


class Posting(Base):
    """Ledger lines that belong together; its `cause` names what was booked and is booked once.

    `sha256` is over the posting and its lines as they were written (`digest.py`), so that a line
    changed behind the portal's back is noticed.
    """

    __tablename__ = "postings"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        UniqueConstraint("bank_id", "cause"),
        UniqueConstraint("bank_id", "reverses_id"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    kind: Mapped[PostingKind] = mapped_column(text_enum(PostingKind))
    cause: Mapped[str]
    effective_on: Mapped[date]
    reverses_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")
    made_by: Mapped[UUID]
    sha256: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class LedgerLine(Base):
    """A transfer of an amount from one book to another: both sides in one row, so it balances.

    A debt rises when an amount moves into one of the account's books (principal, interest, fees,
    costs) and falls when it moves out. Lines are never changed or deleted: a mistake is answered
    by a reversal.
    """

    __tablename__ = "ledger_lines"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "posting_id"], ["postings.bank_id", "postings.id"]),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("from_book <> to_book", name="books_differ"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    posting_id: Mapped[UUID]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    from_book: Mapped[Book] = mapped_column(text_enum(Book))
    to_book: Mapped[Book] = mapped_column(text_enum(Book))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))


class Balance(Base):
    """What an account's lines add up to, written in the transaction that wrote them."""

    __tablename__ = "balances"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    fees_minor: Mapped[int]
    costs_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(
        Computed("principal_minor + interest_minor + fees_minor + costs_minor", persisted=True)
    )
    verified_as_of: Mapped[date | None]
    verified_by: Mapped[UUID | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Verification(Base):
    """A bank's confirmation, by a named person, of an account's balance as of a day."""

    __tablename__ = "verifications"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    as_of: Mapped[date]
    principal_minor: Mapped[int]
    interest_minor: Mapped[int]
    fees_minor: Mapped[int]
    costs_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(CHAR(3))
    source: Mapped[str]
    attested_by: Mapped[UUID]
    attested_at: Mapped[datetime] = mapped_column(server_default=func.now())
