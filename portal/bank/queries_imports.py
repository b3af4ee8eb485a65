"""Read models of the import pages."""

from __future__ import annotations

from collections.abc import Mapping as ReadOnlyDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.account_row import RowError
from portal.core.accounts.files import Delivery
from portal.core.accounts.imports import ImportReport
from portal.core.accounts.mapping import TARGET, TARGETS, Kind, Mapping
from portal.core.accounts.models import Account, ImportFile, ImportState
from portal.core.accounts.profile import profile
from portal.core.accounts.reasons import Reason
from portal.core.ledger.models import Verification
from portal.core.money import Money
from portal.core.parties.models import Staff

ERRORS_SHOWN = 200
ORDER_WORDS = {
    "mdy": lazy_gettext("month day year"),
    "dmy": lazy_gettext("day month year"),
    "ymd": lazy_gettext("year month day"),
}
_FIELD_LABELS = frozenset(target.label for target in TARGETS)


@dataclass(frozen=True)
class ImportRow:
    """One delivered file in the list."""

    id: UUID
    file_name: str
    state: ImportState
    uploaded_at: datetime
    by: str
    accepted: int
    rejected: int


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file on the map page."""

    number: int
    heading: str
    filled: str
    samples: tuple[str, ...]
    warnings: tuple[str, ...]
    field: str


@dataclass(frozen=True)
class MapPage:
    """What the map page shows."""

    kept: ImportFile
    columns: list[ColumnChoice]
    mapping: Mapping
    faults: list[str]
    encoding: str
    delimiter: str


@dataclass(frozen=True)
class ErrorLine:
    """One error of one row, in the reader's language."""

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True)
class CheckPage:
    """What the check and result pages show."""

    kept: ImportFile
    accepted: int
    rejected: int
    sums: list[Money]
    trailer: str
    groups: list[tuple[str, str, int]]
    errors: list[ErrorLine]
    more: int
    unattested: int


def list_imports(session: Session, bank_id: UUID, cursor: Cursor | None) -> Page[ImportRow]:
    """Return the newest deliveries first."""
    statement = (
        select(
            ImportFile.id,
            ImportFile.file_name,
            ImportFile.state,
            ImportFile.uploaded_at,
            ImportFile.report,
            Staff.name,
        )
        .outerjoin(
            Staff, (Staff.org_id == ImportFile.bank_id) & (Staff.id == ImportFile.uploaded_by)
        )
        .where(ImportFile.bank_id == bank_id)
    )
    rows = session.execute(
        sliced(statement, ImportFile.id, ImportFile.id, descending=True, cursor=cursor)
    ).all()
    found = [
        ImportRow(
            row.id,
            row.file_name,
            row.state,
            row.uploaded_at,
            row.name or gettext("Command line"),
            (row.report or {}).get("accepted", 0),
            (row.report or {}).get("rejected", 0),
        )
        for row in rows
    ]
    return paged(found, [write_cursor(row.id, row.id) for row in rows], cursor)


def map_page(
    kept: ImportFile,
    delivery: Delivery,
    mapping: Mapping,
    chosen: Sequence[str] | None = None,
    doubled: Sequence[str] = (),
) -> MapPage:
    """Lay out each column with what it holds and where it would go.

    `chosen` is what was just chosen for each column, which a mapping cannot hold when two columns
    were to be the same field; those fields are `doubled`.
    """
    fields = {heading: name for name, heading in mapping.columns.items()}
    chosen = chosen or [fields.get(heading, "") for heading in delivery.headings]
    columns = [
        ColumnChoice(
            number=number,
            heading=column.heading,
            filled=f"{column.filled * 100 // max(column.rows, 1)} %",
            samples=tuple(column.samples),
            warnings=tuple(sentence(reason, {}) for reason in column.reasons),
            field=chosen[number],
        )
        for number, column in enumerate(profile(delivery.headings, delivery.sample(), mapping))
    ]
    faults = [
        gettext("More than one column is imported as %(label)s. Choose one of them.", label=label)
        for label in (gettext(TARGET[name].label) for name in doubled)
    ]
    faults += [sentence(fault.reason, fault.values) for fault in mapping.faults(delivery.headings)]
    return MapPage(kept, columns, mapping, faults, delivery.encoding, delivery.delimiter)


def target_choices() -> list[tuple[str, str]]:
    """Return our fields as choices, required ones marked."""
    choices = [("", gettext("Do not import"))]
    for target in TARGETS:
        label = gettext(target.label)
        choices.append((target.field, f"{label} *" if target.required else label))
    return choices


def date_fields() -> list[tuple[str, str]]:
    """Return the fields that hold days."""
    return [(t.field, gettext(t.label)) for t in TARGETS if t.kind is Kind.DATE]


def constant_fields() -> list[tuple[str, str]]:
    """Return the fields that may have one value for the whole file."""
    return [(t.field, gettext(t.label)) for t in TARGETS if t.constant]


def check_page(session: Session, kept: ImportFile, report: ImportReport) -> CheckPage:
    """Lay out a fresh report, errors grouped first and then row by row."""
    return CheckPage(
        kept=kept,
        accepted=report.accepted,
        rejected=report.rejected,
        sums=report.sums(),
        trailer=report.trailer,
        groups=[
            (group.column, sentence(group.example.reason, group.example.values), group.count)
            for group in report.groups()
        ],
        errors=[error_line(error) for error in report.errors[:ERRORS_SHOWN]],
        more=max(len(report.errors) - ERRORS_SHOWN, 0),
        unattested=count_unattested(session, kept),
    )


def result_page(session: Session, kept: ImportFile) -> CheckPage:
    """Lay out a committed file from what was kept of its report."""
    report: dict[str, Any] = kept.report or {}
    return CheckPage(
        kept=kept,
        accepted=report.get("accepted", 0),
        rejected=report.get("rejected", 0),
        sums=[Money(minor, code) for code, minor in sorted(report.get("sums", {}).items())],
        trailer=report.get("trailer", "none"),
        groups=[],
        errors=[],
        more=0,
        unattested=count_unattested(session, kept),
    )


def count_unattested(session: Session, kept: ImportFile) -> int:
    """Return how many accounts of a file have a balance nobody confirmed.

    Two counts instead of a join: right after a bulk load the server has no statistics yet, and
    would join thousands of rows to thousands one by one.
    """
    accounts = session.scalar(
        select(func.count()).where(Account.bank_id == kept.bank_id, Account.import_id == kept.id)
    )
    confirmed = session.scalar(
        select(func.count()).where(
            Verification.bank_id == kept.bank_id,
            Verification.source.in_((f"import:{kept.id}", f"attested:{kept.id}")),
        )
    )
    return (accounts or 0) - (confirmed or 0)


def error_line(error: RowError) -> ErrorLine:
    """Say one error in the reader's language."""
    return ErrorLine(
        error.row, error.column, error.value, sentence(error.reason, dict(error.values))
    )


def sentence(reason: Reason, values: ReadOnlyDict[str, object]) -> str:
    """Say what is wrong and what cures it, our own words among the values included."""
    told = {name: _in_words(name, value) for name, value in values.items()}
    message, cure = (
        text % told if told else text for text in (gettext(reason.message), gettext(reason.cure))
    )
    return str(gettext("%(message)s %(cure)s", message=message, cure=cure))


def _in_words(name: str, value: object) -> object:
    if name == "order":
        return str(ORDER_WORDS.get(str(value), value))
    is_label = name in ("label", "other") and value in _FIELD_LABELS
    return gettext(str(value)) if is_label else value
