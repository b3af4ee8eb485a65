"""The facts rules may read about one contact, or one other act on an account; never more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.core.rules.kinds import (
    Act,
    AddressKind,
    Channel,
    Direction,
    Outcome,
    Place,
    PlanState,
    Purpose,
    Role,
)
from portal.core.rules.objects import (
    BarredPlace,
    Cease,
    Consent,
    ContactWindow,
    Dispute,
    EmailBasis,
    Hold,
    Id,
    Message,
    OpenPermit,
    OptOut,
    Representation,
    TextBasis,
    Wishes,
)
from portal.core.rules.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What rules need of one debt; `servicing_key` groups student loans into one debt."""

    id: Id
    kind: str | None = None
    creditor_id: Id | None = None
    servicing_key: str | None = None
    status: str | None = None
    amount: int | None = None
    secured: bool | None = None
    disputed: bool = False
    transferred: bool = False
    validation_ends_on: date | None = None
    limitation_ends_on: date | None = None
    statute_barred: bool | None = None
    nation: str | None = None
    plan: PlanState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastContact:
    """A contact that happened, either way round, with this person or another about these debts.

    A call is placed about debts, may discuss others, and when nobody answers is allocated to one:
    the three lists are kept apart because rules count them differently.
    """

    at: datetime
    channel: Channel
    outcome: Outcome = Outcome.UNKNOWN
    direction: Direction = Direction.OUTBOUND
    id: Id | None = None
    external_id: str | None = None
    agency_id: Id | None = None
    person_id: Id | None = None
    role: Role = Role.CONSUMER
    placed_ids: tuple[Id, ...] = ()
    discussed_ids: tuple[Id, ...] = ()
    allocated_ids: tuple[Id, ...] = ()
    no_debt_discussed: bool = False
    creditor_id: Id | None = None
    purpose: Purpose | None = None
    address: str | None = None
    address_kind: AddressKind | None = None
    in_reply_to: Id | None = None
    automated: bool = False
    misdirected: bool = False
    recorded: bool = False
    returned_at: datetime | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPayment:
    """A payment on an account, as far as notice duties care."""

    at: datetime
    account_ids: tuple[Id, ...] = ()
    in_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFacts:
    """One act, the person and debts it is about, and everything known of them at that moment.

    `at` and every other instant are aware. `known_at` is the moment whose knowledge counts and is
    `at` unless said otherwise: a later notice never makes an earlier contact wrong. `zones` holds
    every zone a location signal points to; empty means unknown, which is for a person to decide.
    `day_zone` fixes the zone whose dates are counted; without it each candidate zone is tried and
    the strictest answer taken. No `outcome` means the contact has not been made and may connect;
    no `message` means its words are not known yet.
    """

    at: datetime
    channel: Channel
    act: Act = Act.CONTACT
    direction: Direction = Direction.OUTBOUND
    known_at: datetime | None = None
    id: Id | None = None
    external_id: str | None = None
    agency_id: Id | None = None
    person_id: Id | None = None
    role: Role = Role.CONSUMER
    purpose: Purpose | None = None
    outcome: Outcome | None = None
    zones: tuple[ZoneInfo, ...] = ()
    day_zone: ZoneInfo | None = None
    jurisdictions: tuple[str, ...] = ()
    account_ids: tuple[Id, ...] = ()
    discussed_ids: tuple[Id, ...] = ()
    accounts: tuple[AccountFacts, ...] = ()
    address: str | None = None
    address_kind: AddressKind | None = None
    known_at_place: Place | str | None = None
    in_reply_to: Id | None = None
    automated: bool = False
    session_active: bool = False
    required_by: str | None = None
    person_jointly_liable: bool | None = None
    person_vulnerable: bool = False
    debtor_unreachable: bool | None = None
    court_permission: bool = False
    history: tuple[PastContact, ...] = ()
    payments: tuple[PastPayment, ...] = ()
    consents: tuple[Consent, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    windows: tuple[ContactWindow, ...] = ()
    barred_places: tuple[BarredPlace, ...] = ()
    ceases: tuple[Cease, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    representations: tuple[Representation, ...] = ()
    holds: tuple[Hold, ...] = ()
    wishes: Wishes | None = None
    open_permits: tuple[OpenPermit, ...] = ()
    email_basis: EmailBasis | None = None
    text_basis: TextBasis | None = None
    holidays: frozenset[date] | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    benchmark: tuple[int, int] | None = None
    message: Message | None = None
    step: Step | None = None

    @property
    def is_by_creditor(self) -> bool:
        """Tell whether whoever contacts is the creditor of the debt itself."""
        return self.agency_id is not None and any(
            account.creditor_id == self.agency_id for account in self.accounts
        )

    def serves(self, purposes: frozenset[Purpose]) -> bool:
        """Tell whether the act serves one of these purposes, or the law that named one of them."""
        return self.purpose in purposes or (
            self.required_by is not None and Purpose.LEGALLY_REQUIRED in purposes
        )
