"""What is known of a person that contact rules may read, gathered for many people at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from portal.core.rules import (
    AddressKind,
    BarredPlace,
    Cease,
    Channel,
    Consent,
    ConsentScope,
    ContactWindow,
    Direction,
    Dispute,
    EmailBasis,
    Form,
    Hold,
    HoldKind,
    OpenPermit,
    OptOut,
    Outcome,
    PastContact,
    Place,
    Purpose,
    Representation,
    Role,
    TextBasis,
    Wishes,
)
from portal.core.rules.objects import DAY
from portal.core.rules.record import from_plain

#: How far back contacts are read; the longest counting window of any pack is shorter.
HISTORY = timedelta(days=35)
_MINUTE = DAY // 1440

_ADDRESS_KINDS = {
    ("phone", "mobile"): AddressKind.MOBILE,
    ("phone", "home"): AddressKind.HOME_LANDLINE,
    ("phone", "work"): AddressKind.WORKPLACE,
    ("email", ""): AddressKind.EMAIL,
    ("email", "home"): AddressKind.EMAIL,
    ("email", "mobile"): AddressKind.EMAIL,
    ("email", "work"): AddressKind.WORKPLACE,
    ("address", ""): AddressKind.HOME_ADDRESS,
    ("address", "home"): AddressKind.HOME_ADDRESS,
    ("address", "work"): AddressKind.WORKPLACE,
}


@dataclass(frozen=True)
class Point:
    """A number or address as rules need it: which it is, what it is tied to, how it was come by."""

    id: UUID
    kind: str
    address_kind: AddressKind | None
    basis: Mapping[str, Any] | None


@dataclass
class Knowledge:
    """Everything on record about one person that contact rules read, across agencies and accounts.

    Dated things are kept with their dates: rules themselves leave out what was not known yet.
    """

    history: list[PastContact] = field(default_factory=list)
    points: dict[UUID, Point] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    wishes: list[tuple[datetime, datetime | None, dict[str, Any]]] = field(default_factory=list)
    windows: list[ContactWindow] = field(default_factory=list)
    barred_places: list[tuple[BarredPlace, datetime | None]] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    opt_outs: list[OptOut] = field(default_factory=list)
    ceases: list[Cease] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    representations: list[Representation] = field(default_factory=list)
    wrong_numbers: dict[str, datetime] = field(default_factory=dict)
    open_permits: list[OpenPermit] = field(default_factory=list)

    def history_at(self, moment: datetime, own_id: str | None = None) -> tuple[PastContact, ...]:
        """Return the contacts before one at a moment, oldest first.

        Of contacts at the same instant those with a smaller id came before; without an id all did.
        Contacts to a number known by then not to be the person's were not contacts with them.
        """
        wrong = {address for address, learned in self.wrong_numbers.items() if learned <= moment}
        past = self.history[: bisect_right(self.history, moment, key=attrgetter("at"))]
        if own_id is not None:
            past = [each for each in past if each.at < moment or str(each.id) < own_id]
        if not wrong:
            return tuple(past)
        return tuple(
            replace(contact, misdirected=True) if contact.address in wrong else contact
            for contact in past
        )

    def barred_places_at(self, moment: datetime) -> tuple[BarredPlace, ...]:
        """Return the places the person could not be reached at, at a moment."""
        return tuple(
            place for place, ended in self.barred_places if ended is None or moment < ended
        )

    def wishes_at(self, moment: datetime) -> Wishes | None:
        """Return what the person wished for at a moment, the newest word they had given."""
        standing = [
            wish
            for received, ended, wish in self.wishes
            if received <= moment and (ended is None or moment < ended)
        ]
        if not standing:
            return None
        wish = standing[-1]
        channels = wish["channels"]
        return Wishes(
            channels=None if channels is None else frozenset(Channel(name) for name in channels),
            weekly_maximum=wish["weekly_maximum"],
            write_only=wish["write_only"],
        )


_PEOPLE = bindparam("people", type_=ARRAY(Uuid()))

_CONTACTS = text("SELECT * FROM doors.read_contacts(:bank, :people, :since, :until)").bindparams(
    _PEOPLE
)
_PERMITS = text("SELECT * FROM doors.read_open_permits(:bank, :people, :moment)").bindparams(
    _PEOPLE
)
#: One round trip for all that is small: rows as JSON, each with the kind of thing it is.
_THINGS = text("""
    SELECT h.debtor_id, 'hold' AS what, h.id, jsonb_build_object('kind', h.kind, 'account',
        h.account_id, 'received_at', h.received_at, 'starts_on', h.starts_on, 'ends_on', h.ends_on,
        'extension_days', h.extension_days, 'released_at', h.released_at) AS thing
    FROM holds h WHERE h.bank_id = :bank AND h.debtor_id = ANY (:people)
    UNION ALL
    SELECT w.debtor_id, 'wish', w.id, jsonb_build_object('channels', w.channels, 'days', w.days,
        'opens', w.opens_minute, 'closes', w.closes_minute, 'weekly_maximum', w.weekly_maximum,
        'write_only', w.write_only, 'no_work', w.no_work, 'received_at', w.received_at,
        'ended_at', w.ended_at)
    FROM contact_wishes w WHERE w.bank_id = :bank AND w.debtor_id = ANY (:people)
    UNION ALL
    SELECT s.debtor_id, s.kind, s.id, jsonb_build_object('account', s.account_id, 'channel',
        s.channel, 'point', s.contact_point_id, 'scope', s.scope, 'form', s.form, 'place', s.place,
        'given_to', s.given_to, 'valid_from', s.valid_from, 'valid_until', s.valid_until,
        'details', s.details, 'received_at', s.received_at, 'ended_at', s.ended_at)
    FROM contact_statements s WHERE s.bank_id = :bank AND s.debtor_id = ANY (:people)
    UNION ALL
    SELECT c.debtor_id, 'point', c.id, jsonb_build_object('kind', c.kind, 'place', c.place,
        'basis', c.basis)
    FROM contact_points c WHERE c.bank_id = :bank AND c.debtor_id = ANY (:people)
    ORDER BY 3""").bindparams(_PEOPLE)


def gather(
    session: Session,
    bank_id: UUID,
    debtor_ids: Iterable[UUID],
    *,
    since: datetime,
    until: datetime,
    permits_at: datetime | None = None,
    asked_by: UUID | None = None,
) -> dict[UUID, Knowledge]:
    """Return what is known of people at one bank: contacts in `(since, until]` of all agencies.

    Two queries whatever their number, one more with `permits_at`, which also reads the permits
    others than `asked_by` hold at that moment. Of people this principal may not see nothing is
    known.
    """
    people = sorted(set(debtor_ids))
    found: defaultdict[UUID, Knowledge] = defaultdict(Knowledge)
    values = {"bank": bank_id, "people": people}
    for row in session.execute(_THINGS, values):
        thing = {**row.thing, "id": row.id, "person": str(row.debtor_id)}
        _READERS[row.what](found[row.debtor_id], thing)
    for row in session.execute(_CONTACTS, {**values, "since": since, "until": until}):
        known = found[row.debtor_id]
        known.history.append(past_contact(row, known, str(bank_id)))
    if permits_at is not None:
        for row in session.execute(_PERMITS, {**values, "moment": permits_at}):
            if asked_by is None or row.asked_by != asked_by:
                found[row.debtor_id].open_permits.append(
                    OpenPermit(until=row.expires_at.astimezone(UTC), channel=Channel(row.channel))
                )
    return found


def past_contact(row: Any, known: Knowledge, creditor_id: str) -> PastContact:
    """Return an action, or a row of one, as the contact rules count; `agency_id` is who made it."""
    outcome, about = Outcome(row.outcome), (str(row.account_id),)
    point = known.points.get(row.contact_point_id)
    address = str(row.contact_point_id) if row.contact_point_id else None
    return PastContact(
        id=str(row.id),
        at=row.made_at.astimezone(UTC),
        channel=Channel(row.channel),
        outcome=outcome,
        direction=Direction(row.direction),
        external_id=row.external_id,
        agency_id=str(row.agency_id) if row.agency_id else creditor_id,
        creditor_id=creditor_id,
        person_id=person_of(row.debtor_id, Role(row.target)),
        role=Role(row.target),
        purpose=Purpose(row.purpose) if row.purpose else None,
        placed_ids=about,
        discussed_ids=about if outcome is Outcome.CONVERSATION else (),
        address=address,
        address_kind=point.address_kind if point else None,
        in_reply_to=str(row.in_reply_to) if row.in_reply_to else None,
        automated=row.automated,
    )


def person_of(debtor_id: UUID, role: Role) -> str:
    """Return who was contacted, as counts tell people apart.

    Others than the person are known by what they are to the debt: limits hold for each of them.
    """
    return str(debtor_id) if role is Role.CONSUMER else f"{debtor_id}/{role.value}"


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def _received(thing: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(thing["received_at"]).astimezone(UTC)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _accounts(thing: dict[str, Any]) -> tuple[str, ...]:
    return (thing["account"],) if thing["account"] else ()


def _read_hold(known: Knowledge, thing: dict[str, Any]) -> None:
    known.holds.append(
        Hold(
            kind=HoldKind(thing["kind"]),
            received_at=_received(thing),
            starts_on=_day(thing["starts_on"]),
            ends_on=_day(thing["ends_on"]),
            extension_days=thing["extension_days"],
            account_ids=_accounts(thing),
            released_at=_instant(thing["released_at"]),
        )
    )


def _read_wish(known: Knowledge, thing: dict[str, Any]) -> None:
    received, ended = _received(thing), _instant(thing["ended_at"])
    known.wishes.append((received, ended, thing))
    known.windows.extend(wish_windows(thing, received, ended))
    if thing["no_work"]:
        place = BarredPlace(place=Place.WORKPLACE, received_at=received)
        known.barred_places.append((place, ended))


def wish_windows(
    thing: Mapping[str, Any], received: datetime, ended: datetime | None
) -> list[ContactWindow]:
    """Return the times of the week a wish leaves out, as times the person is left alone in."""
    days = frozenset(range(7) if thing["days"] is None else thing["days"])
    barred = []
    if others := frozenset(range(7)) - days:
        barred.append((others, 0, DAY))
    if thing["opens"] is not None and days:
        spans = ((0, thing["opens"] * _MINUTE), (thing["closes"] * _MINUTE, DAY))
        barred.extend((days, opens, closes) for opens, closes in spans if opens < closes)
    return [
        ContactWindow(
            wanted=False,
            days=on,
            opens=opens,
            closes=closes,
            received_at=received,
            withdrawn_at=ended,
        )
        for on, opens, closes in barred
    ]


def _read_point(known: Knowledge, thing: dict[str, Any]) -> None:
    kind, point_id = thing["kind"], thing["id"]
    address_kind = _ADDRESS_KINDS.get((kind, thing["place"]))
    known.points[point_id] = Point(point_id, kind, address_kind, thing["basis"])


def _read_opt_out(known: Knowledge, thing: dict[str, Any]) -> None:
    known.opt_outs.append(
        OptOut(
            received_at=_received(thing),
            person_id=thing["person"],
            channel=Channel(thing["channel"]) if thing["channel"] else None,
            address=thing["point"],
            withdrawn_at=_instant(thing["ended_at"]),
        )
    )


def _read_consent(known: Knowledge, thing: dict[str, Any]) -> None:
    known.consents.append(
        Consent(
            received_at=_received(thing),
            person_id=thing["person"],
            scope=ConsentScope(thing["scope"]),
            given_to=thing["given_to"],
            account_ids=_accounts(thing),
            channel=Channel(thing["channel"]) if thing["channel"] else None,
            address=thing["point"],
            valid_from=_day(thing["valid_from"]),
            valid_until=_day(thing["valid_until"]),
            revoked_at=_instant(thing["ended_at"]),
        )
    )


def _read_cease(known: Knowledge, thing: dict[str, Any]) -> None:
    known.ceases.append(
        Cease(
            received_at=_received(thing),
            form=Form(thing["form"]),
            account_ids=_accounts(thing),
            withdrawn_at=_instant(thing["ended_at"]),
        )
    )


def _read_representation(known: Knowledge, thing: dict[str, Any]) -> None:
    known.representations.append(
        Representation(
            received_at=_received(thing),
            account_ids=_accounts(thing),
            ended_at=_instant(thing["ended_at"]),
            **thing["details"],
        )
    )


def _read_place(known: Knowledge, thing: dict[str, Any]) -> None:
    place = BarredPlace(
        place=Place(thing["place"]),
        received_at=_received(thing),
        by_employer=bool(thing["details"].get("by_employer", False)),
    )
    known.barred_places.append((place, _instant(thing["ended_at"])))


def _read_time(known: Knowledge, thing: dict[str, Any]) -> None:
    details = thing["details"]
    known.windows.append(
        ContactWindow(
            wanted=bool(details.get("wanted", False)),
            opens=int(details.get("opens", 0)) * _MINUTE,
            closes=int(details.get("closes", 1440)) * _MINUTE,
            days=frozenset(details.get("days", range(7))),
            until=_day(thing["valid_until"]),
            told_to=thing["given_to"],
            received_at=_received(thing),
            withdrawn_at=_instant(thing["ended_at"]),
        )
    )


def _read_wrong(known: Knowledge, thing: dict[str, Any]) -> None:
    if thing["point"] and thing["ended_at"] is None:
        known.wrong_numbers[thing["point"]] = _received(thing)


def _read_dispute(known: Knowledge, thing: dict[str, Any]) -> None:
    details = {"form": thing["form"], "received_at": thing["received_at"], **thing["details"]}
    if thing["account"]:
        details["account_ids"] = [thing["account"]]
    known.disputes.append(from_plain(Dispute, details))


_READERS = {
    "hold": _read_hold,
    "wish": _read_wish,
    "point": _read_point,
    "opt_out": _read_opt_out,
    "consent": _read_consent,
    "cease": _read_cease,
    "representation": _read_representation,
    "barred_place": _read_place,
    "barred_time": _read_time,
    "wrong_number": _read_wrong,
    "dispute": _read_dispute,
}


def email_basis(point: Point | None) -> EmailBasis | None:
    """Return how an e-mail address was come by, if that is on file."""
    if point is None or point.kind != "email" or point.basis is None:
        return None
    return from_plain(EmailBasis, point.basis)


def text_basis(point: Point | None) -> TextBasis | None:
    """Return how a number came to be texted, if that is on file."""
    if point is None or point.kind != "phone" or point.basis is None:
        return None
    return from_plain(TextBasis, point.basis)
