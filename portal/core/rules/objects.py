"""Dated objects a rule may find in force: consents, opt-outs, wishes, disputes, holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from portal.core.rules.kinds import (
    Channel,
    ConsentScope,
    Form,
    HoldKind,
    Place,
)

Id: TypeAlias = UUID | str

DAY = (
    86_400_000_000  # microseconds; clock times of a day are kept in them, so that 24:00 has a value
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's leave, given to one receiver. Empty `account_ids` means every account."""

    received_at: datetime
    person_id: Id
    scope: ConsentScope
    given_to: Id | None
    account_ids: tuple[Id, ...] = ()
    channel: Channel | None = None
    address: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A person's request not to be reached through a medium, or at one address of it.

    No channel means no contact at all, as when a third party refuses further calls. `told_to` is
    the only collector it was put to; None stands for all of them.
    """

    received_at: datetime
    person_id: Id
    channel: Channel | None = None
    address: str | None = None
    told_to: Id | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWindow:
    """Times of the local week a person called convenient, or asked to be left alone in.

    `opens` and `closes` are microseconds after midnight; a window that closes before it opens runs
    past midnight and belongs to the day it opens on. `days` counts from Monday, 0.
    """

    wanted: bool
    opens: int = 0
    closes: int = DAY
    days: frozenset[int] = frozenset(range(7))
    until: date | None = None
    told_to: Id | None = None
    received_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BarredPlace:
    """A place a person does not want to be reached at, or an employer does not allow.

    A place beside those on the list, such as a school, goes by its own word.
    """

    place: Place | str
    received_at: datetime | None = None
    by_employer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cease:
    """A request to stop all communication about a debt; it counts from receipt, not posting.

    `told_to` is the only collector it was put to; None stands for all of them.
    """

    received_at: datetime
    form: Form
    account_ids: tuple[Id, ...] = ()
    told_to: Id | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute, or a request for the original creditor's name, and what it was answered with.

    `answered_at` is when verification, the creditor's name or the decision was sent;
    `noticed_at` when a notice that it only repeats an earlier dispute was. `disputed_amount` and
    the amounts it is compared with are in one unit.
    """

    received_at: datetime
    form: Form
    account_ids: tuple[Id, ...] = ()
    asks_original_creditor: bool = False
    disputed_amount: int | None = None
    repeats_earlier: bool = False
    new_information: bool = False
    answered_at: datetime | None = None
    noticed_at: datetime | None = None
    upheld: bool | None = None
    grounds: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """Somebody who speaks for the person about these debts."""

    received_at: datetime | None = None
    attorney: bool = True
    account_ids: tuple[Id, ...] = ()
    contact_known: bool = True
    failed_to_respond: bool = False
    consents: bool = False
    exception: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reason not to contact, with dates where the reason has them. Both dates are inclusive."""

    kind: HoldKind
    received_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    extension_days: int = 0
    account_ids: tuple[Id, ...] = ()
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPermit:
    """A permit somebody else holds to contact the person, not used yet."""

    until: datetime
    channel: Channel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asked of everybody who collects from them, whoever holds the account."""

    channels: frozenset[Channel] | None = None
    weekly_maximum: int | None = None
    write_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailBasis:
    """How an e-mail address came to be known, for the third-party disclosure safe harbour."""

    route: str | None = None
    opted_out: bool | None = None
    caused_disclosure: bool = False
    creditor_obtained_from_consumer: bool | None = None
    creditor_used_for_account: bool | None = None
    names_specific_collector: bool | None = None
    notice_sent_on: date | None = None
    optout_deadline_on: date | None = None
    public_domain: bool | None = None
    prior_chain: tuple[PriorCollector, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorCollector:
    """What an earlier collector did with an address; a chain of them is oldest first."""

    valid_route: bool = False
    used: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBasis:
    """How a number came to be texted, for the third-party disclosure safe harbour."""

    route: str | None = None
    opted_out: bool | None = None
    consented_on: date | None = None
    last_text_on: date | None = None
    number_checked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was said or written, or is about to be. None means nobody recorded it."""

    form: Form | None = None
    languages: tuple[str, ...] = ()
    disclosures: tuple[tuple[str, str | None], ...] = ()
    elements: frozenset[str] | None = None
    content: dict[str, object] | None = None
    reference_dates: frozenset[str] = frozenset()
    optout_present: bool | None = None
    optout_method: str | None = None
    optout_clear: bool | None = None
    optout_needs_more: bool | None = None
    extra_content: bool | None = None
    conveys_debt: bool | None = None
    names_self: bool | None = None
    names_employer: bool | None = None
    employer_requested: bool | None = None
    identity_verified: bool | None = None
    postcard: bool | None = None
    envelope_reveals: bool | None = None
    visible_to_others: bool | None = None
    employer_address: bool | None = None
    esign_consent: bool | None = None
    durable_medium: bool | None = None
    private_device: bool | None = None
    institution_consents: bool | None = None
    amount_requested: int | None = None
    pay_by: date | None = None
    explains_rights: bool | None = None
    stated_end_on: date | None = None
    treated_as_sent: bool | None = None
    collectors: int | None = None
    requested_by_person: bool | None = None
    earlier_answer_wrong: bool | None = None
