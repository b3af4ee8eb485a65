"""Read model of a person's telephones and addresses: what they are, how known, which are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import phonenumbers
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.queries_head import AccountHead
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.parties.persons import get_debtor, masked, open_contacts
from portal.core.rules import Channel
from portal.web import filters

#: The kind of number or address that a channel goes to; a message in the portal needs none.
KIND_OF = {
    Channel.CALL: "phone",
    Channel.SMS: "phone",
    Channel.EMAIL: "email",
    Channel.LETTER: "address",
    Channel.VISIT: "address",
}


@dataclass(frozen=True)
class PointLine:
    """A number or address in the clear, as it is dialled or written on an envelope.

    `short` is enough to recognise it by and not to use it.
    """

    id: UUID
    kind: str
    title: str
    lines: tuple[str, ...]
    short: str
    basis: str
    wrong_since: datetime | None

    @property
    def is_wrong(self) -> bool:
        """Tell whether it was learned not to be the person's."""
        return self.wrong_since is not None

    @property
    def text(self) -> str:
        """Return it in one line."""
        return ", ".join(self.lines)

    @property
    def named(self) -> str:
        """Return it in one line with what it is."""
        return str(gettext("%(what)s: %(value)s", what=self.title, value=self.text))

    @property
    def hinted(self) -> str:
        """Return what it is, with no more of it than it takes to recognise it."""
        return str(gettext("%(what)s: %(value)s", what=self.title, value=self.short))


def list_points(session: Session, head: AccountHead) -> list[PointLine]:
    """Return the numbers and addresses of an account's person, telephones first."""
    debtor = get_debtor(session, head.bank_id, head.debtor_id)
    rows = {
        row.id: row
        for row in session.execute(
            select(ContactPoint.id, ContactPoint.place, ContactPoint.basis).where(
                ContactPoint.bank_id == head.bank_id, ContactPoint.debtor_id == head.debtor_id
            )
        )
    }
    wrong = _wrong(session, head)
    return [
        PointLine(
            id=each.id,
            kind=each.kind,
            title=_title(each.kind, rows[each.id].place),
            lines=_lines(each.kind, each.value),
            short=_short(each.kind, each.value, masked(each)),
            basis=_basis(each.kind, rows[each.id].basis),
            wrong_since=wrong.get(each.id),
        )
        for each in open_contacts(session, debtor)
    ]


def points_for(channel: Channel, points: list[PointLine]) -> list[PointLine]:
    """Return what a channel can go to: numbers or addresses of its kind that are not wrong."""
    kind = KIND_OF.get(channel)
    return [point for point in points if point.kind == kind and not point.is_wrong]


def _wrong(session: Session, head: AccountHead) -> dict[UUID, datetime]:
    rows = session.execute(
        select(ContactStatement.contact_point_id, ContactStatement.received_at).where(
            ContactStatement.bank_id == head.bank_id,
            ContactStatement.debtor_id == head.debtor_id,
            ContactStatement.kind == StatementKind.WRONG_NUMBER,
            ContactStatement.contact_point_id.is_not(None),
            ContactStatement.ended_at.is_(None),
        )
    )
    return {row.contact_point_id: row.received_at for row in rows}


def _title(kind: str, place: str) -> str:
    titles = {
        ("phone", ""): gettext("Telephone"),
        ("phone", "mobile"): gettext("Mobile phone"),
        ("phone", "home"): gettext("Telephone at home"),
        ("phone", "work"): gettext("Telephone at work"),
        ("email", "work"): gettext("E-mail at work"),
        ("address", "home"): gettext("Address at home"),
        ("address", "work"): gettext("Address at work"),
    }
    plain = {"phone": gettext("Telephone"), "email": gettext("E-mail")}
    return str(titles.get((kind, place)) or plain.get(kind) or gettext("Address"))


def _lines(kind: str, value: str) -> tuple[str, ...]:
    return (_spaced(value),) if kind == "phone" else tuple(value.splitlines())


def _spaced(telephone: str) -> str:
    """Return a telephone number with the spaces people read it by."""
    try:
        number = phonenumbers.parse(telephone)
    except phonenumbers.NumberParseException:
        return telephone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _short(kind: str, value: str, hidden: str) -> str:
    """Return the end of an address, which tells two of them apart and brings no letter there."""
    return f"… {value.splitlines()[-1]}" if kind == "address" and value.strip() else hidden


def _basis(kind: str, basis: Mapping[str, Any] | None) -> str:
    """Return how a number or address was come by, as far as that is on file."""
    if basis is None or basis.get("route") is None:
        return ""
    routes = {
        "consent": gettext("The person agreed to be written to here"),
        "consumer_texted": gettext("The person texted from here about the debt"),
        "consumer_used": gettext("The person wrote from here about the debt"),
        "creditor_notice": gettext("The bank gave notice before it passed this on"),
        "prior_collector": gettext("An earlier collector used it"),
    }
    route = str(routes.get(basis["route"], basis["route"]))
    names = ("consented_on", "last_text_on", "notice_sent_on")
    days = (basis.get(name) for name in names)
    when = next((filters.day(date.fromisoformat(day)) for day in days if day), "")
    said = gettext("%(route)s, %(day)s", route=route, day=when) if when else route
    if kind == "phone" and (checked := basis.get("number_checked_on")):
        day = filters.day(date.fromisoformat(checked))
        return str(gettext("%(route)s; number checked on %(day)s", route=said, day=day))
    return str(said)
