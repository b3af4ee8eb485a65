"""Test vectors: what the kinds of event mean in the engine's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from portal.core.rules.facts import PastContact
from portal.core.rules.kinds import (
    Act,
    AddressKind,
    Channel,
    Direction,
    Form,
    Outcome,
    Purpose,
    Role,
)
from portal.core.rules.objects import Message

Event = Mapping[str, Any]
W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event of a kind is: an act, a medium, a direction, and what goes without saying."""

    channel: Channel
    direction: Direction = Direction.OUTBOUND
    purpose: Purpose | None = None
    outcome: Outcome | None = None


_IN = Direction.INBOUND

CONTACTS: dict[str, Kind] = {
    "call_out": Kind(Channel.CALL),
    "call_in": Kind(Channel.CALL, _IN),
    "ringless_voicemail": Kind(Channel.CALL, outcome=Outcome.VOICEMAIL_LEFT),
    "sms_out": Kind(Channel.SMS),
    "sms_in": Kind(Channel.SMS, _IN),
    "email_out": Kind(Channel.EMAIL),
    "email_in": Kind(Channel.EMAIL, _IN),
    "letter_out": Kind(Channel.LETTER),
    "letter_in": Kind(Channel.LETTER, _IN),
    "visit": Kind(Channel.VISIT),
    "inapp_out": Kind(Channel.IN_APP),
    "inapp_in": Kind(Channel.IN_APP, _IN),
    "social_out": Kind(Channel.SOCIAL),
    "social_in": Kind(Channel.SOCIAL, _IN),
    "validation_notice": Kind(Channel.LETTER, purpose=Purpose.VALIDATION_NOTICE),
    "verification_sent": Kind(Channel.LETTER, purpose=Purpose.VERIFICATION),
    "original_creditor_sent": Kind(Channel.LETTER, purpose=Purpose.ORIGINAL_CREDITOR_REPLY),
    "duplicative_notice_sent": Kind(Channel.LETTER, purpose=Purpose.DUPLICATIVE_DISPUTE_REPLY),
    "transfer_notice": Kind(Channel.LETTER, purpose=Purpose.TRANSFER_NOTICE),
    "deposit_notice": Kind(Channel.LETTER, purpose=Purpose.DEPOSIT_NOTICE),
}

ACTS: dict[str, Act] = {
    "furnish": Act.FURNISH,
    "place_debt": Act.PLACE,
    "send_data_file": Act.SHARE_DATA,
    "share_data": Act.SHARE_DATA,
    "data_held": Act.KEEP_DATA,
    "payment_allocation": Act.ALLOCATE_PAYMENT,
    "deposit": Act.DEPOSIT,
    "plan_offer": Act.OFFER_PLAN,
    "plan_signed": Act.OFFER_PLAN,
    "legal_step": Act.LEGAL_STEP,
    "assign_collector": Act.ASSIGN_COLLECTOR,
    "purge": Act.PURGE,
    "retention_query": Act.RETAIN,
    "count_query": Act.COUNT,
    "validation_notice_absent": Act.OMIT_NOTICE,
}

MEDIA: dict[str, Channel] = {
    "phone_call": Channel.CALL,
    "phone": Channel.CALL,
    "telephone": Channel.CALL,
    "call": Channel.CALL,
    "voicemail": Channel.CALL,
    "sms": Channel.SMS,
    "text": Channel.SMS,
    "text_message": Channel.SMS,
    "email": Channel.EMAIL,
    "electronic": Channel.EMAIL,
    "mail": Channel.LETTER,
    "letter": Channel.LETTER,
    "post": Channel.LETTER,
    "postal_mail": Channel.LETTER,
    "visit": Channel.VISIT,
    "inapp": Channel.IN_APP,
    "in_app": Channel.IN_APP,
    "portal": Channel.IN_APP,
    "social": Channel.SOCIAL,
    "social_media": Channel.SOCIAL,
}

_RECIPIENTS = {
    "attorney": Role.CONSUMER_ATTORNEY,
    "credit_bureau": Role.CONSUMER_REPORTING_AGENCY,
    "credit_reporting_agency": Role.CONSUMER_REPORTING_AGENCY,
    "cra": Role.CONSUMER_REPORTING_AGENCY,
}


def moment(value: str) -> datetime:
    """Read an instant with its offset, as UTC."""
    return datetime.fromisoformat(value).astimezone(UTC)


def moment_of(event: Event, *names: str) -> datetime:
    """Read the first instant an event gives under these names, else its own."""
    return moment(next((event[name] for name in names if event.get(name)), event["at"]))


def day(value: str | None) -> date | None:
    """Read a date that may be missing."""
    return None if value is None else date.fromisoformat(value[:10])


def amount(value: Any) -> int | None:
    """Read an amount as whole hundredths."""
    return None if value is None else int(Decimal(str(value)) * 100)


def word(kind: type[W], value: Any, unknown: W | None = None) -> W | None:
    """Read a word of a closed list; missing is None, one that is not in it is `unknown`."""
    if value is None:
        return None
    return kind(value) if value in set(kind) else unknown


def debts(event: Event) -> tuple[str, ...]:
    """Read the debts an event is counted to."""
    return tuple(event.get("debt_ids") or ())


def person_id(event: Event) -> str | None:
    """Read who an event is about."""
    person = event.get("person") or {}
    return person.get("id")


def role(event: Event) -> Role:
    """Read who the person is to the debt; a stranger is a third party."""
    person = event.get("person") or {}
    kind = event.get("recipient_kind")
    named = _RECIPIENTS.get(kind or "") or word(Role, kind)
    if named is not None:
        return named
    return word(Role, person.get("role", "consumer"), Role.THIRD_PARTY) or Role.CONSUMER


def channel_of(event: Event) -> Channel:
    """Read the medium of a contact; notices go by their delivery."""
    delivery = event.get("delivery")
    if delivery in MEDIA:
        return MEDIA[delivery]
    return CONTACTS[event["kind"]].channel


def outcome_of(event: Event) -> Outcome | None:
    """Read how a contact ended, if it is known."""
    if event.get("returned_undeliverable"):
        return Outcome.UNDELIVERED
    given = word(Outcome, event.get("outcome"), Outcome.UNKNOWN)
    return given or CONTACTS[event["kind"]].outcome


def purpose_of(event: Event) -> Purpose | None:
    """Read why a contact was made."""
    given = word(Purpose, event.get("purpose"), Purpose.OTHER)
    kind = CONTACTS.get(event["kind"])
    return given or (kind.purpose if kind is not None else None)


def past_contacts(events: Iterable[Event]) -> tuple[PastContact, ...]:
    """Read the contacts among earlier events, with what came back of them."""
    rows = list(events)
    contacts = [_past(event) for event in rows if event["kind"] in CONTACTS]
    for event in rows:
        if event["kind"] == "undeliverable":
            contacts = [_returned(past, event) for past in contacts]
    return tuple(contacts)


def _returned(past: PastContact, event: Event) -> PastContact:
    if event.get("refers_to") != past.id:
        return past
    return replace(past, returned_at=moment_of(event, "received_at"))


def _past(event: Event) -> PastContact:
    kind = CONTACTS[event["kind"]]
    discussed = tuple(event.get("discussed_debt_ids") or ())
    at = moment(event["at"])
    return PastContact(
        at=at,
        channel=channel_of(event),
        outcome=outcome_of(event) or Outcome.UNKNOWN,
        direction=kind.direction,
        id=event.get("id"),
        external_id=event.get("external_id"),
        agency_id=event.get("actor"),
        person_id=person_id(event),
        role=role(event),
        placed_ids=debts(event),
        discussed_ids=discussed,
        no_debt_discussed=bool(event.get("general_conversation")),
        purpose=purpose_of(event),
        address=event.get("address"),
        address_kind=word(AddressKind, event.get("address_kind"), AddressKind.OTHER),
        in_reply_to=event.get("in_reply_to"),
        automated=bool(event.get("automated")),
        misdirected=bool(event.get("misdirected")),
        recorded=bool(event.get("recorded")),
        returned_at=at if event.get("returned_undeliverable") else None,
        message=message_of(event),
    )


def message_of(event: Event) -> Message:
    """Read what was said or written, and how."""
    line = event.get("optout_notice") or {}
    content = event.get("fields") if event.get("fields") is not None else event.get("content")
    elements = event.get("message_elements")
    shape = event.get("format")
    device = event.get("sender_device")
    return Message(
        form=word(Form, event.get("form"), Form.UNKNOWN),
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
        conveys_debt=_first(event, "conveys_debt_information", "discloses_debt", "states_debt"),
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
        amount_requested=amount(event.get("amount_requested")),
        stated_end_on=day(event.get("stated_end_date")),
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


def _first(event: Event, *names: str) -> bool | None:
    return next((event[name] for name in names if event.get(name) is not None), None)
