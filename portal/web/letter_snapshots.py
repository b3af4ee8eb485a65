"""What a letter says, as plain values: stored with the letter, so that it can be made again.

A snapshot whose figures do not add up cannot be built. Texts given here (product, hours, lines on
complaints) are in the language of the letter. A snapshot may hold the access code of a letter in
clear: whoever stores one seals it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, TypeAdapter, with_config

from portal.core.money import Money

Language = Literal["en", "es", "zh_Hans_CN"]
ItemisationEvent = Literal[
    "last_statement", "charge_off", "last_payment", "transaction", "judgment"
]
Frequency = Literal["weekly", "fortnightly", "monthly", "custom"]
Method = Literal["card", "bank_debit", "bank_transfer", "cheque", "cash", "wallet"]

_strict = with_config(ConfigDict(extra="forbid"))


@_strict
@dataclass(frozen=True)
class Correspondent:
    """A person as a letter addresses them: the name in the order given, the address by lines."""

    name: str
    address: tuple[str, ...]


@_strict
@dataclass(frozen=True)
class Sender:
    """A bank or an agency as a letter introduces it; `hours` are when its phone is answered."""

    name: str
    address: tuple[str, ...]
    phone: str
    hours: str


@_strict
@dataclass(frozen=True)
class Access:
    """The way into the debtor's pages: the code on the letter, and the address its QR opens.

    `site` is the short address a person types; it holds no code.
    """

    site: str
    code: str = field(repr=False)
    url: str = field(repr=False)


@_strict
@dataclass(frozen=True)
class Buckets:
    """An amount by what it is made of."""

    principal: Money
    interest: Money
    fees: Money
    costs: Money

    @property
    def total(self) -> Money:
        """Return the whole."""
        return self.principal + self.interest + self.fees + self.costs


@_strict
@dataclass(frozen=True)
class Itemisation:
    """How the amount on the itemisation date became the amount now; `event` is why that date.

    Source: 12 CFR 1006.34(b)(3) and (c)(2)(vi) to (ix).
    """

    on: date
    event: ItemisationEvent
    creditor: str
    amount: Money
    interest: Money
    fees: Money
    payments: Money
    credits: Money
    now: Money

    def __post_init__(self) -> None:
        total = self.amount + self.interest + self.fees - self.payments - self.credits
        _must_equal("the amount now", self.now, total)


@_strict
@dataclass(frozen=True)
class UsNoticeSnapshot:
    """The validation notice of an account in the United States.

    In Spanish it goes out together with, or after, the English one: 12 CFR 1006.34(e).
    `disclosures` are whole paragraphs a rule pack asks for, such as on a debt too old to sue for.
    """

    language: Literal["en", "es"]
    reference: str
    person: Correspondent
    agency: Sender
    bank: Sender
    product: str
    account_ending: str
    itemisation: Itemisation
    verified_on: date
    sent_on: date
    dispute_by: date
    mandate_code: str
    access: Access
    disclosures: tuple[str, ...] = ()
    country: Literal["US"] = "US"
    version: Literal[1] = 1
    kind: Literal["notice_us"] = "notice_us"


@_strict
@dataclass(frozen=True)
class CnNoticeSnapshot:
    """The notice that an account in China was placed with an agency (委托催收通知).

    `contract` names the contract the debt rests on, `complaints` the ways to complain, each one
    line. The bank's seal is set on the sheet where the letter leaves room for it.

    Source: Measures on credit card business (2011), arts. 68 to 70; PIPL art. 21.
    """

    reference: str
    person: Correspondent
    agency: Sender
    bank: Sender
    product: str
    account_ending: str
    contract: str
    due_on: date
    balance: Buckets
    verified_on: date
    mandate_from: date
    mandate_to: date
    sent_on: date
    mandate_code: str
    complaints: tuple[str, ...]
    access: Access
    language: Literal["zh_Hans_CN"] = "zh_Hans_CN"
    country: Literal["CN"] = "CN"
    version: Literal[1] = 1
    kind: Literal["notice_cn"] = "notice_cn"


NoticeSnapshot = UsNoticeSnapshot | CnNoticeSnapshot


@_strict
@dataclass(frozen=True)
class Instalment:
    """One due part of a plan, and what is left to pay after it."""

    due_on: date
    amount: Money
    left: Money


@_strict
@dataclass(frozen=True)
class AgreementSnapshot:
    """A plan as it was accepted.

    `zone` names the zone the person lives in, such as America/Chicago. `card_undertaking` prints
    the promise a card holder in China makes in such an agreement.

    Source: Measures on credit card business (2011), art. 70, for what an agreement states.
    """

    language: Language
    country: Literal["US", "CN"]
    reference: str
    person: Correspondent
    agency: Sender
    bank: Sender
    product: str
    account_ending: str
    balance: Buckets
    verified_on: date
    frequency: Frequency
    instalments: tuple[Instalment, ...]
    charges_paused: bool
    grace_days: int
    misses_that_end: int
    accepted_at: datetime
    zone: str
    site: str
    access: Access | None = None
    card_undertaking: bool = False
    version: Literal[1] = 1
    kind: Literal["agreement"] = "agreement"

    def __post_init__(self) -> None:
        if not self.instalments or self.misses_that_end < 2 or self.accepted_at.tzinfo is None:
            raise ValueError("a plan has instalments, outlives one miss, and an aware instant")
        left = self.total
        for part in self.instalments:
            left = left - part.amount
            _must_equal("what is left", part.left, left)

    @property
    def accepted_on(self) -> date:
        """Return the day of acceptance where the person lives."""
        return self.accepted_at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def total(self) -> Money:
        """Return what all instalments come to."""
        return _sum((part.amount for part in self.instalments), self.balance.total.currency)


@_strict
@dataclass(frozen=True)
class ReceiptSnapshot:
    """A cleared payment: what came in, what it paid off, and what is owed after it.

    `unapplied` is what came in beyond what was owed, and is kept for the person.
    """

    language: Language
    country: Literal["US", "CN"]
    reference: str
    person: Correspondent
    agency: Sender
    bank: Sender
    product: str
    account_ending: str
    payment_reference: str
    amount: Money
    received_on: date
    method: Method
    paid_off: Buckets
    owed_before: Money
    owed_after: Money
    issued_on: date
    site: str
    next_instalment: Instalment | None = None
    unapplied: Money | None = None
    access: Access | None = None
    version: Literal[1] = 1
    kind: Literal["receipt"] = "receipt"

    def __post_init__(self) -> None:
        applied = self.amount if self.unapplied is None else self.amount - self.unapplied
        _must_equal("what was paid off", self.paid_off.total, applied)
        _must_equal("what is owed", self.owed_after, self.owed_before - applied)


@_strict
@dataclass(frozen=True)
class DemandSnapshot:
    """A formal demand of a bank's credit and legal departments, before an account is referred.

    `contract` names the contract the debt rests on, ready to stand in a sentence of the letter.
    """

    language: Language
    country: Literal["US", "CN"]
    reference: str
    person: Correspondent
    bank: Sender
    contract: str
    account_ending: str
    balance: Buckets
    due_on: date
    verified_on: date
    pay_by: date
    sent_on: date
    access: Access
    version: Literal[1] = 1
    kind: Literal["demand"] = "demand"

    def __post_init__(self) -> None:
        if not self.sent_on < self.pay_by:
            raise ValueError("a demand leaves time to answer it")


Snapshot = (
    UsNoticeSnapshot | CnNoticeSnapshot | AgreementSnapshot | ReceiptSnapshot | DemandSnapshot
)

_stored: TypeAdapter[Snapshot] = TypeAdapter(Annotated[Snapshot, Field(discriminator="kind")])


def to_json(snapshot: Snapshot) -> str:
    """Return the snapshot as JSON to be stored; the same snapshot gives the same text."""
    return _stored.dump_json(snapshot).decode()


def from_json(text: str | bytes) -> Snapshot:
    """Return the snapshot that was stored, equal to the one that went in.

    Raises:
        ValueError: not a snapshot, or its figures do not add up.
    """
    return _stored.validate_json(text)


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))


def _must_equal(what: str, stated: Money, computed: Money) -> None:
    if stated != computed:
        raise ValueError(f"{what} is stated as {stated.decimal_text()}, the parts give otherwise")
