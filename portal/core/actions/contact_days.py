"""How much of each limit on contacts was used up, day by day, over all agencies and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.core.actions.contact import Deed, Subject, contact_facts
from portal.core.actions.knowledge import Knowledge
from portal.core.rules import Act, Channel, ContactFacts, Direction, Pack, PastContact, Verdict
from portal.core.rules.clocktime import start_of_day
from portal.core.rules.evaluators.counts import CountParams
from portal.core.rules.evaluators.wishes import WeeklyParams
from portal.core.rules.findings import Check, Finding
from portal.core.rules.known import Known

_ANY = frozenset(Channel)


@dataclass(frozen=True)
class CountedRule:
    """A rule that allows so many contacts within so many days."""

    rule_id: str
    prong: str
    code: str
    citation: str
    verdict: Verdict
    days: int
    channels: frozenset[Channel]


@dataclass(frozen=True)
class DayCount:
    """How much of one limit was used up at the end of a day, and what of it that day."""

    rule: CountedRule
    limit: int
    used: int
    on_day: int

    @property
    def is_full(self) -> bool:
        """Tell whether no further contact was allowed."""
        return self.used >= self.limit

    @property
    def is_over(self) -> bool:
        """Tell whether a contact of that day was one too many."""
        return self.used > self.limit and self.on_day > 0


def count_days(
    subjects: Mapping[UUID, Subject],
    known: Knowledge,
    packs: Iterable[Pack],
    days: Sequence[date],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> dict[date, list[DayCount]]:
    """Return, for days in a zone, what was used up of every limit the packs count by.

    `subjects` are the person's accounts. Where a rule counts by account, collector or number, the
    fullest of them is told. It is asked of the rules themselves, as of the last moment of the day
    or of now: what is counted here is what a permit would count. Days to come are left out; where
    nobody knows the person's zone, days are those of `zone`.
    """
    checks = _counting(packs)
    found: dict[date, list[DayCount]] = {}
    for day in days:
        starts = start_of_day(day, zone)
        ends = start_of_day(day + timedelta(days=1), zone) - timedelta(microseconds=1)
        if starts > now:
            break
        at = min(ends, now).astimezone(UTC)
        acts = [Known(facts) for facts in _possible(subjects, known, at, zone)]
        counts = (_count(check, acts, starts) for check in checks)
        found[day] = [count for count in counts if count is not None]
    return found


def _counting(packs: Iterable[Pack]) -> list[Check[Any]]:
    """Return the checks of contacts that count, each once, whatever its channels."""
    checks = {
        (check.rule.id, check.prong): check
        for pack in packs
        for channel in Channel
        for check in pack.checks_for(Act.CONTACT, channel, Direction.OUTBOUND)
        if isinstance(check.params, CountParams | WeeklyParams)
    }
    return list(checks.values())


def _possible(
    subjects: Mapping[UUID, Subject], known: Knowledge, at: datetime, zone: ZoneInfo
) -> list[ContactFacts]:
    """Return a further contact with the person as each collector could have made it at a moment.

    One for every account, collector and number of which the record has a contact; one at least.
    """
    kinds = {
        (account, past.agency_id, past.address, past.automated): past
        for past in known.history_at(at)
        for account in past.placed_ids
        if past.direction is Direction.OUTBOUND
    }
    by_account = {str(account_id): subject for account_id, subject in subjects.items()}
    found = []
    for (account, agency, _address, automated), past in kinds.items():
        subject = by_account.get(str(account))
        if subject is not None:
            deed = Deed(
                channel=past.channel, at=at, contact_point_id=_point(past), automated=automated
            )
            facts = contact_facts(subject, known, deed, made_by=None)
            found.append(replace(facts, agency_id=agency))
    if not found:
        deed = Deed(channel=Channel.CALL, at=at)
        found = [contact_facts(next(iter(subjects.values())), known, deed, made_by=None)]
    return [facts if facts.zones else replace(facts, zones=(zone,)) for facts in found]


def _point(past: PastContact) -> UUID | None:
    return UUID(str(past.address)) if past.address else None


def _count(check: Check[Any], acts: Sequence[Known], starts: datetime) -> DayCount | None:
    """Return the fullest count a check has among the acts; None where it sets no limit."""
    fullest: DayCount | None = None
    for act in acts:
        limit = _limit(check, act.facts)
        if limit is None:
            continue
        found = _ask(check, act)
        counted = {} if found is None else found.values
        today = {str(past.id) for past in act.history if past.at >= starts}
        count = DayCount(
            rule=_rule(check),
            limit=limit,
            # The contact asked about would be one more, and has not been made.
            used=int(str(counted.get("count", 1))) - 1,
            on_day=len(today & {str(event) for event in found.events}) if found else 0,
        )
        if fullest is None or (count.used, count.on_day) > (fullest.used, fullest.on_day):
            fullest = count
    return fullest


def _ask(check: Check[Any], act: Known) -> Finding | None:
    """Ask a check how many it counts, whatever the channel of the act was."""
    facts, found = act.facts, None
    if isinstance(check.params, CountParams):
        channels = check.params.counted.channels
        if facts.channel not in channels:
            act = Known(replace(facts, channel=min(channels)))
        found = check.evaluate(act, check)
    elif facts.wishes is not None:
        # It tells its count only where the limit is reached, so let it be nought.
        facts = replace(facts, wishes=replace(facts.wishes, weekly_maximum=0))
        found = check.evaluate(Known(facts), check)
    return found


def _limit(check: Check[Any], facts: ContactFacts) -> int | None:
    if isinstance(check.params, WeeklyParams):
        return None if facts.wishes is None else facts.wishes.weekly_maximum
    params: CountParams = check.params
    return facts.limits.get(params.agreed_limit or "", params.limit)


def _rule(check: Check[Any]) -> CountedRule:
    is_wish = isinstance(check.params, WeeklyParams)
    return CountedRule(
        rule_id=check.rule.id,
        prong=check.prong,
        code="more_than_wished" if is_wish else check.params.code,
        citation=check.rule.citation,
        verdict=check.on_breach,
        days=check.params.days,
        channels=_ANY if is_wish else check.params.counted.channels,
    )
