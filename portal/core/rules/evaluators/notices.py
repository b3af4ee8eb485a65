"""Notices and what must wait for them: validation, delivery, furnishing, a sold debt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.rules.calendars import add_working_days
from portal.core.rules.communications import earlier_communications, shares_debt
from portal.core.rules.evaluators.standing import is_closed_medium
from portal.core.rules.evaluators.words import missing_fields
from portal.core.rules.facts import PastContact
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import Act, Channel, Outcome, Purpose
from portal.core.rules.known import CONSUMER_ROLES, ELECTRONIC, MESSAGES, Known
from portal.core.rules.registry import NoParams, evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingParams:
    """Calendar days after the initial communication in which the notice is due."""

    days: int
    oral_disclosure: str


@evaluator(TimingParams)
def notice_in_time(known: Known, check: Check[TimingParams]) -> Finding | None:
    """Decide whether validation information comes with, or within days of, the first communication.

    Told in the first conversation it needs no notice; paid in full before it is due, neither. A
    limited-content message is not a communication.

    Source: the rule in the pack, for example 12 CFR 1006.34(a).
    """
    facts, params = known.facts, check.params
    communications = earlier_communications(known)
    talked = [past for past in communications if past.purpose is not Purpose.VALIDATION_NOTICE]
    if not talked:
        return check.allow()
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file")
    first = talked[0]
    due = min(known.day_of(first, zone) for zone in zones) + timedelta(days=params.days)
    sent = [past.at for past in communications if past.purpose is Purpose.VALIDATION_NOTICE]
    in_time = [known.at, *sent] if facts.act is Act.CONTACT else sent
    if any(_on_or_before(moment, due, zones) for moment in in_time) or _was_told(first, params):
        return check.allow()
    if any(
        payment.in_full and known.concerns(payment) and _on_or_before(payment.at, due, zones)
        for payment in facts.payments
    ):
        return check.allow()
    if facts.act is Act.OMIT_NOTICE and min(known.today()) <= due:
        return check.allow()
    return check.breach("notice_late", {"due": due, "first_at": first.at, "days": params.days})


def _on_or_before(moment: datetime, day: date, zones: Iterable[ZoneInfo]) -> bool:
    return all(moment.astimezone(zone).date() <= day for zone in zones)


def _was_told(first: PastContact, params: TimingParams) -> bool:
    return first.message is not None and any(
        kind.startswith(params.oral_disclosure) for kind, _ in first.message.disclosures
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodParams:
    """Working days a notice is taken to travel, and days to dispute after it arrived."""

    receipt_days: int
    period_days: int
    calendar: str


@evaluator(PeriodParams)
def validation_period(known: Known, check: Check[PeriodParams]) -> Finding | None:
    """Work out the earliest end of the validation period, and hold a stated end against it.

    Receipt may be assumed no sooner than five days after sending, weekends and legal holidays left
    out. Learning the true date later changes nothing; a notice sent again starts anew.

    Source: the rule in the pack, for example 12 CFR 1006.34(b)(5).
    """
    params, message = check.params, known.facts.message
    if not known.today():
        return check.doubt("no_zone_on_file")
    receipt = add_working_days(params.calendar, max(known.today()), params.receipt_days)
    end = receipt + timedelta(days=params.period_days)
    values: dict[str, object] = {"assumed_receipt_date": receipt, "validation_end_date": end}
    stated = message.stated_end_on if message is not None else None
    if stated is not None and stated < end:
        return check.breach("period_too_short", {**values, "stated": stated})
    return check.allow(values)


@evaluator(NoParams)
def delivered_as_required(known: Known, check: Check[NoParams]) -> Finding | None:
    """Decide whether a required disclosure is sent so that it will arrive and can be kept.

    What came back was not sent. An address the person opted out of cannot be used. Electronic
    delivery of what must be in writing needs consent to that.

    Source: the rule in the pack, for example 12 CFR 1006.42.
    """
    facts, message = known.facts, known.facts.message
    if known.outcome is Outcome.UNDELIVERED:
        treated = message.treated_as_sent if message is not None else None
        if treated:
            return check.breach("bounced_but_counted")
        return check.allow() if treated is False else check.doubt("bounced")
    closed = is_closed_medium(known, facts.channel)
    if closed:
        return check.breach("opted_out", {"channel": facts.channel, "address": facts.address})
    if facts.channel in ELECTRONIC:
        consent = message.esign_consent if message is not None else None
        if consent is False:
            return check.breach("no_consent_to_electronic")
        if consent is None:
            return check.doubt("consent_to_electronic_unknown")
    return check.allow() if closed is False else check.doubt("opted_out_address_unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishParams:
    """Days to wait, after a message about the debt, for it to come back."""

    wait_days: int


@evaluator(FurnishParams)
def furnished_after_contact(known: Known, check: Check[FurnishParams]) -> Finding | None:
    """Decide whether the consumer heard of the debt before it is reported.

    A conversation is enough at once. A message must have had its time to come back; one that came
    back in that time counts for nothing, one that came back later still counts.

    Source: the rule in the pack, for example 12 CFR 1006.30(a).
    """
    facts, wait = known.facts, check.params.wait_days
    mine = [
        past
        for past in known.history
        if past.role in CONSUMER_ROLES
        and past.agency_id in (None, facts.agency_id)
        and shares_debt(facts, past)
    ]
    if any(_was_spoken_to(past) for past in mine):
        return check.allow()
    zones = known.day_zones()
    if not zones:
        return check.doubt("no_zone_on_file")
    codes = {
        code
        for past in mine
        if past.channel in MESSAGES and past.outcome is not Outcome.LIMITED_CONTENT_MESSAGE
        for code in (_waited(known, past, wait),)
    }
    for code in ("waited", "bounce_on_last_day", "waiting"):
        if code in codes:
            return check.allow() if code == "waited" else check.doubt(code, {"days": wait})
    return check.breach("not_told_before_furnishing", {"days": wait})


def _was_spoken_to(past: PastContact) -> bool:
    return (
        past.channel in (Channel.CALL, Channel.VISIT)
        and past.outcome is Outcome.CONVERSATION
        and not past.misdirected
        and not past.no_debt_discussed
    )


def _waited(known: Known, past: PastContact, wait: int) -> str:
    zones = known.day_zones()
    sent = max(known.day_of(past, zone) for zone in zones)
    if past.returned_at is not None and known.is_received(past.returned_at):
        returned = min(past.returned_at.astimezone(zone).date() for zone in zones)
        if returned < sent + timedelta(days=wait):
            return "bounced"
        if returned == sent + timedelta(days=wait):
            return "bounce_on_last_day"
    elif known.outcome_of(past) is Outcome.UNDELIVERED:
        return "bounced"
    return "waited" if min(known.today()) >= sent + timedelta(days=wait) else "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferNoticeParams:
    """What the notice of a transfer must say."""

    fields: tuple[str, ...]


@evaluator(TransferNoticeParams)
def transfer_was_noticed(known: Known, check: Check[TransferNoticeParams]) -> Finding | None:
    """Decide whether a sold debt's debtor was told, in full and durably, before it is collected.

    A debt placed for collection while the bank stays creditor was not transferred.

    Source: the rule in the pack, for example Directive (EU) 2021/2167 art. 10.
    """
    facts = known.facts
    if facts.purpose is Purpose.TRANSFER_NOTICE:
        return None
    if not any(account.transferred for account in known.accounts()):
        return None
    notices = [
        past
        for past in known.history
        if past.purpose is Purpose.TRANSFER_NOTICE
        and known.outcome_of(past) is not Outcome.UNDELIVERED
        and shares_debt(facts, past)
    ]
    if not notices:
        return check.breach("transfer_not_noticed")
    gaps = [_gaps(past, check.params.fields) for past in notices]
    if () in gaps:
        return check.allow()
    return check.breach("content_missing", {"missing": min(gaps, key=len)})


def _gaps(past: PastContact, fields: tuple[str, ...]) -> tuple[str, ...]:
    message = past.message
    if message is None or message.content is None:
        return fields
    missing = missing_fields(message.content, fields)
    return missing if message.durable_medium else (*missing, "durable_medium")
