from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest

from portal.core.accounts.files import inspect
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.rows import Check
from portal.core.accounts.suggest import suggest
from tests.support import referral_files as files
from tests.support.workbooks import Day, sheet_xml, workbook_of

EXCEL_DAY_2026_10_31 = 46326.0


def refusal(data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        for _ in inspect(data).rows():
            pass
    return refused.value


def test_a_workbook_gives_the_same_accounts_as_the_csv_it_came_from():
    data = workbook_of(sheet_xml(files.read_table(files.real_file())))

    delivery = inspect(data)
    check = Check(delivery, suggest(delivery.headings, delivery.sample()), today=files.TODAY)

    assert all(not getattr(verdict, "errors", ()) for verdict in check)
    assert [money.decimal_text() for money in check.totals.sums()] == [files.TOTAL]
    assert (delivery.form, delivery.size) == ("xlsx", len(data))


def test_typed_cells_are_read_as_a_person_sees_them():
    row = ["A1", 1234.5, 3686.4800000000005, 42.0, Day(EXCEL_DAY_2026_10_31), 1234567890123456789.0]
    data = workbook_of(sheet_xml([["A", "B", "C", "D", "E", "F"], row]))

    (read,) = inspect(data).rows()

    assert read.cells == ["A1", "1234.5", "3686.48", "42", "2026-10-31", "1.23456789012346E+18"]


def test_rows_keep_the_numbers_the_spreadsheet_shows():
    data = workbook_of(sheet_xml([["A", "B"], ["1", "2"], ["3", "4"]], first_row=4))

    assert [row.number for row in inspect(data).rows()] == [5, 6]


def test_a_hidden_sheet_is_passed_over():
    assert inspect(workbook_of(sheet_xml([["A", "B"], ["1", "2"]]))).headings == ("A", "B")


def test_a_workbook_is_fingerprinted_as_it_was_sent():
    data = workbook_of(sheet_xml([["A", "B"], ["1", "2"]]))

    assert inspect(data).sha256 == inspect(lambda: io.BytesIO(data)).sha256


@pytest.mark.abuse("F3")
def test_a_bomb_of_a_thousand_to_one_is_refused_within_a_second():
    rows = b"<row>" + b'<c t="inlineStr"><is><t>x</t></is></c>' * 4_000_000
    data = workbook_of(sheet_xml([]), **{"xl/worksheets/sheet3.xml": rows})
    started = time.monotonic()

    refused = refusal(data)

    assert refused.code == "workbook_too_large"
    assert time.monotonic() - started < 1


@pytest.mark.abuse("F3")
def test_a_sheet_that_is_huge_only_in_memory_is_stopped_by_the_childs_limits():
    far_corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    xml = sheet_xml([["A", "B"], ["1", "2"]]).replace("</sheetData>", f"{far_corner}</sheetData>")

    refused = refusal(workbook_of(xml))

    assert refused.code == "workbook_too_large"


@pytest.mark.abuse("F3")
def test_an_archive_that_lies_about_its_sizes_is_refused():
    rows = b"<row>" + b"<c><v>1</v></c>" * 400_000
    data = workbook_of(sheet_xml([]), **{"xl/worksheets/sheet2.xml": rows})
    lie = data.replace(struct.pack("<I", len(rows)), struct.pack("<I", 1000))

    assert lie != data
    assert refusal(lie).code == "workbook_unreadable"


@pytest.mark.abuse("F3")
def test_entities_in_a_sheet_are_not_expanded():
    xml = sheet_xml([["A", "B"], ["REF", "2"]]).replace("REF", "&amp;lol;")
    attack = xml.replace(
        '<?xml version="1.0"?>',
        '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY lol SYSTEM "file:///etc/hostname">]>',
    ).replace("&amp;lol;", "&lol;")

    assert refusal(workbook_of(attack)).code == "workbook_unreadable"


@pytest.mark.abuse("F3")
@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/evil.txt"])
def test_no_part_of_an_archive_is_unpacked_to_a_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    inspect(workbook_of(sheet_xml([["A", "B"], ["1", "2"]]), **{name: b"x"}))

    assert list(tmp_path.rglob("*")) == []
    assert not Path(name).exists()


def test_an_archive_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inner.zip", b"PK\x03\x04")

    assert refusal(out.getvalue()).code == "zip_archive"


@pytest.mark.parametrize("data", [b"PK\x03\x04 and nothing more", b"PK\x03\x04" + b"\0" * 100])
def test_a_broken_archive_is_refused(data):
    assert refusal(data).code == "workbook_unreadable"


def test_a_workbook_with_a_broken_sheet_is_refused():
    assert refusal(workbook_of("<worksheet><sheetData><row></c>")).code == "workbook_unreadable"


def test_an_empty_sheet_is_an_empty_file():
    assert refusal(workbook_of(sheet_xml([]))).code == "empty_file"
