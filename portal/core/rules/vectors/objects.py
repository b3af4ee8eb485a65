"""Test vectors: dated objects in a case's setup and events, as the engine's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.core.rules.clocktime import parse_clock
from portal.core.rules.facts import PastPayment
from portal.core.rules.kinds import ConsentScope, Form, Place
from portal.core.rules.objects import (
    BarredPlace,
    Cease,
    Consent,
    ContactWindow,
    Dispute,
    OptOut,
    Representation,
)
from portal.core.rules.vectors import events as read
from portal.core.rules.vectors import reading

Event = Mapping[str, Any]

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_PLACES = {
    "home": Place.HOME,
    "home_address": Place.HOME,
    "work": Place.WORKPLACE,
    "workplace": Place.WORKPLACE,
    "employer": Place.WORKPLACE,
}
_CONSENT_WORDS = {
    "callback": ConsentScope.CALLBACK_CALLS,
    "calls": ConsentScope.CALLBACK_CALLS,
    "hours": ConsentScope.TIME,
    "inconvenient_time": ConsentScope.TIME,
}


def place_of(word: str | None) -> Place | str | None:
    """Read a place; one that is not on the list goes by its own word."""
    return None if not word else _PLACES.get(word, word)


def payments_of(events: Iterable[Event]) -> tuple[PastPayment, ...]:
    """Read the payments among earlier events."""
    return tuple(
        PastPayment(
            at=reading.moment(event["at"]),
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
    who = read.person_id(event)
    scope = _scope_of(event) if event.get("scope") else ConsentScope.CALLBACK_CALLS
    if scope is None or who is None:
        return None
    return Consent(
        received_at=reading.moment_of(event, "received_at"),
        person_id=who,
        scope=scope,
        given_to=event.get("given_to") or event.get("actor"),
        account_ids=read.debts(event),
        channel=read.MEDIA.get(event.get("medium") or ""),
        address=event.get("address"),
        valid_from=reading.day(event.get("valid_from_date")),
        valid_until=reading.day(event.get("valid_until_date")),
    )


def _revoked_at(consent: Consent, revocations: Iterable[Event]) -> datetime | None:
    moments = [
        reading.moment_of(event, "received_at")
        for event in revocations
        if read.person_id(event) in (None, consent.person_id)
        and _shares(read.debts(event), consent.account_ids)
        and _scope_of(event) in (None, consent.scope)
    ]
    return min((at for at in moments if at >= consent.received_at), default=None)


def _scope_of(event: Event) -> ConsentScope | None:
    words = event.get("scope")
    return _CONSENT_WORDS.get(words or "") or reading.word(ConsentScope, words)


def _shares(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Tell whether two lists of debts have one in common; a list that names none may be any."""
    return not some or not others or any(one in others for one in some)


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
                received_at=reading.moment_of(event, "received_at"),
                person_id=who,
                channel=None if is_refusal else read.medium_of(event),
                address=event.get("address") if event.get("scope") != "medium" else None,
                told_to=None if is_refusal else _receiver(event),
            )
        )
    return tuple(found)


def _receiver(event: Event) -> str | None:
    """Return the collector a request was put to; it says so, unless it names who asked."""
    actor = event.get("given_to") or event.get("actor")
    return None if actor == read.person_id(event) else actor


def window_of(raw: Mapping[str, Any], *, wanted: bool) -> ContactWindow:
    """Read a window of local times on some weekdays, perhaps until a date."""
    days = raw.get("days", "ALL")
    numbers = range(7) if days == "ALL" else [_WEEKDAYS.index(name) for name in days]
    return ContactWindow(
        wanted=wanted,
        opens=parse_clock(raw.get("from", "00:00")),
        closes=parse_clock(raw.get("to", "24:00")),
        days=frozenset(numbers),
        until=reading.day(raw.get("until")),
        told_to=raw.get("told_to"),
        received_at=_moment(raw.get("received_at")),
        withdrawn_at=_moment(raw.get("withdrawn_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else reading.moment(text)


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
    places = [place_of(name) for name in known.get("inconvenient_places") or ()]
    own = tuple(BarredPlace(place=place) for place in places if place is not None)
    if known.get("employer_prohibits"):
        return (*own, BarredPlace(place=Place.WORKPLACE, by_employer=True))
    return own


def ceases_of(events: Iterable[Event]) -> tuple[Cease, ...]:
    """Read requests to stop."""
    return tuple(
        Cease(
            received_at=reading.moment_of(event, "received_at"),
            form=reading.word(Form, event.get("form"), Form.UNKNOWN) or Form.UNKNOWN,
            account_ids=read.debts(event),
            told_to=_receiver(event),
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
    received = reading.moment_of(event, "received_at")
    later = [row for row in rows if reading.moment(row["at"]) >= received and is_about(row, event)]
    answers = ("original_creditor_sent",) if asks else ("verification_sent", "dispute_resolved")
    resolved = [row for row in later if row["kind"] == "dispute_resolved"]
    return Dispute(
        received_at=received,
        form=reading.word(Form, event.get("form"), Form.WRITING) or Form.UNKNOWN,
        account_ids=read.debts(event),
        asks_original_creditor=asks,
        disputed_amount=reading.amount(event.get("disputed_amount")),
        repeats_earlier=bool(event.get("same_as_earlier")),
        new_information=bool(event.get("new_material_information")),
        answered_at=_first_at(later, *answers),
        noticed_at=_first_at(later, "duplicative_notice_sent"),
        upheld=next((row.get("upheld") for row in resolved), None),
        grounds=event.get("grounds"),
    )


def is_about(row: Event, event: Event) -> bool:
    """Tell whether a later event answers an earlier one: the one it names, or any of its debts."""
    named = row.get("refers_to")
    return named in (None, event.get("id")) and _shares(read.debts(row), read.debts(event))


def _first_at(events: Iterable[Event], *kinds: str) -> datetime | None:
    sent = [
        reading.moment(event["at"])
        for event in events
        if event["kind"] in kinds and not event.get("returned_undeliverable")
    ]
    return min(sent, default=None)


def representations_of(known: Mapping[str, Any]) -> tuple[Representation, ...]:
    """Read who speaks for the person."""
    return tuple(
        Representation(
            attorney=key == "attorney",
            account_ids=tuple(who.get("debt_ids") or ()),
            contact_known=bool(who.get("contact_known", True)),
            failed_to_respond=bool(who.get("failed_to_respond")),
            consents=bool(who.get("consents")),
            exception=who.get("exception") or None,
        )
        for key in ("attorney", "representative")
        if (who := _speaker(known.get(key))).get("known")
    )


def _speaker(given: Mapping[str, Any] | bool | None) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {"known": bool(given)}
