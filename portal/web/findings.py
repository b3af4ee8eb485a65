"""What a rule found, as a sentence in the reader's language.

A finding carries a code and values; here they become words. The values may come straight from the
engine or from a stored breach, where days and instants are ISO text and tuples are lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from babel.dates import format_time, get_timezone_location
from babel.lists import format_list
from flask_babel import get_locale, gettext, ngettext

from portal.core.rules import Channel, Finding, HoldKind, Place, Role
from portal.core.rules.codes import CODES
from portal.web import filters
from portal.web.finding_texts import TEXTS
from portal.web.labels import label

_WORDS: Mapping[str, type[StrEnum]] = {
    "channel": Channel,
    "kind": HoldKind,
    "place": Place,
    "role": Role,
}


def say_finding(finding: Finding) -> str:
    """Return the sentence for what the engine found just now."""
    return say(finding.code, finding.values)


def say(code: str, values: Mapping[str, Any]) -> str:
    """Return the sentence for a code and its values; a code no longer known stays as it is."""
    text = TEXTS.get(_variant(code, values))
    if text is None:
        return code
    return str(text) % _Words(code, values)


def _variant(code: str, values: Mapping[str, Any]) -> str:
    """Return the key of the sentence that suits the values there are."""
    other = {
        "outside_window": ("outside_window_all_day", not values.get("windows")),
        "opted_out": ("opted_out_of_all", values.get("channel") is None),
        "represented": ("represented_by_attorney", bool(values.get("attorney"))),
        "on_hold": ("on_hold_until_released", values.get("until") is None),
        "ok": ("ok_count", values.get("limit") is not None and "count" in values),
    }.get(code)
    return other[0] if other and other[1] else code


class _Words(Mapping[str, str]):
    """The values of one finding as words; only those a sentence names are ever written out."""

    def __init__(self, code: str, values: Mapping[str, Any]) -> None:
        self._kinds = {name.strip("[]"): kind for name, kind in CODES[code].values.items()}
        self._values = values

    def __getitem__(self, name: str) -> str:
        if name == "span":
            days = int(self._values.get("days") or 0)
            return str(ngettext("%(num)d day", "%(num)d days", days))
        value = self._values.get(name)
        if name == "local" and value is not None and not self._at_an_edge():
            value = value[:5]
        if value is None:
            return str(gettext("(not on file)"))
        return _written(name, self._kinds.get(name, "text"), value)

    def _at_an_edge(self) -> bool:
        """Tell whether the seconds matter: a minute that a window opens or closes in."""
        minute = str(self._values.get("local"))[:5]
        windows = self._values.get("windows") or ()
        return any(minute in (opens, closes) for opens, closes in windows)

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _written(name: str, kind: str, value: Any) -> str:
    if name == "minutes":
        return filters.minutes(int(value))
    if kind.startswith("word"):
        return label(_WORDS[name](value))
    writer = _WRITERS.get(kind.split()[0].strip(","))
    return writer(value) if writer else str(value)


def _clock(value: str) -> str:
    """Write a clock time of the rules; 24:00 is the end of the day."""
    hours, minutes, seconds = (*(int(part) for part in value.split(":")), 0)[:3]
    if hours == 24:
        return str(gettext("midnight"))
    length = "medium" if seconds else "short"
    written: str = format_time(time(hours, minutes, seconds), length, locale=get_locale() or "en")
    return written.replace("\u202f", "\u00a0")


def _windows(value: Sequence[Sequence[str]]) -> str:
    ranges = [f"{_clock(opens)}–{_clock(closes)}" for opens, closes in value]
    written: str = format_list(ranges, style="or", locale=get_locale() or "en")
    return written


def zone_name(value: str) -> str:
    """Return a zone's name by its place: `New York`, `纽约`."""
    place: str = get_timezone_location(value, locale=get_locale() or "en", return_city=True)
    return place


def _day(value: date | str) -> str:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return filters.day(day.date() if isinstance(day, datetime) else day)


def _instant(value: datetime | str) -> str:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return filters.instant(instant)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "clock": _clock,
    "IANA": zone_name,
    "day": _day,
    "first": _day,
    "instant": _instant,
    "number": lambda value: filters.count(int(value)),
    "list": _windows,
}
