"""Tables of referrals, offers, placements and letters."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7


class OfferState(StrEnum):
    """Where an offer to an agency stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


class PlacementState(StrEnum):
    """The placement's states, from offer to return."""

    OFFERED = "offered"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    WORKING = "working"
    PENDING_RECALL = "pending_recall"
    OBJECTED = "objected"
    FINAL_RECALL = "final_recall"
    CLOSE_REQUESTED = "close_requested"
    RETURNED = "returned"
    CLOSED = "closed"
    DECLINED = "declined"
    LAPSED = "lapsed"


class Referral(Base):
    """A batch of accounts a bank refers together."""

    __tablename__ = "referrals"
    __table_args__ = (UniqueConstraint("bank_id", "ref"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    ref: Mapped[str]
    filter: Mapped[dict[str, Any]]
    shares: Mapped[dict[str, Any]]
    seed: Mapped[str]
    account_count: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


class Offer(Base):
    """One agency's part of a referral: what the agency accepts or declines as a whole."""

    __tablename__ = "offers"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "referral_id"], ["referrals.bank_id", "referrals.id"]),
        UniqueConstraint("bank_id", "referral_id", "agency_id"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    referral_id: Mapped[UUID]
    referral_ref: Mapped[str]
    agency_id: Mapped[UUID]
    state: Mapped[OfferState] = mapped_column(text_enum(OfferState))
    account_count: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    fee_bps: Mapped[int]
    term_days: Mapped[int]
    tail_days: Mapped[int] = mapped_column(default=0)
    offered_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")


class Placement(Base):
    """One account with one agency for a term, from offer to return; a new row each time."""

    __tablename__ = "placements"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        ForeignKeyConstraint(["bank_id", "offer_id"], ["offers.bank_id", "offers.id"]),
        UniqueConstraint("bank_id", "ref"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    ref: Mapped[str]
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    state: Mapped[PlacementState] = mapped_column(text_enum(PlacementState))
    number: Mapped[int] = mapped_column(default=1)
    placed_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    fee_bps: Mapped[int]
    tail_days: Mapped[int] = mapped_column(default=0)
    offered_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    first_action_at: Mapped[datetime | None]
    term_start: Mapped[date | None]
    term_end: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class LetterKind(StrEnum):
    """What a letter is."""

    NOTICE = "notice"
    AGREEMENT = "agreement"
    RECEIPT = "receipt"
    DEMAND = "demand"


class Letter(Base):
    """A document as issued: the snapshot it was made from and the PDF, both sealed."""

    __tablename__ = "letters"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
        UniqueConstraint("bank_id", "kind", "subject_id"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID]
    debtor_id: Mapped[UUID]
    agency_id: Mapped[UUID | None]
    kind: Mapped[LetterKind] = mapped_column(text_enum(LetterKind))
    subject_id: Mapped[UUID | None]
    language: Mapped[str]
    template_version: Mapped[str]
    snapshot_sealed: Mapped[bytes]
    snapshot_sha256: Mapped[bytes]
    pdf_sealed: Mapped[bytes | None]
    pdf_sha256: Mapped[bytes | None]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID]
    expires_at: Mapped[datetime | None]
