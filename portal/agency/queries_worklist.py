"""Read model of the worklist: filters and order live in the address, pages go by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import ColumnElement, Row, Select, and_, func, select, true
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.agency.permits import Permit, permit_of
from portal.agency.worklist_keys import Key, SortBy, beyond, in_order, read_key, write_key
from portal.core.accounts.models import Account
from portal.core.actions.contact import may_contact
from portal.core.actions.models import Action
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor, PanelMember
from portal.core.plans.models import LIVE_PLAN_STATES, Plan, PlanState, Promise, PromiseState
from portal.core.rules import Channel, Outcome
from portal.web import filters
from portal.web.labels import label

PAGE = 25
#: Up to so many accounts the figures above the list are exact.
EXACT = 10_000
#: How many accounts are asked about at a time, and at most, to find those to call now.
_BATCH, _LOOKED_AT = 100, 500


@dataclass(frozen=True)
class WorklistFilter:
    """What the address asks for; `now` keeps the accounts that may be called this minute."""

    q: str = ""
    bank_id: UUID | None = None
    now: bool = False
    sort: SortBy = SortBy.LAST_ACTION

    def to_args(self) -> dict[str, str]:
        """Return the parts of an address that ask for the same, from the first page on."""
        values = {
            "q": self.q,
            "bank": str(self.bank_id or ""),
            "now": "1" if self.now else "",
            "sort": "" if self.sort is SortBy.LAST_ACTION else self.sort.value,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class WorklistRow:
    """One account of the worklist."""

    id: UUID
    bank_id: UUID
    ref: str
    name: str
    bank: str
    owed: Money
    verified_on: date | None
    last_action_on: date | None
    last_action: str
    promised: Money | None
    promised_on: date | None
    plan: PlanState | None
    permit: Permit


@dataclass(frozen=True)
class Worklist:
    """A page of the worklist, the figures of the whole, and the keys of its neighbours.

    `count` is None beyond what is counted exactly; `looked_at` is how many accounts the rules were
    asked about.
    """

    rows: list[WorklistRow]
    banks: list[tuple[str, str]]
    count: int | None
    totals: list[Money]
    after: str
    before: str
    looked_at: int

    @property
    def count_text(self) -> str:
        """Return what the pager says of the number beyond the exact ones."""
        return str(gettext("more than %(count)s", count=filters.count(EXACT)))


def worklist(
    session: Session,
    agency_id: UUID,
    chosen: WorklistFilter,
    *,
    at: datetime,
    zone: ZoneInfo,
    after: str = "",
    before: str = "",
) -> Worklist:
    """Return a page of the accounts placed with an agency: four queries without the call filter.

    Whether somebody may be called is the rules' to say and no column: with that filter a limited
    number of accounts is asked about from the page's key on.
    """
    figures = _figures(session, agency_id, chosen)
    backwards = bool(before and not after)
    key = read_key(chosen.sort, after or before)
    found, onward, looked_at = _collect(session, agency_id, chosen, key, backwards, at, zone)
    first = write_key(chosen.sort, found[0][0]) if found and key else ""
    last = write_key(chosen.sort, onward) if onward is not None else ""
    if backwards:
        found.reverse()
        first, last = last, first
    count = sum(row.accounts or 0 for row in figures)
    is_exact = count <= EXACT and not chosen.now
    return Worklist(
        rows=[_row(row, permit, zone) for row, permit in found],
        banks=list(dict.fromkeys((str(row.bank_id), name_in(row)) for row in figures)),
        count=count if is_exact else None,
        totals=_totals(figures) if is_exact else [],
        after=last,
        before=first,
        looked_at=looked_at,
    )


_Found = list[tuple[Row[Any], Permit]]


def _collect(
    session: Session,
    agency_id: UUID,
    chosen: WorklistFilter,
    key: Key | None,
    backwards: bool,
    at: datetime,
    zone: ZoneInfo,
) -> tuple[_Found, Row[Any] | None, int]:
    """Return the rows of a page in reading direction, the row to go on from, and the effort."""
    size = _BATCH if chosen.now else PAGE + 1
    found: _Found = []
    looked_at = 0
    while True:
        rows = session.execute(_page(agency_id, chosen, key, backwards, size)).all()
        permits = _permits(session, rows, at, zone)
        looked_at += len(rows)
        found.extend(
            (row, permits[row.id])
            for row in rows
            if not chosen.now or permits[row.id].opens_at == at
        )
        if len(found) > PAGE:
            return found[:PAGE], found[PAGE - 1][0], looked_at
        if len(rows) < size:
            return found, None, looked_at
        if looked_at >= _LOOKED_AT:
            return found, rows[-1], looked_at
        key = read_key(chosen.sort, write_key(chosen.sort, rows[-1]))


def _permits(
    session: Session, rows: Sequence[Row[Any]], at: datetime, zone: ZoneInfo
) -> dict[UUID, Permit]:
    ids = [row.id for row in rows]
    answers = may_contact(session, ids, Channel.CALL, at=at) if ids else {}
    return {each: permit_of(answers.get(each), at=at, zone=zone) for each in ids}


def matching(agency_id: UUID, chosen: WorklistFilter, *columns: Any) -> Select[Any]:
    """Select columns of the accounts and balances that the filter asks for."""
    statement = (
        select(*columns)
        .select_from(Account)
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(Account.agency_id == agency_id)
    )
    if chosen.bank_id is not None:
        statement = statement.where(Account.bank_id == chosen.bank_id)
    if chosen.q:
        statement = statement.join(
            Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id)
        ).where(
            Account.account_ref.icontains(chosen.q, autoescape=True)
            | Debtor.name.icontains(chosen.q, autoescape=True)
        )
    return statement


def _page(
    agency_id: UUID, chosen: WorklistFilter, key: Key | None, backwards: bool, size: int
) -> Select[Any]:
    """Select a page's accounts first, and only then what stands beside each."""
    page = (
        matching(
            agency_id,
            chosen,
            Account.bank_id,
            Account.id,
            Account.debtor_id,
            Account.account_ref,
            Account.last_action_at,
            Balance.currency,
            Balance.total_minor,
            Balance.verified_as_of,
        )
        .where(beyond(chosen.sort, key, Account, Balance, backwards=backwards))
        .order_by(*in_order(chosen.sort, Account, Balance, backwards=backwards))
        .limit(size)
        .subquery("page")
    )

    def of_account(model: Any) -> ColumnElement[bool]:
        return and_(model.bank_id == page.c.bank_id, model.account_id == page.c.id)

    last = (
        select(Action.channel, Action.outcome)
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
            last.c.channel,
            last.c.outcome,
        )
        .select_from(page)
        .join(Debtor, and_(Debtor.bank_id == page.c.bank_id, Debtor.id == page.c.debtor_id))
        .join(Bank, Bank.id == page.c.bank_id)
        .outerjoin(Promise, and_(of_account(Promise), Promise.state == PromiseState.ACTIVE))
        .outerjoin(Plan, and_(of_account(Plan), Plan.state.in_(LIVE_PLAN_STATES)))
        .outerjoin(last, true())
        .order_by(*in_order(chosen.sort, page.c, page.c, backwards=backwards))
    )


def _row(row: Row[Any], permit: Permit, zone: ZoneInfo) -> WorklistRow:
    promised = row.promised_minor
    return WorklistRow(
        id=row.id,
        bank_id=row.bank_id,
        ref=row.account_ref,
        name=row.person,
        bank=name_in(row),
        owed=Money(row.total_minor, row.currency),
        verified_on=row.verified_as_of,
        last_action_on=row.last_action_at.astimezone(zone).date() if row.last_action_at else None,
        last_action=label(Outcome(row.outcome)) if row.outcome else "",
        promised=Money(promised, row.currency) if promised else None,
        promised_on=row.promised_on,
        plan=row.plan,
        permit=permit,
    )


def _figures(session: Session, agency_id: UUID, chosen: WorklistFilter) -> Sequence[Row[Any]]:
    """Return the agency's banks, each with the count and sum of what matches, by currency."""
    counted = (
        matching(agency_id, chosen, Account.bank_id, Balance.currency, Balance.total_minor)
        .limit(EXACT + 1)
        .subquery("counted")
    )
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
    return session.execute(
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
        .where(PanelMember.agency_id == agency_id)
        .order_by(Bank.name, PanelMember.bank_id, summed.c.currency)
    ).all()


def _totals(figures: Sequence[Row[Any]]) -> list[Money]:
    totals: dict[str, int] = {}
    for row in figures:
        if row.currency:
            totals[row.currency] = totals.get(row.currency, 0) + int(row.total_minor)
    return [Money(minor, currency) for currency, minor in sorted(totals.items())]
