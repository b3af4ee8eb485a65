"""Test vectors: whether a case is written in the vocabulary, what it leaves out, what nobody reads.

Every key of the vocabulary stands here with the kind of value it takes. What is missing takes its
default:

- no `tz_candidates`: nobody knows where the person is
- no `day_count_tz`: dates are counted in each candidate zone, and the strictest answer taken
- no `facts`, `debts` or `prior_events`: there are none
- no `person`: the consumer of the setup; no `role`: the consumer, or else a third party
- no `actor`: who acts most towards the person; no `debt_ids`: every debt
- no `opted_out`: nobody opted out
- no offset of an instant: local to the event's `tz`, else to the zone of the setup

A null is the same as nothing, except where the vocabulary gives it a meaning of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.core.rules.vectors.events import ACTS, CONTACTS
from portal.core.rules.vectors.values import (
    AMOUNT,
    AMOUNTS,
    DAY,
    FLAG,
    INSTANT,
    NAME,
    NAMES,
    NOTHING,
    SPAN,
    STATE,
    STATED,
    TABLE,
    TEXT,
    TEXTS,
    WHOLE,
    WINDOW,
    ZONE,
    Kind,
    table_of,
    values_of,
)

Event = Mapping[str, Any]

_SHOWN = 60  # characters of a value that does not fit

#: Kinds of event that are neither a contact nor an act, but something that became known.
NOTES = frozenset(
    {
        *("consent", "consent_revoked", "cease_notice", "medium_optout", "contact_refusal"),
        *("dispute", "dispute_resolved", "original_creditor_request", "undeliverable", "payment"),
        *("instrument_accepted", "mandate_ended", "complaint", "complaint_closed"),
        *("bankruptcy_notice", "refusal_statute_barred", "repayment_plan_in_preparation"),
        *("impact_assessment",),
    }
)


def _keys(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_PERSON = table_of("a person", {"id": NAME, "role": TEXT})
_OPTOUT_LINE = table_of(
    "what the message says of opting out",
    {**_keys(FLAG, "present clear requires_extra_info"), "method": TEXT},
)
_SPEAKER = FLAG.or_else(
    table_of(
        "somebody who speaks for the person",
        {
            **_keys(FLAG, "known contact_known failed_to_respond consents"),
            "debt_ids": NAMES,
        },
    )
)
_MORATORIUM = table_of("a moratorium", {"start": DAY, "end": DAY, "debt_ids": NAMES})
_COLLECTOR = table_of("a prior collector", _keys(FLAG, "valid_route used opted_out"))
_CERTIFICATE = table_of("a certificate", {"valid_until": DAY})

EVENT: dict[str, Kind] = {
    **_keys(INSTANT, "at received_at mailed_at delivered_at opened_at"),
    **_keys(DAY, "valid_from_date valid_until_date stated_end_date instrument_date"),
    **_keys(NAME, "id external_id in_reply_to refers_to instrument actor to given_to collector"),
    **_keys(
        TEXT,
        "kind outcome scope medium form address address_kind delivery format record_kind regime"
        " purpose recipient_kind route required_by known_at_place place sender_device overheard_by"
        " grounds by",
    ),
    **_keys(
        FLAG,
        "user_session_active automated misdirected recorded general_conversation"
        " new_material_information same_as_earlier returned_undeliverable treated_as_sent"
        " conveys_debt_information discloses_debt states_debt names_self names_employer"
        " employer_expressly_requested requested_by_person earlier_answer_believed_wrong"
        " known_employer_address visible_to_others envelope_reveals_debt_collection extra_content"
        " identity_verified handler_consent returned_or_deleted institution_consent upheld"
        " for_consideration pays_in_full stay_active durable_medium esign_consent debtor_told",
    ),
    **_keys(AMOUNT, "disputed_amount amount_requested amount"),
    **_keys(WHOLE, "months collectors"),
    **_keys(NAMES, "debt_ids discussed_debt_ids"),
    **_keys(TEXTS, "message_elements reference_dates_used"),
    **_keys(STATED, "fields content"),
    "tz": ZONE,
    "person": _PERSON,
    "language": TEXT.or_else(TEXTS),
    "disclosures": TEXT.or_else(table_of("a statement", _keys(TEXT, "type language"))).listed(),
    "optout_notice": _OPTOUT_LINE,
    "allocation": AMOUNTS,
}
FACTS: dict[str, Kind] = {
    **_keys(WINDOW.listed(), "convenient_windows inconvenient"),
    **_keys(TEXTS, "inconvenient_places"),
    **_keys(NAMES, "disputed_debts published_agencies"),
    **_keys(_SPEAKER, "attorney representative"),
    **_keys(
        FLAG,
        "employer_prohibits creditor_obtained_from_consumer creditor_used_for_account"
        " names_specific_collector public_domain opted_out called_from_number number_invalid"
        " statute_barred frivolous_with_proof transferred_npl secured"
        " caused_third_party_disclosure litigation_hold",
    ),
    **_keys(TEXT, "email_route text_route debt_status nation"),
    **_keys(
        DAY,
        "notice_sent_date optout_deadline consent_date last_text_from_consumer"
        " reassigned_check_date validation_end_date limitations_expiry",
    ),
    **_keys(WHOLE, "agreed_dial_limit hold_days extension_days"),
    **_keys(STATE, "plan_status arrangement"),
    "agreed_contact_window": WINDOW,
    "prior_chain": _COLLECTOR.listed(),
    "debt_amount": AMOUNT,
    "directions": AMOUNTS,
    "review_thresholds": values_of("a table of whole numbers", WHOLE),
    "moratorium": _MORATORIUM.or_else(_MORATORIUM.listed()),
    "benchmark_window": SPAN,
    "national_public_holidays": DAY.listed(),
    "collector_certificates": values_of(
        "certificates by collector", NOTHING.or_else(FLAG).or_else(TEXT).or_else(_CERTIFICATE)
    ).or_else(NAMES),
}
_PARTS = {
    "setup": TABLE,
    "prior_events": TABLE.listed(),
    "action": TABLE,
    "expected": TABLE,
}
_SETUP = {
    "consumer": table_of("a consumer", {"id": NAME}),
    "day_count_tz": ZONE,
    "debts": TABLE.listed(),
    "facts": TABLE,
}
_DEBT = {"id": NAME, **_keys(TEXT, "kind creditor servicing_account status")}
_EXPECTED = {
    **_keys(TEXT, "verdict prong comparison"),
    "accept": TEXTS,
    "rebuttal_factor": FLAG,
    "next_permitted_date": DAY,
    "values": TABLE,
}


def faults_in(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a case, each with the way to the value in it."""
    faults = [*_ill_kept(case, _PARTS, "")]
    if case.get("action") is None:
        faults.append("action is missing")
    yield from faults
    if faults:
        return
    yield from _ill_kept(case.get("expected") or {}, _EXPECTED, "expected.")
    yield from _faults_of_setup(case.get("setup") or {})
    for where, event in events_in(case):
        yield from _faults_of_event(event, where)


def _faults_of_setup(setup: Mapping[str, Any]) -> Iterator[str]:
    faults = [*_ill_kept(setup, _SETUP, "setup.")]
    yield from faults
    if faults:
        return
    zones = (setup.get("consumer") or {}).get("tz_candidates")
    if zones is not None and not TABLE.listed().fits(zones):
        yield "setup.consumer.tz_candidates is not a list of tables"
    else:
        for number, zone in enumerate(zones or ()):
            if not ZONE.fits(zone.get("tz")):
                yield f"setup.consumer.tz_candidates[{number}].tz is not a time zone"
    for number, debt in enumerate(setup.get("debts") or ()):
        if debt.get("id") is None:
            yield f"setup.debts[{number}].id is missing"
        yield from _ill_kept(debt, _DEBT, f"setup.debts[{number}].")
    yield from _ill_kept(setup.get("facts") or {}, FACTS, "setup.facts.")


def _faults_of_event(event: Event, where: str) -> Iterator[str]:
    for key in ("kind", "at"):
        if event.get(key) is None:
            yield f"{where}{key} is missing"
    acts = CONTACTS.keys() | ACTS.keys()
    known = acts if where == "action." else acts | NOTES
    if TEXT.fits(event.get("kind")) and event["kind"] not in known:
        yield f"{where}kind is not known here: {event['kind']}"
    yield from _ill_kept(event, EVENT, where)


def _ill_kept(table: Mapping[str, Any], kinds: Mapping[str, Kind], where: str) -> Iterator[str]:
    for key, kind in kinds.items():
        value = table.get(key)
        if value is not None and not kind.fits(value):
            yield f"{where}{key} is not {kind.name}: {str(value)[:_SHOWN]}"


def events_in(case: Mapping[str, Any]) -> Iterator[tuple[str, Event]]:
    """Yield the events of a case with the way to each, what is being judged last."""
    for number, event in enumerate(case.get("prior_events") or ()):
        yield f"prior_events[{number}].", event
    yield "action.", case["action"]


def unread_in(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a case that are not of the vocabulary, and so are read by nobody."""
    facts = (case.get("setup") or {}).get("facts") or {}
    yield from (f"setup.facts.{key}" for key in facts if key not in FACTS)
    for where, event in events_in(case):
        yield from (f"{where}{key}" for key in event if key not in EVENT)


def completed(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return a case without faults with the defaults filled in for what it leaves out."""
    setup = case.get("setup") or {}
    consumer = {"id": "P1", **(setup.get("consumer") or {})}
    zones = [zone["tz"] for zone in consumer.get("tz_candidates") or ()]
    events = [event for _, event in events_in(case)]
    who = _person_id(events[-1], consumer)
    mine = [event for event in events if _person_id(event, consumer) == who]
    actors = Counter(event["actor"] for event in mine if event.get("actor"))
    actor = max(actors, key=actors.__getitem__, default="AG1")

    def whole(event: Event) -> dict[str, Any]:
        zone = event.get("tz") or setup.get("day_count_tz") or next(iter(zones), "UTC")
        instants = {
            key: _with_offset(value, zone)
            for key, value in event.items()
            if EVENT.get(key) is INSTANT and value is not None
        }
        person = {**(event.get("person") or {})}
        person["id"] = _person_id(event, consumer)
        default = "consumer" if person["id"] == consumer["id"] else "third_party"
        person["role"] = person.get("role") or default
        return {**event, **instants, "actor": event.get("actor") or actor, "person": person}

    return {
        "setup": {**setup, "consumer": consumer, "facts": setup.get("facts") or {}},
        "prior_events": [whole(event) for event in events[:-1]],
        "action": whole(events[-1]),
    }


def _person_id(event: Event, consumer: Mapping[str, Any]) -> Any:
    return (event.get("person") or {}).get("id") or consumer["id"]


def _with_offset(text: str, zone: str) -> str:
    read = datetime.fromisoformat(text)
    return text if read.tzinfo is not None else read.replace(tzinfo=ZoneInfo(zone)).isoformat()
