"""The number or address a row names, found among those the bank delivered of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.accounts.values import parse_email, parse_phone
from portal.core.actions.contact import Subject
from portal.core.actions.file_rows import FileRow
from portal.core.rules import Channel

_POINTS = text(
    "SELECT c.debtor_id, c.id, c.value_index"
    " FROM unnest(CAST(:people AS uuid[])) AS wanted (id)"
    " JOIN contact_points c ON c.bank_id = :bank AND c.debtor_id = wanted.id"
)
_KINDS = {
    Channel.CALL: "phone",
    Channel.SMS: "phone",
    Channel.EMAIL: "email",
    Channel.LETTER: "address",
    Channel.VISIT: "address",
}


@dataclass(frozen=True)
class FoundPoint:
    """Which of a person's numbers or addresses it is, and the note that keeps one not on file."""

    id: UUID | None
    note: str


class Points:
    """The numbers and addresses of some people, to look one up by its text."""

    def __init__(self, session: Session, bank_id: UUID, subjects: Iterable[Subject]) -> None:
        self._bank_id = bank_id
        people = sorted({subject.debtor_id for subject in subjects})
        rows = session.execute(_POINTS, {"bank": bank_id, "people": people})
        self._known = {(row.debtor_id, bytes(row.value_index)): row.id for row in rows}

    def find(self, row: FileRow, subject: Subject) -> FoundPoint:
        """Return which of the person's numbers or addresses a row names.

        What the bank has not delivered of the person is kept with the note: it may be where a
        third party was reached.

        Raises:
            CellError: it is no number, or no address, of that channel.
        """
        if not row.contact:
            return FoundPoint(None, row.note)
        kind = _KINDS.get(row.channel)
        value = _normal(row.contact, kind, subject.country)
        if kind is not None:
            index = seals.lookup_hash(f"contact.{kind}", value, self._bank_id)
            point_id = self._known.get((subject.debtor_id, index))
            if point_id is not None:
                return FoundPoint(point_id, row.note)
        return FoundPoint(None, f"{row.note} [{value}]".strip())


def _normal(contact: str, kind: str | None, country: str) -> str:
    if kind == "phone":
        return parse_phone(contact, country)
    return parse_email(contact) if kind == "email" else contact
