"""What limits contact with a person, in words: what they wish, and what a hold stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from babel.dates import format_time, get_day_names
from babel.lists import format_list
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from portal.core.accounts.hold_kinds import HoldEffect
from portal.core.parties.wishes import CHANNELS, Wish
from portal.core.rules import Channel

#: Ways of contact, as a person chooses among them.
WAYS: Mapping[Channel, Any] = {
    Channel.CALL: _l("Phone calls"),
    Channel.SMS: _l("Text messages"),
    Channel.EMAIL: _l("E-mail"),
    Channel.LETTER: _l("Letters"),
    Channel.VISIT: _l("Personal visits"),
    Channel.IN_APP: _l("Messages on these pages"),
}
EFFECTS: Mapping[HoldEffect, Any] = {
    HoldEffect.NO_CONTACT: _l("no contact"),
    HoldEffect.NO_CHARGE: _l("nothing is charged"),
    HoldEffect.NO_DEMAND: _l("no payment is demanded"),
    HoldEffect.NO_RECALL: _l("no recall"),
}


@dataclass(frozen=True)
class WishLine:
    """One of the things a person can wish, and what they wished of it."""

    name: str
    label: str
    text: str
    is_limit: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Return label and text, as a summary list takes them."""
        return self.label, self.text


def wish_lines(wish: Wish) -> list[WishLine]:
    """Return all that can be wished, each with what was."""
    return [
        WishLine(
            "channels",
            gettext("Ways"),
            ways(wish.reached_by),
            wish.channels is not None or wish.write_only,
        ),
        WishLine("days", gettext("Days"), days(wish.days), wish.days is not None),
        WishLine(
            "hours",
            gettext("Times of day"),
            hours(wish.opens_minute, wish.closes_minute),
            wish.opens_minute is not None,
        ),
        WishLine(
            "weekly_maximum",
            gettext("How often"),
            times_a_week(wish.weekly_maximum),
            wish.weekly_maximum is not None,
        ),
        WishLine(
            "no_work",
            gettext("At work"),
            gettext("Never") if wish.no_work else gettext("No limit"),
            wish.no_work,
        ),
    ]


def ways(channels: frozenset[Channel]) -> str:
    """Return ways of contact as a list in words."""
    if channels == frozenset(CHANNELS):
        return str(gettext("Any way"))
    names = [str(WAYS[channel]) for channel in CHANNELS if channel in channels]
    return _listed(name if index == 0 else _inside(name) for index, name in enumerate(names))


def days(chosen: Iterable[int] | None) -> str:
    """Return days of the week as a list in words."""
    if chosen is None:
        return str(gettext("Any day"))
    names = day_names()
    return _listed(names[day] for day in sorted(chosen))


def day_names() -> dict[int, str]:
    """Return what the days of the week are called, from Monday, 0."""
    found: Mapping[int, str] = get_day_names("wide", locale=get_locale() or "en")
    return {day: found[day] for day in range(7)}


def hours(opens: int | None, closes: int | None) -> str:
    """Return a span of the day in words."""
    if opens is None or closes is None:
        return str(gettext("Any hour"))
    return str(gettext("%(first)s to %(last)s", first=clock(opens), last=clock(closes)))


def clock(minute: int) -> str:
    """Return a minute after midnight as a clock shows it; the last is the end of the day."""
    if minute == 1440:
        return str(gettext("midnight"))
    at = time(minute // 60, minute % 60)
    written: str = format_time(at, "short", locale=get_locale() or "en")
    return written.replace("\u202f", "\u00a0")


def times_a_week(most: int | None) -> str:
    """Return the most contacts in a week in words."""
    if most is None:
        return str(gettext("No limit"))
    return str(ngettext("%(num)d contact a week", "%(num)d contacts a week", most))


def effects(of: Iterable[HoldEffect]) -> str:
    """Return what a hold stops, in words."""
    return _listed(str(EFFECTS[effect]) for effect in of)


def _inside(name: str) -> str:
    """Return a name as it is written within a sentence."""
    return name[:1].lower() + name[1:]


def _listed(items: Iterable[str]) -> str:
    written: str = format_list(list(items), locale=get_locale() or "en")
    return written
