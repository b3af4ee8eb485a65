"""Test vectors: acts that are not contacts, as the steps the engine judges."""

from __future__ import annotations

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
    }
)


def step_of(action: Event, events: Iterable[Event], known: Mapping[str, Any]) -> Step | None:
    """Read what an act other than a contact does; None for one that needs nothing more."""
    build = _BUILDERS.get(action["kind"])
    return None if build is None else build(action, list(events), known)


def _placement(action: Event, events: list[Event], known: Mapping[str, Any]) -> Placement:
    listed = known.get("published_agencies")
    assessed = [read.moment(e["at"]) for e in events if e["kind"] == "impact_assessment"]
    names = (action.get("recipient_kind"), action.get("to"), action.get("purpose"))
    return Placement(
        to=action.get("to") or "",
        exception=_exception(" ".join(filter(None, names)).casefold()),
        for_consideration=action.get("for_consideration"),
        published_agencies=None if listed is None else frozenset(listed),
        controller_consents=action.get("handler_consent"),
        impact_assessed_at=min(assessed, default=None),
        frivolous_with_proof=bool(known.get("frivolous_with_proof")),
        debtor_told=action.get("debtor_told"),
    )


def _exception(words: str) -> str | None:
    """Read from the recipient's name, kind and purpose why a debt may pass to it, if it may."""
    return next((why for parts, why in _EXCEPTIONS if any(part in words for part in parts)), None)


def _kept_data(action: Event, events: list[Event], _known: Mapping[str, Any]) -> KeptData:
    ended = [read.moment(e["at"]) for e in events if e["kind"] == "mandate_ended"]
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
    return {debt: read.amount(value) or 0 for debt, value in raw.items()}


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
        (read.moment(event["at"]), read.word(Form, event.get("form"), Form.UNKNOWN))
        for event in events
        if event["kind"] == "deposit_notice"
        and (event.get("instrument") or event.get("refers_to")) in (None, instrument)
    ]
    return Deposit(
        instrument_on=read.day(accepted[-1].get("instrument_date")),
        accepted_at=read.moment(accepted[-1]["at"]),
        notices=tuple((at, form or Form.UNKNOWN) for at, form in notices),
    )


def _plan_terms(action: Event, _events: list[Event], _known: Mapping[str, Any]) -> PlanTerms:
    return PlanTerms(
        months=action.get("months"),
        form=read.word(Form, action.get("form"), Form.UNKNOWN),
        recorded=action.get("recorded"),
        content=action.get("content"),
    )


def _record(action: Event, events: list[Event], known: Mapping[str, Any]) -> StoredRecord:
    at = read.moment(action["at"])
    earlier = [event for event in events if read.moment(event["at"]) <= at]
    activity = [e for e in earlier if e["kind"] not in _NOT_ACTIVITY and not _is_message_in(e)]
    kind = action.get("record_kind") or "collection_record"
    return StoredRecord(
        kind=kind,
        made_at=_made_at(action, kind, earlier),
        regime=action.get("regime"),
        last_activity_at=max((read.moment(e["at"]) for e in activity), default=None),
        on_hold=bool(known.get("litigation_hold")),
    )


def _is_message_in(event: Event) -> bool:
    kind = str(event["kind"])
    return kind.endswith("_in") and event.get("outcome") != "conversation"


def _made_at(action: Event, kind: str, earlier: list[Event]) -> datetime | None:
    named = [e for e in earlier if e.get("id") is not None and e["id"] == action.get("refers_to")]
    if not named and kind == "call_recording":
        named = [event for event in earlier if event.get("recorded")]
    if not named and kind == "impact_assessment":
        named = [event for event in earlier if event["kind"] == kind]
    return max((read.moment(event["at"]) for event in named or earlier), default=None)


def _assignment(action: Event, _events: list[Event], known: Mapping[str, Any]) -> Assignment:
    collector = action.get("collector") or ""
    held = (known.get("collector_certificates") or {}).get(collector)
    ends = held.get("valid_until") if isinstance(held, Mapping) else None
    return Assignment(
        collector_id=collector,
        certificate=None if not held else str(held),
        certificate_ends_on=read.day(ends),
    )


_BUILDERS: dict[str, Callable[[Event, list[Event], Mapping[str, Any]], Step]] = {
    "place_debt": _placement,
    "send_data_file": _placement,
    "share_data": _placement,
    "data_held": _kept_data,
    "payment_allocation": _allocation,
    "deposit": _deposit,
    "plan_offer": _plan_terms,
    "plan_signed": _plan_terms,
    "purge": _record,
    "retention_query": _record,
    "assign_collector": _assignment,
}
