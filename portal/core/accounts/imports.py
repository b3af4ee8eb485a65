"""A bank's file into accounts: checked row by row, then committed whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.accounts.account_row import AccountRow, RowError
from portal.core.accounts.deliveries import (
    AlreadyImported,
    find_committed,
    open_delivery,
    remember_mapping,
)
from portal.core.accounts.files import Caps, Delivery
from portal.core.accounts.mapping import Mapping
from portal.core.accounts.models import ImportFile, ImportState
from portal.core.accounts.rejects import ErrorGroup, group_errors
from portal.core.accounts.rows import Accepted, Check, Rejected
from portal.core.accounts.staging import Stager
from portal.core.errors import Conflict
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.principal import Principal, bind_principal

BATCH = 2_000
#: Joined, not `= ANY (array)`: that compares every row with every element of a long array.
_KNOWN = text(
    "SELECT a.account_ref FROM unnest(CAST(:refs AS text[])) AS wanted (ref)"
    " JOIN accounts a ON a.bank_id = :bank AND a.account_ref = wanted.ref"
)


@dataclass
class ImportReport:
    """How an import came out: counts, sums to the cent, and every rejected row's errors."""

    file_name: str
    sha256: str
    encoding: str
    delimiter: str
    accepted: int = 0
    rejected: int = 0
    new_people: int = 0
    known_people: int = 0
    minor: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)
    trailer: str = "none"

    @property
    def rows(self) -> int:
        """Return how many rows were read."""
        return self.accepted + self.rejected

    def sums(self) -> list[Money]:
        """Return the accepted balances, one amount for each currency."""
        return [Money(minor, currency) for currency, minor in sorted(self.minor.items())]

    def groups(self) -> list[ErrorGroup]:
        """Return the errors gathered by column and reason."""
        return group_errors(self.errors)

    def stored(self) -> dict[str, Any]:
        """Return what is kept of it: numbers and codes, none of the file's own text."""
        return {
            "accepted": self.accepted,
            "rejected": self.rejected,
            "new_people": self.new_people,
            "known_people": self.known_people,
            "sums": {money.currency: money.minor for money in self.sums()},
            "trailer": self.trailer,
            "errors": [
                {"column": group.column, "code": group.code, "count": group.count}
                for group in self.groups()
            ],
        }


def check_rows(
    session: Session, bank_id: UUID, delivery: Delivery, mapping: Mapping, *, today: date
) -> tuple[Check, Iterator[Accepted | Rejected]]:
    """Judge every row, those included whose account the bank has here already.

    Raises:
        MappingIncomplete: the mapping does not fit the file.
        FileRefused: the file as a whole cannot be taken, its control totals included.
    """
    check = Check(delivery, mapping, today=today)
    return check, _with_known_accounts(session, bank_id, check, mapping)


def _with_known_accounts(
    session: Session, bank_id: UUID, check: Check, mapping: Mapping
) -> Iterator[Accepted | Rejected]:
    column = mapping.columns["account_ref"]
    rows = iter(check)
    while batch := list(islice(rows, BATCH)):
        refs = {row.account.account_ref for row in batch if isinstance(row, Accepted)}
        known = set(session.scalars(_KNOWN, {"bank": bank_id, "refs": list(refs)}))
        for row in batch:
            if isinstance(row, Accepted) and row.account.account_ref in known:
                ref = row.account.account_ref
                error = RowError(row.number, column, ref, "account_exists", {"value": ref})
                yield Rejected(row.number, row.cells, (error,))
            else:
                yield row


def check_file(
    session: Session,
    actor: Principal,
    kept: ImportFile,
    mapping: Mapping,
    *,
    today: date,
    caps: Caps | None = None,
) -> ImportReport:
    """Judge a kept file without importing anything, and remember that it was checked.

    Raises:
        PermissionDenied, MappingIncomplete, FileRefused: as when committing.
    """
    actor.require(Permission.ACCOUNT_IMPORT)
    delivery = open_delivery(session, kept, caps=caps)
    report = _new_report(kept)
    check, rows = check_rows(session, kept.bank_id, delivery, mapping, today=today)
    report.trailer = "proved" if check.scan.trailer else "none"
    for row in rows:
        _count(report, row)
    kept.mapping, kept.report = mapping.to_dict(), report.stored()
    if kept.state is ImportState.UPLOADED:
        kept.state = ImportState.CHECKED
    session.flush()
    return report


def commit_file(
    session: Session,
    actor: Principal,
    kept: ImportFile,
    mapping: Mapping,
    *,
    at: datetime,
    today: date,
    attested: bool,
    caps: Caps | None = None,
) -> ImportReport:
    """Import every good row of a kept file in the caller's transaction.

    Debtors (one per customer number), contact points, accounts with their opening ledger lines,
    what was tried before referral, and, when the acting person attests the balances, their
    verification as of the itemisation date. Rejected rows stay with the file.

    Raises:
        PermissionDenied: the actor imports no accounts, or may not attest balances.
        AlreadyImported: the same bytes were committed before.
        MappingIncomplete, FileRefused: nothing was imported; the text says why.
        Conflict: no row is good.
    """
    actor.require(Permission.ACCOUNT_IMPORT)
    if attested:
        actor.require(Permission.BALANCE_VERIFY)
    bank_id = kept.bank_id
    # One import of a bank at a time: two overlapping files must not race for the same accounts.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"import:{bank_id}"},
    )
    first = find_committed(session, bank_id, kept.sha256)
    if first is not None:
        raise AlreadyImported(first.id)
    delivery = open_delivery(session, kept, caps=caps, at_once=True)
    report = _new_report(kept)
    with (
        _lookups(session, actor) as lookups,
        Stager(session, lookups, actor, bank_id, kept.id, attested=attested, at=at) as stager,
    ):
        check, rows = check_rows(lookups, bank_id, delivery, mapping, today=today)
        report.trailer = "proved" if check.scan.trailer else "none"
        batch: list[AccountRow] = []
        for row in rows:
            _count(report, row)
            if isinstance(row, Accepted):
                batch.append(row.account)
                if len(batch) >= BATCH:
                    stager.write(batch)
                    batch = []
        if batch:
            stager.write(batch)
        stager.finish()
    if not report.accepted:
        raise Conflict("No row of this file can be imported. Download the rejects to see why.")
    report.new_people, report.known_people = stager.new_people, stager.known_people
    remember_mapping(session, actor, delivery, mapping, at=at)
    kept.state, kept.committed_at = ImportState.COMMITTED, at
    kept.mapping, kept.report = mapping.to_dict(), report.stored()
    session.flush()
    faults.point("import.committing")
    audit.record(session, actor, "import.committed", kept.id, facts={"accepted": report.accepted})
    return report


@contextmanager
def _lookups(session: Session, actor: Principal) -> Iterator[Session]:
    """Open a second connection as the same principal, to read while the first one writes.

    It sees what was committed before; the import's lock keeps any other import of the bank away.
    """
    engine = session.get_bind().engine
    with Session(engine) as lookups, lookups.begin():
        bind_principal(lookups, actor)
        yield lookups


def list_rejected(
    session: Session,
    kept: ImportFile,
    mapping: Mapping,
    *,
    today: date,
    caps: Caps | None = None,
) -> tuple[Delivery, Iterator[Rejected]]:
    """Return a kept file's rejected rows, judged anew from the file itself.

    A committed file's own accounts are no reason to reject it now.
    """
    delivery = open_delivery(session, kept, caps=caps)
    if kept.state is ImportState.COMMITTED:
        rows: Iterator[Accepted | Rejected] = iter(Check(delivery, mapping, today=today))
    else:
        _, rows = check_rows(session, kept.bank_id, delivery, mapping, today=today)
    return delivery, (row for row in rows if isinstance(row, Rejected))


def _new_report(kept: ImportFile) -> ImportReport:
    return ImportReport(kept.file_name, kept.sha256.hex(), kept.encoding, kept.delimiter)


def _count(report: ImportReport, row: Accepted | Rejected) -> None:
    if isinstance(row, Accepted):
        report.accepted += 1
        report.minor[row.account.currency] += row.account.balance_minor
    else:
        report.rejected += 1
        report.errors.extend(row.errors)
