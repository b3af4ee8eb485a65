"""Read model of the compliance overview: breaches by rule, agency and day, and use of permits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.queries_agency_conduct import AgencyFigures, list_agencies
from portal.bank.queries_breach_counts import BreachCount, Period, list_counts
from portal.core.actions.models import Breach, BreachState, Permit, PermitState
from portal.core.rules import Verdict
from portal.web.rule_titles import citation, title_of

#: A breach open for this long has waited too long, when nothing else is asked for. Days.
USUAL_WAIT = 14
#: How many agencies stand side by side.
COMPARED = 6


@dataclass(frozen=True)
class RuleCount:
    """How often one rule was broken, by all and by each."""

    rule_id: str
    citation: str
    by_agency: Counter[UUID | None]

    @property
    def title(self) -> str:
        """Return what the rule is called, in the reader's language."""
        return title_of(self.rule_id)

    def beyond(self, shown: Sequence[UUID | None]) -> int:
        """Return how often others than those shown broke it."""
        return self.by_agency.total() - sum(self.by_agency[each] for each in shown)


@dataclass(frozen=True)
class Waiting:
    """What waits now, whatever the period: breaches to explain or decide, and questions."""

    open: int
    old: int
    explained: int
    upheld: int
    reviews: int
    questions: int


@dataclass(frozen=True)
class Overview:
    """What the overview shows."""

    period: Period
    waiting: Waiting
    counts: list[BreachCount]
    rules: list[RuleCount]
    agencies: list[AgencyFigures]

    @property
    def compared(self) -> list[AgencyFigures]:
        """Return who fits side by side: those who broke most."""
        broke = [each for each in self.agencies if each.breaches]
        return sorted(broke, key=lambda each: -each.breaches)[:COMPARED]

    @property
    def is_longer(self) -> bool:
        """Tell whether more broke a rule than stand side by side."""
        return sum(1 for each in self.agencies if each.breaches) > COMPARED


def get_overview(
    session: Session, bank_id: UUID, period: Period, *, waited: int, now: datetime
) -> Overview:
    """Return the figures of a period and what waits now, in five queries."""
    counts = list_counts(session, bank_id, period)
    return Overview(
        period=period,
        waiting=_waiting(session, bank_id, now - timedelta(days=waited)),
        counts=counts,
        rules=_by_rule(counts),
        agencies=list_agencies(session, bank_id, period, counts, now),
    )


def _by_rule(counts: Sequence[BreachCount]) -> list[RuleCount]:
    found: dict[str, RuleCount] = {}
    for each in counts:
        where = citation(each.citation)
        rule = found.setdefault(each.rule_id, RuleCount(each.rule_id, where, Counter()))
        rule.by_agency[each.agency_id] += each.count
    return sorted(found.values(), key=lambda rule: (-rule.by_agency.total(), rule.rule_id))


def _waiting(session: Session, bank_id: UUID, since: datetime) -> Waiting:
    broken, review = Breach.verdict != Verdict.REVIEW, Breach.verdict == Verdict.REVIEW
    is_open = Breach.state == BreachState.OPEN
    questions = (
        select(func.count())
        .select_from(Permit)
        .where(Permit.bank_id == bank_id, Permit.state == PermitState.ASKED)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            func.count().filter(is_open, broken),
            func.count().filter(is_open, broken, Breach.found_at <= since),
            func.count().filter(Breach.state == BreachState.EXPLAINED),
            func.count().filter(Breach.state == BreachState.UPHELD),
            func.count().filter(is_open, review),
            questions,
        ).where(
            Breach.bank_id == bank_id,
            Breach.state.in_((BreachState.OPEN, BreachState.EXPLAINED, BreachState.UPHELD)),
        )
    ).one()
    return Waiting(*row)
