"""What a bank asks beyond the law: channels it leaves alone, days of its own, rest after a talk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.core.rules.clocktime import start_of_day
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel, Outcome, Purpose
from portal.core.rules.known import Known, ids_of
from portal.core.rules.registry import evaluator

_TALKED = frozenset({Channel.CALL, Channel.VISIT, Channel.UNKNOWN})
_MOST_DAYS_OFF = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelParams:
    """Channels that are not used, and what is let through all the same."""

    not_used: frozenset[Channel]
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(ChannelParams)
def channel_allowed(known: Known, check: Check[ChannelParams]) -> Finding | None:
    """Decide whether a contact uses a channel the bank leaves alone.

    Source: the bank's own rule.
    """
    facts, params = known.facts, check.params
    if facts.channel not in params.not_used or facts.purpose in params.exempt_purposes:
        return check.allow()
    return check.breach("channel_not_used", {"channel": facts.channel})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDaysParams:
    """Days without contact, each as ISO text with the name it goes by."""

    days: Mapping[str, str]
    exempt_purposes: frozenset[Purpose] = frozenset()
    dates: Mapping[date, str] = field(init=False)

    def __post_init__(self) -> None:
        """Read the days once."""
        dates = {date.fromisoformat(day): name for day, name in self.days.items()}
        object.__setattr__(self, "dates", dates)


@evaluator(NamedDaysParams, timed=True)
def not_on_named_days(known: Known, check: Check[NamedDaysParams]) -> Finding | None:
    """Decide whether a contact falls on a day the bank keeps free, in any zone the person may be.

    Source: the bank's own rule.
    """
    facts, params = known.facts, check.params
    if facts.purpose in params.exempt_purposes:
        return check.allow()
    if not facts.zones:
        return check.doubt("no_zone_on_file")
    for zone in facts.zones:
        day = known.local(zone).date()
        if day in params.dates:
            free = next(
                n for n in range(1, _MOST_DAYS_OFF) if day + timedelta(n) not in params.dates
            )
            return check.breach(
                "bank_day_off",
                {"day": day, "name": params.dates[day], "zone": zone.key},
                until=start_of_day(day + timedelta(free), zone),
            )
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestParams:
    """For how many local dates nobody contacts a person after a talk, its own date included."""

    days: int
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(RestParams, timed=True)
def left_alone_after_talk(known: Known, check: Check[RestParams]) -> Finding | None:
    """Decide whether a person is contacted too soon after somebody spoke with them.

    Whoever spoke for the bank counts, about whichever account and whoever began. An event of
    unknown outcome may have been a talk: then a person decides.

    Source: the bank's own rule.
    """
    facts, params = known.facts, check.params
    if facts.purpose in params.exempt_purposes:
        return check.allow()
    talks = [past for past in known.recent(params.days) if _is_talk(known, past)]
    if not talks:
        return check.allow()
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file", {"days": params.days})
    length = timedelta(days=params.days)
    running = [
        (past, zone)
        for past in talks
        for zone in zones
        if known.local(zone).date() < known.day_of(past, zone) + length
    ]
    if not running:
        return check.allow()
    sure = [(past, zone) for past, zone in running if past.outcome is Outcome.CONVERSATION]
    last, zone = (sure or running)[-1]
    ends: list[datetime] = [
        start_of_day(known.day_of(past, where) + length, where) for past, where in running
    ]
    say = check.breach if sure else check.doubt
    return say(
        "too_soon_after_talk",
        {"talked_at": last.at, "days": params.days, "zone": zone.key},
        events=ids_of([last]),
        until=max(ends),
    )


def _is_talk(known: Known, past: PastContact) -> bool:
    return (
        past.channel in _TALKED
        and past.outcome in (Outcome.CONVERSATION, Outcome.UNKNOWN)
        and past.person_id in (None, known.facts.person_id)
        and not past.misdirected
    )
