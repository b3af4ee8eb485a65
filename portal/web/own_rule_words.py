"""A bank's own rules in sentences, and what changed from one version to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.core.actions.own_beside import Beside
from portal.core.actions.own_settings import (
    CHANNELS,
    BankSettings,
    Cap,
    Count,
    Hours,
    Over,
    Per,
)
from portal.core.actions.own_settings_reading import read_settings
from portal.core.rules import Channel, Pack
from portal.web import filters
from portal.web.labels import label
from portal.web.rule_titles import citation, rule_title
from portal.web.rule_values import clauses, clock, listed, weekdays

COUNTS: Mapping[Count, Any] = {
    Count.ATTEMPTS: _("Every attempt counts."),
    Count.CONVERSATIONS: _("Only conversations count."),
}
OVERS: Mapping[Over, Any] = {
    Over.EVERYBODY: _("The bank and all its agencies count together."),
    Over.EACH_AGENCY: _("Each agency counts by itself."),
}
PERS: Mapping[Per, Any] = {
    Per.PERSON: _("Counted for each person."),
    Per.ACCOUNT: _("Counted for each account."),
    Per.NUMBER: _("Counted for each number or address."),
}


def sentences(settings: BankSettings) -> list[str]:
    """Return what a bank asks for beyond the law, a sentence or a few for each rule."""
    return [
        *(_cap(cap) for cap in settings.caps),
        *(_hours(hours) for hours in settings.hours),
        *_days(settings),
        *_channels_off(settings),
        *_rest(settings),
        *_balance(settings),
    ]


def _cap(cap: Cap) -> str:
    first = ngettext(
        "%(channels)s: at most %(num)d contact in %(span)s.",
        "%(channels)s: at most %(num)d contacts in %(span)s.",
        cap.most,
        span=_span(cap.days),
        channels=channels(cap.channels),
    )
    return _joined([first, COUNTS[cap.count], OVERS[cap.over], PERS[cap.per]])


def _hours(hours: Hours) -> str:
    spans: dict[tuple[str, str], list[int]] = {}
    for day, span in enumerate(hours.week):
        if span is not None:
            spans.setdefault(span, []).append(day)
    written = clauses(
        f"{weekdays(days)} {clock(opens)}–{clock(closes)}"
        for (opens, closes), days in spans.items()
    )
    return str(
        gettext(
            "%(channels)s: only within these hours, %(hours)s.",
            channels=channels(hours.channels),
            hours=written,
        )
    )


def _days(settings: BankSettings) -> list[str]:
    found = []
    if settings.weekdays_off:
        days = weekdays(settings.weekdays_off, width="wide")
        found.append(str(gettext("No contact but letters on %(days)s.", days=days)))
    found += [
        str(
            gettext(
                "No contact but letters on %(day)s: %(name)s.",
                day=filters.day(day.on),
                name=day.name,
            )
        )
        for day in settings.days_off
    ]
    return found


def _channels_off(settings: BankSettings) -> list[str]:
    if not settings.channels_off:
        return []
    return [str(gettext("Not used: %(channels)s.", channels=channels(settings.channels_off)))]


def _rest(settings: BankSettings) -> list[str]:
    if settings.rest_days is None:
        return []
    return [
        str(
            gettext(
                "After a conversation the person is left alone for %(span)s, that day included,"
                " but for letters.",
                span=_span(settings.rest_days),
            )
        )
    ]


def _balance(settings: BankSettings) -> list[str]:
    if settings.balance_days == BankSettings().balance_days:
        return []
    span = _span(settings.balance_days)
    return [str(gettext("A confirmed balance counts for %(span)s.", span=span))]


def channels(values: Iterable[Channel]) -> str:
    """Write channels in the order they are shown."""
    wanted = set(values)
    return listed(label(each) for each in CHANNELS if each in wanted)


def _span(days: int) -> str:
    return str(ngettext("%(num)d day", "%(num)d days", days))


def _joined(parts: Iterable[Any]) -> str:
    """Join whole sentences; Chinese puts no space between them."""
    texts = [str(part) for part in parts]
    return "".join(texts) if texts[0].endswith("。") else " ".join(texts)


@dataclass(frozen=True)
class Change:
    """What a version asks for that the one before did not, and what it asks for no more."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]


def change(before: BankSettings, after: BankSettings) -> Change:
    """Return what is different between two sets of settings, in sentences."""
    old, new = sentences(before), sentences(after)
    return Change(
        added=tuple(each for each in new if each not in old),
        dropped=tuple(each for each in old if each not in new),
    )


def settings_in(pack: Pack) -> BankSettings:
    """Return the settings a bank's pack was made from."""
    return read_settings(json.loads(pack.document)["asks"])


def beside_notes(found: Sequence[Beside]) -> list[str]:
    """Say where the law is as strict as a bank's own rule, or stricter."""
    return [_beside(each) for each in found]


def _beside(each: Beside) -> str:
    values = {
        "own": rule_title(each.own.title),
        "number": each.own.id,
        "law": rule_title(each.law.title),
        "citation": citation(each.law.citation),
    }
    if each.everywhere:
        return str(
            gettext(
                "%(own)s (%(number)s) changes nothing where this rule holds, which is as strict or"
                " stricter: %(law)s, %(citation)s.",
                **values,
            )
        )
    return str(
        gettext(
            "%(own)s (%(number)s) is in part wider than this rule, which goes on to hold:"
            " %(law)s, %(citation)s.",
            **values,
        )
    )
