"""Safe-harbour procedures for e-mail and text, and thresholds where the law gives no number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.core.rules.clocktime import start_of_day
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Channel
from portal.core.rules.known import Known, ids_of, is_inbound
from portal.core.rules.objects import EmailBasis, TextBasis
from portal.core.rules.registry import evaluator

CONSUMER_USED = frozenset({"consumer_used", "consent"})
CREDITOR_NOTICE = "creditor_notice"
PRIOR_COLLECTOR = "prior_collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailParams:
    """Days a creditor's notice must leave to opt out."""

    notice_days: int


@evaluator(EmailParams)
def email_by_procedure(known: Known, check: Check[EmailParams]) -> Finding | None:
    """Decide whether an e-mail address was come by on one of the routes that keep a safe harbour.

    Missing it bans nothing by itself; a person decides.

    Source: the rule in the pack, for example 12 CFR 1006.6(d)(3)-(4).
    """
    basis = known.facts.email_basis
    if basis is None or basis.route is None:
        return check.breach("no_route")
    if basis.caused_disclosure:
        return check.breach("address_disclosed_before")
    if basis.opted_out:
        return check.breach("route_opted_out", {"route": basis.route})
    if basis.route in CONSUMER_USED:
        return check.allow()
    if basis.route == CREDITOR_NOTICE:
        return _by_creditor(known, check, basis)
    if basis.route == PRIOR_COLLECTOR:
        return _by_prior_collector(check, basis)
    return check.breach("no_route")


def _by_creditor(known: Known, check: Check[EmailParams], basis: EmailBasis) -> Finding:
    days = check.params.notice_days
    if not (
        basis.creditor_obtained_from_consumer
        and basis.creditor_used_for_account
        and basis.names_specific_collector
    ):
        return check.breach("creditor_notice_incomplete")
    message = known.facts.message
    if not basis.public_domain or (message is not None and message.employer_address):
        return check.breach("domain_not_public")
    sent, deadline = basis.notice_sent_on, basis.optout_deadline_on
    if sent is None or deadline is None or not known.today():
        return check.breach("creditor_notice_incomplete")
    if deadline < sent + timedelta(days=days):
        return check.breach("notice_too_short", {"sent": sent, "deadline": deadline, "days": days})
    if min(known.today()) <= deadline or basis.opted_out is None:
        return check.breach("notice_still_running", {"deadline": deadline})
    return check.allow()


def _by_prior_collector(check: Check[EmailParams], basis: EmailBasis) -> Finding:
    chain = basis.prior_chain
    if not chain or any(collector.opted_out for collector in chain):
        return check.breach("prior_route_broken")
    if chain[-1].used and any(collector.valid_route for collector in chain):
        return check.allow()
    return check.breach("prior_route_broken")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParams:
    """Days a consent, a text from the number, or a check of the number stays fresh."""

    fresh_days: int


@evaluator(TextParams, timed=True)
def text_by_procedure(known: Known, check: Check[TextParams]) -> Finding | None:
    """Decide whether a number may be texted inside the safe harbour.

    The person texted from it about the debt, or consented; and that, or a clean check that the
    number was not reassigned, is recent. Phoning from a number is not texting.

    Source: the rule in the pack, for example 12 CFR 1006.6(d)(5).
    """
    basis, days = known.facts.text_basis, check.params.fresh_days
    opened = _opened_on(basis) if basis is not None else None
    if basis is None or opened is None:
        return check.breach("no_route")
    if basis.opted_out is not False:
        return check.breach("route_opted_out", {"route": basis.route})
    if not known.today():
        return check.doubt("no_zone_on_file")
    today, checked = max(known.today()), basis.number_checked_on
    fresh = [day for day in (opened, checked) if day is not None and _is_fresh(day, today, days)]
    if fresh:
        return check.allow()
    return check.breach("route_stale", {"opened": opened, "checked": checked, "days": days})


def _opened_on(basis: TextBasis) -> date | None:
    """Return the last day the person opened the number: consenting, or texting from it."""
    own = {"consent": basis.consented_on, "consumer_texted": basis.last_text_on}
    if own.get(basis.route or "") is None:
        return None
    return max(filter(None, own.values()))


def _is_fresh(day: date, today: date, days: int) -> bool:
    return day <= today and (today - day).days <= days


_NAME = re.compile(r"(?P<what>[a-z_]+)_per_(?:(?P<count>\d+)_)?(?P<unit>day|days|week|month)")
_WHAT: dict[str, frozenset[Channel]] = {
    "texts": frozenset({Channel.SMS}),
    "sms": frozenset({Channel.SMS}),
    "emails": frozenset({Channel.EMAIL}),
    "calls": frozenset({Channel.CALL}),
    "letters": frozenset({Channel.LETTER}),
    "messages": frozenset({Channel.SMS, Channel.EMAIL, Channel.IN_APP, Channel.SOCIAL}),
}
_UNIT = {"day": 1, "days": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit by name: so many contacts of some channels in so many days, or on so many days."""

    name: str
    most: int
    channels: frozenset[Channel] | None
    days: int
    days_over: int

    def counts(self, channel: Channel) -> bool:
        """Tell whether a contact through a channel counts; no list of channels counts every one."""
        return self.channels is None or channel in self.channels


def thresholds_of(named: Mapping[str, int]) -> tuple[Threshold, ...]:
    """Read thresholds such as `texts_per_day` or `touches_per_7_days`; others are left out.

    `days` is how many days must each be over a daily one.
    """
    found = []
    for name, most in named.items():
        parsed = _NAME.fullmatch(name)
        if parsed is None:
            continue
        days = int(parsed["count"] or 1) * _UNIT[parsed["unit"]]
        days_over = named.get("days", 1) if days == 1 else 1
        found.append(Threshold(name, most, _WHAT.get(parsed["what"]), days, days_over))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdParams:
    """Thresholds by name, and the days a daily one is looked for on."""

    thresholds: dict[str, int]
    look_back_days: int
    plan: tuple[Threshold, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", thresholds_of(self.thresholds))


@evaluator(ThresholdParams, timed=True)
def within_thresholds(known: Known, check: Check[ThresholdParams]) -> Finding | None:
    """Decide whether the whole of the contacts looks like a pattern that a person should see.

    The law gives no number; these are the tenant's. Thresholds given with the facts replace the
    pack's.

    Source: the rule in the pack, for example 12 CFR 1006.14(a).
    """
    look_back = check.params.look_back_days
    limits = known.facts.limits
    plan = (thresholds_of(limits) if limits else ()) or check.params.plan
    horizon = max(look_back, *(threshold.days for threshold in plan))
    events = _ours(known, horizon)
    for threshold in plan:
        if len(events) < threshold.most:
            continue
        mine = [past for past in events if threshold.counts(past.channel)]
        own = int(threshold.counts(known.facts.channel))
        if len(mine) + own > threshold.most:
            finding = _beyond(known, check, threshold, mine, own)
            if finding is not None:
                return finding
    return check.allow()


def _beyond(
    known: Known,
    check: Check[ThresholdParams],
    threshold: Threshold,
    events: list[PastContact],
    own: int,
) -> Finding | None:
    """Say that a threshold is passed, counting local dates; None when it is not."""
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file")
    zone = zones[0]
    today = known.local(zone).date()
    window = check.params.look_back_days if threshold.days_over > 1 else threshold.days
    since = today - timedelta(days=window - 1)
    dated = zip(known.days_of(events, zone), events, strict=True)
    inside = [(day, past) for day, past in dated if day >= since]
    counts = Counter(day for day, _ in inside)
    counts[today] += own
    days_over = sum(count > threshold.most for count in counts.values())
    if len(inside) + own <= threshold.most or (
        threshold.days_over > 1 and days_over < threshold.days_over
    ):
        return None
    return check.breach(
        "pattern_to_review",
        {"threshold": threshold.name, "most": threshold.most, "days": threshold.days_over},
        events=ids_of(past for _, past in inside),
        until=start_of_day(today + timedelta(days=1), zone),
    )


def _ours(known: Known, days: int) -> list[PastContact]:
    person, agency = known.facts.person_id, known.facts.agency_id
    return [
        past
        for past in known.recent(days)
        if past.person_id in (None, person)
        and past.agency_id in (None, agency)
        and not is_inbound(past)
    ]
