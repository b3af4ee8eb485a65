"""Counting: at most so many contacts in so many local days, within a scope the pack names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.core.rules.clocktime import start_of_day
from portal.core.rules.consents import first_consented_day, is_consented
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import AddressKind, Channel, Direction, Outcome, Role
from portal.core.rules.known import MESSAGES, Known, counted_to, ids_of
from portal.core.rules.registry import evaluator
from portal.core.rules.scope import Scope, in_scope, is_among, own_debts

# Reading a member off its enumeration takes longer than comparing with it.
_CONVERSATION, _UNKNOWN_END, _UNKNOWN_CHANNEL = (
    Outcome.CONVERSATION,
    Outcome.UNKNOWN,
    Channel.UNKNOWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a count is of. Outcomes in neither list do not count; doubtful ones are for a person."""

    channels: frozenset[Channel]
    scope: frozenset[Scope]
    outcomes: frozenset[Outcome] = frozenset()
    doubtful: frozenset[Outcome] = frozenset()
    directions: frozenset[Direction] = frozenset({Direction.OUTBOUND})
    excluded_roles: frozenset[Role] = frozenset()
    address_kinds: frozenset[AddressKind] = frozenset()
    not_address_kinds: frozenset[AddressKind] = frozenset()
    only_automated: bool = False
    own_always_counts: bool = False
    merged_kinds: frozenset[str] = frozenset()
    consent_days: int = 0
    zone: ZoneInfo | None = None
    rebuttal_purposes: frozenset[str] = frozenset()
    seen: frozenset[Channel] = field(init=False)
    is_narrow: bool = field(init=False)
    by_debt: bool = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what is asked of every contact; one of unknown channel may be any."""
        narrow = bool(self.address_kinds or self.not_address_kinds or self.only_automated)
        object.__setattr__(self, "seen", self.channels | {Channel.UNKNOWN})
        object.__setattr__(self, "by_debt", Scope.ACCOUNT in self.scope)
        object.__setattr__(self, "is_narrow", narrow)


def matching(known: Known, counted: Counted, events: Iterable[PastContact]) -> list[PastContact]:
    """Return the events of the counted kind and scope, whatever their debt and outcome."""
    seen, directions, roles = counted.seen, counted.directions, counted.excluded_roles
    found = [
        past
        for past in events
        if past.channel in seen
        and past.direction in directions
        and past.role not in roles
        and not past.misdirected
    ]
    if counted.is_narrow:
        found = [past for past in found if _suits(counted, past.address_kind, past.automated)]
    return in_scope(known, found, counted.scope) if found else found


def _suits(counted: Counted, kind: AddressKind | None, automated: bool) -> bool:
    if counted.only_automated and not automated:
        return False
    if counted.address_kinds and kind not in counted.address_kinds:
        return False
    return kind not in counted.not_address_kinds


def counts_itself(known: Known, counted: Counted) -> Outcome | None:
    """Return the outcome the act counts with, None when it is not of the counted kind.

    An act without an outcome has not happened yet, and is taken to connect.
    """
    facts = known.facts
    if facts.channel not in counted.channels or facts.role in counted.excluded_roles:
        return None
    if not _suits(counted, facts.address_kind, facts.automated):
        return None
    outcome = known.outcome
    if outcome is None or counted.own_always_counts or outcome in counted.outcomes:
        return _CONVERSATION
    if outcome is _UNKNOWN_END and facts.channel in MESSAGES:
        return _CONVERSATION
    return _UNKNOWN_END if outcome in counted.doubtful else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParams:
    """At most `limit` in `days` local dates, the act's own included."""

    limit: int
    days: int
    counted: Counted
    agreed_limit: str | None = None
    code: str = "too_many_contacts"
    factor: str | None = None


@evaluator(CountParams, timed=True)
def at_most(known: Known, check: Check[CountParams]) -> Finding | None:
    """Decide whether a contact is one too many: local dates [D - days + 1, D], its own included.

    Days are calendar dates, not blocks of 24 hours. Each debt the contact counts to must have room;
    with several candidate zones each must. When only contacts of doubtful outcome make it too many,
    a person decides.

    Source: the rule in the pack, for example 12 CFR 1006.14(b)(2)(i)(A).
    """
    params, counted = check.params, check.params.counted
    own = counts_itself(known, counted)
    if own is None:
        return check.allow()
    limit = known.facts.limits.get(params.agreed_limit or "", params.limit)
    recent = known.recent(params.days)
    events = matching(known, counted, recent) if recent else []
    if not events and limit > 0:
        return check.allow()
    zones = known.day_zones(counted.zone)
    if not zones:
        return check.doubt("no_zone_on_file", {"limit": limit, "days": params.days})
    if len(events) < limit and not known.seeks_next:
        return check.allow()  # all of them together leave room, and nobody asks for how many more
    tallies = [
        _tally(known, params, limit, zone, debt, about)
        for debt in _debts(known, counted)
        for about in (_countable(known, counted, debt, events),)
        for zone in zones
    ]
    full = [tally for tally in tallies if tally.all > limit]
    worst = tallies[0]
    if len(tallies) > 1:
        worst = max(full or tallies, key=lambda tally: (tally.sure > limit, tally.all))
    values = {
        "count": worst.all,
        "limit": limit,
        "days": params.days,
        "zone": worst.zone.key,
        "since": worst.since,
    }
    if not full:
        return check.allow(values, events=ids_of(worst.events))
    say = check.breach if worst.sure > limit and own is Outcome.CONVERSATION else check.doubt
    return say(
        params.code,
        values,
        events=ids_of(worst.events),
        until=max((tally.until for tally in full if tally.until is not None), default=None),
        factor=rebuttal_factor(known, counted) or params.factor,
    )


def _debts(known: Known, counted: Counted) -> Iterable[object]:
    if not counted.by_debt:
        return (None,)
    return own_debts(known, counted.merged_kinds) or (None,)


class _Tally(NamedTuple):
    zone: ZoneInfo
    since: date
    events: list[PastContact]
    sure: int
    all: int
    until: datetime | None


class _Countable(NamedTuple):
    events: list[PastContact]
    are_sure: list[bool]


def _countable(
    known: Known, counted: Counted, debt: object, events: list[PastContact]
) -> _Countable:
    """Return events that count to a debt, and of each whether it does so without doubt."""
    outcomes, doubtful = counted.outcomes, counted.doubtful
    found: list[PastContact] = []
    sure: list[bool] = []
    for past in events:
        outcome = known.outcome_of(past) if past.channel in MESSAGES else past.outcome
        counts = outcome in outcomes
        if (counts or outcome in doubtful) and (
            debt is None or is_about(known, past, debt, counted)
        ):
            found.append(past)
            sure.append(counts and past.channel is not _UNKNOWN_CHANNEL)
    return _Countable(found, sure)


def _tally(
    known: Known,
    params: CountParams,
    limit: int,
    zone: ZoneInfo,
    debt: object,
    countable: _Countable,
) -> _Tally:
    counted = params.counted
    since = known.local(zone).date() - timedelta(params.days - 1)
    consents = counted.consent_days > 0 and bool(known.facts.consents) and debt is not None
    if consents and consented(known, counted, known.at, zone, debt):
        return _Tally(zone, since, [], 0, 0, None)
    events, are_sure = countable
    days = known.days_of(events, zone)
    inside = [n for n, day in enumerate(days) if day >= since]
    if consents:
        inside = [n for n in inside if not consented(known, counted, events[n].at, zone, debt)]
    until = None
    if len(inside) >= limit:
        free = days[inside[-limit]] + timedelta(params.days) if limit > 0 else None
        until = next_free(known, counted, zone, debt, free)
    sure = sum([are_sure[n] for n in inside])
    return _Tally(zone, since, [events[n] for n in inside], sure + 1, len(inside) + 1, until)


def is_about(known: Known, past: PastContact, debt: object, counted: Counted) -> bool:
    """Tell whether a past contact counts to a debt; one that names none counts to every one."""
    return debt is None or is_among(known, debt, counted_to(past), counted.merged_kinds)


def consented(known: Known, counted: Counted, at: datetime, zone: ZoneInfo, debt: object) -> bool:
    """Tell whether a consent to additional calls takes a call out of this count."""
    return bool(counted.consent_days and known.facts.consents) and is_consented(
        known,
        at=at,
        zone=zone,
        debt=debt,
        days=counted.consent_days,
        merged_kinds=counted.merged_kinds,
    )


def next_free(
    known: Known, counted: Counted, zone: ZoneInfo, debt: object, free: date | None
) -> datetime | None:
    """Return when the next contact may be made: the free day, or sooner where a consent allows."""
    if counted.consent_days and known.facts.consents and debt is not None:
        day = first_consented_day(
            known,
            zone=zone,
            debt=debt,
            days=counted.consent_days,
            merged_kinds=counted.merged_kinds,
        )
        free = min(filter(None, (day, free)), default=None)
    return None if free is None else start_of_day(free, zone)


def rebuttal_factor(known: Known, counted: Counted) -> str | None:
    """Return the purpose that may rebut the presumption, if the contact has one."""
    purpose = known.facts.purpose
    return purpose if purpose in counted.rebuttal_purposes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionParams:
    """Minutes after an unanswered call in which another is rapid succession."""

    minutes: int
    unanswered: frozenset[Outcome]
    counted: Counted


@evaluator(SuccessionParams, timed=True)
def not_in_rapid_succession(known: Known, check: Check[SuccessionParams]) -> Finding | None:
    """Decide whether a call follows an unanswered one within minutes.

    Source: the rule in the pack, for example 12 CFR 1006.14(b)(2), commentary.
    """
    params, at = check.params, known.at
    if counts_itself(known, params.counted) is None:
        return check.allow()
    span = timedelta(minutes=params.minutes)
    close = [past for past in known.recent(0) if at - past.at < span]
    recent = [
        past for past in matching(known, params.counted, close) if past.outcome in params.unanswered
    ]
    if not recent:
        return check.allow()
    return check.doubt(
        "calls_in_succession",
        {"minutes": params.minutes, "called_at": recent[-1].at},
        events=ids_of(recent),
        until=recent[-1].at + span,
        factor="rapid_succession",
    )
