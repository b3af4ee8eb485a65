"""Read models of the agency's files of actions: the list, one file's steps, how it came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.accounts.files import Delivery
from portal.core.accounts.values import CellError
from portal.core.actions.file_mapping import ActionMapping
from portal.core.actions.file_moments import parse_moment
from portal.core.actions.file_progress import Run, RunState, Step, find_run
from portal.core.actions.files import is_begun, list_bank_ids
from portal.core.actions.models_files import ActionFile, ActionFileState
from portal.core.parties.models import Agency, Bank, Staff
from portal.core.principal import Principal
from portal.web.columns import ColumnChoice, column_choices, mapping_faults

PAGE = 50
#: Zones to choose from at hand; any other can be typed.
ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Asia/Shanghai",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Sydney",
    "UTC",
)


@dataclass(frozen=True)
class BankChoice:
    """A bank the agency works for, with the code that files name it by."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True)
class FileLine:
    """One file in the list; `endpoint` is the page on which it goes on."""

    id: UUID
    file_name: str
    bank: str
    endpoint: str
    state: str
    tone: str
    rows: int
    logged: int
    rejected: int
    breaking: int
    uploaded_at: datetime
    by: str


@dataclass(frozen=True)
class FileList:
    """A page of files, the newest first, and the key of the next."""

    lines: list[FileLine]
    before: str


@dataclass(frozen=True)
class MapPage:
    """What the page shows on which columns are chosen; `lacks_zone`: times say no zone."""

    kept: ActionFile
    bank: str
    columns: list[ColumnChoice]
    mapping: ActionMapping
    faults: list[str]
    lacks_zone: bool
    offered: Mapping[str, Sequence[str]]


def list_banks(session: Session, actor: Principal) -> list[BankChoice]:
    """Return the banks the acting agency works for, by name."""
    ids = list_bank_ids(session, actor)
    banks = session.scalars(select(Bank).where(Bank.id.in_(ids)))
    found = [BankChoice(bank.id, bank.code, name_in(bank)) for bank in banks]
    return sorted(found, key=lambda bank: (bank.name, bank.code))


def list_files(session: Session, agency_id: UUID, *, before: UUID | None = None) -> FileList:
    """Return the agency's files, the newest first."""
    statement = (
        select(ActionFile, Bank.name, Bank.name_zh, Staff.name.label("by"))
        .join(Bank, Bank.id == ActionFile.bank_id)
        .outerjoin(
            Staff, (Staff.org_id == ActionFile.agency_id) & (Staff.id == ActionFile.uploaded_by)
        )
        .where(ActionFile.agency_id == agency_id)
        .order_by(ActionFile.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        statement = statement.where(ActionFile.id < before)
    rows = session.execute(statement).all()
    lines = [_line(row) for row in rows[:PAGE]]
    return FileList(lines, str(lines[-1].id) if len(rows) > PAGE else "")


def _line(row: Any) -> FileLine:
    kept: ActionFile = row.ActionFile
    check, commit = find_run(kept, Step.CHECK), find_run(kept, Step.COMMIT)
    latest = commit or check
    state, tone = _state(kept, check, commit)
    return FileLine(
        id=kept.id,
        file_name=kept.file_name,
        bank=name_in(row),
        endpoint=page_of(kept),
        state=state,
        tone=tone,
        rows=kept.row_count,
        logged=commit.logged if commit else 0,
        rejected=latest.rejected if latest else 0,
        breaking=latest.breaking if latest else 0,
        uploaded_at=kept.uploaded_at,
        by=row.by or "",
    )


def page_of(kept: ActionFile) -> str:
    """Return the endpoint of the page on which a file goes on from where it stands."""
    check = find_run(kept, Step.CHECK)
    if kept.state is ActionFileState.COMMITTED:
        return "agency.show_action_file"
    if is_begun(kept):
        return "agency.follow_action_file"
    if check is None:
        return "agency.map_action_file"
    if check.state in (RunState.DONE, RunState.REFUSED):
        return "agency.check_action_file"
    return "agency.follow_action_file"


def _state(kept: ActionFile, check: Run | None, commit: Run | None) -> tuple[str, str]:
    """Return the word for where a file stands, and its tone."""
    if kept.state is ActionFileState.COMMITTED:
        return gettext("Logged"), "good"
    if commit is not None and commit.is_begun:
        return {
            RunState.STOPPED: (gettext("Stopped"), "warn"),
            RunState.FAILED: (gettext("Could not go on"), "bad"),
        }.get(commit.state, (gettext("Being logged"), "info"))
    if check is None:
        return gettext("Uploaded"), "neutral"
    return {
        RunState.DONE: (gettext("Checked"), "info"),
        RunState.REFUSED: (gettext("Refused"), "bad"),
        RunState.FAILED: (gettext("Could not go on"), "bad"),
    }.get(check.state, (gettext("Being checked"), "info"))


def map_page(
    session: Session,
    kept: ActionFile,
    delivery: Delivery,
    mapping: ActionMapping,
    *,
    chosen: Sequence[str] | None = None,
    doubled: Sequence[str] = (),
) -> MapPage:
    """Lay out each column with what it holds and where it would go, and what is still missing."""
    bank = session.get_one(Bank, kept.bank_id)
    agency = session.get_one(Agency, kept.agency_id)
    zones = dict.fromkeys((agency.timezone, bank.timezone, *ZONES))
    return MapPage(
        kept,
        name_in(bank),
        column_choices(delivery, mapping, chosen),
        mapping,
        mapping_faults(mapping, delivery.headings, doubled),
        not mapping.gives("zone") and _lacks_zone(delivery, mapping),
        {"zone": list(zones)},
    )


def _lacks_zone(delivery: Delivery, mapping: ActionMapping) -> bool:
    """Tell whether a time in the first rows does not say in which zone it is meant."""
    if mapping.columns.get("at") not in delivery.headings:
        return False
    place = delivery.headings.index(mapping.columns["at"])
    return any(_is_without_zone(cells[place], mapping) for cells in delivery.sample(50))


def _is_without_zone(text: str, mapping: ActionMapping) -> bool:
    try:
        parse_moment(text.strip(), mapping.dates.get("at"), None)
    except CellError as fault:
        return fault.code == "no_zone"
    return False


def other_bank_in_name(file_name: str, chosen: UUID, banks: Iterable[BankChoice]) -> str:
    """Return the bank a file's name begins with when that is another than the chosen one.

    Banks number their placements alike, so a file sent for the wrong bank might fit by chance.
    """
    first = file_name.replace("\\", "/").rsplit("/", 1)[-1].split("_", 1)[0].upper()
    return next((bank.name for bank in banks if bank.code == first and bank.id != chosen), "")
