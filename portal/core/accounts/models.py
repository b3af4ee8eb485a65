"""Tables of overdue accounts, of what was tried before referral, and of imported files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7
from portal.core.permissions import Side
from portal.core.rules import HoldKind

#: Stand in for "not at all" and "not looked at yet" where an order needs an instant.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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
    `contact_opens_at` orders worklists: when the person may next be called, and for one who may be
    called now when they last were; it is looked at again from `contact_closes_at` on.
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
    contact_opens_at: Mapped[datetime] = mapped_column(default=NEVER)
    contact_closes_at: Mapped[datetime] = mapped_column(default=LONG_AGO)


class HoldState(StrEnum):
    """Where a hold stands: opened by whoever learned of it, active once confirmed, released."""

    OPENED = "opened"
    ACTIVE = "active"
    RELEASED = "released"


class HoldOwner(StrEnum):
    """Whose turn it is."""

    BANK = "bank"
    AGENCY = "agency"


class Hold(Base):
    """A reason not to contact, charge or recall; without an account it is on the whole person.

    It binds from `received_at` on, whether confirmed or not, until released; both days inclusive
    where it has days.
    """

    __tablename__ = "holds"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    agency_ids: Mapped[list[UUID]] = mapped_column(default=list)
    kind: Mapped[HoldKind] = mapped_column(text_enum(HoldKind))
    state: Mapped[HoldState] = mapped_column(text_enum(HoldState), default=HoldState.OPENED)
    owner: Mapped[HoldOwner] = mapped_column(text_enum(HoldOwner))
    due_on: Mapped[date | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    extension_days: Mapped[int] = mapped_column(default=0)
    ref: Mapped[str] = mapped_column(default="")
    note_sealed: Mapped[bytes | None]
    received_at: Mapped[datetime]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    opened_side: Mapped[Side] = mapped_column(text_enum(Side))
    opened_by: Mapped[UUID]
    opened_org: Mapped[UUID | None]
    action_id: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    release_reason: Mapped[str] = mapped_column(default="")


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
