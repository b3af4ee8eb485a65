"""What is to become of each row of a file of actions: to be logged, known already, or rejected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.accounts.files import Delivery, Trailer
from portal.core.accounts.mapping import MappingIncomplete
from portal.core.accounts.rows import Rejected
from portal.core.accounts.values import CellError
from portal.core.actions.contact import Subject
from portal.core.actions.file_mapping import ActionMapping
from portal.core.actions.file_places import Misplaced, Places
from portal.core.actions.file_points import FoundPoint, Points
from portal.core.actions.file_reasons import ActionFileRefused, ActionRowError
from portal.core.actions.file_rows import FileRow, FileRowReader
from portal.core.actions.files import row_key
from portal.core.actions.models_files import ActionFile
from portal.core.actions.service import Told

#: Rows judged and logged in one transaction; a person's rows stay together.
PART_ROWS = 2_000
#: Rows about one person that are taken from one file: each is judged by all that came before.
PERSON_ROWS = 500
_AT_ONCE = 5_000

#: Joined, not `= ANY (array)`: that compares every row with every element of a long array.
_KNOWN = text(
    "SELECT a.external_id, a.account_id, a.channel, a.direction, a.outcome, a.target, a.made_at,"
    " a.file_id FROM unnest(CAST(:ids AS text[])) AS wanted (id)"
    " JOIN actions a ON a.bank_id = :bank AND a.made_by_agency_id = :agency"
    " AND a.external_id = wanted.id"
)


@dataclass(slots=True)
class PlannedRow:
    """A good row: the action it tells of, and the account and person it is about."""

    row: FileRow
    subject: Subject
    told: Told

    @property
    def key(self) -> str:
        """The id under which the action is on record once."""
        return self.told.external_id or ""

    @property
    def said(self) -> tuple[object, ...]:
        """What two rows have to share to be the same action."""
        told = self.told
        return (
            self.subject.account_id,
            told.channel.value,
            told.direction.value,
            told.outcome.value,
            told.role.value,
            told.made_at,
        )


@dataclass
class Plan:
    """A file read against what is on record; `parts` are its good rows, person by person.

    `logged_before` are the rows this very file had logged before it was interrupted.
    """

    rows: int = 0
    trailer: Trailer | None = None
    rejected: list[Rejected] = field(default_factory=list)
    known: int = 0
    logged_before: int = 0
    parts: list[list[PlannedRow]] = field(default_factory=list)

    @property
    def good(self) -> int:
        """Return how many rows are left to log."""
        return sum(map(len, self.parts))


def plan_file(
    session: Session,
    kept: ActionFile,
    delivery: Delivery,
    mapping: ActionMapping,
    *,
    now: datetime,
) -> Plan:
    """Read a kept file and say what is to become of each row; nothing is written.

    Raises:
        MappingIncomplete: the mapping does not fit the file; it names all that is missing.
        FileRefused: the file cannot be cut into rows, is beyond a cap, or its trailer is off.
    """
    faults = mapping.faults(delivery.headings)
    if faults:
        raise MappingIncomplete(faults)
    return _Planner(session, kept, delivery, mapping, now).plan()


class _Planner:
    def __init__(
        self,
        session: Session,
        kept: ActionFile,
        delivery: Delivery,
        mapping: ActionMapping,
        now: datetime,
    ) -> None:
        self._session = session
        self._kept = kept
        self._delivery = delivery
        self._now = now
        self._reader = FileRowReader(delivery.headings, mapping)
        self._plan = Plan()

    def plan(self) -> Plan:
        rows = self._read()
        planned = [
            each
            for start in range(0, len(rows), _AT_ONCE)
            for each in self._placed(rows[start : start + _AT_ONCE])
        ]
        fresh = self._bounded(self._unknown(self._once(planned)))
        self._plan.parts = list(_parts(fresh))
        self._plan.rejected.sort(key=attrgetter("number"))
        return self._plan

    def _read(self) -> list[FileRow]:
        """Read every row of the file, and hold it against its own trailer."""
        raw, rows = self._delivery.rows(), []
        for each in raw:
            found = self._reader.read(each)
            if isinstance(found, FileRow):
                rows.append(found)
            else:
                self._reject(each.number, found)
        self._plan.rows, self._plan.trailer = raw.count, raw.trailer
        _prove_trailer(raw.count, raw.trailer)
        return rows

    def _reject(self, number: int, errors: Sequence[ActionRowError]) -> None:
        # Rejected rows are handed back from the file itself; here their number is enough.
        self._plan.rejected.append(Rejected(number, [], tuple(errors)))

    def _refuse(self, row: FileRow, name: str, code: str, **values: object) -> None:
        self._reject(row.number, [self._reader.late_error(row, name, code, values)])

    def _placed(self, rows: Sequence[FileRow]) -> Iterator[PlannedRow]:
        """Find the account of each row, and the number or address it names."""
        places = Places(self._session, self._kept.bank_id, rows, now=self._now)
        points = Points(self._session, self._kept.bank_id, places.subjects.values())
        for row in rows:
            try:
                subject = places.find(row)
                point = points.find(row, subject)
            except Misplaced as fault:
                self._refuse(row, fault.field, fault.code, **fault.values)
            except CellError as fault:
                self._refuse(row, "contact", fault.code, **fault.values)
            else:
                yield PlannedRow(row, subject, self._told(row, subject, point))

    def _told(self, row: FileRow, subject: Subject, point: FoundPoint) -> Told:
        key = row.external_id or row_key(
            subject.account_id,
            row.made_at.isoformat(),
            row.channel,
            row.direction,
            row.outcome,
            row.role,
            row.collector_ref,
            row.contact,
        )
        return Told(
            channel=row.channel,
            outcome=row.outcome,
            made_at=row.made_at,
            direction=row.direction,
            role=row.role,
            purpose=row.purpose,
            contact_point_id=point.id,
            external_id=key,
            collector_ref=row.collector_ref,
            note=point.note,
            late_reason=row.late_reason,
            file_id=self._kept.id,
        )

    def _once(self, planned: Iterable[PlannedRow]) -> list[PlannedRow]:
        """Take each action once; of rows with one id that say different things take none."""
        by_key: defaultdict[str, list[PlannedRow]] = defaultdict(list)
        for each in planned:
            by_key[each.key].append(each)
        taken = []
        for first, *more in by_key.values():
            other = next((each for each in more if each.said != first.said), None)
            if other is None:
                taken.append(first)
                for each in more:
                    self._refuse(each.row, "", "same_row", other=first.row.number)
                continue
            for each in (first, *more):
                against = other if each.said == first.said else first
                self._refuse(each.row, "external_id", "same_id", other=against.row.number)
        return taken

    def _unknown(self, planned: list[PlannedRow]) -> list[PlannedRow]:
        """Leave out what is on record already under the same id."""
        fresh: list[PlannedRow] = []
        for start in range(0, len(planned), _AT_ONCE):
            portion = planned[start : start + _AT_ONCE]
            known = list_known(self._session, self._kept, portion)
            for each in portion:
                before = known.get(each.key)
                if before is None:
                    fresh.append(each)
                elif before.said != each.said:
                    self._refuse(each.row, "external_id", "known_otherwise")
                elif before.file_id == self._kept.id:
                    self._plan.logged_before += 1
                else:
                    self._plan.known += 1
        return fresh

    def _bounded(self, planned: Iterable[PlannedRow]) -> Iterator[PlannedRow]:
        """Put the rows in order, person by person, and take no more of one than can be judged."""
        ordered = sorted(
            planned, key=lambda each: (each.subject.debtor_id, each.told.made_at, each.row.number)
        )
        for _person, rows in groupby(ordered, key=lambda each: each.subject.debtor_id):
            theirs = list(rows)
            yield from theirs[:PERSON_ROWS]
            for each in theirs[PERSON_ROWS:]:
                self._refuse(each.row, "", "too_many", limit=PERSON_ROWS)


class KnownAction(NamedTuple):
    """An action on record under an id: what it says, and the file it came by."""

    said: tuple[object, ...]
    file_id: UUID | None


def list_known(
    session: Session, kept: ActionFile, planned: Iterable[PlannedRow]
) -> dict[str, KnownAction]:
    """Return the actions of the agency on record under the ids of some rows."""
    values = {
        "bank": kept.bank_id,
        "agency": kept.agency_id,
        "ids": [each.key for each in planned],
    }
    return {
        row.external_id: KnownAction(
            (row.account_id, row.channel, row.direction, row.outcome, row.target, row.made_at),
            row.file_id,
        )
        for row in session.execute(_KNOWN, values)
    }


def _prove_trailer(count: int, trailer: Trailer | None) -> None:
    if trailer is None:
        return
    if trailer.count != count:
        raise ActionFileRefused("trailer_count", stated=trailer.count, found=count)
    if trailer.total:
        raise ActionFileRefused("trailer_sum", stated=str(trailer.total))


def _parts(ordered: Iterable[PlannedRow]) -> Iterator[list[PlannedRow]]:
    """Cut rows into parts of about the same size, all of a person's rows in one of them."""
    part: list[PlannedRow] = []
    for _person, rows in groupby(ordered, key=lambda each: each.subject.debtor_id):
        theirs = list(rows)
        if part and len(part) + len(theirs) > PART_ROWS:
            yield part
            part = []
        part.extend(theirs)
    if part:
        yield part
