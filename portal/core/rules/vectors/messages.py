"""Test vectors: what was said or written, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.core.rules.kinds import Form
from portal.core.rules.objects import Message
from portal.core.rules.vectors import reading

Event = Mapping[str, Any]


def message_of(event: Event) -> Message:
    """Read what was said or written, and how."""
    line = event.get("optout_notice") or {}
    content = event.get("fields") if event.get("fields") is not None else event.get("content")
    elements = event.get("message_elements")
    shape = event.get("format")
    device = event.get("sender_device")
    return Message(
        form=reading.word(Form, event.get("form"), Form.UNKNOWN),
        languages=_texts(event.get("language")),
        disclosures=tuple(_disclosure(said) for said in event.get("disclosures") or ()),
        elements=None if elements is None else frozenset(elements),
        content=None if content is None else _stated(content),
        reference_dates=frozenset(event.get("reference_dates_used") or ()),
        optout_present=line.get("present"),
        optout_method=line.get("method"),
        optout_clear=line.get("clear"),
        optout_needs_more=line.get("requires_extra_info"),
        extra_content=event.get("extra_content"),
        conveys_debt=_any(event, "conveys_debt_information", "discloses_debt", "states_debt"),
        names_self=event.get("names_self"),
        names_employer=event.get("names_employer"),
        employer_requested=event.get("employer_expressly_requested"),
        identity_verified=event.get("identity_verified"),
        postcard=None if shape is None else shape == "postcard",
        envelope_reveals=event.get("envelope_reveals_debt_collection"),
        visible_to_others=event.get("visible_to_others"),
        employer_address=event.get("known_employer_address"),
        esign_consent=event.get("esign_consent"),
        durable_medium=event.get("durable_medium"),
        private_device=None if device is None else any(part in device for part in _PRIVATE),
        institution_consents=event.get("institution_consent"),
        amount_requested=reading.amount(event.get("amount_requested")),
        stated_end_on=reading.day(event.get("stated_end_date")),
        treated_as_sent=event.get("treated_as_sent"),
        collectors=event.get("collectors"),
        requested_by_person=event.get("requested_by_person"),
        earlier_answer_wrong=event.get("earlier_answer_believed_wrong"),
    )


_PRIVATE = ("private", "personal", "own_")


def _stated(content: Mapping[str, Any] | Iterable[str]) -> dict[str, object]:
    """Read what a text states, given as a table or as a list of what is there."""
    return dict(content) if isinstance(content, Mapping) else dict.fromkeys(content, True)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _disclosure(said: Any) -> tuple[str, str | None]:
    if isinstance(said, str):
        return said, None
    return str(said.get("type")), said.get("language")


def _any(event: Event, *names: str) -> bool | None:
    """Read flags that say one thing: true if one does, None if nobody recorded any."""
    said = {event.get(name) for name in names}
    return True if True in said else (False if False in said else None)
