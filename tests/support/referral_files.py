"""The real referral file, and copies of it spoiled in the ways a bank's files go wrong."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from portal.demo.referral_file import write_referral_file

TODAY = date(2026, 11, 24)
ACCOUNTS = 3130
TOTAL = "197038144.00"
Edits = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True)
class Spoiled:
    """A delivered file and what has to become of it.

    `rejected` leads from a row's number, the headings being row 1, to the codes of its errors;
    `refused` is the code with which the whole file is turned away.
    """

    data: bytes = field(repr=False)
    rejected: Mapping[int, frozenset[str]] = field(default_factory=dict)
    refused: str | None = None


@cache
def real_file(country: str = "US", *, rows: int | None = None, trailer: bool = False) -> bytes:
    """Return the file as the bank sends it, by default all 3,130 accounts."""
    out = io.StringIO(newline="")
    write_referral_file(out, country=country, rows=rows, trailer=trailer)
    return out.getvalue().encode()


def read_table(data: bytes) -> list[list[str]]:
    """Return headings and rows of a UTF-8 file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def write_table(table: list[list[str]], *, delimiter: str = ",") -> bytes:
    """Return the table as a UTF-8 file, quoted where it has to be."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue().encode()


def edited(data: bytes, edits: Edits) -> bytes:
    """Return the file with cells replaced: row number, then heading, then the new text."""
    table = read_table(data)
    for number, cells in edits.items():
        for heading, text in cells.items():
            table[number - 1][table[0].index(heading)] = text
    return write_table(table)


def without_column(data: bytes, heading: str) -> bytes:
    """Return the file without one of its columns."""
    table = read_table(data)
    place = table[0].index(heading)
    return write_table([row[:place] + row[place + 1 :] for row in table])


def with_line(data: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    """Return the file with one line changed as bytes, for what no CSV writer would write."""
    lines = data.splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return b"".join(lines)


BAD_CELLS: dict[str, tuple[dict[str, str], str]] = {
    "an empty account number": ({"Acct No": " "}, "missing"),
    "an account number a spreadsheet rounded": ({"Acct No": "1.23457E+15"}, "lost_digits"),
    "a formula as account number": ({"Acct No": "=1+1"}, "not_reference"),
    "an empty name": ({"Customer Name": ""}, "missing"),
    "an endless name": ({"Customer Name": "x" * 201}, "too_long"),
    "a name with a lost character": ({"Customer Name": "Jos\ufffd Alder"}, "damaged_text"),
    "a telephone number too short": ({"Home Phone": "555-01"}, "not_phone"),
    "an e-mail address without a domain": ({"E-mail": "customer0@"}, "not_email"),
    "a ZIP that lost its zero": ({"Zip": "2108"}, "not_postcode"),
    "a language nobody speaks": ({"Lang": "xx"}, "unknown_language"),
    "an unknown currency": ({"Ccy": "USX"}, "unknown_currency"),
    "last four that lost a zero": ({"Natl ID Last4": "501"}, "not_last4"),
    "a negative balance": ({"Curr Bal": "-3,913.00"}, "negative_amount"),
    "a negative balance in brackets": ({"Curr Bal": "(3,913.00)"}, "negative_amount"),
    "a balance of nothing": (
        {"Curr Bal": "0.00", "Principal": "0", "Int": "0", "Late Fees": "0"},
        "nothing_owed",
    ),
    "buckets one cent off": ({"Int": "0.01", "Late Fees": "0.00"}, "buckets_differ"),
    "an amount that is not a number": ({"Principal": "NaN"}, "not_amount"),
    "an amount in full-width digits": ({"Principal": "１２３"}, "not_amount"),
    "an amount with a decimal comma": ({"Principal": "3.686,48"}, "not_amount"),
    "too many decimals": ({"Int": "1.234"}, "too_many_decimals"),
    "the 31st of February": ({"DOB": "02/31/1990"}, "no_such_day"),
    "a year of two digits": ({"DOB": "02/21/90"}, "two_digit_year"),
    "the year 9999": ({"Past Due Since": "01/01/9999"}, "date_out_of_range"),
    "an itemisation of tomorrow": ({"Itemization Dt": "11/25/2026"}, "date_in_future"),
    "a date in words": ({"Demand Ltr Dt": "last week"}, "not_date"),
    "a count with an underscore": ({"Mths Past Due": "1_000"}, "not_count"),
    "a count of calls too large": ({"Calls Made": "10000"}, "count_too_large"),
}


def _rows_of_people_with_one_account() -> list[int]:
    customers = [row[1] for row in read_table(real_file())]
    once = {customer for customer, count in Counter(customers).items() if count == 1}
    return [number for number, customer in enumerate(customers, start=1) if customer in once][8:]


def bad_rows() -> Spoiled:
    """Spoil a row in each way a single cell can be wrong; all other rows stay good."""
    edits, rejected = {}, {}
    rows = _rows_of_people_with_one_account()
    for number, (cells, code) in zip(rows, BAD_CELLS.values(), strict=False):
        edits[number] = cells
        rejected[number] = frozenset({code})
    return Spoiled(edited(real_file(), edits), rejected)


def duplicate_account() -> Spoiled:
    """Give two rows the same account number: neither can be believed."""
    both = frozenset({"duplicate_account"})
    return Spoiled(edited(real_file(), {900: {"Acct No": "US01000000010"}}), {12: both, 900: both})


def differing_customer() -> Spoiled:
    """Give one customer number to two people."""
    both = frozenset({"customer_differs"})
    edits = {40: {"Cust No": "C-1"}, 41: {"Cust No": "C-1"}}
    return Spoiled(edited(real_file(), edits), {40: both, 41: both})


def broken_rows() -> Spoiled:
    """Break the form of rows, each on its own line: columns missing, too many, stray quotes."""
    data = with_line(real_file(), 20, lambda line: line.rsplit(b",", 3)[0] + b"\r\n")
    data = with_line(data, 30, lambda line: b"extra," + line)
    data = with_line(data, 40, lambda line: b'"US"' + line)
    columns, quotes = frozenset({"columns"}), frozenset({"broken_quotes"})
    return Spoiled(data, {20: columns, 30: columns, 40: quotes})


def _trailer_off(count: int, cents: int) -> bytes:
    lines = real_file(trailer=True).splitlines(keepends=True)
    minor = int(TOTAL.replace(".", "")) + cents
    line = f"TRAILER,{ACCOUNTS + count},{minor // 100}.{minor % 100:02d}\n"
    return b"".join([*lines[:-1], line.encode()])


def _open_quote() -> bytes:
    return with_line(real_file(), 50, lambda line: line.rstrip() + b'"open\r\n')


WHOLE_FILES: dict[str, Callable[[], Spoiled]] = {
    "empty": lambda: Spoiled(b"", refused="empty_file"),
    "headings only": lambda: Spoiled(real_file().splitlines(keepends=True)[0], refused="no_rows"),
    "a trailer one cent off": lambda: Spoiled(_trailer_off(0, -1), refused="trailer_sum"),
    "a trailer one row off": lambda: Spoiled(_trailer_off(1, 0), refused="trailer_count"),
    "a trailer nobody can read": lambda: Spoiled(
        real_file() + b"TRAILER,many,more\r\n", refused="trailer_unreadable"
    ),
    "a trailer over a balance nobody can read": lambda: Spoiled(
        edited(real_file(trailer=True), {9: {"Curr Bal": "abc"}}), refused="trailer_unproved"
    ),
    "rows after the trailer": lambda: Spoiled(
        real_file(trailer=True) + real_file().splitlines(keepends=True)[1],
        refused="rows_after_trailer",
    ),
    "an open quote": lambda: Spoiled(_open_quote(), refused="open_quote"),
    "a NUL": lambda: Spoiled(
        with_line(real_file(), 60, lambda line: line.replace(b"US", b"U\0S", 1)),
        refused="nul_byte",
    ),
    "a damaged byte in UTF-8": lambda: Spoiled(
        with_line(real_file("CN"), 70, lambda line: line.replace("路".encode(), b"\xe8\xb7", 1)),
        refused="damaged_encoding",
    ),
    "the same heading twice": lambda: Spoiled(
        with_line(real_file(), 1, lambda line: line.replace(b"Int,", b"Principal,")),
        refused="duplicate_heading",
    ),
    "a column without a heading": lambda: Spoiled(
        with_line(real_file(), 1, lambda line: line.replace(b",Int,", b",,")),
        refused="empty_heading",
    ),
    "a missing column": lambda: Spoiled(
        without_column(real_file(), "Principal"), refused="mapping_incomplete"
    ),
}

GOOD_FORMS: dict[str, Callable[[], bytes]] = {
    "as it came": real_file,
    "with a trailer": lambda: real_file(trailer=True),
    "UTF-8 with a byte order mark": lambda: real_file().decode().encode("utf-8-sig"),
    "UTF-16": lambda: real_file().decode().encode("utf-16"),
    "semicolons": lambda: write_table(read_table(real_file()), delimiter=";"),
    "tabs": lambda: write_table(read_table(real_file()), delimiter="\t"),
    "pipes": lambda: write_table(read_table(real_file()), delimiter="|"),
    "line feeds only": lambda: real_file().replace(b"\r\n", b"\n"),
    "blank rows and empty columns from a spreadsheet": lambda: b"".join(
        line.rstrip(b"\r\n") + b",,,\r\n" + b"," * 28 + b"\r\n"
        for line in real_file(trailer=True).splitlines()
    ),
}


def spoiled_copy() -> Spoiled:
    """Return one file with every bad cell in a row of its own, broken rows, and contradictions."""
    cells = bad_rows()
    edits = {
        900: {"Acct No": "US01000000110"},
        940: {"Cust No": "C-1"},
        941: {"Cust No": "C-1"},
    }
    data = edited(cells.data, edits)
    data = with_line(data, 990, lambda line: line.rsplit(b",", 3)[0] + b"\r\n")
    rejected = {
        **cells.rejected,
        112: frozenset({"duplicate_account"}),
        900: frozenset({"duplicate_account"}),
        940: frozenset({"customer_differs"}),
        941: frozenset({"customer_differs"}),
        990: frozenset({"columns"}),
    }
    return Spoiled(data, rejected)
