"""Rows that were not taken, handed back as they came, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from portal.core.accounts.account_row import RowError
from portal.core.accounts.exports import stream_csv
from portal.core.accounts.files import Delivery
from portal.core.accounts.rows import Rejected

REASON_COLUMNS = ("code", "reason")
_OTHER_REASON_COLUMNS = ("reject_code", "reject_reason")
_ROWS_NAMED = 20


def describe(error: RowError) -> str:
    """Say in English what is wrong and what would cure it, with the bank's own heading."""
    return f"{error.column}: {error}" if error.column else str(error)


def as_documents(errors: Iterable[RowError]) -> list[dict[str, object]]:
    """Return errors as plain data, for another program."""
    return [
        {
            "row": error.row,
            "column": error.column,
            "value": error.value,
            "code": error.code,
            "message": describe(error),
        }
        for error in errors
    ]


def stream_rejects(
    delivery: Delivery,
    rejected: Iterable[Rejected],
    *,
    describe: Callable[[RowError], str] = describe,
) -> Iterator[bytes]:
    """Yield the rejected rows as a file like the delivered one, ready to correct and send again.

    Headings, text, order and delimiter are the bank's; the columns code and reason follow. They
    replace those of an earlier round. The encoding is UTF-8 whatever it was. Text a spreadsheet
    could take for a formula carries an apostrophe, which the import takes away again.
    """
    own = _own_headings(delivery.headings)
    added = _OTHER_REASON_COLUMNS if set(own) & set(REASON_COLUMNS) else REASON_COLUMNS
    rows = (_with_reasons(row, len(own), len(delivery.headings), describe) for row in rejected)
    return stream_csv([*own, *added], rows, delimiter=delivery.delimiter)


def _own_headings(headings: Sequence[str]) -> Sequence[str]:
    last = tuple(headings[-2:])
    return headings[:-2] if last in (REASON_COLUMNS, _OTHER_REASON_COLUMNS) else headings


def _with_reasons(
    row: Rejected, width: int, delivered_width: int, describe: Callable[[RowError], str]
) -> list[str]:
    """Put the reasons under their headings; fields beyond the last heading go after them."""
    cells = row.cells[:width] + [""] * (width - len(row.cells))
    codes = "; ".join(dict.fromkeys(error.code for error in row.errors))
    reasons = " ".join(describe(error) for error in row.errors)
    return [*cells, codes, reasons, *row.cells[delivered_width:]]


@dataclass(frozen=True)
class ErrorGroup:
    """The same fault in many rows of one column: an example, the first rows, and how many."""

    column: str
    code: str
    example: RowError
    count: int
    rows: tuple[int, ...]


def group_errors(errors: Iterable[RowError]) -> list[ErrorGroup]:
    """Gather errors by column and reason, the most frequent first, keeping a bounded number."""
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    kept: defaultdict[tuple[str, str], list[RowError]] = defaultdict(list)
    for error in errors:
        key = (error.column, error.code)
        counts[key] += 1
        if len(kept[key]) < _ROWS_NAMED:
            kept[key].append(error)
    groups = [
        ErrorGroup(column, code, some[0], counts[column, code], tuple(e.row for e in some))
        for (column, code), some in kept.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.rows[0], group.column))
