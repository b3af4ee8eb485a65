"""The placement and account a row of a file of actions names, and whether its time fits them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.actions.contact import Subject, list_subjects
from portal.core.actions.file_rows import FileRow
from portal.core.actions.service import CLOCK_TOLERANCE
from portal.core.parties.models import Bank
from portal.core.placements.models import PlacementState

_NOT_YET = (PlacementState.OFFERED, PlacementState.QUERIED)
#: Joined, not `= ANY (array)`: that compares every row with every element of a long array.
_BY_REF = text(
    "SELECT wanted.ref AS asked, p.id, p.ref, p.account_id, p.state, p.accepted_at, p.ended_at"
    " FROM unnest(CAST(:refs AS text[])) AS wanted (ref)"
    " JOIN placements p ON p.bank_id = :bank AND p.ref = wanted.ref"
)
_BY_ACCOUNT = text(
    "SELECT wanted.ref AS asked, p.id, p.ref, p.account_id, p.state, p.accepted_at, p.ended_at"
    " FROM unnest(CAST(:refs AS text[])) AS wanted (ref)"
    " JOIN accounts a ON a.bank_id = :bank AND a.account_ref = wanted.ref"
    " JOIN placements p ON p.bank_id = a.bank_id AND p.id = a.placement_id"
)


class Place(NamedTuple):
    """A placement, as far as a row is held against it."""

    id: UUID
    ref: str
    account_id: UUID
    state: PlacementState
    accepted_at: datetime | None
    ended_at: datetime | None


class Misplaced(Exception):
    """A row names no account it can be logged on; `code` is the key of its reason."""

    def __init__(self, field: str, code: str, **values: object) -> None:
        super().__init__(code)
        self.field = field
        self.code = code
        self.values = values


class Places:
    """The placements and accounts that some rows name, as far as the acting agency sees them."""

    def __init__(
        self, session: Session, bank_id: UUID, rows: Sequence[FileRow], *, now: datetime
    ) -> None:
        self._now = now
        self._bank_code = session.get_one(Bank, bank_id).code
        self._by_ref = _read(session, _BY_REF, bank_id, {row.placement_ref for row in rows})
        self._by_account = _read(session, _BY_ACCOUNT, bank_id, {row.account_ref for row in rows})
        named = (*self._by_ref.values(), *self._by_account.values())
        self.subjects = list_subjects(session, {place.account_id for place in named})

    def find(self, row: FileRow) -> Subject:
        """Return the account and person a row is about.

        Raises:
            Misplaced: the agency has no such placement, it is over, or the row's time is outside.
        """
        if row.bank_code and row.bank_code.upper() != self._bank_code:
            raise Misplaced("bank_code", "other_bank", bank=self._bank_code)
        name, place = self._named(row)
        self._check_time(row, name, place)
        subject = self.subjects.get(place.account_id)
        if subject is None or subject.placement_id != place.id:
            raise Misplaced(name, "placement_over")
        if row.account_ref and self._by_account.get(row.account_ref) != place:
            raise Misplaced("account_ref", "account_differs", other=place.ref)
        return subject

    def _named(self, row: FileRow) -> tuple[str, Place]:
        if row.placement_ref:
            name, place = "placement_ref", self._by_ref.get(row.placement_ref)
        else:
            name, place = "account_ref", self._by_account.get(row.account_ref or "")
        if place is None:
            fault = "unknown_placement" if row.placement_ref else "unknown_account"
            raise Misplaced(name, fault)
        return name, place

    def _check_time(self, row: FileRow, name: str, place: Place) -> None:
        if row.made_at > self._now + CLOCK_TOLERANCE:
            raise Misplaced("at", "in_future")
        if place.state in _NOT_YET or place.accepted_at is None:
            raise Misplaced(name, "not_accepted")
        if row.made_at < place.accepted_at:
            raise Misplaced("at", "before_placement", since=_told(place.accepted_at))
        if place.ended_at is not None and row.made_at > place.ended_at:
            raise Misplaced("at", "after_placement", until=_told(place.ended_at))


def _read(
    session: Session, statement: Any, bank_id: UUID, refs: set[str | None]
) -> dict[str, Place]:
    values = {"bank": bank_id, "refs": sorted(ref for ref in refs if ref)}
    return {
        row.asked: Place(
            row.id,
            row.ref,
            row.account_id,
            PlacementState(row.state),
            row.accepted_at,
            row.ended_at,
        )
        for row in session.execute(statement, values)
    }


def _told(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")
