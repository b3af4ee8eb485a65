"""Tables of a bank's own reminders before referral."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7
from portal.core.rules import Channel


class ReminderLadder(Base):
    """A version of the steps a bank takes before it refers: when, by which department, how.

    `steps` is a list of tables, in order; the newest version whose `effective_from` is not later
    than a day holds on it, and nothing goes out while `is_running` is false.
    """

    __tablename__ = "reminder_ladders"
    __table_args__ = (UniqueConstraint("bank_id", "version"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[int]
    steps: Mapped[list[dict[str, Any]]]
    is_running: Mapped[bool] = mapped_column(default=False)
    effective_from: Mapped[date]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


class ReminderState(StrEnum):
    """Where a reminder stands; `waiting` is tried again once the rules allow it."""

    DUE = "due"  # for a person to do: a call
    SENT = "sent"
    WAITING = "waiting"
    REFUSED = "refused"
    SKIPPED = "skipped"


class Reminder(Base):
    """One step of the ladder on one account.

    `permit_id` is the question a person has to decide. `answer_by` is the day a formal demand asks
    to be answered by.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        UniqueConstraint("bank_id", "account_id", "step"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    step: Mapped[str]
    channel: Mapped[Channel] = mapped_column(text_enum(Channel))
    department: Mapped[str]
    due_on: Mapped[date]
    state: Mapped[ReminderState] = mapped_column(text_enum(ReminderState))
    reason: Mapped[str] = mapped_column(default="")
    tried_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    action_id: Mapped[UUID | None]
    permit_id: Mapped[UUID | None]
    answer_by: Mapped[date | None]
    ladder_version: Mapped[int]
    judgement: Mapped[dict[str, Any]] = mapped_column(default=dict)
