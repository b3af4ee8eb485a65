"""Test vectors: dated objects in a case's setup and events, as the engine's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.core.rules.clocktime import parse_clock
from portal.core.rules.facts import PastPayment
from portal.core.rules.kinds import ConsentScope, Form, HoldKind, Place
from portal.core.rules.objects import (
    BarredPlace,
    Cease,
    Consent,
    ContactWindow,
    Dispute,
    Hold,
    OptOut,
    Representation,
)
from portal.core.rules.vectors import events as read

Event = Mapping[str, Any]

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
PLACES = {"home": Place.HOME, "work": Place.WORKPLACE, "workplace": Place.WORKPLACE}
_CONSENT_WORDS = {
    "callback": ConsentScope.CALLBACK_CALLS,
    "calls": ConsentScope.CALLBACK_CALLS,
    "hours": ConsentScope.TIME,
    "inconvenient_time": ConsentScope.TIME,
}


def payments_of(events: Iterable[Event]) -> tuple[PastPayment, ...]:
    """Read the payments among earlier events."""
    return tuple(
        PastPayment(
            at=read.moment(event["at"]),
            account_ids=read.debts(event),
            in_full=bool(event.get("pays_in_full")),
        )
        for event in events
        if event["kind"] == "payment"
    )


def consents_of(events: Iterable[Event]) -> tuple[Consent, ...]:
    """Read consents, with the revocation that ended each."""
    rows = list(events)
    revocations = [event for event in rows if event["kind"] == "consent_revoked"]
    return tuple(
        replace(consent, revoked_at=_revoked_at(consent, revocations))
        for event in rows
        if event["kind"] == "consent" and (consent := _consent(event)) is not None
    )


def _consent(event: Event) -> Consent | None:
    words = event.get("scope") or "callback_calls"
    scope = _CONSENT_WORDS.get(words) or read.word(ConsentScope, words)
    who = read.person_id(event)
    if scope is None or who is None:
        return None
    return Consent(
        received_at=read.moment_of(event, "received_at"),
        person_id=who,
        scope=scope,
        given_to=event.get("given_to") or event.get("actor"),
        account_ids=read.debts(event),
        channel=read.MEDIA.get(event.get("medium") or ""),
        address=event.get("address"),
        valid_from=read.day(event.get("valid_from_date")),
        valid_until=read.day(event.get("valid_until_date")),
    )


def _revoked_at(consent: Consent, revocations: Iterable[Event]) -> datetime | None:
    moments = [
        read.moment_of(event, "received_at")
        for event in revocations
        if read.person_id(event) in (None, consent.person_id)
        and (not read.debts(event) or _shares(read.debts(event), consent.account_ids))
    ]
    return min((at for at in moments if at >= consent.received_at), default=None)


def _shares(some: Iterable[object], others: tuple[object, ...]) -> bool:
    return not others or any(one in others for one in some)


def opt_outs_of(events: Iterable[Event]) -> tuple[OptOut, ...]:
    """Read opt-outs, and refusals of third parties as an opt-out from everything."""
    found = []
    for event in events:
        who = read.person_id(event)
        if who is None or event["kind"] not in ("medium_optout", "contact_refusal"):
            continue
        is_refusal = event["kind"] == "contact_refusal"
        found.append(
            OptOut(
                received_at=read.moment_of(event, "received_at"),
                person_id=who,
                channel=None if is_refusal else read.MEDIA.get(event.get("medium") or ""),
                address=event.get("address") if event.get("scope") == "address" else None,
            )
        )
    return tuple(found)


def window_of(raw: Mapping[str, Any], *, wanted: bool) -> ContactWindow:
    """Read a window of local times on some weekdays, perhaps until a date."""
    days = raw.get("days", "ALL")
    numbers = range(7) if days == "ALL" else [_WEEKDAYS.index(name) for name in days]
    return ContactWindow(
        wanted=wanted,
        opens=parse_clock(raw.get("from", "00:00")),
        closes=parse_clock(raw.get("to", "24:00")),
        days=frozenset(numbers),
        until=read.day(raw.get("until")),
        told_to=raw.get("told_to"),
    )


def windows_of(known: Mapping[str, Any]) -> tuple[ContactWindow, ...]:
    """Read the times a person called convenient or inconvenient."""
    wanted = list(known.get("convenient_windows") or ())
    if known.get("agreed_contact_window"):
        wanted.append(known["agreed_contact_window"])
    barred = known.get("inconvenient") or ()
    return (
        *(window_of(raw, wanted=True) for raw in wanted),
        *(window_of(raw, wanted=False) for raw in barred),
    )


def barred_places_of(known: Mapping[str, Any]) -> tuple[BarredPlace, ...]:
    """Read places a person, or an employer, does not want contact at."""
    places = [PLACES[name] for name in known.get("inconvenient_places") or () if name in PLACES]
    own = tuple(BarredPlace(place=place) for place in places)
    if known.get("employer_prohibits"):
        return (*own, BarredPlace(place=Place.WORKPLACE, by_employer=True))
    return own


def ceases_of(events: Iterable[Event]) -> tuple[Cease, ...]:
    """Read requests to stop."""
    return tuple(
        Cease(
            received_at=read.moment_of(event, "received_at"),
            form=read.word(Form, event.get("form"), Form.UNKNOWN) or Form.UNKNOWN,
            account_ids=read.debts(event),
        )
        for event in events
        if event["kind"] == "cease_notice"
    )


def disputes_of(events: Iterable[Event]) -> tuple[Dispute, ...]:
    """Read disputes and requests for the original creditor's name, with their answers."""
    rows = list(events)
    return tuple(
        _dispute(event, rows)
        for event in rows
        if event["kind"] in ("dispute", "original_creditor_request")
    )


def _dispute(event: Event, rows: Iterable[Event]) -> Dispute:
    asks = event["kind"] == "original_creditor_request"
    received = read.moment_of(event, "received_at")
    later = [
        row
        for row in rows
        if read.moment(row["at"]) >= received and _shares(read.debts(row), read.debts(event))
    ]
    answers = ("original_creditor_sent",) if asks else ("verification_sent", "dispute_resolved")
    resolved = [row for row in later if row["kind"] == "dispute_resolved"]
    return Dispute(
        received_at=received,
        form=read.word(Form, event.get("form"), Form.WRITING) or Form.UNKNOWN,
        account_ids=read.debts(event),
        asks_original_creditor=asks,
        disputed_amount=read.amount(event.get("disputed_amount")),
        repeats_earlier=bool(event.get("same_as_earlier")),
        new_information=bool(event.get("new_material_information")),
        answered_at=_first_at(later, *answers),
        noticed_at=_first_at(later, "duplicative_notice_sent"),
        upheld=next((row.get("upheld") for row in resolved), None),
        grounds=event.get("grounds"),
    )


def _first_at(events: Iterable[Event], *kinds: str) -> datetime | None:
    sent = [
        read.moment(event["at"])
        for event in events
        if event["kind"] in kinds and not event.get("returned_undeliverable")
    ]
    return min(sent, default=None)


def representations_of(known: Mapping[str, Any]) -> tuple[Representation, ...]:
    """Read who speaks for the person."""
    found = []
    attorney, other = known.get("attorney") or {}, known.get("representative") or {}
    if attorney.get("known"):
        found.append(
            Representation(
                account_ids=tuple(attorney.get("debt_ids") or ()),
                contact_known=bool(attorney.get("contact_known", True)),
                failed_to_respond=bool(attorney.get("failed_to_respond")),
                consents=bool(attorney.get("consents")),
            )
        )
    if other.get("known"):
        found.append(
            Representation(
                attorney=False,
                account_ids=tuple(other.get("debt_ids") or ()),
                exception=other.get("exception") or None,
            )
        )
    return tuple(found)


def holds_of(known: Mapping[str, Any], events: Iterable[Event]) -> tuple[Hold, ...]:
    """Read what holds an account: stays, moratoria, plans being prepared, complaints."""
    rows = list(events)
    return (*_moratoria(known), *(h for e in rows if (h := _hold(e, rows, known)) is not None))


_HOLDS = {
    "bankruptcy_notice": HoldKind.BANKRUPTCY,
    "repayment_plan_in_preparation": HoldKind.PLAN_PREPARATION,
    "refusal_statute_barred": HoldKind.STATUTE_BARRED_REFUSAL,
    "complaint": HoldKind.COMPLAINT,
}


def _hold(event: Event, rows: Iterable[Event], known: Mapping[str, Any]) -> Hold | None:
    kind = _HOLDS.get(event["kind"])
    if kind is None or event.get("stay_active") is False:
        return None
    received = read.moment_of(event, "received_at")
    ends = [
        read.moment(row["at"])
        for row in rows
        if _closes(row, kind)
        and read.moment(row["at"]) >= received
        and row.get("refers_to") in (None, event.get("id"))
    ]
    is_plan = kind is HoldKind.PLAN_PREPARATION
    return Hold(
        kind=kind,
        received_at=received,
        account_ids=read.debts(event),
        extension_days=int(known.get("extension_days") or 0) if is_plan else 0,
        released_at=min(ends, default=None),
    )


def _closes(event: Event, kind: HoldKind) -> bool:
    if kind is HoldKind.BANKRUPTCY:
        return event["kind"] == "bankruptcy_notice" and event.get("stay_active") is False
    return kind is HoldKind.COMPLAINT and event["kind"] == "complaint_closed"


def _moratoria(known: Mapping[str, Any]) -> tuple[Hold, ...]:
    raw = known.get("moratorium")
    if not raw:
        return ()
    return tuple(
        Hold(
            kind=HoldKind.BREATHING_SPACE,
            starts_on=read.day(one.get("start")),
            ends_on=read.day(one.get("end")),
            account_ids=tuple(one.get("debt_ids") or ()),
        )
        for one in (raw if isinstance(raw, list) else [raw])
    )
