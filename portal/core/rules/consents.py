"""Consent to additional calls: what it takes out of a count, for how long, and what ends it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core.rules.kinds import Channel, ConsentScope, Outcome
from portal.core.rules.known import Known, discussed_in
from portal.core.rules.objects import Consent
from portal.core.rules.scope import debt_of


def is_consented(
    known: Known,
    *,
    at: datetime,
    zone: ZoneInfo,
    debt: object,
    days: int,
    merged_kinds: frozenset[str],
) -> bool:
    """Tell whether a call at an instant about a debt was made with direct prior consent to it.

    The consent must have been given by this person to this collector, and covers at most `days`
    consecutive dates of which its own is the first. It ends when revoked and when a conversation
    about the debt takes place.

    Source: 12 CFR 1006.14(b)(3)(i) and commentary.
    """
    return any(
        _covers(known, consent, at, at.astimezone(zone).date(), zone, days)
        and _reaches(known, consent, debt, merged_kinds)
        and not _was_used_up(known, consent, at, debt, merged_kinds)
        for consent in known.facts.consents
    )


def first_consented_day(
    known: Known,
    *,
    zone: ZoneInfo,
    debt: object,
    days: int,
    merged_kinds: frozenset[str],
) -> date | None:
    """Return the first date from the act's own on which a consent in force covers a call."""
    today = known.local(zone).date()
    for ahead in range(days):
        day = today + timedelta(days=ahead)
        for consent in known.facts.consents:
            if (
                _covers(known, consent, known.at, day, zone, days)
                and _reaches(known, consent, debt, merged_kinds)
                and not _was_used_up(known, consent, known.at, debt, merged_kinds)
            ):
                return day
    return None


def _covers(
    known: Known, consent: Consent, at: datetime, day: date, zone: ZoneInfo, days: int
) -> bool:
    facts = known.facts
    if consent.scope is not ConsentScope.CALLBACK_CALLS or consent.person_id != facts.person_id:
        return False
    if consent.given_to is None or consent.given_to != facts.agency_id:
        return False
    revoked = consent.revoked_at is not None and consent.revoked_at <= at
    if revoked or consent.received_at > at:
        return False
    given_on = consent.received_at.astimezone(zone).date()
    last = given_on + timedelta(days=days - 1)
    if consent.valid_until is not None:
        last = min(last, consent.valid_until)
    return max(given_on, consent.valid_from or given_on) <= day <= last


def _reaches(known: Known, consent: Consent, debt: object, merged_kinds: frozenset[str]) -> bool:
    return not consent.account_ids or any(
        debt_of(known, account_id, merged_kinds) == debt for account_id in consent.account_ids
    )


def _was_used_up(
    known: Known, consent: Consent, at: datetime, debt: object, merged_kinds: frozenset[str]
) -> bool:
    return any(
        past.channel is Channel.CALL
        and past.outcome is Outcome.CONVERSATION
        and consent.received_at < past.at < at
        and past.person_id in (None, known.facts.person_id)
        and any(debt_of(known, i, merged_kinds) == debt for i in discussed_in(past))
        for past in known.history
    )
