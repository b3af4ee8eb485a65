"""What a bank may ask for beyond the law, as it is set by hand or in a file, read to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from portal.core.actions.bank_rules import BALANCE_DAYS
from portal.core.rules import Channel

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Channels somebody can be reached by, in the order they are shown.
CHANNELS = tuple(channel for channel in Channel if channel is not Channel.UNKNOWN)
#: Letters have no time of day, and what happens in the portal happens while the person is there.
TIMED_CHANNELS = tuple(channel for channel in CHANNELS if channel is not Channel.LETTER)
SPOKEN = frozenset({Channel.CALL, Channel.VISIT})
NUMBERED = frozenset({Channel.CALL, Channel.SMS, Channel.EMAIL, Channel.LETTER})
#: The most of each number. A balance counts no longer than where the bank sets nothing.
MOST = {"most": 100, "days": 30, "rest_days": 30, "balance_days": BALANCE_DAYS}
MOST_ROWS = {"caps": 12, "hours": 6, "days_off": 60}
NAME_LIMIT = 60


class Count(StrEnum):
    """What a limit counts: every attempt, or only those in which somebody spoke."""

    ATTEMPTS = "attempts"
    CONVERSATIONS = "conversations"


class Over(StrEnum):
    """Whose contacts a limit counts together."""

    EVERYBODY = "everybody"
    EACH_AGENCY = "each_agency"


class Per(StrEnum):
    """What a limit counts apart."""

    PERSON = "person"
    ACCOUNT = "account"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most so many contacts by some channels in so many days, today included."""

    channels: frozenset[Channel]
    most: int
    days: int
    count: Count = Count.ATTEMPTS
    over: Over = Over.EVERYBODY
    per: Per = Per.PERSON


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Hours for some channels: for each weekday from Monday when it opens and closes, or None."""

    channels: frozenset[Channel]
    week: tuple[tuple[str, str] | None, ...]


@dataclass(frozen=True, kw_only=True)
class DayOff:
    """A day on which nobody is contacted, and what it is called."""

    on: date
    name: str


@dataclass(frozen=True, kw_only=True)
class BankSettings:
    """Everything a bank asks for beyond the law. Left as it is made, it asks for nothing."""

    caps: tuple[Cap, ...] = ()
    hours: tuple[Hours, ...] = ()
    days_off: tuple[DayOff, ...] = ()
    weekdays_off: frozenset[int] = frozenset()
    channels_off: frozenset[Channel] = frozenset()
    rest_days: int | None = None
    balance_days: int = BALANCE_DAYS

    @property
    def asks_nothing(self) -> bool:
        """Tell whether nothing is asked for beyond the law."""
        return self == BankSettings()


@dataclass(frozen=True)
class Fault:
    """What cannot be used, where it stands (`caps-0-most`), and how to put it right."""

    place: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        text = self.message % self.values if self.values else self.message
        return f"{self.place}: {text}" if self.place else text


def to_plain(settings: BankSettings) -> dict[str, Any]:
    """Return settings as JSON-ready data, as `own_settings_reading.read_settings` takes them."""
    return {
        "caps": [
            {
                "channels": in_order(cap.channels),
                "most": cap.most,
                "days": cap.days,
                "count": cap.count.value,
                "over": cap.over.value,
                "per": cap.per.value,
            }
            for cap in settings.caps
        ],
        "hours": [
            {
                "channels": in_order(hours.channels),
                "week": {
                    name: list(span)
                    for name, span in zip(WEEKDAYS, hours.week, strict=True)
                    if span is not None
                },
            }
            for hours in settings.hours
        ],
        "days_off": [{"on": day.on.isoformat(), "name": day.name} for day in settings.days_off],
        "weekdays_off": [WEEKDAYS[day] for day in sorted(settings.weekdays_off)],
        "channels_off": in_order(settings.channels_off),
        "rest_days": settings.rest_days,
        "balance_days": settings.balance_days,
    }


def in_order(channels: frozenset[Channel]) -> list[str]:
    """Return channels as text in the order they are shown, so that equal sets read alike."""
    return [channel.value for channel in CHANNELS if channel in channels]
