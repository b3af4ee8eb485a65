"""Choosing breaches by what is known of them: a filter as data, kept with what was done to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from portal.core.actions.models import Action, Breach, BreachState
from portal.core.parties.models import Bank
from portal.core.rules import Severity, Verdict


class Kind(StrEnum):
    """What a finding comes to: a rule was broken, or a person has to judge."""

    BROKEN = "broken"
    REVIEW = "review"


_KINDS: dict[Kind, ColumnElement[bool]] = {
    Kind.BROKEN: Breach.verdict != Verdict.REVIEW,
    Kind.REVIEW: Breach.verdict == Verdict.REVIEW,
}


@dataclass(frozen=True)
class BreachFilter:
    """Which of a bank's breaches are meant; what is left out does not bind.

    Days are those the action was made on, where the bank is. `found_before` finds what has waited
    since then, `changed_at` what one decision moved.
    """

    kind: Kind | None = Kind.BROKEN
    rule: str = ""
    agency_id: UUID | None = None
    by_bank: bool = False
    state: BreachState | None = None
    severity: Severity | None = None
    from_on: date | None = None
    to_on: date | None = None
    found_before: datetime | None = None
    changed_at: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """Return what binds as plain values, for the record of who chose it."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def joined(*columns: Any) -> Select[Any]:
    """Select columns of breaches with the action that made each."""
    return (
        select(*columns)
        .select_from(Breach)
        .join(Action, and_(Action.bank_id == Breach.bank_id, Action.id == Breach.action_id))
    )


def local_day(bank_id: UUID, instant: Any) -> ColumnElement[date]:
    """Return the day an instant falls on where a bank is."""
    zone = select(Bank.timezone).where(Bank.id == bank_id).scalar_subquery()
    return func.date(func.timezone(zone, instant))


def matching(bank_id: UUID, chosen: BreachFilter) -> ColumnElement[bool]:
    """Return the condition on Breach joined with Action that a filter stands for."""
    day = local_day(bank_id, Action.made_at)
    bounds: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (chosen.kind, _KINDS.__getitem__),
        (chosen.rule, lambda value: Breach.rule_id == value),
        (chosen.agency_id, lambda value: Breach.made_by_agency_id == value),
        (chosen.by_bank, lambda _: Breach.made_by_agency_id.is_(None)),
        (chosen.state, lambda value: Breach.state == value),
        (chosen.severity, lambda value: Breach.severity == value),
        (chosen.from_on, lambda value: day >= value),
        (chosen.to_on, lambda value: day <= value),
        (chosen.found_before, lambda value: Breach.found_at <= value),
        (chosen.changed_at, lambda value: Breach.changed_at == value),
    ]
    return and_(
        Breach.bank_id == bank_id,
        Action.bank_id == bank_id,
        *(condition(value) for value, condition in bounds if value),
    )


def chosen_ids(bank_id: UUID, chosen: BreachFilter) -> Select[tuple[UUID]]:
    """Select the ids of the breaches a filter matches."""
    return joined(Breach.id).where(matching(bank_id, chosen))
