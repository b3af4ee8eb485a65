"""Read model of what stands at the top of every page about an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import get_locale
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.accounts.models import Account
from portal.core.errors import NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.placements.models import Placement
from portal.web.labels import language_name
from portal.web.letter_making import product_name


@dataclass(frozen=True)
class AccountHead:
    """What stands at the top of every page about an account."""

    id: UUID
    bank_id: UUID
    debtor_id: UUID
    ref: str
    name: str
    bank: str
    bank_zone: str
    owed: Money
    verified_on: date | None
    zones: tuple[str, ...]
    placed_at: datetime | None

    @property
    def currency(self) -> str:
        """Return the account's currency."""
        return self.owed.currency


@dataclass(frozen=True)
class Facts:
    """What else is known of the debt, the person and the mandate."""

    product: str
    past_due_since: date
    months_past_due: int
    principal: Money
    interest: Money
    fees: Money
    costs: Money
    language: str
    place: str
    needs_basis: bool
    placement_ref: str
    term_start: date | None
    term_end: date | None
    fee_bps: int


def account_head(session: Session, account_id: UUID) -> AccountHead:
    """Return the head of an account placed with the acting agency.

    Raises:
        NotFound: there is none, or it is with another agency or with none.
    """
    return head_of(account_row(session, account_id))


def account_row(session: Session, account_id: UUID) -> Any:
    """Return the columns a head and its facts are made of, or NotFound."""
    row = session.execute(
        select(
            Account.id,
            Account.bank_id,
            Account.debtor_id,
            Account.account_ref,
            Account.product,
            Account.past_due_since,
            Account.months_past_due,
            Balance.currency,
            Balance.total_minor,
            Balance.principal_minor,
            Balance.interest_minor,
            Balance.fees_minor,
            Balance.costs_minor,
            Balance.verified_as_of,
            Debtor.name.label("person"),
            Debtor.language,
            Debtor.country,
            Debtor.city,
            Debtor.state,
            Debtor.postcode,
            Debtor.zones,
            Bank.name,
            Bank.name_zh,
            Bank.timezone,
            Placement.ref.label("placement_ref"),
            Placement.term_start,
            Placement.term_end,
            Placement.fee_bps,
            Placement.accepted_at,
        )
        .select_from(Account)
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(Bank, Bank.id == Account.bank_id)
        .join(
            Placement,
            and_(Placement.bank_id == Account.bank_id, Placement.id == Account.placement_id),
        )
        .where(Account.id == account_id, Account.agency_id.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def head_of(row: Any) -> AccountHead:
    """Return the head of an account's columns."""
    return AccountHead(
        id=row.id,
        bank_id=row.bank_id,
        debtor_id=row.debtor_id,
        ref=row.account_ref,
        name=row.person,
        bank=name_in(row),
        bank_zone=row.timezone,
        owed=Money(row.total_minor, row.currency),
        verified_on=row.verified_as_of,
        zones=tuple(row.zones),
        placed_at=row.accepted_at,
    )


def facts_of(row: Any) -> Facts:
    """Return the facts of an account's columns."""
    return Facts(
        product=product_name(row.product, str(get_locale())),
        past_due_since=row.past_due_since,
        months_past_due=row.months_past_due,
        principal=Money(row.principal_minor, row.currency),
        interest=Money(row.interest_minor, row.currency),
        fees=Money(row.fees_minor, row.currency),
        costs=Money(row.costs_minor, row.currency),
        language=language_name(row.language),
        place=", ".join(part for part in (row.city, row.state) if part),
        # Where rules ask how an address was come by: 12 CFR 1006.6(d)(3)-(5).
        needs_basis=row.country == "US",
        placement_ref=row.placement_ref,
        term_start=row.term_start,
        term_end=row.term_end,
        fee_bps=row.fee_bps,
    )
