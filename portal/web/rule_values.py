"""A rule pack's parameters as lines of label and text, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from babel.dates import format_time, get_day_names
from flask_babel import get_locale, gettext, ngettext

from portal.core.rules import Channel, Direction, HoldKind, Outcome, Purpose, Role
from portal.web import filters
from portal.web.findings import zone_name
from portal.web.labels import label
from portal.web.rule_tokens import ADDRESS_KINDS, FIELDS, SCOPES, TOKENS
from portal.web.rule_words import HIDDEN, PARAMETERS


class Line(NamedTuple):
    """One thing a rule says of itself."""

    label: str
    text: str


def lines_of(parameters: Mapping[str, Any]) -> list[Line]:
    """Return a check's parameters in words, but for those only the program reads."""
    return [
        Line(_name(key), text)
        for key, value in _flat(parameters)
        if key not in HIDDEN and (text := _text(key, value))
    ]


def _flat(parameters: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield parameters by their name, those inside a table by the table's name as well."""
    for name, value in parameters.items():
        if isinstance(value, Mapping) and name != "days":
            yield from _flat(value, f"{name}.")
        elif isinstance(value, Mapping):
            yield "day", value
        else:
            yield within + name, value


def _name(key: str) -> str:
    return str(PARAMETERS.get(key, key))


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    writer = _WRITERS.get(key)
    if writer is not None:
        return str(writer(value))
    if isinstance(value, int):
        return filters.count(value)
    if isinstance(value, list | tuple):
        return listed(_token(each) for each in value)
    return _token(value)


def listed(items: Iterable[str]) -> str:
    """Join words as a list is written in the reader's language; what has commas, by semicolons."""
    words = list(dict.fromkeys(items))
    locale = get_locale()
    if locale and locale.language == "zh":
        return "、".join(words)
    return ("; " if any(", " in word for word in words) else ", ").join(words)


def clauses(items: Iterable[str]) -> str:
    """Join longer parts, each of which may be a list of its own."""
    locale = get_locale()
    return ("；" if locale and locale.language == "zh" else "; ").join(items)


def clock(text: str) -> str:
    """Write a clock time of a pack; 24:00 is the end of the day."""
    hours, minutes = (int(part) for part in text.split(":")[:2])
    if hours == 24:
        return str(gettext("midnight"))
    written: str = format_time(time(hours, minutes), "short", locale=get_locale() or "en")
    return written.replace("\u202f", "\u00a0")


def weekdays(days: Iterable[int], *, width: Literal["abbreviated", "wide"] = "abbreviated") -> str:
    """Write days of the week, Monday 0, runs of three and more as one."""
    names = get_day_names(width, locale=get_locale() or "en")
    return listed(
        names[run[0]] if len(run) == 1 else f"{names[run[0]]}–{names[run[-1]]}"
        for run in _runs(sorted(days))
    )


def _runs(days: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [part for run in runs for part in ([run] if len(run) > 2 else [[day] for day in run])]


def window(value: Mapping[str, Any]) -> str:
    """Write one window of a pack: its hours, and for which days, channels and addresses."""
    hours = f"{clock(value['opens'])}–{clock(value['closes'])}"
    if (value["opens"], value["closes"]) == ("00:00", "24:00"):
        hours = gettext("all day")
    days = value.get("days")
    parts = [f"{weekdays(days)} {hours}" if days else hours]
    if channels := value.get("channels"):
        parts.append(_channels(channels))
    if kinds := value.get("address_kinds"):
        parts.append(_address_kinds(kinds))
    if kinds := value.get("not_address_kinds"):
        parts.append(gettext("but not %(kinds)s", kinds=_address_kinds(kinds)))
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({listed(parts[1:])})"


def _windows(value: Sequence[Mapping[str, Any]]) -> str:
    return clauses(window(each) for each in value)


def _of(kind: type[StrEnum]) -> Callable[[Sequence[str]], str]:
    return lambda values: listed(label(kind(value)) for value in values)


_channels = _of(Channel)


def _address_kinds(values: Sequence[str]) -> str:
    return listed(str(ADDRESS_KINDS[value]) for value in values)


def _kinds(values: Sequence[str]) -> str:
    holds = {kind.value for kind in HoldKind}
    return listed(label(HoldKind(value)) if value in holds else _token(value) for value in values)


def _token(value: Any) -> str:
    return str(TOKENS.get(str(value), value))


def _outcomes(values: Sequence[str]) -> str:
    if set(values) == {outcome.value for outcome in Outcome}:
        return str(gettext("every one"))
    return _of(Outcome)(values)


def _span(value: int) -> str:
    return str(ngettext("%(num)d day", "%(num)d days", value))


def _months(value: int) -> str:
    return str(ngettext("%(num)d month", "%(num)d months", value))


def _named_days(value: Mapping[str, str]) -> str:
    return clauses(
        gettext("%(day)s: %(name)s", day=filters.day(date.fromisoformat(day)), name=name)
        for day, name in sorted(value.items())
    )


def _fields(values: Sequence[str]) -> str:
    return listed(str(FIELDS.get(value, value)) for value in values)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(
        ("counted.channels", "not_used", "no_clock_channels"),
        _channels,
    ),
    **dict.fromkeys(
        (
            *("exempt_purposes", "doubtful_purposes", "required_purposes", "free_purposes"),
            *("asking_purposes", "court_purposes", "suing", "purposes"),
            "counted.rebuttal_purposes",
        ),
        _of(Purpose),
    ),
    **dict.fromkeys(
        ("counted.excluded_roles", "exempt_roles", "permitted", "own_roles"), _of(Role)
    ),
    **dict.fromkeys(
        ("counted.outcomes", "counted.doubtful", "after", "maybe_after", "unanswered", "failed"),
        _outcomes,
    ),
    **dict.fromkeys(("counted.address_kinds", "counted.not_address_kinds"), _address_kinds),
    **dict.fromkeys(("fields", "financial_fields"), _fields),
    **dict.fromkeys(
        (
            *("days", "look_back_days", "notice_days", "fresh_days", "period_days", "wait_days"),
            *("postdated_days", "counted.consent_days"),
        ),
        _span,
    ),
    **dict.fromkeys(("zone", "counted.zone"), zone_name),
    **dict.fromkeys(("minutes", "thread_minutes"), filters.minutes),
    "counted.scope": lambda values: listed(str(SCOPES[value]) for value in values),
    "counted.directions": _of(Direction),
    "kinds": _kinds,
    "windows": _windows,
    "day": _named_days,
    "most_months": _months,
}
