"""Instants as agencies write them: a day, a time of day, and the zone both are meant in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from portal.core.accounts.values import CellError, DateOrder, parse_date
from portal.core.rules.clocktime import instants_of

_LONGEST = 80
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?")
_COMPACT = re.compile(r"([0-9]{8})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})(.*)")
_MOMENT = re.compile(
    r"(?P<day>[0-9][^T:：]*?|[0-9]{1,2}[- ][A-Za-z]{3}[- ][0-9]{2,4})[T ]?\s*"
    r"(?P<early>上午|凌晨|早上|下午|晚上|中午)?\s*"
    r"(?P<hour>[0-9]{1,2})[:：时](?P<minute>[0-9]{2})分?"
    r"(?:[:：]?(?P<second>[0-9]{2})秒?(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?(?![A-Za-z]))?\s*\[?(?P<zone>[^0-9\]][^\]]*)?\]?"
)
_AFTER_NOON = frozenset({"下午", "晚上"})
_UTC = frozenset({"Z", "z", "UTC", "GMT", "utc", "gmt", "Etc/UTC"})
_NAMED = {"北京时间": "Asia/Shanghai", "中国标准时间": "Asia/Shanghai"}


def parse_zone(text: str) -> tzinfo:
    """Return the zone a text names: by its IANA name, or as a distance from UTC.

    Letters such as EST mean different zones in different places and name none.

    Raises:
        CellError: it names none.
    """
    if text in _UTC:
        return UTC
    name = _NAMED.get(text, text)
    if name in _names() and "/" in name:
        return ZoneInfo(name)
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise CellError("unknown_zone", zone=text)
    away = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if away > timedelta(hours=14) or int(found[3] or 0) > 59:
        raise CellError("unknown_zone", zone=text)
    return timezone(away if found[1] == "+" else -away)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def parse_moment(text: str, order: DateOrder | None, zone: tzinfo | None) -> datetime:
    """Return the instant a text means, in UTC; its own zone goes before the one given.

    Raises:
        CellError: it is no day with a time, says no zone, or means no instant or two.
    """
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        day, hour, minute, second, rest = compact.groups()
        text = f"{day} {hour}:{minute}:{second}{rest}"
    found = _MOMENT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise CellError(_fault_of(text, order))
    own = (found["zone"] or "").strip()
    meant = parse_zone(own) if own else zone
    wall = datetime.combine(_day(found["day"].rstrip(" ,，"), order), _clock(found))
    if meant is None:
        raise CellError("no_zone")
    return _instant(wall, meant)


@lru_cache(maxsize=4096)
def _day(text: str, order: DateOrder | None) -> date:
    return parse_date(text, order)


def _fault_of(text: str, order: DateOrder | None) -> str:
    """Tell a day without a time from what is no day at all."""
    try:
        parse_date(text, order)
    except CellError as error:
        return "not_time" if error.code == "not_date" else error.code
    return "no_clock_time"


def _clock(found: re.Match[str]) -> time:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = (found["half"] or "").replace(".", "").upper()
    if half and not 1 <= hour <= 12:
        raise CellError("not_time")
    late = half == "PM" or found["early"] in _AFTER_NOON
    if late and hour < 12:
        hour += 12
    elif half == "AM" and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        raise CellError("not_time")
    return time(hour, minute, second, int((found["fraction"] or "0")[:6].ljust(6, "0")))


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    if not isinstance(zone, ZoneInfo):
        return wall.replace(tzinfo=zone).astimezone(UTC)
    found = instants_of(wall.date(), wall.time(), zone)
    if len(found) != 1:
        raise CellError("shown_twice" if found else "never_shown", zone=zone.key)
    return found[0]
