"""Opening what is sealed about a debtor: contact points, birthday, last digits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.errors import NotFound
from portal.core.parties.models import ContactPoint, Debtor


@dataclass(frozen=True)
class OpenContact:
    """A contact point in the clear, for the moment it is needed."""

    id: UUID
    kind: str
    value: str


def get_debtor(session: Session, bank_id: UUID, debtor_id: UUID) -> Debtor:
    """Return a debtor this principal may see.

    Raises:
        NotFound: there is none.
    """
    debtor = session.get(Debtor, (bank_id, debtor_id))
    if debtor is None:
        raise NotFound
    return debtor


def person_key(session: Session, debtor: Debtor) -> seals.Key:
    """Unwrap the key that a debtor's values are sealed under."""
    return seals.owner_key(session, debtor.bank_id).inner_key(debtor.id, debtor.wrapped_key)


def open_contacts(session: Session, debtor: Debtor) -> list[OpenContact]:
    """Return a debtor's contact points in the clear, telephones first."""
    key = person_key(session, debtor)
    points = session.scalars(
        select(ContactPoint)
        .where(ContactPoint.bank_id == debtor.bank_id, ContactPoint.debtor_id == debtor.id)
        .order_by(ContactPoint.kind.desc(), ContactPoint.id)
    )
    return [
        OpenContact(
            point.id, point.kind, key.open("contact_points.value", point.id, point.value_sealed)
        )
        for point in points
    ]


def open_birthday(session: Session, debtor: Debtor) -> date | None:
    """Return a debtor's date of birth, if the bank delivered one."""
    if debtor.birth_sealed is None:
        return None
    key = person_key(session, debtor)
    return date.fromisoformat(key.open("debtors.birth", debtor.id, debtor.birth_sealed))


def open_last_digits(session: Session, debtor: Debtor) -> str | None:
    """Return the last four digits of a debtor's identity number, if the bank delivered them."""
    if debtor.id_last4_sealed is None:
        return None
    key = person_key(session, debtor)
    return key.open("debtors.id_last4", debtor.id, debtor.id_last4_sealed)


def masked(contact: OpenContact) -> str:
    """Return a contact point as somebody else may see it: enough to recognise, not to use."""
    if contact.kind == "email":
        name, _, domain = contact.value.partition("@")
        return f"{name[:1]}•••@{domain[:1]}•••"
    if contact.kind == "phone":
        return f"••• •• {contact.value[-2:]}"
    return "•••"
