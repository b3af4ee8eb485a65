"""The worklist as a file: the same accounts and the same cents as on the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.agency.worklist_statements import WorklistFilter, matching
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.plans.models import LIVE_PLAN_STATES, Plan, Promise, PromiseState

#: Machine names, the same in every language: another program reads them.
HEADINGS = (
    "account_ref",
    "person",
    "bank",
    "currency",
    "balance",
    "verified_on",
    "last_action_at",
    "promised",
    "promised_on",
    "plan",
)


def list_rows(session: Session, agency_id: UUID, chosen: WorklistFilter) -> Sequence[Any]:
    """Return all accounts of the agency that the filter asks for.

    What may be called this minute would be old when the file is opened: that filter is left out.
    """
    accounts = matching(
        chosen.shape,
        Account.bank_id,
        Account.id,
        Account.debtor_id,
        Account.account_ref,
        Account.last_action_at,
        Balance.currency,
        Balance.total_minor,
        Balance.verified_as_of,
    ).subquery("chosen")

    def of_account(model: Any) -> Any:
        return and_(model.bank_id == accounts.c.bank_id, model.account_id == accounts.c.id)

    return session.execute(
        select(
            accounts,
            Debtor.name.label("person"),
            Bank.name.label("bank"),
            Promise.amount_minor.label("promised_minor"),
            Promise.due_on.label("promised_on"),
            Plan.state.label("plan"),
        )
        .select_from(accounts)
        .join(
            Debtor,
            and_(Debtor.bank_id == accounts.c.bank_id, Debtor.id == accounts.c.debtor_id),
        )
        .join(Bank, Bank.id == accounts.c.bank_id)
        .outerjoin(Promise, and_(of_account(Promise), Promise.state == PromiseState.ACTIVE))
        .outerjoin(Plan, and_(of_account(Plan), Plan.state.in_(LIVE_PLAN_STATES)))
        .order_by(Bank.name, accounts.c.account_ref, accounts.c.id),
        chosen.parameters(agency_id),
    ).all()


def count_by_bank(rows: Iterable[Any]) -> Counter[UUID]:
    """Return how many accounts of each bank are among the rows."""
    return Counter(row.bank_id for row in rows)


def as_cells(rows: Iterable[Any]) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows as the cells of a table, in the order of the headings."""
    for row in rows:
        yield (
            row.account_ref,
            row.person,
            row.bank,
            row.currency,
            Money(row.total_minor, row.currency),
            row.verified_as_of,
            row.last_action_at,
            Money(row.promised_minor, row.currency) if row.promised_minor else None,
            row.promised_on,
            row.plan.value if row.plan else None,
        )


def as_documents(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the rows as JSON documents; amounts are decimal text, never a float."""
    return [
        {name: _plain(cell) for name, cell in zip(HEADINGS, cells, strict=True)}
        for cells in as_cells(rows)
    ]


def _plain(cell: Cell) -> str | None:
    if isinstance(cell, Money):
        return cell.decimal_text()
    if isinstance(cell, date):
        return cell.isoformat()
    return None if cell is None else str(cell)
