"""Where a bank's own rules change nothing, because the law beside them is as strict or stricter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.rules import Channel, Direction, Pack, Rule, Verdict
from portal.core.rules.evaluators.counts import CountParams
from portal.core.rules.evaluators.windows import WindowParams
from portal.core.rules.findings import Check
from portal.core.rules.kinds import Act
from portal.core.rules.objects import DAY
from portal.core.rules.scope import Scope

Span = tuple[int, int]
_WEEK = range(7)


@dataclass(frozen=True)
class Beside:
    """A rule of law that stands beside one of the bank's own and is as strict or stricter.

    `everywhere`: the own rule changes nothing where that law holds; else only some of it does not.
    """

    own: Rule
    law: Rule
    everywhere: bool


def find_stricter(own: Pack, shipped: Iterable[Pack]) -> list[Beside]:
    """Return where rules of law leave a bank's own rules, or parts of them, without effect.

    What law leaves to a person to judge is not counted as stricter. Hours a person agreed to are
    left out, and zones compared as if the person were where the law fixes the clock.
    """
    packs = list(shipped)
    found = []
    for check in own.checks:
        compare = _COMPARED.get(type(check.params))
        for law in _binding(packs, check) if compare else ():
            outcome = compare(check, law) if compare else None
            if outcome is not None:
                found.append(Beside(check.rule, law.rule, outcome))
    return found


def _binding(packs: Sequence[Pack], own: Check[Any]) -> Iterator[Check[Any]]:
    """Yield the checks of the same kind that decide by themselves about the same contacts."""
    for pack in packs:
        for law in pack.checks:
            if law.name != own.name or law.on_breach is Verdict.REVIEW:
                continue
            if Act.CONTACT in law.reach.acts and Direction.OUTBOUND in law.reach.directions:
                yield law


def _channels(check: Check[Any]) -> frozenset[Channel]:
    return check.reach.channels or frozenset(Channel)


def _hours(own: Check[WindowParams], law: Check[WindowParams]) -> bool | None:
    """Tell whether own hours change nothing: True, False when only in part, None when they do."""
    shared = own.reach.channels & _channels(law)
    pairs = [
        (_spans(own.params, channel, day), _spans(law.params, channel, day))
        for channel in sorted(shared)
        for day in _WEEK
    ]
    if law.reach.kinds or not pairs or all(not theirs for _ours, theirs in pairs):
        return None
    wider = [ours for ours, theirs in pairs if _reaches_beyond(ours, theirs)]
    if shared == own.reach.channels and all(_covers(ours, theirs) for ours, theirs in pairs):
        return True
    return False if wider else None


def _spans(params: WindowParams, channel: Channel, day: int) -> list[Span]:
    return sorted(
        (window.opens, window.closes)
        for window in params.windows
        if day in window.days and window.suits(channel, None)
    )


def _covers(ours: list[Span], theirs: list[Span]) -> bool:
    """Tell whether every moment their hours are open ours are open too."""
    return all(any(a <= opens and closes <= b for a, b in ours) for opens, closes in theirs)


def _reaches_beyond(ours: list[Span], theirs: list[Span]) -> bool:
    """Tell whether ours say to be open when theirs are not; a whole day says nothing of hours."""
    stated = [span for span in ours if span != (0, DAY)]
    return not _covers(theirs, stated)


def _counts(own: Check[CountParams], law: Check[CountParams]) -> bool | None:
    """Tell whether the law's limit is reached no later than the bank's own, in every case."""
    mine, theirs = own.params, law.params
    outcomes = mine.counted.outcomes <= theirs.counted.outcomes
    channels = own.reach.channels <= _channels(law)
    counted = mine.counted.channels <= theirs.counted.channels
    # Everything one bank's agencies do is for one creditor: that dimension keeps nothing apart.
    scope = theirs.counted.scope - {Scope.CREDITOR} <= mine.counted.scope
    plain = not (theirs.counted.is_narrow or theirs.counted.consent_days or law.reach.kinds)
    numbers = theirs.limit <= mine.limit and theirs.days >= mine.days
    return True if all((outcomes, channels, counted, scope, plain, numbers)) else None


_COMPARED: dict[type, Any] = {WindowParams: _hours, CountParams: _counts}
