"""Read models of the import pages."""

from __future__ import annotations

from collections.abc import Mapping as ReadOnlyDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.account_row import RowError
from portal.core.accounts.files import Delivery
from portal.core.accounts.imports import ImportReport
from portal.core.accounts.mapping import TARGETS, Mapping
from portal.core.accounts.models import Account, ImportFile, ImportState
from portal.core.accounts.reasons import Reason
from portal.core.ledger.models import Verification
from portal.core.money import Money
from portal.core.parties.models import Staff
from portal.web import columns
from portal.web.columns import ColumnChoice, ErrorLine, column_choices, mapping_faults

ERRORS_SHOWN = 200


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
class MapPage:
    """What the map page shows."""

    kept: ImportFile
    columns: list[ColumnChoice]
    mapping: Mapping
    faults: list[str]
    encoding: str
    delimiter: str


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
    """Lay out each column with what it holds and where it would go, and what is still missing."""
    return MapPage(
        kept,
        column_choices(delivery, mapping, chosen),
        mapping,
        mapping_faults(mapping, delivery.headings, doubled),
        delivery.encoding,
        delivery.delimiter,
    )


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
    return columns.error_line(error, _say)


def sentence(reason: Reason, values: ReadOnlyDict[str, object]) -> str:
    """Say what is wrong and what cures it, our own words among the values included."""
    return columns.sentence(reason, values, _say)


_say = columns.label_sayer(TARGETS)
