from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest

from portal.core.accounts.files import Caps, inspect
from portal.core.accounts.reasons import FileRefused
from tests.support import referral_files as files

SMALL = b"Acct No,Name,Bal\r\nA1,Quinn,1.00\r\nA2,Rowan,2.00\r\n"


def rows_of(data: bytes, **options):
    return list(inspect(data, **options).rows())


def refusal(data: bytes, **options) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        for _ in inspect(data, **options).rows():
            pass
    return refused.value


def test_a_file_is_told_by_size_hash_encoding_and_delimiter():
    delivery = inspect(SMALL)

    assert delivery.sha256 == hashlib.sha256(SMALL).hexdigest()
    assert delivery.size == len(SMALL)
    assert (delivery.form, delivery.encoding, delivery.delimiter) == ("csv", "utf-8", ",")
    assert delivery.headings == ("Acct No", "Name", "Bal")


def test_rows_are_numbered_as_a_spreadsheet_does():
    rows = rows_of(b"\r\nAcct No,Name\r\nA1,Quinn\r\n\r\n,,\r\nA2,Rowan\r\n")

    assert [(row.number, row.cells) for row in rows] == [(3, ["A1", "Quinn"]), (6, ["A2", "Rowan"])]


@pytest.mark.abuse("F4")
def test_the_same_bytes_have_the_same_fingerprint_wherever_they_are_kept(tmp_path):
    path = tmp_path / "referrals.csv"
    path.write_bytes(SMALL)

    kept = [inspect(SMALL), inspect(path), inspect(lambda: io.BytesIO(SMALL))]

    assert len({delivery.sha256 for delivery in kept}) == 1
    assert [list(delivery.rows()) for delivery in kept] == [rows_of(SMALL)] * 3


def test_files_with_the_same_headings_share_a_key():
    one, same = inspect(SMALL), inspect(SMALL.replace(b"Quinn", b"Sage"))
    other = inspect(SMALL.replace(b"Name,Bal", b"Bal,Name"))

    assert one.headings_key == same.headings_key
    assert one.headings_key != other.headings_key


def test_a_field_may_hold_line_breaks_delimiters_and_quotes():
    rows = rows_of(b'Acct No,Addr\r\nA1,"1 Example St,\r\nApt ""4"""\r\nA2,x\r\n')

    assert [(row.number, row.cells[1]) for row in rows] == [
        (2, '1 Example St,\r\nApt "4"'),
        (3, "x"),
    ]


def test_the_trailer_is_known_after_the_last_row():
    reader = inspect(SMALL + b"TRAILER,2,3.00\r\n").rows()

    count = sum(1 for _ in reader)

    assert (count, reader.count) == (2, 2)
    assert (reader.trailer.row, reader.trailer.count, str(reader.trailer.total)) == (4, 2, "3.00")


def test_an_account_whose_number_begins_like_a_trailer_is_an_account():
    assert rows_of(b"Acct No,Name\nTRAILER9,Quinn\n")[0].cells == ["TRAILER9", "Quinn"]


def test_a_trailer_with_commas_closes_a_file_with_semicolons():
    reader = inspect(b"Acct No;Bal\nA1;1,00\nTRAILER,1,1.00\n").rows()

    assert len(list(reader)) == 1
    assert reader.trailer.count == 1


@pytest.mark.parametrize(
    ("line", "found"),
    [(b"A9,Quinn", 2), (b"A9", 1), (b"A9,Quinn,1.00,x", 4), (b"A9,Quinn,1.00,", 4)],
)
def test_a_row_with_another_number_of_fields_carries_its_fault(line, found):
    row = rows_of(SMALL + line + b"\r\nA3,Sage,3.00\r\n")[2]

    assert row.number == 4
    assert row.fault.code == "columns"
    assert row.fault.values == {"found": found, "expected": 3}


def test_stray_quotes_are_the_fault_of_their_row_and_reading_goes_on():
    rows = rows_of(SMALL + b'"A9"x,Quinn,1.00\r\nA3,Sage,3.00\r\n')

    assert [row.fault and row.fault.code for row in rows] == [None, None, "broken_quotes", None]
    assert rows[2].cells == ["A9x", "Quinn", "1.00"]


@pytest.mark.abuse("F2")
@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (b'A3,"Sage,3.00\r\nA4,Ellis,4.00\r\n', 4),
        (b'A3,"Sage,3.00\r\nA4,"Ellis",4.00\r\n', 4),
        (b'A3,Sage,"3.00\r\n' + b"A4,Ellis,4.00\r\n" * 20_000, 4),
        (b'A3,Sage,3.00\r\nA4,Ellis,"4.00', 5),
        (b'A3,"Sage,3.00\r\nA4,Ellis",4.00,5\r\n', 4),
    ],
)
def test_an_open_quote_refuses_the_file_and_names_the_row_it_opens_in(lines, row):
    refused = refusal(SMALL + lines)

    assert (refused.code, refused.values["row"]) == ("open_quote", row)


@pytest.mark.abuse("F2")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SMALL + b"x" * 300_000, "line_too_long"),
        (b"," * 300_000, "line_too_long"),
        (SMALL + b'A3,"' + b"x" * 200_000 + b'",1\r\n', "field_too_long"),
        (SMALL + b"A3," + b"x" * 40_000 + b",1\r\n", "field_too_long"),
        (SMALL + b"A3,Sa\0ge,1\r\n", "nul_byte"),
        (",".join(f"h{n}" for n in range(513)).encode() + b"\n1\n", "too_many_columns"),
        (b"", "empty_file"),
        (b"\r\n\r\n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"Acct No,Name\r\n", "no_rows"),
        (b"Acct No,Name\r\nTRAILER,0,0.00\r\n", "no_rows"),
        (b"A,,B\r\n1,2,3\r\n", "empty_heading"),
        (b"A,B,A\r\n1,2,3\r\n", "duplicate_heading"),
        (b"A,B, A \r\n1,2,3\r\n", "duplicate_heading"),
        (b'"A"x,B\r\n1,2\r\n', "broken_header"),
        (b"%PDF-1.7 ...", "pdf_document"),
        (b"\xd0\xcf\x11\xe0 ...", "old_workbook"),
    ],
)
def test_what_cannot_be_cut_into_rows_for_certain_is_refused_by_name(data, code):
    assert refusal(data).code == code


@pytest.mark.parametrize(
    ("caps", "code"),
    [
        (Caps(max_bytes=len(SMALL) - 1), "file_too_large"),
        (Caps(max_rows=1), "too_many_rows"),
        (Caps(max_columns=2), "too_many_columns"),
        (Caps(max_line=10), "line_too_long"),
        (Caps(max_field=6), "field_too_long"),
    ],
)
def test_each_cap_is_kept(caps, code):
    assert refusal(SMALL, caps=replace(caps)).code == code
    assert len(rows_of(SMALL, caps=Caps(max_bytes=len(SMALL), max_rows=2, max_columns=3))) == 2


def test_a_file_beyond_its_cap_is_not_read_to_its_end():
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = refusal(lambda: io.BufferedReader(Endless()), caps=Caps(max_bytes=5_000_000))

    assert endless.code == "file_too_large"


def test_a_persons_choice_overrules_what_was_detected():
    data = "Acct No;Name\nA1;Müller, José\n".encode("cp1252")

    row = rows_of(data, encoding="cp1252", delimiter=";")[0]

    assert row.cells == ["A1", "Müller, José"]
    assert refusal(data, encoding="utf-8", delimiter=";").code == "unknown_encoding"


def test_reading_stops_early_without_leaving_the_file_open():
    rows = iter(inspect(files.real_file()).rows())

    assert next(rows).number == 2
    rows.close()
