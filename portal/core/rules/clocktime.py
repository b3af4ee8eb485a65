"""Clock times, local days and the instants they begin at. Only IANA zones; never a fixed offset."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core.rules.objects import DAY

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def parse_clock(text: str) -> int:
    """Return microseconds after midnight of `HH:MM` or `HH:MM:SS`; 24:00 is the day's end.

    Raises:
        ValueError: the text is not a time of day.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isdigit() and len(part) <= 2 for part in parts):
        raise ValueError(text)
    hours, minutes, seconds = (*(int(part) for part in parts), 0)[:3]
    micros = hours * HOUR + minutes * MINUTE + seconds * SECOND
    if minutes > 59 or seconds > 59 or micros > DAY:
        raise ValueError(text)
    return micros


def show_clock(micros: int) -> str:
    """Return microseconds after midnight as `HH:MM`, with seconds only when there are any."""
    seconds = micros // SECOND
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02}"


def clock_of(local: datetime) -> int:
    """Return the microseconds a local time is after its midnight by the clock on the wall."""
    return ((local.hour * 60 + local.minute) * 60 + local.second) * SECOND + local.microsecond


def instant_of(day: date, micros: int, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a clock in the zone first shows that time or a later one.

    A time skipped by a clock change becomes the moment of the change; a time shown twice is its
    first showing. 24:00 is the next day's beginning.
    """
    if micros >= DAY:
        day, micros = day + timedelta(days=1), micros - DAY
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(microseconds=micros)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _end_of_gap(instant, zone)


def _end_of_gap(instant: datetime, zone: ZoneInfo) -> datetime:
    """Find the clock change that skipped a wall time, to the second."""
    before, after = instant - timedelta(days=1), instant
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a local date begins."""
    return instant_of(day, 0, zone)


def instants_of(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return every instant at which a clock in the zone shows this: one, two, or none."""
    wall = datetime.combine(day, clock)
    found = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    showing = (at for at in found if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall)
    return tuple(dict.fromkeys(showing))
