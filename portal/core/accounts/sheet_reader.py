"""A program of its own: the first sheet of a workbook, as CSV on standard output.

The portal runs it in a child process under limits of memory and time, because a workbook can be
made to unpack to anything. It imports nothing of the portal's and opens nothing but its argument.
"""

from __future__ import annotations

import csv
import io
import resource
import sys
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 60
# From here on a spreadsheet has rounded the number: it keeps fifteen digits.
_ROUNDED_FROM = 10**15


def cell_text(value: Any) -> str:
    """Return a typed cell as a CSV export would write it; a day is ISO 8601."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _number_text(value: float) -> str:
    if abs(value) >= _ROUNDED_FROM:
        return f"{value:.14E}"
    return str(int(value)) if value.is_integer() else f"{value:.15g}"


def write_sheet(path: str, out: io.TextIOBase) -> None:
    """Write the first visible sheet; the rows above its first cell stay, as empty lines."""
    with CalamineWorkbook.from_path(path) as workbook:
        name = next(
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        )
        sheet = workbook.get_sheet_by_name(name)
        writer = csv.writer(out, lineterminator="\n")
        for row in sheet.to_python(skip_empty_area=False):
            writer.writerow(map(cell_text, row))


def main() -> None:
    """Limit this process, then read the workbook named on the command line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
        write_sheet(sys.argv[1], out)


if __name__ == "__main__":
    main()
