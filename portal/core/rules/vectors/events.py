"""Test vectors: what the kinds of event mean in the engine's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.rules.facts import PastContact
from portal.core.rules.kinds import (
    Act,
    AddressKind,
    Channel,
    Direction,
    Outcome,
    Purpose,
    Role,
)
from portal.core.rules.known import MESSAGES
from portal.core.rules.vectors.messages import message_of
from portal.core.rules.vectors.reading import moment, moment_of, word

Event = Mapping[str, Any]


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


def medium_of(event: Event) -> Channel | None:
    """Read the medium something is about; none named is None, one nobody knows is unknown."""
    named = event.get("medium")
    return None if named is None else MEDIA.get(named, Channel.UNKNOWN)


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
    return tuple(_past(event) for event in events if event["kind"] in CONTACTS)


def with_returns(events: Iterable[Event], by: datetime) -> list[Event]:
    """Return events with those marked that had come back by a moment, and when they did.

    A notice that something came back names it; if it does not, it was the last message before.
    """
    rows = sorted(events, key=lambda event: moment(event["at"]))
    for note in [row for row in rows if row["kind"] == "undeliverable"]:
        came = moment_of(note, "received_at")
        sent = [row for row in rows if _may_return(row, note)]
        if came <= by and sent:
            back = {"returned_undeliverable": True, "received_at": came.isoformat()}
            rows = [{**row, **back} if row is sent[-1] else row for row in rows]
    return rows


def _may_return(row: Event, note: Event) -> bool:
    if note.get("refers_to") is not None:
        return bool(row.get("id") == note["refers_to"])
    is_message = row["kind"] in CONTACTS and channel_of(row) in MESSAGES
    return is_message and moment(row["at"]) <= moment(note["at"])


def _past(event: Event) -> PastContact:
    kind = CONTACTS[event["kind"]]
    discussed = tuple(event.get("discussed_debt_ids") or ())
    return PastContact(
        at=moment(event["at"]),
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
        returned_at=_returned_at(event),
        message=message_of(event),
    )


def _returned_at(event: Event) -> datetime | None:
    return moment_of(event, "received_at") if event.get("returned_undeliverable") else None
