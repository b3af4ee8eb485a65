"""The worklist's statements, one per shape of its filter, made once and used with other values.

Making a statement costs as much as running it, and this page is asked for all day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from portal.agency.worklist_keys import Key, KeyKind, SortBy, beyond, in_order
from portal.core.accounts.models import Account
from portal.core.actions.models import Action
from portal.core.ledger.models import Balance
from portal.core.parties.models import Bank, Debtor, PanelMember
from portal.core.plans.models import LIVE_PLAN_STATES, Plan, Promise, PromiseState


@dataclass(frozen=True)
class WorklistFilter:
    """What the address asks for; `now` keeps the accounts that may be called this minute."""

    q: str = ""
    bank_id: UUID | None = None
    now: bool = False
    sort: SortBy = SortBy.PERMIT

    def to_args(self) -> dict[str, str]:
        """Return the parts of an address that ask for the same, from the first page on."""
        values = {
            "q": self.q,
            "bank": str(self.bank_id or ""),
            "now": "1" if self.now else "",
            "sort": "" if self.sort is SortBy.PERMIT else self.sort.value,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def shape(self) -> tuple[bool, bool]:
        """Return what of the filter changes the statement, and not only its values."""
        return (bool(self.q), self.bank_id is not None)

    def parameters(self, agency_id: UUID, key: Key | None = None, size: int = 0) -> dict[str, Any]:
        """Return the values a statement of this filter is run with."""
        values: dict[str, Any] = {"agency_id": agency_id, "size": size}
        if self.bank_id is not None:
            values["bank_id"] = self.bank_id
        if self.q:
            for sign in "/%_":
                values["pattern"] = values.get("pattern", self.q).replace(sign, f"/{sign}")
            values["pattern"] = f"%{values['pattern']}%"
        if key is not None:
            values["key_id"], values["key_value"] = key.id, key.value
        return values


def matching(shape: tuple[bool, bool], *columns: Any) -> Select[Any]:
    """Select columns of the accounts and balances that a filter of this shape asks for."""
    has_search, has_bank = shape
    statement = (
        select(*columns)
        .select_from(Account)
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(Account.agency_id == bindparam("agency_id"))
    )
    if has_bank:
        statement = statement.where(Account.bank_id == bindparam("bank_id"))
    if not has_search:
        return statement
    return statement.join(
        Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id)
    ).where(_is_like(Account.account_ref) | _is_like(Debtor.name))


def _is_like(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return column.ilike(bindparam("pattern"), escape="/")


@cache
def page_statement(
    shape: tuple[bool, bool], sort: SortBy, kind: KeyKind, backwards: bool
) -> Select[Any]:
    """Select a page's accounts first, and only then what stands beside each."""
    inner = matching(
        shape,
        Account.bank_id,
        Account.id,
        Account.debtor_id,
        Account.account_ref,
        Account.last_action_at,
        Account.contact_opens_at,
        Balance.currency,
        Balance.total_minor,
        Balance.verified_as_of,
    )
    if kind is not KeyKind.FIRST:
        inner = inner.where(beyond(sort, kind, Account, Balance, backwards=backwards))
    page = (
        inner.order_by(*in_order(sort, Account, Balance, backwards=backwards))
        .limit(bindparam("size", type_=Integer()))
        .subquery("page")
    )

    def of_account(model: Any) -> ColumnElement[bool]:
        return and_(model.bank_id == page.c.bank_id, model.account_id == page.c.id)

    last = (
        select(Action.outcome)
        .where(of_account(Action))
        .order_by(Action.made_at.desc(), Action.id.desc())
        .limit(1)
        .lateral("last")
    )
    return (
        select(
            page,
            Debtor.name.label("person"),
            Bank.name,
            Bank.name_zh,
            Promise.amount_minor.label("promised_minor"),
            Promise.due_on.label("promised_on"),
            Plan.state.label("plan"),
            last.c.outcome,
        )
        .select_from(page)
        .join(Debtor, and_(Debtor.bank_id == page.c.bank_id, Debtor.id == page.c.debtor_id))
        .join(Bank, Bank.id == page.c.bank_id)
        .outerjoin(Promise, and_(of_account(Promise), Promise.state == PromiseState.ACTIVE))
        .outerjoin(Plan, and_(of_account(Plan), Plan.state.in_(LIVE_PLAN_STATES)))
        .outerjoin(last, true())
        .order_by(*in_order(sort, page.c, page.c, backwards=backwards))
    )


@cache
def figures_statement(shape: tuple[bool, bool]) -> Select[Any]:
    """Select the agency's banks, each with the count and sum of what matches, by currency."""
    counted = _counted(shape).limit(bindparam("size", type_=Integer())).subquery("counted")
    summed = (
        select(
            counted.c.bank_id,
            counted.c.currency,
            func.count().label("accounts"),
            func.sum(counted.c.total_minor).label("total_minor"),
        )
        .group_by(counted.c.bank_id, counted.c.currency)
        .subquery("summed")
    )
    return (
        select(
            PanelMember.bank_id,
            Bank.name,
            Bank.name_zh,
            summed.c.currency,
            summed.c.accounts,
            summed.c.total_minor,
        )
        .join(Bank, Bank.id == PanelMember.bank_id)
        .outerjoin(summed, summed.c.bank_id == PanelMember.bank_id)
        .where(PanelMember.agency_id == bindparam("agency_id"))
        .order_by(Bank.name, PanelMember.bank_id, summed.c.currency)
    )


def _counted(shape: tuple[bool, bool]) -> Select[Any]:
    columns: tuple[Any, ...] = (Balance.bank_id, Balance.currency, Balance.total_minor)
    has_search, has_bank = shape
    if has_search:
        return matching(shape, *columns)
    # Balances alone tell how many there are, in a third of the time the join takes.
    statement: Select[Any] = select(*columns).where(Balance.agency_id == bindparam("agency_id"))
    return statement.where(Balance.bank_id == bindparam("bank_id")) if has_bank else statement
