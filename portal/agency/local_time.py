"""Wall-clock times somewhere as instants: a clock change shows some of them twice, some never."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid
from portal.core.rules.clocktime import instants_of


def instant_of(day: date, clock: time, zone: ZoneInfo, *, which: str = "") -> datetime:
    """Return the one instant meant; `which` is `first` or `second` where a clock shows it twice.

    Raises:
        Invalid: the clock never showed it, or showed it twice and nothing says which is meant.
    """
    found = instants_of(day, clock, zone)
    if not found:
        raise Invalid(
            "The clocks went forward that day and never showed this time. Check it.",
            field="made_at",
        )
    if len(found) == 1:
        return found[0]
    if which not in ("first", "second"):
        raise Invalid(
            "The clocks went back that day and showed this time twice. Say which one you mean.",
            field="which",
        )
    return found[0] if which == "first" else found[1]


def within_minute(minute: datetime, *, now: datetime, earliest: datetime | None) -> datetime:
    """Return the instant meant by a minute: people type minutes, the record has seconds.

    The running minute means now; the minute an account was placed in means from then on.
    """
    ends = minute + timedelta(minutes=1)
    if minute <= now < ends:
        return now
    if earliest is not None and minute <= earliest < ends:
        return earliest
    return minute
