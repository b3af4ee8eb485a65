"""Read model of the accounts list: rows, count and total of a filter, and the export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.models import Account, AccountState
from portal.core.accounts.selection import joined
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, Debtor, PanelMember

#: Beyond this many rows a count is not exact any more: it would cost more than the list.
COUNTED = 10_000


class Sort(StrEnum):
    """How the list may be sorted; a leading minus sorts downwards."""

    REF = "ref"
    REF_DOWN = "-ref"
    NAME = "name"
    NAME_DOWN = "-name"
    BALANCE = "balance"
    BALANCE_DOWN = "-balance"
    MONTHS = "months"
    MONTHS_DOWN = "-months"

    @property
    def column(self) -> str:
        """Return the sorted column's name."""
        return self.value.lstrip("-")

    @property
    def descending(self) -> bool:
        """Tell whether the list runs downwards."""
        return self.value.startswith("-")


class Confirmed(StrEnum):
    """Whether somebody at the bank stands by a balance."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class AccountSearch:
    """Which of a bank's accounts are listed; what is left out does not bind. Amounts are minor."""

    text: str = ""
    state: AccountState | None = None
    currency: str | None = None
    confirmed: Confirmed | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    least_months: int | None = None
    most_months: int | None = None
    country: str = ""
    region: str = ""
    agency_id: UUID | None = None
    import_id: UUID | None = None

    def facts(self) -> dict[str, Any]:
        """Return what an audit row may keep of it: the text searched for may be a person's name."""
        told = {name: value for name, value in vars(self).items() if value not in (None, "")}
        if told.pop("text", ""):
            told["text"] = True
        return {
            name: value if isinstance(value, int) else str(value) for name, value in told.items()
        }


@dataclass(frozen=True)
class AccountLine:
    """One account in the list."""

    id: UUID
    account_ref: str
    name: str
    state: AccountState
    agency: str
    balance: Money
    verified_on: date | None
    months_past_due: int
    past_due_since: date
    place: str
    last_action_at: datetime | None


@dataclass(frozen=True)
class Totals:
    """Count and sum of a whole filter; above `COUNTED` rows only that it is more."""

    accounts: int
    sums: list[Money]

    @property
    def exact(self) -> bool:
        """Tell whether every row was counted."""
        return self.accounts <= COUNTED

    @property
    def ceiling(self) -> int:
        """Return up to how many rows were counted."""
        return COUNTED


@dataclass(frozen=True)
class AccountsPage:
    """What the list shows."""

    page: Page[AccountLine]
    totals: Totals


@dataclass(frozen=True)
class Choices:
    """What the filter can choose from, and how many accounts are in each state."""

    currencies: list[str]
    states: dict[AccountState, int]
    agencies: list[tuple[UUID, str]]

    @property
    def total(self) -> int:
        """Return how many accounts the bank has here."""
        return sum(self.states.values())


def list_choices(session: Session, bank_id: UUID) -> Choices:
    """Return currencies and states in use, and the agencies of the panel."""
    rows = session.execute(
        select(Account.currency, Account.state, func.count())
        .where(Account.bank_id == bank_id)
        .group_by(Account.currency, Account.state)
    ).all()
    states = dict.fromkeys(AccountState, 0)
    for _, state, count in rows:
        states[state] += count
    agencies = session.execute(
        select(Agency.id, Agency.name, Agency.name_zh)
        .join(PanelMember, PanelMember.agency_id == Agency.id)
        .where(PanelMember.bank_id == bank_id)
        .order_by(Agency.name, Agency.id)
    )
    return Choices(
        currencies=sorted({row[0] for row in rows}),
        states=states,
        agencies=[(row.id, words.organisation(row.name, row.name_zh)) for row in agencies],
    )


def list_accounts(
    session: Session, bank_id: UUID, chosen: AccountSearch, sort: Sort, cursor: Cursor | None
) -> AccountsPage:
    """Return one page of the accounts a filter matches, with its count and total."""
    key = _KEYS[sort.column]
    statement = _listed(matching(bank_id, chosen))
    rows = session.execute(
        sliced(statement, key, Account.id, descending=sort.descending, cursor=cursor)
    ).all()
    name = {"ref": "account_ref", "balance": "total_minor", "months": "months_past_due"}
    marks = [write_cursor(getattr(row, name.get(sort.column, sort.column)), row.id) for row in rows]
    page = paged([_line(row) for row in rows], marks, cursor)
    return AccountsPage(page, countmatching(session, bank_id, chosen))


_KEYS: dict[str, Any] = {
    "ref": Account.account_ref,
    "name": Debtor.name,
    "balance": Balance.total_minor,
    "months": Account.months_past_due,
}


def countmatching(session: Session, bank_id: UUID, chosen: AccountSearch) -> Totals:
    """Return how many accounts match and what is owed on them, one sum for each currency."""
    counted = (
        joined(Balance.currency, Balance.total_minor)
        .where(matching(bank_id, chosen))
        .limit(COUNTED + 1)
        .subquery()
    )
    rows = session.execute(
        select(counted.c.currency, func.count(), func.sum(counted.c.total_minor))
        .group_by(counted.c.currency)
        .order_by(counted.c.currency)
    ).all()
    return Totals(
        accounts=sum(count for _, count, _ in rows),
        sums=[Money(int(total), currency) for currency, _, total in rows],
    )


def _listed(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        joined(
            Account.id,
            Account.account_ref,
            Debtor.name,
            Account.state,
            Agency.name.label("agency"),
            Agency.name_zh.label("agency_zh"),
            Balance.total_minor,
            Balance.currency,
            Balance.verified_as_of,
            Account.months_past_due,
            Account.past_due_since,
            Debtor.country,
            Debtor.state.label("region"),
            Account.last_action_at,
        )
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .where(condition)
    )


def _line(row: Any) -> AccountLine:
    return AccountLine(
        id=row.id,
        account_ref=row.account_ref,
        name=row.name,
        state=row.state,
        agency=words.organisation(row.agency, row.agency_zh),
        balance=Money(row.total_minor, row.currency),
        verified_on=row.verified_as_of,
        months_past_due=row.months_past_due,
        past_due_since=row.past_due_since,
        place=row.region or row.country,
        last_action_at=row.last_action_at,
    )


def matching(bank_id: UUID, chosen: AccountSearch) -> ColumnElement[bool]:
    """Return the condition on Account joined with Debtor and Balance that a search stands for."""
    bounds: list[ColumnElement[bool]] = [Account.bank_id == bank_id]
    bounds += [
        column == value
        for column, value in (
            (Account.state, chosen.state),
            (Account.currency, chosen.currency),
            (Debtor.country, chosen.country or None),
            (Debtor.state, chosen.region or None),
            (Account.agency_id, chosen.agency_id),
            (Account.import_id, chosen.import_id),
        )
        if value is not None
    ]
    if chosen.least_minor is not None:
        bounds.append(Balance.total_minor >= chosen.least_minor)
    if chosen.most_minor is not None:
        bounds.append(Balance.total_minor <= chosen.most_minor)
    if chosen.least_months is not None:
        bounds.append(Account.months_past_due >= chosen.least_months)
    if chosen.most_months is not None:
        bounds.append(Account.months_past_due <= chosen.most_months)
    if chosen.confirmed is not None:
        unconfirmed = Balance.verified_as_of.is_(None)
        bounds.append(unconfirmed if chosen.confirmed is Confirmed.NO else ~unconfirmed)
    if chosen.text:
        bounds.append(_named(chosen.text))
    return and_(*bounds)


def _named(text: str) -> ColumnElement[bool]:
    """Match an account's or customer's number from its start, or any part of a name."""
    return or_(
        Account.account_ref.startswith(text, autoescape=True),
        Debtor.customer_ref == text,
        Debtor.name.icontains(text, autoescape=True),
    )
