"""Tables of actions, and of the rules they broke."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, uuid7


class Action(Base):
    """Something that was done on an account, as told (`made_at`) and as recorded.

    `agency_id` is the agency that may read the row now; `made_by_agency_id` the one that acted.
    """

    __tablename__ = "actions"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(["bank_id", "placement_id"], ["placements.bank_id", "placements.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    placement_id: Mapped[UUID | None]
    agency_id: Mapped[UUID | None]
    made_by_agency_id: Mapped[UUID | None]
    made_by: Mapped[UUID]
    channel: Mapped[str]
    direction: Mapped[str]
    outcome: Mapped[str]
    target: Mapped[str] = mapped_column(default="consumer")
    note_sealed: Mapped[bytes | None]
    made_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    judgement: Mapped[dict[str, Any]] = mapped_column(default=dict)
    breach_count: Mapped[int] = mapped_column(default=0)


class Breach(Base):
    """A rule an action broke, with the version of the rule and the facts that led to it."""

    __tablename__ = "breaches"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "action_id"], ["actions.bank_id", "actions.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    action_id: Mapped[UUID]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    made_by_agency_id: Mapped[UUID | None]
    rule_id: Mapped[str]
    code: Mapped[str]
    citation: Mapped[str]
    severity: Mapped[str]
    verdict: Mapped[str]
    facts: Mapped[dict[str, Any]]
    pack: Mapped[str]
    pack_version: Mapped[str]
    pack_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    found_at: Mapped[datetime]
