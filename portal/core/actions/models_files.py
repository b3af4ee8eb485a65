"""Tables of the files agencies log their day with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class ActionFileState(StrEnum):
    """Where a file of actions stands."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    COMMITTED = "committed"
    REFUSED = "refused"


class ActionFile(Base):
    """A file of actions an agency delivered for one bank; the bank sees that it did."""

    __tablename__ = "action_files"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    agency_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[bytes]
    size_bytes: Mapped[int]
    encoding: Mapped[str] = mapped_column(default="")
    delimiter: Mapped[str] = mapped_column(default="")
    state: Mapped[ActionFileState] = mapped_column(text_enum(ActionFileState))
    mapping: Mapped[dict[str, Any] | None]
    report: Mapped[dict[str, Any] | None]
    row_count: Mapped[int] = mapped_column(default=0)
    breach_count: Mapped[int] = mapped_column(default=0)
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    committed_at: Mapped[datetime | None]


class ActionFileChunk(Base):
    """One sealed piece of a file of actions, which the agency alone may read."""

    __tablename__ = "action_file_chunks"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "file_id"], ["action_files.bank_id", "action_files.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
