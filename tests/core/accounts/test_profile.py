from __future__ import annotations

import pytest

from portal.core.accounts.mapping import Mapping
from portal.core.accounts.profile import profile
from portal.core.accounts.suggest import suggest
from tests.support import referral_files as files


def warnings_of(field: str, texts: list[str], mapping: Mapping | None = None) -> tuple[str, ...]:
    (column,) = profile(["X"], [[text] for text in texts], mapping or Mapping({field: "X"}))
    return column.warnings


def test_the_real_files_columns_are_full_and_without_warnings():
    headings, *rows = files.read_table(files.real_file(rows=200))

    columns = profile(headings, rows, suggest(headings, rows))

    assert [column.heading for column in columns] == headings
    assert {column.filled for column in columns[:-1]} == {200}
    assert 0 < columns[-1].filled < 200
    assert [column.warnings for column in columns] == [()] * len(headings)
    assert columns[9].samples == ("en", "es")
    assert columns[0].field == "account_ref"


def test_three_different_samples_are_shown_and_long_ones_cut():
    (column,) = profile(["X"], [["a"], ["a"], [""], ["b" * 100], ["c"], ["d"]], Mapping({}))

    assert (column.rows, column.filled, column.field) == (6, 5, None)
    assert column.samples == ("a", "b" * 79 + "…", "c")


def test_a_file_without_rows_still_lists_its_columns():
    assert [column.heading for column in profile(["X", "Y"], [], Mapping({}))] == ["X", "Y"]


@pytest.mark.parametrize(
    ("field", "texts", "warnings"),
    [
        ("account_ref", ["00123456", "00123457"], ()),
        ("account_ref", ["123456", "1234567"], ("lost_zeros",)),
        ("account_ref", ["US1", "US12345678"], ()),
        ("account_ref", ["1.23457E+15", "1.23458E+15"], ("rounded_numbers",)),
        ("customer_ref", ["1", "2"], ()),
        ("account_ref", ["4111 1111 1111 1111"], ("card_numbers",)),
        ("account_ref", ["4111 1111 1111 1112"], ()),
        ("national_id_last4", ["0501", "501"], ("lost_zeros",)),
        ("postcode", ["02108", "2108"], ("lost_zeros",)),
        ("birth_on", ["01/02/1990"], ("ambiguous_date",)),
        ("birth_on", ["31/01/1990", "01/31/1990"], ("mixed_dates",)),
        ("birth_on", ["31/01/1990"], ()),
        ("balance", ["1", "100000"], ()),
    ],
)
def test_a_column_warns_of_what_a_spreadsheet_did_to_it(field, texts, warnings):
    assert warnings_of(field, texts) == warnings


def test_a_chosen_order_of_dates_answers_the_warning():
    mapping = Mapping({"birth_on": "X"}, {}, {"birth_on": "mdy"})

    assert warnings_of("birth_on", ["01/02/1990"], mapping) == ()


def test_every_warning_has_its_words():
    (column,) = profile(["X"], [["123456"], ["1234567"]], Mapping({"account_ref": "X"}))

    assert [reason.cure for reason in column.reasons] == [
        "Format the column as text before exporting."
    ]
