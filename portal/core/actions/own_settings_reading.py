"""Reading a bank's settings strictly: what is misspelt, missing or senseless is named, all at once.

Data comes from a form or a file. Each fault says where it stands, as `caps-0-most`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from portal.core.actions.bank_rules import BALANCE_DAYS
from portal.core.actions.own_settings import (
    CHANNELS,
    MOST,
    MOST_ROWS,
    NAME_LIMIT,
    NUMBERED,
    SPOKEN,
    TIMED_CHANNELS,
    WEEKDAYS,
    BankSettings,
    Cap,
    Count,
    DayOff,
    Fault,
    Hours,
    Over,
    Per,
)
from portal.core.errors import Invalid
from portal.core.rules import Channel
from portal.core.rules.clocktime import parse_clock

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_KEYS = {*MOST_ROWS, "weekdays_off", "channels_off", "rest_days", "balance_days"}
_CAP_KEYS = {"channels", "most", "days", "count", "over", "per"}
_MONDAY_TO_SUNDAY = set(WEEKDAYS)


class SettingsRefused(Invalid):
    """Settings that cannot be used, with every fault found in them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("These settings cannot be used.")
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.faults)])


def read_settings(raw: Mapping[str, Any]) -> BankSettings:
    """Return a bank's settings from plain data, such as a JSON or TOML file holds.

    Raises:
        SettingsRefused: something is unknown, missing or makes no sense; it names every fault.
    """
    reader = _Reader()
    settings = reader.settings(raw) if reader.keys("", raw, _KEYS) else BankSettings()
    if reader.faults:
        raise SettingsRefused(reader.faults)
    return settings


class _Reader:
    """Reads one set of settings and keeps what was wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def refuse(self, place: str, reason: Invalid) -> None:
        self.faults.append(Fault(place, reason.message, reason.values))

    def settings(self, raw: Mapping[str, Any]) -> BankSettings:
        rest = raw.get("rest_days")
        return BankSettings(
            caps=self.rows("caps", raw, self.cap),
            hours=self.rows("hours", raw, self.hours),
            days_off=self.days_off(raw),
            weekdays_off=self.weekdays(raw),
            channels_off=self.channels_off(raw),
            rest_days=None if rest in (None, "") else self.number("rest_days", rest),
            balance_days=self.number("balance_days", raw.get("balance_days", BALANCE_DAYS)),
        )

    def keys(self, place: str, raw: object, known: set[str]) -> bool:
        """Refuse what is no table, and every key nobody knows."""
        if not isinstance(raw, Mapping):
            self.refuse(place, Invalid("This has to be a table of settings."))
            return False
        for key in sorted(str(key) for key in raw if key not in known):
            self.refuse(_at(place, key), Invalid("There is no such setting."))
        return True

    def rows(
        self, name: str, raw: Mapping[str, Any], read: Callable[[str, Any], T | None]
    ) -> tuple[T, ...]:
        rows = raw.get(name, [])
        if not isinstance(rows, list | tuple):
            self.refuse(name, Invalid("This has to be a list."))
            return ()
        if len(rows) > MOST_ROWS[name]:
            self.refuse(name, Invalid("At most %(most)d are kept here.", most=MOST_ROWS[name]))
        found = [read(f"{name}-{n}", row) for n, row in enumerate(rows)]
        return tuple(row for row in found if row is not None)

    def cap(self, place: str, raw: Any) -> Cap | None:
        if not self.keys(place, raw, _CAP_KEYS):
            return None
        cap = Cap(
            channels=self.some_channels(f"{place}-channels", raw.get("channels")),
            most=self.number(f"{place}-most", raw.get("most")),
            days=self.number(f"{place}-days", raw.get("days")),
            count=self.one_of(f"{place}-count", raw.get("count", "attempts"), Count),
            over=self.one_of(f"{place}-over", raw.get("over", "everybody"), Over),
            per=self.one_of(f"{place}-per", raw.get("per", "person"), Per),
        )
        if cap.count is Count.CONVERSATIONS and cap.channels - SPOKEN:
            self.refuse(
                f"{place}-count",
                Invalid("Only calls and visits are conversations. Count attempts instead."),
            )
        if cap.per is Per.NUMBER and cap.channels - NUMBERED:
            self.refuse(
                f"{place}-per",
                Invalid(
                    "Only calls, texts, e-mails and letters go to a number or address. Count by"
                    " person instead."
                ),
            )
        return cap

    def hours(self, place: str, raw: Any) -> Hours | None:
        if not self.keys(place, raw, {"channels", "week"}):
            return None
        channels = self.some_channels(f"{place}-channels", raw.get("channels"), TIMED_CHANNELS)
        week = raw.get("week", {})
        if not self.keys(f"{place}-week", week, _MONDAY_TO_SUNDAY):
            return None
        spans = tuple(self.span(f"{place}-week-{day}", week.get(day)) for day in WEEKDAYS)
        if not any(week.get(day) for day in WEEKDAYS):
            self.refuse(
                f"{place}-week",
                Invalid("Open at least one day, or take the channel out of use instead."),
            )
        return Hours(channels=channels, week=spans)

    def span(self, place: str, raw: Any) -> tuple[str, str] | None:
        if raw is None or raw == []:
            return None
        if not isinstance(raw, list | tuple) or len(raw) != 2:
            self.refuse(place, Invalid("Give two times: when it opens and when it closes."))
            return None
        opens, closes = (str(part).strip() for part in raw)
        try:
            if parse_clock(opens) < parse_clock(closes):
                return opens, closes
        except ValueError:
            self.refuse(place, Invalid("Enter both times, like 09:00 and 20:00, or neither."))
            return None
        self.refuse(place, Invalid("The closing time has to be later than the opening time."))
        return None

    def days_off(self, raw: Mapping[str, Any]) -> tuple[DayOff, ...]:
        days = self.rows("days_off", raw, self.day_off)
        dates = [day.on for day in days]
        for number, on in enumerate(dates):
            if on in dates[:number]:
                self.refuse(f"days_off-{number}-on", Invalid("This day is there twice."))
        return tuple(sorted(days, key=lambda day: day.on))

    def day_off(self, place: str, raw: Any) -> DayOff | None:
        if not self.keys(place, raw, {"on", "name"}):
            return None
        name = str(raw.get("name") or "").strip()
        if not 1 <= len(name) <= NAME_LIMIT:
            self.refuse(
                f"{place}-name",
                Invalid("Give the day a name, at most %(most)d characters.", most=NAME_LIMIT),
            )
        try:
            return DayOff(on=date.fromisoformat(str(raw.get("on") or "").strip()), name=name)
        except ValueError:
            self.refuse(f"{place}-on", Invalid("Enter a day, like 2026-12-25."))
        return None

    def weekdays(self, raw: Mapping[str, Any]) -> frozenset[int]:
        names = raw.get("weekdays_off", [])
        if not isinstance(names, list | tuple) or any(name not in WEEKDAYS for name in names):
            self.refuse("weekdays_off", Invalid("Name weekdays as mon, tue and so on to sun."))
            return frozenset()
        days = frozenset(WEEKDAYS.index(name) for name in names)
        if len(days) == len(WEEKDAYS):
            self.refuse("weekdays_off", Invalid("Leave at least one day of the week."))
        return days

    def channels_off(self, raw: Mapping[str, Any]) -> frozenset[Channel]:
        channels = self.channels("channels_off", raw.get("channels_off", []), CHANNELS)
        if len(channels) == len(CHANNELS):
            self.refuse("channels_off", Invalid("Leave at least one channel."))
        return channels

    def some_channels(
        self, place: str, raw: Any, known: tuple[Channel, ...] = CHANNELS
    ) -> frozenset[Channel]:
        if raw in (None, [], ()):
            self.refuse(place, Invalid("Choose at least one channel."))
            return frozenset()
        return self.channels(place, raw, known)

    def channels(self, place: str, raw: Any, known: tuple[Channel, ...]) -> frozenset[Channel]:
        names = [channel.value for channel in known]
        if not isinstance(raw, list | tuple) or any(name not in names for name in raw):
            self.refuse(
                place,
                Invalid("Name channels from this list: %(names)s.", names=", ".join(names)),
            )
            return frozenset()
        return frozenset(Channel(name) for name in raw)

    def number(self, place: str, raw: Any) -> int:
        most = MOST[place.rsplit("-", 1)[-1]]
        text = str(raw).strip()
        if isinstance(raw, bool) or not (text.isascii() and text.isdigit() and len(text) < 7):
            number = 0
        else:
            number = int(text)
        if not 1 <= number <= most:
            self.refuse(place, Invalid("Enter a whole number from 1 to %(most)d.", most=most))
        return number

    def one_of(self, place: str, raw: Any, kind: type[E]) -> E:
        try:
            return kind(raw)
        except ValueError:
            names = ", ".join(member.value for member in kind)
            self.refuse(place, Invalid("Choose one of: %(names)s.", names=names))
            return next(iter(kind))


def _at(place: str, key: str) -> str:
    return f"{place}-{key}" if place else key
