"""Tables of permits, actions, their judgements and the rules they broke."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7
from portal.core.permissions import Side
from portal.core.rules import Channel, Verdict


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
    contact_point_id: Mapped[UUID | None]
    external_id: Mapped[str | None]
    permit_id: Mapped[UUID | None]
    purpose: Mapped[str] = mapped_column(default="")
    collector_ref: Mapped[str] = mapped_column(default="")
    in_reply_to: Mapped[UUID | None]
    automated: Mapped[bool] = mapped_column(default=False)
    late_reason: Mapped[str] = mapped_column(default="")
    file_id: Mapped[UUID | None]
    text_sealed: Mapped[bytes | None]


class BreachState(StrEnum):
    """Where a breach stands. `cleared`: judged again on later knowledge, it was none."""

    OPEN = "open"
    EXPLAINED = "explained"
    UPHELD = "upheld"
    WAIVED = "waived"
    REMEDIED = "remedied"
    CLEARED = "cleared"


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
    state: Mapped[BreachState] = mapped_column(text_enum(BreachState), default=BreachState.OPEN)
    found_at: Mapped[datetime]
    prong: Mapped[str] = mapped_column(default="")
    judgement_number: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime | None]


class BreachEvent(Base):
    """A change of a breach's state: by whom and why. Never edited."""

    __tablename__ = "breach_events"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "breach_id"], ["breaches.bank_id", "breaches.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    breach_id: Mapped[UUID]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    made_by_agency_id: Mapped[UUID | None]
    from_state: Mapped[BreachState] = mapped_column(text_enum(BreachState))
    to_state: Mapped[BreachState] = mapped_column(text_enum(BreachState))
    reason: Mapped[str]
    by_side: Mapped[Side] = mapped_column(text_enum(Side))
    by_user: Mapped[UUID]
    by_name: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class KeptJudgement(Base):
    """One judgement of an action, with the facts and packs it can be made again from.

    `facts` are those of `rules.facts_to_record`, but past contacts, which stand in the actions and
    never change, are kept as their ids alone. An action judged again has a higher `number`.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "action_id"], ["actions.bank_id", "actions.id"]),
        UniqueConstraint("bank_id", "action_id", "number"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    action_id: Mapped[UUID]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    made_by_agency_id: Mapped[UUID | None]
    number: Mapped[int]
    cause: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(text_enum(Verdict))
    rules: Mapped[list[str]] = mapped_column(default=list)
    facts: Mapped[dict[str, Any]]
    packs: Mapped[list[dict[str, Any]]]
    judged_at: Mapped[datetime]


class PermitState(StrEnum):
    """Where a permit stands; a granted one past its `expires_at` has lapsed."""

    GRANTED = "granted"
    DENIED = "denied"
    ASKED = "asked"  # a person has to decide
    REFUSED = "refused"  # a person decided: no
    USED = "used"
    RETURNED = "returned"  # given back unused
    VOID = "void"  # a hold or a recall took it away


class Permit(Base):
    """The engine's answer, beforehand, to "may I contact now?": one use, ten minutes.

    A granted permit is for one collector, channel and person, and no two on one person overlap.
    """

    __tablename__ = "permits"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    account_id: Mapped[UUID]
    placement_id: Mapped[UUID | None]
    agency_id: Mapped[UUID | None]
    asked_side: Mapped[Side] = mapped_column(text_enum(Side))
    asked_by: Mapped[UUID]
    channel: Mapped[Channel] = mapped_column(text_enum(Channel))
    target: Mapped[str] = mapped_column(default="consumer")
    purpose: Mapped[str] = mapped_column(default="")
    contact_point_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    verdict: Mapped[Verdict] = mapped_column(text_enum(Verdict))
    state: Mapped[PermitState] = mapped_column(text_enum(PermitState))
    next_allowed_at: Mapped[datetime | None]
    granted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    action_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_side: Mapped[Side | None] = mapped_column(text_enum(Side))
    decision_reason: Mapped[str] = mapped_column(default="")
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]]
    judgement: Mapped[dict[str, Any]]
    packs: Mapped[list[dict[str, Any]]]


class BankRules(Base):
    """A version of a bank's own stricter pack: what was set, and the pack compiled from it.

    The version in force on a day is the newest whose `effective_from` is not later.
    """

    __tablename__ = "bank_rules"
    __table_args__ = (UniqueConstraint("bank_id", "version"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[int]
    hash: Mapped[str]
    document: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]
    effective_from: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
