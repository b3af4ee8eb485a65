"""Waiting: after some event, no contact for so many local days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.rules.evaluators.counts import (
    Counted,
    consented,
    counts_itself,
    next_free,
    rebuttal_factor,
)
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Direction, Outcome
from portal.core.rules.known import Known, discussed_in, ids_of
from portal.core.rules.registry import evaluator
from portal.core.rules.scope import in_scope, is_among, own_debts


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitParams:
    """No counted contact on the `days` local dates that begin with the triggering event's own."""

    days: int
    after: frozenset[Outcome]
    maybe_after: frozenset[Outcome] = frozenset()
    after_directions: frozenset[Direction] = frozenset(Direction)
    counted: Counted
    outcomes: frozenset[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        """Work out after which outcomes a wait runs, surely or perhaps."""
        object.__setattr__(self, "outcomes", self.after | self.maybe_after)


@evaluator(WaitParams, timed=True)
def waits_after(known: Known, check: Check[WaitParams]) -> Finding | None:
    """Decide whether a contact comes too soon after a conversation about the same debt.

    The conversation's own date is day 1, whoever started it; the first free date is that date plus
    `days`. An event of unknown outcome may have been a conversation: then a person decides.

    Source: the rule in the pack, for example 12 CFR 1006.14(b)(2)(i)(B).
    """
    params, counted = check.params, check.params.counted
    if counts_itself(known, counted) is None:
        return check.allow()
    triggers = _triggers(known, params)
    if not triggers:
        return check.allow()
    zones = known.day_zones(counted.zone)
    if not zones:
        return check.doubt("no_zone_on_file", {"days": params.days})
    hits = [
        hit
        for zone in zones
        for debt in own_debts(known, counted.merged_kinds)
        if (hit := _latest(known, params, zone, debt, triggers)) is not None
    ]
    if not hits:
        return check.allow()
    until = max(hits, key=lambda hit: hit[0])[0]
    past = max((hit[1] for hit in hits), key=lambda past: past.at)
    sure = [hit[1] for hit in hits if hit[1].outcome in params.after]
    say = check.breach if sure and known.outcome is not Outcome.UNKNOWN else check.doubt
    return say(
        "too_soon_after_conversation",
        {"talked_at": past.at, "days": params.days, "zone": zones[0].key},
        events=ids_of([past]),
        until=until,
        factor=rebuttal_factor(known, counted),
    )


def _triggers(known: Known, params: WaitParams) -> list[PastContact]:
    outcomes, channels = params.outcomes, params.counted.channels
    found = [
        past
        for past in known.recent(params.days)
        if past.outcome in outcomes
        and past.channel in channels
        and past.direction in params.after_directions
        and not past.misdirected
    ]
    return in_scope(known, found, params.counted.scope) if found else found


def _latest(
    known: Known, params: WaitParams, zone: ZoneInfo, debt: object, triggers: list[PastContact]
) -> tuple[datetime, PastContact] | None:
    """Return when the wait for a debt ends and the event it began with, None when none runs."""
    counted = params.counted
    today = known.local(zone).date()
    running = [
        past
        for past in triggers
        if _is_about(known, past, debt, counted)
        and today < known.day_of(past, zone) + timedelta(days=params.days)
    ]
    if not running or consented(known, counted, known.at, zone, debt):
        return None
    sure = [past for past in running if past.outcome in params.after]
    last = (sure or running)[-1]
    free = known.day_of(last, zone) + timedelta(days=params.days)
    until = next_free(known, counted, zone, debt, free)
    return (until or last.at), last


def _is_about(known: Known, past: PastContact, debt: object, counted: Counted) -> bool:
    return is_among(known, debt, discussed_in(past), counted.merged_kinds)
