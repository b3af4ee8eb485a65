"""Times a person asked to be left alone in, and the one answer to somebody who writes in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.rules.clocktime import instant_of, show_clock
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel
from portal.core.rules.known import Known
from portal.core.rules.localweek import HORIZON_DAYS, instance_of, stands
from portal.core.rules.objects import ContactWindow
from portal.core.rules.registry import evaluator
from portal.core.rules.replies import is_single_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class BarredParams:
    """Whether one answer in the barred time, and what is shown in a session, is let through."""

    reply_once: bool = False
    session_lifts: bool = False
    no_clock_channels: frozenset[Channel] = frozenset()


@evaluator(BarredParams, timed=True, needs="windows")
def outside_barred_times(known: Known, check: Check[BarredParams]) -> Finding | None:
    """Decide whether a contact falls in a time the person asked to be left alone in.

    If the person writes or calls in such a time, one answer through the same medium, that day and
    inside that time, is let through; each further message lets one more through.

    Source: the rule in the pack, for example 12 CFR 1006.6(b)(1)(i), cmts. 6(b)(1)-1, -2.
    """
    facts, params = known.facts, check.params
    barred = tuple(w for w in facts.windows if not w.wanted and stands(known, w))
    if not barred:
        return None
    if not facts.zones:
        return check.doubt("no_zone_on_file")
    hits = [(z, w) for z in facts.zones for w in barred if instance_of(known.local(z), w)]
    in_session = params.session_lifts and facts.session_active and facts.channel is Channel.IN_APP
    if not hits or in_session:
        return check.allow()
    if params.reply_once and _is_one_reply(known, hits):
        return check.allow()
    zone, window = hits[0]
    values: dict[str, object] = {
        "local": known.local(zone).strftime("%H:%M:%S"),
        "zone": zone.key,
        "opens": show_clock(window.opens),
        "closes": show_clock(window.closes),
        "days": tuple(sorted(window.days)),
        "until": window.until,
    }
    if facts.channel in params.no_clock_channels:
        return check.doubt("barred_time_without_clock", values)
    return check.breach("barred_time", values, until=_next_free(known, barred))


def _is_one_reply(known: Known, hits: list[tuple[ZoneInfo, ContactWindow]]) -> bool:
    def in_same_time(zone: ZoneInfo, window: ContactWindow) -> bool:
        today = instance_of(known.local(zone), window)
        return is_single_reply(
            known,
            same_medium=True,
            within=lambda past: (
                instance_of(past.at.astimezone(zone), window) == today
                and past.at.astimezone(zone).date() == known.local(zone).date()
            ),
        )

    return all(in_same_time(zone, window) for zone, window in hits)


def _next_free(known: Known, barred: tuple[ContactWindow, ...]) -> datetime | None:
    if not known.seeks_next:
        return None
    at, zones = known.at, known.facts.zones
    ends: set[datetime] = set()
    for zone in zones:
        today = known.local(zone).date()
        for window in barred:
            overnight = int(window.opens > window.closes)
            for ahead in range(-1, HORIZON_DAYS + 1):
                closing_day = today + timedelta(ahead + overnight)
                ends.add(instant_of(closing_day, window.closes, zone))
            if window.until is not None:
                ends.add(instant_of(window.until + timedelta(1), 0, zone))
    for instant in sorted(end for end in ends if end > at):
        if not any(instance_of(instant.astimezone(z), w) for z in zones for w in barred):
            return instant
    return None
