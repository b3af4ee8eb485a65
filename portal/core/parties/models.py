"""Tables of banks, agencies, their staff and their panel, and of debtors and contact points."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, ForeignKeyConstraint, LargeBinary, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, text_enum, uuid7
from portal.core.permissions import Role, Side


class Organisation:
    """What a bank and an agency have in common: what is on their letters."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(CHAR(2))
    timezone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en"])
    phone: Mapped[str] = mapped_column(default="")
    phone_hours: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    def name_in(self, language: str) -> str:
        """Return the name to show in a language."""
        return self.name_zh if language.startswith("zh") and self.name_zh else self.name


class Bank(Organisation, Base):
    """A creditor that owns debts and refers them."""

    __tablename__ = "banks"

    payment_account: Mapped[str] = mapped_column(default="")


class Agency(Organisation, Base):
    """A third party that works accounts for banks."""

    __tablename__ = "agencies"


class Staff(Base):
    """A person who works for a bank, an agency or the operator."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("org_id", "email"),
        UniqueConstraint("org_id", "sso_issuer", "sso_subject"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    side: Mapped[Side] = mapped_column(text_enum(Side))
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(text_enum(Role))
    status: Mapped[str] = mapped_column(default="invited")
    password_hash: Mapped[str | None]
    totp_sealed: Mapped[bytes | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)
    recovery_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), default=list)
    sso_issuer: Mapped[str | None]
    sso_subject: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    theme: Mapped[str] = mapped_column(default="auto")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_sign_in_at: Mapped[datetime | None]


class SignInProvider(Base):
    """An organisation's own OpenID Connect provider, checked by a person before it is used."""

    __tablename__ = "sign_in_providers"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    discovery_url: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    secret_sealed: Mapped[bytes]
    provider_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    enabled: Mapped[bool] = mapped_column(default=False)
    tested_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrgSecret(Base):
    """A secret of an organisation, sealed under its key: provider keys, signing secrets."""

    __tablename__ = "org_secrets"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PanelMember(Base):
    """An agency a bank has approved, with the terms of its contract."""

    __tablename__ = "panel"

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="active")
    fee_bps: Mapped[int]
    term_days: Mapped[int]
    tail_days: Mapped[int] = mapped_column(default=0)
    answer_hours: Mapped[int] = mapped_column(default=48)
    capacity: Mapped[int]
    placed: Mapped[int] = mapped_column(default=0)
    places: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    products: Mapped[list[str]] = mapped_column(default=list)
    approved_on: Mapped[date]


class Debtor(Base):
    """A person in debt to one bank. Names stay searchable; what identifies is sealed."""

    __tablename__ = "debtors"
    __table_args__ = (UniqueConstraint("bank_id", "customer_ref"),)

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    customer_ref: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    country: Mapped[str] = mapped_column(CHAR(2))
    state: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    zones: Mapped[list[str]] = mapped_column(default=list)
    wrapped_key: Mapped[bytes]
    birth_sealed: Mapped[bytes | None]
    id_last4_sealed: Mapped[bytes | None]
    agency_ids: Mapped[list[UUID]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ContactPoint(Base):
    """A telephone, e-mail or postal address of a debtor, sealed under the debtor's key."""

    __tablename__ = "contact_points"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        UniqueConstraint("bank_id", "debtor_id", "kind", "value_index"),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    kind: Mapped[str]
    value_sealed: Mapped[bytes]
    value_index: Mapped[bytes]
    source: Mapped[str] = mapped_column(default="bank_file")
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    agency_ids: Mapped[list[UUID]] = mapped_column(default=list)
    place: Mapped[str] = mapped_column(default="")
    zones: Mapped[list[str]] = mapped_column(default=list)
    basis: Mapped[dict[str, Any] | None]


class ContactWish(Base):
    """How a person wants to be contacted, by whoever collects: the newest that has not ended binds.

    Nothing set means no limit of that kind. `days` counts from Monday, 0; `opens_minute` and
    `closes_minute` are minutes after midnight where the person lives.
    """

    __tablename__ = "contact_wishes"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    agency_ids: Mapped[list[UUID]] = mapped_column(default=list)
    channels: Mapped[list[str] | None]
    days: Mapped[list[int] | None]
    opens_minute: Mapped[int | None]
    closes_minute: Mapped[int | None]
    weekly_maximum: Mapped[int | None]
    write_only: Mapped[bool] = mapped_column(default=False)
    no_work: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    told_side: Mapped[Side] = mapped_column(text_enum(Side))
    told_by: Mapped[UUID]


class StatementKind(StrEnum):
    """What a person said about being contacted, or what was learned about a number of theirs."""

    OPT_OUT = "opt_out"
    CONSENT = "consent"
    CEASE = "cease"
    REPRESENTATION = "representation"
    BARRED_PLACE = "barred_place"
    BARRED_TIME = "barred_time"
    WRONG_NUMBER = "wrong_number"
    DISPUTE = "dispute"


class ContactStatement(Base):
    """A dated statement that contact rules read, in force from receipt until it ends.

    `details` holds what the kind's rule object needs beyond the columns, by that object's own
    field names (see `core.rules.objects`). No account means every account at the bank.
    """

    __tablename__ = "contact_statements"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "debtor_id"], ["debtors.bank_id", "debtors.id"]),
        ForeignKeyConstraint(["bank_id", "account_id"], ["accounts.bank_id", "accounts.id"]),
    )

    bank_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    debtor_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    agency_ids: Mapped[list[UUID]] = mapped_column(default=list)
    kind: Mapped[StatementKind] = mapped_column(text_enum(StatementKind))
    channel: Mapped[str | None]
    contact_point_id: Mapped[UUID | None]
    scope: Mapped[str | None]
    form: Mapped[str] = mapped_column(default="unknown")
    place: Mapped[str | None]
    given_to: Mapped[UUID | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    detail_sealed: Mapped[bytes | None]
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    told_side: Mapped[Side] = mapped_column(text_enum(Side))
    told_by: Mapped[UUID]
    action_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
