"""Read model of the worklist: filters and order live in the address, pages go by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.agency.permits import Permit, permit_of
from portal.agency.worklist_keys import Key, KeyKind, key_of, read_key, write_key
from portal.agency.worklist_statements import WorklistFilter, figures_statement, page_statement
from portal.core.actions.contact import may_contact
from portal.core.money import Money
from portal.core.plans.models import PlanState
from portal.core.rules import Channel, Outcome
from portal.web import filters
from portal.web.labels import label

PAGE = 25
#: Up to so many accounts the figures above the list are exact.
EXACT = 10_000
#: How many accounts are asked about at a time, and at most, to find those to call now.
_BATCH, _LOOKED_AT = 100, 500


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
    figures = session.execute(
        figures_statement(chosen.shape), chosen.parameters(agency_id, size=EXACT + 1)
    ).all()
    search = _Search(session, agency_id, chosen, bool(before and not after), at, zone)
    key = read_key(chosen.sort, after or before)
    found, onward = search.collect(key)
    first = write_key(key_of(chosen.sort, found[0][0])) if found and key else ""
    last = write_key(onward) if onward is not None else ""
    if search.backwards:
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
        looked_at=search.looked_at,
    )


_Found = list[tuple[Row[Any], Permit]]


@dataclass
class _Search:
    """The way from a page's key to its rows."""

    session: Session
    agency_id: UUID
    chosen: WorklistFilter
    backwards: bool
    at: datetime
    zone: ZoneInfo
    looked_at: int = 0

    def collect(self, key: Key | None) -> tuple[_Found, Key | None]:
        """Return the rows of a page in reading direction, and the key to go on from."""
        size = _BATCH if self.chosen.now else PAGE + 1
        found: _Found = []
        while True:
            rows = self._rows(key, size)
            found.extend(self._kept(rows))
            self.looked_at += len(rows)
            if len(found) > PAGE:
                return found[:PAGE], key_of(self.chosen.sort, found[PAGE - 1][0])
            if len(rows) < size:
                return found, None
            key = key_of(self.chosen.sort, rows[-1])
            if self.looked_at >= _LOOKED_AT:
                return found, key

    def _rows(self, key: Key | None, size: int) -> Sequence[Row[Any]]:
        chosen = self.chosen
        kind = key.kind if key is not None else KeyKind.FIRST
        statement = page_statement(chosen.shape, chosen.sort, kind, self.backwards)
        return self.session.execute(
            statement, chosen.parameters(self.agency_id, key=key, size=size)
        ).all()

    def _kept(self, rows: Sequence[Row[Any]]) -> _Found:
        ids = [row.id for row in rows]
        answers = may_contact(self.session, ids, Channel.CALL, at=self.at) if ids else {}
        kept: _Found = []
        words: dict[Any, Permit] = {}
        for row in rows:
            answer = answers.get(row.id)
            if self.chosen.now and (answer is None or not answer.is_allowed):
                continue
            # Most of a page has the same answer: it is put into words once.
            turn = (answer.verdict, answer.next_allowed_at) if answer is not None else None
            if turn not in words:
                words[turn] = permit_of(answer, at=self.at, zone=self.zone)
            kept.append((row, words[turn]))
        return kept


def _row(row: Row[Any], permit: Permit, zone: ZoneInfo) -> WorklistRow:
    promised, last_at = row.promised_minor, row.last_action_at
    return WorklistRow(
        id=row.id,
        bank_id=row.bank_id,
        ref=row.account_ref,
        name=row.person,
        bank=name_in(row),
        owed=Money(row.total_minor, row.currency),
        verified_on=row.verified_as_of,
        last_action_on=last_at.astimezone(zone).date() if last_at else None,
        last_action=label(Outcome(row.outcome)) if row.outcome else "",
        promised=Money(promised, row.currency) if promised else None,
        promised_on=row.promised_on,
        plan=row.plan,
        permit=permit,
    )


def _totals(figures: Sequence[Row[Any]]) -> list[Money]:
    totals: dict[str, int] = {}
    for row in figures:
        if row.currency:
            totals[row.currency] = totals.get(row.currency, 0) + int(row.total_minor)
    return [Money(minor, currency) for currency, minor in sorted(totals.items())]
