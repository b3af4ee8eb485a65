"""Tables leaving as XLSX: typed cells, so that a sheet sorts days as days and sums amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

import xlsxwriter

from portal.core.accounts.exports import Cell
from portal.core.money import Money, precision

#: What a sheet can hold; a table longer than this leaves as CSV.
MOST_ROWS = 1_048_575
_WIDTH = 18


def write_xlsx(out: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write headings and rows as the one sheet of a workbook; return how many rows there were.

    Text is written as text, never as a formula or a link. Instants are written in UTC, since a
    sheet knows no zones. Rows are written as they come and not kept in memory.

    Raises:
        TypeError: a cell of another type, such as a float.
        ValueError: more rows than a sheet can hold.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    count = 0
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        formats = {
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            str: book.add_format({"bold": True}),
        }
        sheet.set_column(0, max(len(headings) - 1, 0), _WIDTH)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, formats[str])
        for count, row in enumerate(rows, start=1):
            if count > MOST_ROWS:
                raise ValueError("more rows than a sheet can hold")
            for column, cell in enumerate(row):
                _write(sheet, count, column, cell, formats)
    return count


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: dict[type, Any]) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, Money):
        figure = Decimal(cell.minor).scaleb(-precision(cell.currency))
        sheet.write_number(row, column, figure)
    elif isinstance(cell, datetime):
        naive = cell.astimezone(UTC).replace(tzinfo=None)
        sheet.write_datetime(row, column, naive, formats[datetime])
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, formats[date])
    elif isinstance(cell, UUID):
        sheet.write_string(row, column, str(cell))
    elif isinstance(cell, int) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell)
    else:
        raise TypeError(f"no cell is written from {type(cell).__name__}")
