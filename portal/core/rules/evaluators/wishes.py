"""A person's wishes, kept by everybody who collects from them, and contacts counted as made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal.core.rules.clocktime import start_of_day
from portal.core.rules.evaluators.counts import Counted, is_about, matching
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel
from portal.core.rules.known import MESSAGES, Known, ids_of, is_inbound
from portal.core.rules.registry import NoParams, evaluator
from portal.core.rules.scope import own_debts

_SPOKEN = frozenset({Channel.CALL, Channel.VISIT})


@evaluator(NoParams, needs="wishes")
def wished_channel(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a contact uses a channel the person chose.

    Source: the portal's own rule; the person's wish.
    """
    wishes, channel = known.facts.wishes, known.facts.channel
    if wishes is None:
        return None
    if wishes.write_only and channel in _SPOKEN:
        return check.breach("write_only", {"channel": channel})
    if wishes.channels is not None and channel not in wishes.channels:
        return check.breach(
            "channel_not_wished", {"channel": channel, "wished": tuple(sorted(wishes.channels))}
        )
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyParams:
    """The days of a person's week."""

    days: int


@evaluator(WeeklyParams, timed=True, needs="wishes")
def wished_frequency(known: Known, check: Check[WeeklyParams]) -> Finding | None:
    """Decide whether a contact is one more in seven days than the person wished for.

    Every contact anybody started counts, whatever came of it.

    Source: the portal's own rule; the person's wish.
    """
    wishes, days = known.facts.wishes, check.params.days
    if wishes is None or wishes.weekly_maximum is None:
        return None
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file")
    most = wishes.weekly_maximum
    for zone in zones:
        since = known.local(zone).date() - timedelta(days=days - 1)
        events = [
            past
            for past in known.recent(days)
            if not is_inbound(past)
            and past.person_id in (None, known.facts.person_id)
            and known.day_of(past, zone) >= since
        ]
        if len(events) >= most:
            last = known.day_of(events[-most], zone) if most > 0 else None
            until = None if last is None else start_of_day(last + timedelta(days=days), zone)
            return check.breach(
                "more_than_wished",
                {"count": len(events) + 1, "limit": most, "days": days},
                events=ids_of(events),
                until=until,
            )
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyParams:
    """What counts as contact made, and how close messages must follow to be one thread."""

    counted: Counted
    thread_minutes: int = 0


@evaluator(TallyParams)
def contacts_made(known: Known, check: Check[TallyParams]) -> Finding | None:
    """Count the contacts made about a debt so far.

    A voluntary, unbroken exchange of messages is one contact.

    Source: the rule in the pack, for example RG 96 s 3.
    """
    counted, span = check.params.counted, timedelta(minutes=check.params.thread_minutes)
    debts = own_debts(known, counted.merged_kinds) or [None]
    events = [
        past
        for past in matching(known, counted, known.history)
        if known.outcome_of(past) in counted.outcomes
        and any(is_about(known, past, debt, counted) for debt in debts)
        and not _continues_thread(known, past, span)
    ]
    return check.allow({"contacts": len(events)}, events=ids_of(events))


def _continues_thread(known: Known, past: PastContact, span: timedelta) -> bool:
    """Tell whether a message carries on an exchange that a message of ours is already part of.

    Each message must answer one from the other side that came no longer than `span` before.
    """
    if past.channel not in MESSAGES:
        return False
    thread = [
        other
        for other in known.history
        if other.channel is past.channel and other.person_id == past.person_id
    ]
    place, later = thread.index(past), past
    ours_before = False
    for other in reversed(thread[:place]):
        if later.at - other.at > span or is_inbound(other) is is_inbound(later):
            break
        ours_before = ours_before or not is_inbound(other)
        later = other
    return ours_before
