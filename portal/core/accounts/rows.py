"""Rows become accounts, or the reasons why not: every one with its row, column, value and cure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from portal.core.accounts.account_row import AccountRow, RowError
from portal.core.accounts.files import Delivery, RawRow
from portal.core.accounts.mapping import Mapping, MappingIncomplete
from portal.core.accounts.reading import RowReader
from portal.core.accounts.scan import scan
from portal.core.money import Money


class Accepted(NamedTuple):
    """A row that is an account."""

    number: int
    cells: list[str]
    account: AccountRow


class Rejected(NamedTuple):
    """A row that is not, as delivered, with everything that is wrong with it."""

    number: int
    cells: list[str]
    errors: tuple[RowError, ...]


@dataclass
class Totals:
    """How a check came out so far: rows either way, and the accepted balances by currency."""

    accepted: int = 0
    rejected: int = 0
    minor: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def sums(self) -> list[Money]:
        """Return the accepted balances added up, one amount for each currency."""
        return [Money(minor, currency) for currency, minor in sorted(self.minor.items())]


class Check:
    """A delivery read under a mapping: iterate for the verdict on each row, in the file's order.

    Making it reads the file once for what only the whole can tell; each iteration reads it again
    and keeps nothing but `totals`, which start anew.
    """

    def __init__(self, delivery: Delivery, mapping: Mapping, *, today: date) -> None:
        """Scan the file.

        Raises:
            MappingIncomplete: the mapping does not fit the file; it names all that is missing.
            FileRefused: the file cannot be cut into rows, is beyond a cap, or its trailer is off.
        """
        faults = mapping.faults(delivery.headings)
        if faults:
            raise MappingIncomplete(faults)
        self.totals = Totals()
        self.scan = scan(delivery, mapping)
        self._delivery = delivery
        self._reader = RowReader(delivery.headings, mapping, today)

    def __iter__(self) -> Iterator[Accepted | Rejected]:
        totals = self.totals = Totals()
        contradicted = {**self.scan.differing_people, **self.scan.duplicates}
        for row in self._delivery.rows():
            found = self._reader.read(row)
            if row.number in contradicted:
                found = self._with_contradictions(row, found)
            if isinstance(found, AccountRow):
                totals.accepted += 1
                totals.minor[found.currency] += found.balance_minor
                yield Accepted(row.number, row.cells, found)
            else:
                totals.rejected += 1
                yield Rejected(row.number, row.cells, tuple(found))

    def _with_contradictions(
        self, row: RawRow, found: AccountRow | list[RowError]
    ) -> list[RowError]:
        errors = [] if isinstance(found, AccountRow) else found
        for code, name, others in (
            ("duplicate_account", "account_ref", self.scan.duplicates),
            ("customer_differs", "customer_ref", self.scan.differing_people),
        ):
            if row.number in others:
                values = {"other": others[row.number]}
                errors.append(self._reader.error(row, name, code, values))
        return errors
