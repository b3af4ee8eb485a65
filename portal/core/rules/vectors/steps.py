"""Test vectors: acts that are not contacts, as the steps the engine judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from portal.core.rules.kinds import Form
from portal.core.rules.objects import Id
from portal.core.rules.steps import (
    Allocation,
    Assignment,
    Deposit,
    KeptData,
    Placement,
    PlanTerms,
    Step,
    StoredRecord,
)
from portal.core.rules.vectors import events as read
from portal.core.rules.vectors import reading

Event = Mapping[str, Any]

_EXCEPTIONS = (
    (("prior", "previous"), "prior_owner"),
    (("owner", "creditor"), "owner"),
    (("merger", "acquisition"), "merger"),
    (("securiti",), "securitisation"),
    (("pledge",), "pledge"),
)
_NOT_ACTIVITY = frozenset(
    {
        "consent",
        "consent_revoked",
        "cease_notice",
        "medium_optout",
        "contact_refusal",
        "dispute",
        "complaint",
        "refusal_statute_barred",
        "bankruptcy_notice",
        "impact_assessment",
        "undeliverable",
        "original_creditor_request",
        "complaint_closed",
        "repayment_plan_in_preparation",
        "mandate_ended",
        "data_held",
        "validation_notice_absent",
        "purge",
        "retention_query",
        "count_query",
    }
)


def step_of(
    action: Event, events: Iterable[Event], known: Mapping[str, Any], owners: frozenset[str]
) -> Step | None:
    """Read what an act other than a contact does; None for one that needs nothing more.

    `owners` are the creditors of the debts, as far as the case names them.
    """
    if action["kind"] in _HANDED_ON:
        return _placement(action, list(events), known, owners)
    build = _BUILDERS.get(action["kind"])
    return None if build is None else build(action, list(events), known)


_HANDED_ON = frozenset({"place_debt", "send_data_file", "share_data"})


def _placement(
    action: Event, events: list[Event], known: Mapping[str, Any], owners: frozenset[str]
) -> Placement:
    listed = known.get("published_agencies")
    assessed = [reading.moment(e["at"]) for e in events if e["kind"] == "impact_assessment"]
    to = str(action.get("to") or "")
    names = (action.get("recipient_kind"), to, action.get("purpose"))
    is_owner = to in owners if owners else _BANK.fullmatch(to) is not None
    return Placement(
        to=to,
        exception="owner" if is_owner else _exception(" ".join(filter(None, names)).casefold()),
        for_consideration=action.get("for_consideration"),
        published_agencies=None if listed is None else frozenset(listed),
        controller_consents=action.get("handler_consent"),
        impact_assessed_at=min(assessed, default=None),
        frivolous_with_proof=bool(known.get("frivolous_with_proof")),
        debtor_told=action.get("debtor_told"),
    )


_BANK = re.compile(r"BANK\d*")  # what the vocabulary calls whoever owns the debts


def _exception(words: str) -> str | None:
    """Read from the recipient's name, kind and purpose why a debt may pass to it, if it may."""
    return next((why for parts, why in _EXCEPTIONS if any(part in words for part in parts)), None)


def _kept_data(action: Event, events: list[Event], _known: Mapping[str, Any]) -> KeptData:
    ended = [reading.moment(e["at"]) for e in events if e["kind"] == "mandate_ended"]
    return KeptData(
        mandate_ended_at=min(ended, default=None),
        returned_or_deleted=action.get("returned_or_deleted"),
    )


def _allocation(action: Event, _events: list[Event], known: Mapping[str, Any]) -> Allocation:
    directions = known.get("directions")
    return Allocation(
        amounts=_amounts(action.get("allocation") or {}),
        directions=None if directions is None else _amounts(directions),
    )


def _amounts(raw: Mapping[str, Any]) -> dict[Id, int]:
    return {debt: reading.amount(value) or 0 for debt, value in raw.items()}


def _deposit(action: Event, events: list[Event], _known: Mapping[str, Any]) -> Deposit:
    instrument = action.get("instrument")
    accepted = [
        event
        for event in events
        if event["kind"] == "instrument_accepted" and instrument in (None, event.get("id"))
    ]
    if not accepted:
        return Deposit()
    notices = [
        (reading.moment(event["at"]), reading.word(Form, event.get("form"), Form.UNKNOWN))
        for event in events
        if event["kind"] == "deposit_notice"
        and (event.get("instrument") or event.get("refers_to")) in (None, instrument)
    ]
    return Deposit(
        instrument_on=reading.day(accepted[-1].get("instrument_date")),
        accepted_at=reading.moment(accepted[-1]["at"]),
        notices=tuple((at, form or Form.UNKNOWN) for at, form in notices),
    )


def _plan_terms(action: Event, _events: list[Event], _known: Mapping[str, Any]) -> PlanTerms:
    return PlanTerms(
        months=action.get("months"),
        form=reading.word(Form, action.get("form"), Form.UNKNOWN),
        recorded=action.get("recorded"),
        content=action.get("content"),
    )


def _record(action: Event, events: list[Event], known: Mapping[str, Any]) -> StoredRecord:
    at = reading.moment(action["at"])
    mine = set(read.debts(action))
    earlier = [
        event
        for event in events
        if reading.moment(event["at"]) <= at and not (mine and mine.isdisjoint(_debts(event, mine)))
    ]
    activity = [e for e in earlier if e["kind"] not in _NOT_ACTIVITY and not _is_message_in(e)]
    kind = action.get("record_kind") or "collection_record"
    return StoredRecord(
        kind=kind,
        made_at=_made_at(action, kind, earlier),
        regime=action.get("regime"),
        last_activity_at=max((reading.moment(e["at"]) for e in activity), default=None),
        on_hold=bool(known.get("litigation_hold")),
    )


def _debts(event: Event, any_of: set[str]) -> Iterable[str]:
    """Return the debts an event is about; one that names none may be about any."""
    named = (*read.debts(event), *(event.get("discussed_debt_ids") or ()))
    return named or any_of


def _is_message_in(event: Event) -> bool:
    kind = str(event["kind"])
    return kind.endswith("_in") and event.get("outcome") != "conversation"


def _made_at(action: Event, kind: str, earlier: list[Event]) -> datetime | None:
    named = [e for e in earlier if e.get("id") is not None and e["id"] == action.get("refers_to")]
    if not named and kind == "call_recording":
        named = [event for event in earlier if event.get("recorded")]
    if not named and kind == "impact_assessment":
        named = [event for event in earlier if event["kind"] == kind]
    return max((reading.moment(event["at"]) for event in named or earlier), default=None)


def _assignment(action: Event, _events: list[Event], known: Mapping[str, Any]) -> Assignment:
    collector = action.get("collector") or ""
    listed = known.get("collector_certificates") or {}
    held = listed.get(collector) if isinstance(listed, Mapping) else collector in listed
    ends = held.get("valid_until") if isinstance(held, Mapping) else None
    return Assignment(
        collector_id=collector,
        certificate=None if not held else str(held),
        certificate_ends_on=reading.day(ends),
    )


_BUILDERS: dict[str, Callable[[Event, list[Event], Mapping[str, Any]], Step]] = {
    "data_held": _kept_data,
    "payment_allocation": _allocation,
    "deposit": _deposit,
    "plan_offer": _plan_terms,
    "plan_signed": _plan_terms,
    "purge": _record,
    "retention_query": _record,
    "assign_collector": _assignment,
}
