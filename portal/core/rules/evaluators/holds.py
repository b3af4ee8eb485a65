"""Holds: a stay, a breathing space, a plan being kept or prepared, a complaint not yet answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from portal.core.rules.clocktime import start_of_day
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import HoldKind, PlanState, Purpose, Role
from portal.core.rules.known import Known
from portal.core.rules.objects import Hold
from portal.core.rules.registry import evaluator
from portal.core.rules.steps import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldParams:
    """Kinds of hold that stand in the way, how long they do, and what is let through."""

    kinds: frozenset[HoldKind]
    exempt_purposes: frozenset[Purpose] = frozenset()
    exempt_roles: frozenset[Role] = frozenset()
    days: int | None = None
    agreed_days: str | None = None
    frivolity_lifts: bool = False


@evaluator(HoldParams, timed=True, needs="holds")
def no_hold(known: Known, check: Check[HoldParams]) -> Finding | None:
    """Decide whether something is done on an account while a hold on it stands.

    A hold stands from the moment it was known until released, until its last day, or for the
    number of days the rule gives, its own day being the first not to count.

    Source: the rule in the pack, for example SI 2020/1311 reg. 11.
    """
    facts, params = known.facts, check.params
    if not facts.holds:
        return None
    if facts.serves(params.exempt_purposes) or facts.role in params.exempt_roles:
        return check.allow()
    if (
        params.frivolity_lifts
        and isinstance(facts.step, Placement)
        and facts.step.frivolous_with_proof
    ):
        return check.allow()
    standing = [h for h in facts.holds if h.kind in params.kinds and _stands(known, h, params)]
    if not standing:
        return check.allow()
    ends = [_free_on(known, hold, params) for hold in standing]
    until = None if None in ends else _begin(known, max(end for end in ends if end is not None))
    first = standing[0]
    return check.breach(
        "on_hold",
        {"kind": first.kind, "since": first.received_at or first.starts_on, "until": ends[0]},
        until=until,
    )


def _stands(known: Known, hold: Hold, params: HoldParams) -> bool:
    if not known.is_received(hold.received_at) or known.is_over(hold.released_at):
        return False
    if not known.concerns(hold):
        return False
    days = _days(known)
    if hold.starts_on is not None and all(day < hold.starts_on for day in days):
        return False
    free = _free_on(known, hold, params)
    return free is None or any(day < free for day in days)


def _days(known: Known) -> tuple[date, ...]:
    return known.today() or (known.at.astimezone(UTC).date(),)


def _free_on(known: Known, hold: Hold, params: HoldParams) -> date | None:
    """Return the first day the hold no longer stands, None when only a release ends it."""
    if hold.ends_on is not None:
        return hold.ends_on + timedelta(days=1)
    if params.days is None or hold.received_at is None:
        return None
    days = known.facts.limits.get(params.agreed_days or "", params.days) + hold.extension_days
    zones: tuple[tzinfo, ...] = known.day_zones() or (UTC,)
    return max(hold.received_at.astimezone(zone).date() for zone in zones) + timedelta(days=days)


def _begin(known: Known, day: date) -> datetime:
    return max(
        (start_of_day(day, zone) for zone in known.day_zones()),
        default=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanParams:
    """What may be said to somebody who keeps to a plan."""

    exempt_purposes: frozenset[Purpose] = frozenset()
    doubtful_purposes: frozenset[Purpose] = frozenset()


@evaluator(PlanParams)
def plan_left_alone(known: Known, check: Check[PlanParams]) -> Finding | None:
    """Decide whether somebody who keeps to an agreed plan is collected from all the same.

    Source: the rule in the pack, for example RG 96 s 15.
    """
    facts, params = known.facts, check.params
    if not any(account.plan is PlanState.PERFORMING for account in known.accounts()):
        return None
    if facts.serves(params.exempt_purposes):
        return check.allow()
    if facts.purpose in params.doubtful_purposes:
        return check.doubt("plan_is_kept")
    return check.breach("plan_is_kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class BarredDebtParams:
    """Where the debt itself ends with the limitation period, and which acts threaten a court."""

    extinguished_in: frozenset[str] = frozenset()
    court_purposes: frozenset[Purpose] = frozenset()
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(BarredDebtParams)
def barred_debt_let_be(known: Known, check: Check[BarredDebtParams]) -> Finding | None:
    """Decide whether a statute-barred debt is still demanded after the person refused for that.

    Where the debt ceases to exist with the period, no demand is left to make; a court is never
    threatened.

    Source: the rule in the pack, for example CONC 7.15.
    """
    facts, params = known.facts, check.params
    barred = [account for account in known.accounts() if account.statute_barred]
    if not barred:
        return None
    if facts.serves(params.exempt_purposes):
        return check.allow()
    if facts.purpose in params.court_purposes:
        return check.breach("court_threatened_on_barred_debt")
    if any((account.nation or "").casefold() in params.extinguished_in for account in barred):
        return check.breach("debt_extinguished")
    refused = any(
        hold.kind is HoldKind.STATUTE_BARRED_REFUSAL
        and known.is_received(hold.received_at)
        and known.concerns(hold)
        and not known.is_over(hold.released_at)
        for hold in facts.holds
    )
    return check.breach("barred_debt_refused") if refused else check.allow()
