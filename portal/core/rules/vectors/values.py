"""Test vectors: the kinds of value that keys of the vocabulary take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from portal.core.rules.clocktime import parse_clock

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_YEARS = range(1900, 2200)  # so that no day counted from another falls off the calendar


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what it is called in a complaint, and how to tell it."""

    name: str
    fits: Callable[[Any], bool]

    def listed(self) -> Kind:
        """Return the kind of a list of such values."""
        return Kind(f"a list, each {self.name}", lambda value: _all(value, self.fits))

    def or_else(self, other: Kind) -> Kind:
        """Return the kind of values of either kind."""
        return Kind(
            f"{self.name} or {other.name}", lambda value: self.fits(value) or other.fits(value)
        )


def table_of(name: str, keys: Mapping[str, Kind]) -> Kind:
    """Return the kind of a table whose known keys, where they are there, take these kinds."""

    def fits(value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            value.get(key) is None or kind.fits(value[key]) for key, kind in keys.items()
        )

    return Kind(name, fits)


def values_of(name: str, kind: Kind) -> Kind:
    """Return the kind of a table with any keys, whose values are of one kind."""
    return Kind(
        name, lambda value: isinstance(value, Mapping) and _all([*value.values()], kind.fits)
    )


def _all(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _reads(value: Any, read: Callable[[str], object]) -> bool:
    if not isinstance(value, str):
        return False
    try:
        read(value)
    except (ValueError, KeyError, OSError):
        return False
    return True


def _in_reach(value: Any, read: Callable[[str], date]) -> bool:
    return _reads(value, read) and read(value).year in _YEARS


def _is_span(value: Any) -> bool:
    return len(ends := span_of(value)) == 2 and all(_reads(end, parse_clock) for end in ends)


def span_of(value: Any) -> list[Any]:
    """Return the two ends of a span given as a table, a pair or a text with a dash."""
    if isinstance(value, Mapping):
        return [value.get("from"), value.get("to")]
    if isinstance(value, str):
        return value.split("-")
    return [*value] if isinstance(value, Iterable) else []


NOTHING = Kind("nothing", lambda value: value is None)
TEXT = Kind("a text", lambda value: isinstance(value, str))
TEXTS = TEXT.listed()
NAME = Kind("a name", lambda value: isinstance(value, str) or _is_whole(value))
NAMES = NAME.listed()
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
WHOLE = Kind("a whole number", _is_whole)
AMOUNT = Kind("an amount", _is_amount)
AMOUNTS = values_of("a table of amounts", AMOUNT)
INSTANT = Kind("an instant", lambda value: _in_reach(value, datetime.fromisoformat))
DAY = Kind("a day", lambda value: _in_reach(value, lambda text: date.fromisoformat(text[:10])))
CLOCK = Kind("a clock time", lambda value: _reads(value, parse_clock))
ZONE = Kind("a time zone", lambda value: _reads(value, ZoneInfo))
TABLE = table_of("a table", {})
SPAN = Kind("two clock times", _is_span)
DAYS = Kind(
    "ALL or a list of MON to SUN",
    lambda value: value == "ALL" or _all(value, WEEKDAYS.__contains__),
)
WINDOW = table_of(
    "a window of clock times",
    {
        "from": CLOCK,
        "to": CLOCK,
        "days": DAYS,
        "until": DAY,
        "told_to": TEXT,
        "received_at": INSTANT,
        "withdrawn_at": INSTANT,
    },
)
STATED = TABLE.or_else(TEXTS)
STATE = FLAG.or_else(TEXT).or_else(table_of("a table with a status", {"status": TEXT}))
