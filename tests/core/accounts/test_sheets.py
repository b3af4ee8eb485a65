"""Tables leaving as XLSX: cells keep their kind, text stays text, length has an end."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from portal.core.accounts import sheets
from portal.core.accounts.sheets import write_xlsx
from portal.core.money import Money

SOME_ID = UUID("00000000-0000-7000-8000-000000000001")


def _read(headings, rows):
    out = io.BytesIO()
    count = write_xlsx(out, headings, rows)
    book = CalamineWorkbook.from_filelike(io.BytesIO(out.getvalue()))
    return count, book.get_sheet_by_index(0).to_python()


def test_every_kind_of_cell_is_read_back_as_what_it_was():
    at = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    row = ["Text", 7, date(2026, 11, 24), at, Money(246_737, "USD"), SOME_ID, None]

    count, found = _read(list("abcdefg"), [row])

    assert count == 1
    assert found[0] == list("abcdefg")
    assert found[1] == [
        "Text",
        7.0,
        date(2026, 11, 24),
        datetime(2026, 11, 24, 17, 30),
        2467.37,
        str(SOME_ID),
        "",
    ]


def test_an_instant_is_written_in_utc():
    at = datetime.fromisoformat("2026-11-24T21:30-05:00")

    _, found = _read(["at"], [[at]])

    assert found[1] == [datetime(2026, 11, 25, 2, 30)]


@pytest.mark.abuse("F1")
@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "{=1}", "https://example.com", "0012"])
def test_text_is_never_run_linked_or_made_a_number(text):
    _, found = _read([text], [[text]])

    assert found == [[text], [text]]


def test_a_table_without_rows_has_its_headings():
    assert _read(["a", "b"], []) == (0, [["a", "b"]])


def test_a_cell_of_another_kind_is_refused():
    for cell in (1.5, True, b"x"):
        with pytest.raises(TypeError):
            _read(["a"], [[cell]])


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)

    with pytest.raises(ValueError, match="sheet can hold"):
        _read(["a"], [[1], [2], [3]])
