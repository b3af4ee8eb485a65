from __future__ import annotations

import csv
import io

from portal.core.accounts.files import inspect
from portal.core.accounts.rejects import group_errors, stream_rejects
from portal.core.accounts.rows import Check, Rejected
from portal.core.accounts.suggest import suggest
from portal.core.accounts.text import clean
from tests.support import referral_files as files


def rejects_of(data: bytes, mapping=None) -> tuple[list[list[str]], Check]:
    delivery = inspect(data)
    mapping = mapping or suggest(delivery.headings, delivery.sample())
    check = Check(delivery, mapping, today=files.TODAY)
    rejected = (verdict for verdict in check if isinstance(verdict, Rejected))
    text = b"".join(stream_rejects(delivery, rejected)).decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delivery.delimiter)
    return list(reader), check


def test_rejects_are_the_original_rows_with_code_and_reason():
    spoiled = files.bad_rows()
    original = files.read_table(spoiled.data)

    headings, *rows = rejects_of(spoiled.data)[0]

    assert headings == [*original[0], "code", "reason"]
    assert len(rows) == len(spoiled.rejected)
    for row, (number, codes) in zip(rows, sorted(spoiled.rejected.items()), strict=True):
        came = original[number - 1]
        assert [clean(cell) for cell in row[:-2]] == [clean(cell) for cell in came]
        assert row[-2] == "; ".join(codes)
        assert row[-1]


def test_a_reason_names_the_banks_own_column_and_the_cure():
    data = files.edited(files.real_file(rows=5), {2: {"DOB": "02/31/1990", "Zip": "1"}})

    row = rejects_of(data)[0][1]

    assert row[-2] == "not_postcode; no_such_day"
    assert row[-1].startswith("Zip: 1 is not a postcode of US. Correct it.")
    assert "DOB: 02/31/1990 is not a day of the calendar" in row[-1]


def test_corrected_rejects_are_taken_on_their_second_way_in():
    spoiled = files.bad_rows()
    good = files.read_table(files.real_file())
    delivery = inspect(spoiled.data)
    mapping = suggest(delivery.headings, delivery.sample())
    headings, *rows = rejects_of(spoiled.data, mapping)[0]

    corrected = [
        good[number - 1] + row[-2:]
        for row, number in zip(rows, sorted(spoiled.rejected), strict=True)
    ]
    again, check = rejects_of(files.write_table([headings, *corrected]), mapping)

    assert check.totals.accepted == len(spoiled.rejected)
    assert again == [headings]


def test_rejects_of_rejects_have_one_code_and_one_reason():
    first, _ = rejects_of(files.bad_rows().data)
    delivery = inspect(files.real_file())
    mapping = suggest(delivery.headings, delivery.sample())

    second, _ = rejects_of(files.write_table(first), mapping)

    assert second == first


def test_a_bank_with_a_column_called_code_keeps_it():
    table = files.read_table(files.edited(files.real_file(rows=3), {2: {"Zip": "1"}}))
    table = [[*row, cell] for row, cell in zip(table, ["code", "B7", "B8", "B9"], strict=True)]

    headings, row = rejects_of(files.write_table(table))[0]

    assert headings[-3:] == ["code", "reject_code", "reject_reason"]
    assert row[-3:-1] == ["B7", "not_postcode"]


def test_rows_of_the_wrong_length_keep_reasons_under_their_headings():
    data = files.with_line(
        files.real_file(rows=5), 3, lambda line: b"extra," + line.rstrip() + b"x\r\n"
    )
    data = files.with_line(data, 4, lambda line: b"short,row\r\n")

    headings, longer, shorter = rejects_of(data)[0]

    assert longer[headings.index("code")] == "columns"
    assert longer[0] == "extra"
    assert len(longer) == len(headings) + 1
    assert shorter[:3] == ["short", "row", ""]
    assert shorter[headings.index("code")] == "columns"


def test_rejects_keep_the_banks_delimiter():
    data = files.write_table(
        files.read_table(files.edited(files.real_file(rows=3), {2: {"Zip": "1"}})), delimiter=";"
    )

    (headings, row), _ = rejects_of(data)

    assert (headings[0], row[0]) == ("Acct No", "US01000000000")


def test_a_formula_handed_back_does_not_run():
    data = files.edited(files.real_file(rows=3), {2: {"Customer Name": "=1+1", "Zip": "1"}})

    row = rejects_of(data)[0][1]

    assert row[2] == "'=1+1"


def test_many_errors_are_gathered_by_column_and_reason():
    edits = {n: {"Zip": "1"} for n in range(2, 40)} | {50: {"Lang": "xx"}, 60: {"Zip": ""}}
    _, check = rejects_of(files.edited(files.real_file(rows=100), edits))

    groups = group_errors(error for verdict in check for error in getattr(verdict, "errors", ()))

    assert [(group.column, group.code, group.count) for group in groups] == [
        ("Zip", "not_postcode", 38),
        ("Lang", "unknown_language", 1),
    ]
    assert groups[0].rows == tuple(range(2, 22))
    assert groups[0].example.row == 2
