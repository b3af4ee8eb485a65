"""A delivered file as a stream of rows: its caps, headings and trailer, and nothing of meaning."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, NoReturn

from portal.core.accounts import sniff, workbook
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.text import clean, clip

TRAILER = "TRAILER"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252")
_COUNT = re.compile(r"[0-9]{1,12}")
_TOTAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,4})?")


class Form(StrEnum):
    """In what form the table came; a workbook's first sheet is read as the CSV it could be."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Caps:
    """The most a file may hold. Beyond any of them it is refused before anything is kept."""

    max_bytes: int = 1_000_000_000
    max_rows: int = 5_000_000
    max_columns: int = 512
    max_line: int = 262_144
    max_field: int = 32_768


class RowFault(NamedTuple):
    """Why the file's own form keeps a row from being read: a reason's code and its values."""

    code: str
    values: dict[str, object]


class RawRow(NamedTuple):
    """One row as delivered. `number` is what a spreadsheet shows: the headings are row 1."""

    number: int
    cells: list[str]
    fault: RowFault | None = None


@dataclass(frozen=True)
class Trailer:
    """The sender's control line: how many accounts, and what their balances add up to."""

    row: int
    count: int
    total: Decimal


@dataclass(frozen=True)
class Delivery:
    """A file that can be read, with what was found out about its form."""

    source: sniff.Source = field(repr=False)
    sha256: str
    size: int
    form: Form
    encoding: str
    delimiter: str
    headings: tuple[str, ...] = ()
    caps: Caps = field(default_factory=Caps)

    def rows(self) -> RowReader:
        """Read the accounts from the top; each call starts anew."""
        return RowReader(self)

    @property
    def headings_key(self) -> bytes:
        """Tell files with the same headings in the same order, to remember a mapping by."""
        return hashlib.sha256("\0".join(self.headings).encode()).digest()

    def sample(self, limit: int = 1000) -> list[list[str]]:
        """Return the cells of the first well-formed rows, for suggesting a mapping."""
        return [row.cells for row in islice(self.rows(), limit) if row.fault is None]


def inspect(
    source: sniff.Source,
    *,
    caps: Caps | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Delivery:
    """Find out what a delivered file is, and read its headings.

    The whole file is hashed and its encoding proved; its rows are not read yet. `encoding` (one
    of `ENCODINGS`) and `delimiter` overrule what would be detected.

    Raises:
        FileRefused: empty, beyond a cap, not a table, or without headings that can be told apart.
    """
    caps = caps or Caps()
    measured = sniff.fingerprint(source, max_bytes=caps.max_bytes)
    form = Form.CSV
    if workbook.is_archive(source):
        form, source, encoding, delimiter = Form.XLSX, workbook.sheet_as_csv(source), "utf-8", ","
    encoding = encoding or sniff.detect_encoding(source)
    if delimiter is None:
        head = sniff.head_of(source).decode(encoding, errors="ignore")
        delimiter = sniff.detect_delimiter(head)
    delivery = Delivery(
        source, measured.sha256, measured.size, form, encoding, delimiter, caps=caps
    )
    delivery = replace(delivery, headings=_read_headings(delivery))
    if next(iter(delivery.rows()), None) is None:
        raise FileRefused("no_rows")
    return delivery


def _read_headings(delivery: Delivery) -> tuple[str, ...]:
    for record in _records(delivery):
        if record.row.fault is not None:
            raise FileRefused("broken_header")
        headings = [clean(cell) for cell in record.row.cells]
        while headings and not headings[-1]:
            headings.pop()
        if headings:
            return _checked_headings(headings, delivery.caps)
    raise FileRefused("empty_file")


def _checked_headings(headings: list[str], caps: Caps) -> tuple[str, ...]:
    if len(headings) > caps.max_columns:
        raise FileRefused("too_many_columns", found=len(headings), limit=caps.max_columns)
    seen: dict[str, int] = {}
    for column, heading in enumerate(headings, start=1):
        if not heading:
            raise FileRefused("empty_heading", column=column)
        if heading in seen:
            raise FileRefused(
                "duplicate_heading", heading=clip(heading), first=seen[heading], second=column
            )
        seen[heading] = column
    return tuple(headings)


class RowReader:
    """The accounts of a delivery, one at a time, in bounded memory. Blank rows are passed over.

    A row whose form is broken comes with its fault, and reading goes on below it. What makes the
    rows below uncertain (an open quote, a NUL, an endless line) refuses the file.
    """

    def __init__(self, delivery: Delivery) -> None:
        self.trailer: Trailer | None = None
        self.count = 0
        self._delivery = delivery

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows between headings and trailer; the trailer is known after the last one.

        Raises:
            FileRefused: the file goes beyond a cap, or cannot be cut into rows for certain.
        """
        records = _records(self._delivery)
        width = len(self._delivery.headings)
        max_rows = self._delivery.caps.max_rows
        headings = next(record.row for record in records if any(map(clean, record.row.cells)))
        widest = len(headings.cells)
        for row, spans_lines in records:
            cells = row.cells
            if not cells or (not cells[0] and not any(cells)):
                continue
            if self.trailer is not None:
                raise FileRefused("rows_after_trailer", row=row.number)
            if cells[0][: len(TRAILER)] == TRAILER and (parts := _trailer_parts(cells)):
                self.trailer = _parse_trailer(row.number, parts)
                continue
            self.count += 1
            if self.count > max_rows:
                raise FileRefused("too_many_rows", limit=max_rows)
            if len(cells) != width and row.fault is None:
                row = _fit(row, width, widest)
                if row.fault is not None and spans_lines:
                    raise FileRefused("open_quote", row=row.number)
            yield row


def _fit(row: RawRow, width: int, widest: int) -> RawRow:
    """Forgive empty fields below empty headings; anything else is the row's fault."""
    if width < len(row.cells) <= widest and not any(row.cells[width:]):
        return RawRow(row.number, row.cells[:width])
    fault = RowFault("columns", {"found": len(row.cells), "expected": width})
    return RawRow(row.number, row.cells, fault)


def _trailer_parts(cells: list[str]) -> list[str] | None:
    parts = [cell.strip() for cell in cells]
    while not parts[-1]:
        parts.pop()
    if len(parts) == 1:
        parts = [part.strip() for part in parts[0].split(",")]
    return parts[1:] if parts[0] == TRAILER else None


def _parse_trailer(row: int, parts: list[str]) -> Trailer:
    readable = len(parts) == 2 and _COUNT.fullmatch(parts[0]) and _TOTAL.fullmatch(parts[1])
    if not readable:
        raise FileRefused("trailer_unreadable", row=row)
    return Trailer(row, int(parts[0]), Decimal(parts[1]))


class _Record(NamedTuple):
    row: RawRow
    spans_lines: bool


def _records(delivery: Delivery) -> Iterator[_Record]:
    lines = _Lines(delivery)
    reader = csv.reader(lines, delimiter=delivery.delimiter, strict=True)
    line_before = 0
    while True:
        lines.row += 1
        try:
            row = RawRow(lines.row, next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num - line_before > 1 or "unexpected end" in str(error):
                raise FileRefused("open_quote", row=lines.row) from None
            if len(lines.text) > csv.field_size_limit():
                limit = delivery.caps.max_field
                raise FileRefused("field_too_long", row=lines.row, limit=limit) from None
            row = lines.read_leniently()
        spans_lines = reader.line_num - line_before > 1
        line_before = reader.line_num
        if spans_lines or len(lines.text) > delivery.caps.max_field:
            _check_field_lengths(row, delivery.caps)
        yield _Record(row, spans_lines)


def _check_field_lengths(row: RawRow, caps: Caps) -> None:
    if max(map(len, row.cells), default=0) > caps.max_field:
        raise FileRefused("field_too_long", row=row.number, limit=caps.max_field)


class _Lines:
    """The lines of a delivery for the csv module: decoded, none endless, none with a NUL."""

    def __init__(self, delivery: Delivery) -> None:
        self.row = 0
        self.text = ""
        self._delivery = delivery
        self._lines = self._read()

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def _read(self) -> Iterator[str]:
        limit = self._delivery.caps.max_line
        encoding = self._delivery.encoding
        with (
            sniff.open_source(self._delivery.source) as stream,
            io.TextIOWrapper(stream, encoding, newline="") as text,
        ):
            try:
                while line := text.readline(limit + 1):
                    if len(line) > limit or "\0" in line:
                        self._refuse(line, limit)
                    self.text = line
                    yield line
            except UnicodeDecodeError:
                raise FileRefused("unknown_encoding", row=self.row) from None

    def _refuse(self, line: str, limit: int) -> NoReturn:
        if "\0" in line:
            raise FileRefused("nul_byte", row=self.row)
        raise FileRefused("line_too_long", row=self.row, limit=limit)

    def read_leniently(self) -> RawRow:
        """Cut the present line as well as it can be, for handing it back with its fault."""
        cells = next(csv.reader([self.text], delimiter=self._delivery.delimiter), [])
        return RawRow(self.row, cells, RowFault("broken_quotes", {}))
