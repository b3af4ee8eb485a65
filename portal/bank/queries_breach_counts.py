"""Read model of how often each rule was broken, on each day, by each agency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.core.accounts.exports import Cell
from portal.core.actions.breach_selection import joined, local_day
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.parties.models import Bank
from portal.core.rules import Verdict
from portal.core.rules.clocktime import start_of_day

#: The period shown when none is asked for, and the longest one. Days.
USUAL_DAYS, MOST_DAYS = 30, 366
_GRAVE = (Verdict.VIOLATION, Verdict.PRESUMED_VIOLATION)

COUNTED = (*(_l("Day"), _l("Rule"), _l("Citation"), _l("Agency"), _l("Judged as"), _l("Breaches")),)


@dataclass(frozen=True)
class Period:
    """The days looked at, both included, where the bank is."""

    from_on: date
    to_on: date
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        """Return each day."""
        return [
            self.from_on + timedelta(days=n) for n in range((self.to_on - self.from_on).days + 1)
        ]

    def covers(self, instant: Any) -> ColumnElement[bool]:
        """Return the condition that an instant falls on one of the days."""
        ends = start_of_day(self.to_on + timedelta(days=1), self.zone)
        return and_(instant >= start_of_day(self.from_on, self.zone), instant < ends)


@dataclass(frozen=True)
class BreachCount:
    """How often somebody broke a rule on a day."""

    day: date
    rule_id: str
    citation: str
    agency_id: UUID | None
    verdict: Verdict
    count: int

    @property
    def is_grave(self) -> bool:
        """Tell whether the law forbids it, or presumes so."""
        return self.verdict in _GRAVE


def read_period(
    session: Session, bank_id: UUID, from_on: date | None, to_on: date | None, now: datetime
) -> Period:
    """Return the period asked for, or the usual one, at most `MOST_DAYS` long."""
    zone = ZoneInfo(session.execute(select(Bank.timezone).where(Bank.id == bank_id)).scalar_one())
    last = to_on or now.astimezone(zone).date()
    first = from_on or last - timedelta(days=USUAL_DAYS - 1)
    earliest = last - timedelta(days=MOST_DAYS - 1)
    return Period(min(max(first, earliest), last), last, zone)


def list_counts(session: Session, bank_id: UUID, period: Period) -> list[BreachCount]:
    """Return how often each rule was broken on each day by each, reviews left out."""
    day = local_day(bank_id, Action.made_at)
    rows = session.execute(
        joined(
            day.label("day"),
            Breach.rule_id,
            Breach.citation,
            Breach.made_by_agency_id,
            Breach.verdict,
            func.count(),
        )
        .where(
            Breach.bank_id == bank_id,
            Action.bank_id == bank_id,
            period.covers(Action.made_at),
            Breach.verdict != Verdict.REVIEW,
            Breach.state != BreachState.CLEARED,
        )
        .group_by(day, Breach.rule_id, Breach.citation, Breach.made_by_agency_id, Breach.verdict)
        .order_by(day, Breach.rule_id, Breach.made_by_agency_id, Breach.verdict)
    )
    return [
        BreachCount(day, rule_id, citation, agency_id, Verdict(verdict), count)
        for day, rule_id, citation, agency_id, verdict, count in rows
    ]


def counted_rows(
    counts: Sequence[BreachCount], names: Mapping[UUID | None, str]
) -> Iterator[list[Cell]]:
    """Yield how often each rule was broken on each day by each, under `COUNTED`."""
    for each in counts:
        yield [
            *(each.day, each.rule_id, each.citation, names[each.agency_id]),
            *(words.label(each.verdict), each.count),
        ]
