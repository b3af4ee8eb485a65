"""Acts that are not contacts: passing a debt on, its data, its payments, its records, its court."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.core.rules.calendars import add_years, working_days_between
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Act, Form, Purpose
from portal.core.rules.known import Known
from portal.core.rules.registry import NoParams, evaluator
from portal.core.rules.steps import (
    Allocation,
    Assignment,
    Charge,
    Deposit,
    KeptData,
    Placement,
    StoredRecord,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferParams:
    """States in which a debt stays where it is, and passings that are let through."""

    barred: frozenset[str]
    always_barred: frozenset[str]
    exceptions: frozenset[str]
    passes_if_secured: frozenset[str]


@evaluator(TransferParams)
def may_be_passed_on(known: Known, check: Check[TransferParams]) -> Finding | None:
    """Decide whether a debt may be placed, sold or otherwise passed on in its state.

    A debt that is paid, settled or discharged goes back to its owner and nowhere else; one reported
    as identity theft is placed nowhere. Sending data about a debt is not passing it on.

    Source: the rule in the pack, for example 12 CFR 1006.30(b).
    """
    step, params = known.facts.step, check.params
    if not isinstance(step, Placement):
        return check.doubt("placement_unknown")
    statuses = {account.status for account in known.accounts()}
    if barred := sorted(statuses & params.always_barred - {None}, key=str):
        return check.breach("debt_not_placeable", {"status": barred[0]})
    if step.exception in params.exceptions:
        return check.allow()
    for account in known.accounts():
        if account.status in params.passes_if_secured and account.secured:
            continue
        if account.status in params.barred:
            return check.breach("debt_not_placeable", {"status": account.status})
    return check.doubt("status_unknown") if None in statuses or not statuses else check.allow()


@evaluator(NoParams)
def allocated_rightly(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether one payment on several debts left disputed ones alone and went as directed.

    What the payer said nothing of may go to any debt that is not disputed.

    Source: the rule in the pack, for example 12 CFR 1006.30(c).
    """
    facts, step = known.facts, known.facts.step
    if not isinstance(step, Allocation):
        return check.doubt("allocation_unknown")
    if len(facts.accounts) < 2:
        return check.allow()
    for account in facts.accounts:
        if account.disputed and step.amounts.get(account.id, 0) > 0:
            return check.breach("disputed_debt_credited", {"account": account.id})
    directed = step.directions or {}
    if any(step.amounts.get(account, 0) != amount for account, amount in directed.items()):
        return check.breach("directions_not_followed")
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositParams:
    """When a notice is due, and between how many working days it must come before the deposit."""

    postdated_days: int
    least_days: int
    most_days: int
    calendar: str
    forms: frozenset[Form]


@evaluator(DepositParams)
def deposit_was_noticed(known: Known, check: Check[DepositParams]) -> Finding | None:
    """Decide whether a postdated instrument is deposited in its time and after due notice.

    Working days d are counted with notice date < d <= deposit date.

    Source: the rule in the pack, for example 12 CFR 1006.22(c), 15 USC 1692f(2), (4).
    """
    step, params = known.facts.step, check.params
    zones = known.day_zones()
    if not isinstance(step, Deposit) or step.instrument_on is None or not zones:
        return check.doubt("instrument_unknown")
    zone = zones[0]
    today = known.local(zone).date()
    if today < step.instrument_on:
        return check.breach("deposited_before_date", {"instrument_on": step.instrument_on})
    if step.accepted_at is None:
        return check.doubt("instrument_unknown")
    accepted = step.accepted_at.astimezone(zone).date()
    if (step.instrument_on - accepted).days <= params.postdated_days:
        return check.allow()
    spans = [
        working_days_between(params.calendar, at.astimezone(zone).date(), today)
        for at, form in step.notices
        if form in params.forms and at <= known.at
    ]
    if any(params.least_days <= span <= params.most_days for span in spans):
        return check.allow()
    return check.breach(
        "deposit_notice_missing",
        {"working_days": tuple(spans), "least": params.least_days, "most": params.most_days},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitParams:
    """Purposes that sue or threaten to."""

    suing: frozenset[Purpose]


@evaluator(SuitParams)
def suit_in_time(known: Known, check: Check[SuitParams]) -> Finding | None:
    """Decide whether a suit is brought or threatened after the limitation period expired.

    Knowing it is no element; the date has to be on file.

    Source: the rule in the pack, for example 12 CFR 1006.26(b).
    """
    if known.facts.purpose not in check.params.suing:
        return None
    ends = [account.limitation_ends_on for account in known.accounts()]
    today = known.today()
    for end in ends:
        if end is not None and today and max(today) > end:
            return check.breach("limitation_expired", {"expired_on": end})
    if not ends or None in ends or not today:
        return check.doubt("limitation_unknown")
    return check.allow()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionParams:
    """Kinds of record, the years they are kept, and other years where a regime is named.

    The years run from the thing recorded, or from the last activity on the account.
    """

    kinds: frozenset[str]
    years: int
    from_last_activity: bool = False
    regimes: dict[str, int] = field(default_factory=dict)


@evaluator(RetentionParams)
def kept_long_enough(known: Known, check: Check[RetentionParams]) -> Finding | None:
    """Work out how long a record is kept at least, and hold a purge against it.

    A litigation hold has no end.

    Source: the rule in the pack, for example 12 CFR 1006.100.
    """
    facts, step, params = known.facts, known.facts.step, check.params
    if not isinstance(step, StoredRecord):
        return check.doubt("record_unknown")
    if step.kind not in params.kinds:
        return None
    if step.on_hold:
        return check.breach("litigation_hold")
    moment = step.last_activity_at if params.from_last_activity else step.made_at
    zones = known.day_zones()
    if moment is None or not zones:
        return check.doubt("record_unknown")
    years = params.regimes.get(step.regime or "", params.years)
    until = max(add_years(moment.astimezone(zone).date(), years) for zone in zones)
    values: dict[str, object] = {"retain_until": until, "years": years}
    if facts.act is not Act.PURGE or min(known.today()) > until:
        return check.allow(values)
    if min(known.today()) == until:
        return check.doubt("purged_on_last_day", values)
    return check.breach("purged_early", values)


@evaluator(NoParams)
def entrusted_rightly(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether data is passed on with leave, and given back when the mandate ends.

    Source: the rule in the pack, for example PIPL art. 21.
    """
    step = known.facts.step
    if isinstance(step, KeptData):
        if not known.is_over(step.mandate_ended_at):
            return check.allow()
        return check.allow() if step.returned_or_deleted else check.breach("data_kept")
    if not isinstance(step, Placement) or step.controller_consents is None:
        return check.doubt("consent_unknown")
    return check.allow() if step.controller_consents else check.breach("shared_without_consent")


@evaluator(NoParams)
def impact_was_assessed(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether an impact assessment came before data was entrusted.

    Source: the rule in the pack, for example PIPL art. 55.
    """
    step = known.facts.step
    if isinstance(step, Placement) and known.is_over(step.impact_assessed_at):
        return check.allow()
    return check.breach("impact_not_assessed")


@evaluator(NoParams)
def agency_is_published(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a debt goes to an agency on the bank's published list.

    Source: the rule in the pack.
    """
    step = known.facts.step
    if not isinstance(step, Placement) or step.published_agencies is None:
        return check.doubt("list_unknown")
    if step.to in step.published_agencies:
        return check.allow()
    return check.breach("agency_not_published", {"agency": step.to})


@evaluator(NoParams)
def debtor_told_of_agency(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether the debtor is told who will collect when the debt is placed.

    Source: the rule in the pack.
    """
    step = known.facts.step
    told = step.debtor_told if isinstance(step, Placement) else None
    if told is None:
        return check.doubt("debtor_told_unknown")
    return check.allow() if told else check.breach("debtor_not_told")


@evaluator(NoParams)
def collector_is_certified(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether somebody about to collect holds a certificate in force.

    Source: the rule in the pack.
    """
    step = known.facts.step
    if not isinstance(step, Assignment):
        return check.doubt("collector_unknown")
    values = {"collector": step.collector_id}
    if step.certificate is None:
        return check.breach("not_certified", values)
    today: date = max(known.today(), default=known.at.date() + timedelta(days=1))
    if step.certificate_ends_on is not None and step.certificate_ends_on < today:
        return check.breach("certificate_lapsed", {**values, "ended": step.certificate_ends_on})
    return check.allow()


@evaluator(NoParams)
def charge_is_permitted(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether an amount beside the principal is authorised by contract or law.

    Source: the rule in the pack, for example 12 CFR 1006.22(b).
    """
    step = known.facts.step
    if not isinstance(step, Charge):
        return check.doubt("charge_unknown")
    if step.kind in step.permitted:
        return check.allow()
    return check.breach("charge_not_permitted", {"charge": step.kind})
