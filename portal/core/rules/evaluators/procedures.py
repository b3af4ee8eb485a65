"""Safe-harbour procedures for e-mail and text, and thresholds where the law gives no number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

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
    if basis.route == "consent":
        return basis.consented_on
    return basis.last_text_on if basis.route == "consumer_texted" else None


def _is_fresh(day: date, today: date, days: int) -> bool:
    return day <= today and (today - day).days <= days


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdParams:
    """Thresholds by name: `texts_per_day`, `touches_per_7_days`, and `days` that it takes."""

    thresholds: dict[str, int]
    look_back_days: int


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


@evaluator(ThresholdParams, timed=True)
def within_thresholds(known: Known, check: Check[ThresholdParams]) -> Finding | None:
    """Decide whether the whole of the contacts looks like a pattern that a person should see.

    The law gives no number; these are the tenant's. Thresholds given with the facts replace the
    pack's. `days` is how many days of the look-back must each be over a daily threshold.

    Source: the rule in the pack, for example 12 CFR 1006.14(a).
    """
    given = known.facts.limits
    own_names = any(_threshold(name) is not None for name in given)
    thresholds: Mapping[str, int] = given if own_names else check.params.thresholds
    look_back = check.params.look_back_days
    spans = [found.days for name in thresholds if (found := _threshold(name)) is not None]
    horizon = max([look_back, *spans])
    events = [past for past in known.recent(horizon) if _is_ours(known, past)]
    if not events:
        return check.allow()
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file")
    zone = zones[0]
    today = known.local(zone).date()
    dated = [(past.at.astimezone(zone).date(), past) for past in events]
    for name, most in thresholds.items():
        threshold = _threshold(name)
        if threshold is None:
            continue
        days_over = thresholds.get("days", 1) if threshold.days == 1 else 1
        window = look_back if days_over > 1 else threshold.days
        since = today - timedelta(days=window - 1)
        mine = [(d, p) for d, p in dated if d >= since and threshold.counts(p.channel)]
        own = int(threshold.counts(known.facts.channel))
        if _exceeds(mine, today, own, most, days_over):
            return check.breach(
                "pattern_to_review",
                {"threshold": name, "most": most, "days": days_over},
                events=ids_of(past for _, past in mine),
                until=start_of_day(today + timedelta(days=1), zone),
            )
    return check.allow()


@dataclass(frozen=True, slots=True)
class _Threshold:
    channels: frozenset[Channel] | None
    days: int

    def counts(self, channel: Channel) -> bool:
        """Tell whether a contact through a channel counts; no list of channels counts every one."""
        return self.channels is None or channel in self.channels


@cache
def _threshold(name: str) -> _Threshold | None:
    parsed = _NAME.fullmatch(name)
    if parsed is None:
        return None
    days = int(parsed["count"] or 1) * _UNIT[parsed["unit"]]
    return _Threshold(_WHAT.get(parsed["what"]), days)


def _is_ours(known: Known, past: PastContact) -> bool:
    facts = known.facts
    return (
        not is_inbound(past)
        and past.person_id in (None, facts.person_id)
        and past.agency_id in (None, facts.agency_id)
    )


def _exceeds(
    events: list[tuple[date, PastContact]], today: date, own: int, most: int, days_over: int
) -> bool:
    """Tell whether there are too many, in all or on each of so many days."""
    if days_over <= 1:
        return len(events) + own > most
    counts = Counter(day for day, _ in events)
    counts[today] += own
    return sum(count > most for count in counts.values()) >= days_over
