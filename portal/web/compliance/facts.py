"""The facts a decision was made from, as labelled lines in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from babel.dates import get_day_names
from flask_babel import get_locale, gettext, ngettext

from portal.core.rules import (
    ContactFacts,
    ContactWindow,
    Dispute,
    Hold,
    OptOut,
    Place,
    Representation,
    Wishes,
)
from portal.core.rules.objects import DAY
from portal.web.filters import count, day, instant
from portal.web.findings import zone_name
from portal.web.labels import label
from portal.web.rule_values import listed

_MINUTE = 60_000_000


@dataclass(frozen=True)
class Fact:
    """One kind of fact, and what was known of it."""

    label: str
    lines: tuple[str, ...]


def tell_facts(facts: ContactFacts, *, known_contacts: int) -> list[Fact]:
    """Return what rules were told of a contact; what nobody knew is said where it matters.

    `known_contacts` is how many earlier contacts were on record, which a kept judgement names by
    their ids alone.
    """
    found = [
        (gettext("When"), _moments(facts)),
        (gettext("What"), [_deed(facts)]),
        (gettext("Who was to be reached"), [label(facts.role)]),
        (gettext("Purpose"), [label(facts.purpose)] if facts.purpose else []),
        (gettext("Time zones on file"), _zones(facts)),
        (gettext("Rules of these places"), [listed(name.upper() for name in facts.jurisdictions)]),
        (gettext("Contacts on record before it"), [count(known_contacts)]),
        (gettext("Account"), _account(facts)),
        (gettext("Holds"), [_hold(hold) for hold in facts.holds if not _is_to_come(hold, facts)]),
        (gettext("The person’s wishes"), _wishes(facts.wishes)),
        (gettext("Times of the week"), [_window(window) for window in facts.windows]),
        (gettext("Places to be left alone at"), [_place(p.place) for p in facts.barred_places]),
        (gettext("Opted out"), [_opt_out(each) for each in facts.opt_outs]),
        (gettext("Consents"), [_dated(each.received_at) for each in facts.consents]),
        (gettext("Requests to stop"), [_dated(each.received_at) for each in facts.ceases]),
        (gettext("Disputes"), [_dispute(each) for each in facts.disputes]),
        (gettext("Represented by"), [_representation(each) for each in facts.representations]),
        (gettext("Permits of others"), [instant(each.until) for each in facts.open_permits]),
    ]
    return [Fact(name, tuple(lines)) for name, lines in found if any(lines)]


def _moments(facts: ContactFacts) -> list[str]:
    return [instant(facts.at, zone) for zone in facts.zones] or [instant(facts.at)]


def _deed(facts: ContactFacts) -> str:
    parts = [label(facts.channel), label(facts.direction)]
    if facts.outcome is not None:
        parts.append(label(facts.outcome))
    if facts.automated:
        parts.append(gettext("by a machine"))
    return " · ".join(parts)


def _zones(facts: ContactFacts) -> list[str]:
    return [zone_name(zone.key) for zone in facts.zones] or [gettext("none: a person decides")]


def _account(facts: ContactFacts) -> list[str]:
    lines = [account.kind for account in facts.accounts if account.kind]
    if any(account.disputed for account in facts.accounts):
        lines.append(gettext("disputed"))
    if any(account.plan == "performing" for account in facts.accounts):
        lines.append(gettext("on a plan that is kept"))
    return lines


def _is_to_come(hold: Hold, facts: ContactFacts) -> bool:
    """Tell whether a hold began after the contact: a confirmed balance expires one day."""
    return hold.starts_on is not None and facts.at.date() < hold.starts_on


def _hold(hold: Hold) -> str:
    parts = [label(hold.kind)]
    if hold.received_at:
        parts.append(gettext("received %(at)s", at=instant(hold.received_at)))
    if hold.starts_on:
        parts.append(gettext("from %(day)s", day=day(hold.starts_on)))
    if hold.ends_on:
        parts.append(gettext("until %(day)s", day=day(hold.ends_on)))
    if hold.released_at:
        parts.append(gettext("released %(at)s", at=instant(hold.released_at)))
    return " · ".join(parts)


def _wishes(wishes: Wishes | None) -> list[str]:
    if wishes is None:
        return []
    lines = []
    if wishes.channels is not None:
        lines.append(gettext("only by %(channels)s", channels=_words(wishes.channels)))
    if wishes.weekly_maximum is not None:
        lines.append(
            ngettext(
                "at most %(num)d contact a week",
                "at most %(num)d contacts a week",
                wishes.weekly_maximum,
            )
        )
    if wishes.write_only:
        lines.append(gettext("in writing only"))
    return lines


def _window(window: ContactWindow) -> str:
    names = get_day_names("abbreviated", locale=get_locale() or "en")
    days = listed(names[number] for number in sorted(window.days))
    opens, closes = _clock(window.opens), _clock(window.closes)
    times = {"days": days, "opens": opens, "closes": closes}
    if window.wanted:
        return str(gettext("convenient: %(days)s, %(opens)s–%(closes)s", **times))
    if (window.opens, window.closes) == (0, DAY):
        return str(gettext("to be left alone: %(days)s", days=days))
    return str(gettext("to be left alone: %(days)s, %(opens)s–%(closes)s", **times))


def _clock(microseconds: int) -> str:
    hours, minutes = divmod(microseconds // _MINUTE, 60)
    return f"{hours:02d}:{minutes:02d}"


def _place(place: Place | str) -> str:
    return label(place) if isinstance(place, Place) else place


def _opt_out(each: OptOut) -> str:
    what = label(each.channel) if each.channel else gettext("every channel")
    return f"{what} · {_dated(each.received_at, each.withdrawn_at)}"


def _dispute(each: Dispute) -> str:
    return _dated(each.received_at, each.answered_at)


def _representation(each: Representation) -> str:
    who = gettext("an attorney") if each.attorney else gettext("somebody else")
    return f"{who} · {_dated(each.received_at, each.ended_at)}"


def _dated(received: datetime | None, ended: datetime | None = None) -> str:
    """Write since when something held, and until when."""
    since = instant(received) if received else gettext("(not on file)")
    return f"{since} – {instant(ended)}" if ended else since


def _words(values: Iterable[StrEnum]) -> str:
    return listed(sorted(label(value) for value in values))
