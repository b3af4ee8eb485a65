"""Tables leaving as CSV: a spreadsheet that opens them shows text and runs none of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TextIO
from uuid import UUID

from portal.core.accounts.text import guard
from portal.core.money import Money

Cell = str | int | date | datetime | Money | UUID | None
_CHUNK = 1 << 16
_BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet takes UTF-8 for its own country's encoding


def write_csv(
    out: TextIO, headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ","
) -> int:
    """Write headings and rows, every field in quotes, and return how many rows there were.

    Text that could be a formula gets a leading apostrophe, which the import takes away again.
    Amounts are plain figures with a dot, days and instants ISO 8601. `out` has to be opened with
    `newline=""`, as for the csv module.

    Raises:
        TypeError: a cell of another type, such as a float.
    """
    return sum(1 for _ in _written(out, headings, rows, delimiter)) - 1


def stream_csv(
    headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ","
) -> Iterator[bytes]:
    """Yield the same table as UTF-8 with a byte order mark, in pieces, as the rows come."""
    out = io.StringIO(newline="")
    out.write(_BYTE_ORDER_MARK)
    for _ in _written(out, headings, rows, delimiter):
        if out.tell() >= _CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _written(
    out: TextIO, headings: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str
) -> Iterator[None]:
    """Write line by line: the headings, then a row at each step."""
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([guard(heading) for heading in headings])
    yield
    for row in rows:
        writer.writerow([_cell_text(cell) for cell in row])
        yield


def _cell_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guard(cell)
    if isinstance(cell, Money):
        return cell.decimal_text()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | UUID) and not isinstance(cell, bool):
        return str(cell)
    raise TypeError(f"no cell is written from {type(cell).__name__}")
