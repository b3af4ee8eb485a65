from __future__ import annotations

import tracemalloc
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.accounts.files import inspect
from portal.core.accounts.mapping import Mapping, MappingIncomplete
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.rows import Accepted, Check, Rejected
from portal.core.accounts.suggest import suggest
from tests.support import referral_files as files
from tests.support.referral_files import TODAY, Spoiled


def check_file(data: bytes, mapping: Mapping | None = None) -> Check:
    delivery = inspect(data)
    mapping = mapping or suggest(delivery.headings, delivery.sample())
    return Check(delivery, mapping, today=TODAY)


def codes_by_row(check: Check) -> dict[int, frozenset[str]]:
    return {
        verdict.number: frozenset(error.code for error in verdict.errors)
        for verdict in check
        if isinstance(verdict, Rejected)
    }


def test_the_real_file_is_taken_whole_to_the_cent():
    check = check_file(files.real_file(trailer=True))

    verdicts = list(check)

    assert all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert check.totals.accepted == files.ACCOUNTS
    assert [money.decimal_text() for money in check.totals.sums()] == [files.TOTAL]
    assert len({verdict.account.customer_ref for verdict in verdicts}) == 2881


def test_an_account_is_read_field_by_field():
    first = next(iter(check_file(files.real_file())))

    assert first.number == 2
    assert first.account.model_dump() == {
        "account_ref": "US01000000000",
        "customer_ref": "C01000000000",
        "name": "Casey Eastlake",
        "phone": "+18085550100",
        "email": "customer0@example.com",
        "address_line": "100 Example St",
        "city": "Honolulu",
        "state": "HI",
        "postcode": "96813",
        "country": "US",
        "birth_on": date(2002, 9, 11),
        "national_id_last4": "7364",
        "language": "en",
        "product": "Credit card",
        "currency": "USD",
        "credit_limit_minor": 2_000_000,
        "balance_minor": 391_300,
        "principal_minor": 368_648,
        "interest_minor": 15_652,
        "fees_minor": 7_000,
        "itemisation_on": date(2026, 10, 31),
        "past_due_since": date(2026, 8, 28),
        "months_past_due": 2,
        "last_payment_minor": 0,
        "sms_sent": 4,
        "calls_made": 6,
        "demand_letter_on": None,
    }


@pytest.mark.parametrize("form", files.GOOD_FORMS)
def test_the_same_accounts_are_read_from_every_usual_form(form):
    check = check_file(files.GOOD_FORMS[form]())

    rejected = codes_by_row(check)

    assert rejected == {}
    assert check.totals.accepted == files.ACCOUNTS
    assert [money.decimal_text() for money in check.totals.sums()] == [files.TOTAL]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_accounts_are_read_from_every_usual_encoding(encoding):
    data = files.real_file("CN").decode().encode(encoding)

    check = check_file(data)
    first = next(iter(check)).account

    assert codes_by_row(check) == {}
    assert [(money.decimal_text(), money.currency) for money in check.totals.sums()] == [
        (files.TOTAL, "CNY")
    ]
    assert first.phone == "+8617000000000"
    assert first.country == "CN"
    assert first.address_line == "示例路1号"


@pytest.mark.abuse("F7")
@pytest.mark.parametrize("spoil", files.BAD_CELLS)
def test_a_bad_cell_rejects_its_row_and_no_other(spoil):
    cells, code = files.BAD_CELLS[spoil]
    heading, text = next(iter(cells.items()))

    check = check_file(files.edited(files.real_file(rows=40), {2: cells}))
    verdicts = list(check)

    (rejected,) = [verdict for verdict in verdicts if isinstance(verdict, Rejected)]
    (error,) = rejected.errors
    assert rejected.number == error.row == 2
    assert error.code == code
    assert check.totals.accepted == 39
    if code not in ("buckets_differ", "nothing_owed"):
        assert error.column == heading
        assert error.value.rstrip("…") == text.strip()[: len(error.value.rstrip("…"))]


def test_every_error_says_what_is_wrong_and_what_cures_it():
    for verdict in check_file(files.spoiled_copy().data):
        for error in getattr(verdict, "errors", ()):
            text = str(error)
            assert text.endswith(".")
            assert "%" not in text
            assert text.count(".") >= 2


def test_every_bad_row_of_a_spoiled_copy_is_named_and_the_rest_is_taken():
    spoiled = files.spoiled_copy()

    check = check_file(spoiled.data)

    assert codes_by_row(check) == spoiled.rejected
    assert check.totals.accepted == files.ACCOUNTS - len(spoiled.rejected)
    assert check.totals.rejected == len(spoiled.rejected)


@pytest.mark.parametrize(
    "spoil", [files.duplicate_account, files.differing_customer, files.broken_rows]
)
def test_rows_that_contradict_or_do_not_fit_are_rejected(spoil):
    spoiled: Spoiled = spoil()

    assert codes_by_row(check_file(spoiled.data)) == spoiled.rejected


def test_rows_of_a_duplicate_account_name_each_other():
    check = check_file(files.duplicate_account().data)

    errors = [error for verdict in check for error in getattr(verdict, "errors", ())]

    assert [(error.row, error.values["other"]) for error in errors] == [(12, 900), (900, 12)]
    assert "Account US01000000010 is also in row 900." in str(errors[0])


def test_one_person_with_and_without_a_birth_date_is_still_one_person():
    edits = {40: {"Cust No": "C-1"}, 41: {"Cust No": "C-1", "DOB": ""}}
    edits[41]["Customer Name"] = edits[40]["Customer Name"] = "Quinn  Glenn"

    assert codes_by_row(check_file(files.edited(files.real_file(), edits))) == {}


def test_names_that_differ_only_in_case_are_one_person():
    birth = "02/03/1980"
    edits = {
        40: {"Cust No": "C-1", "Customer Name": "QUINN GLENN", "DOB": birth},
        41: {"Cust No": "C-1", "Customer Name": "Quinn Glenn", "DOB": "1980-02-03"},
    }

    assert codes_by_row(check_file(files.edited(files.real_file(), edits))) == {}


@pytest.mark.abuse("F2")
@pytest.mark.abuse("F5")
@pytest.mark.parametrize("spoil", files.WHOLE_FILES)
def test_a_file_that_cannot_be_trusted_is_refused_before_any_row_is_given(spoil):
    spoiled = files.WHOLE_FILES[spoil]()

    with pytest.raises((FileRefused, MappingIncomplete)) as refused:
        check_file(spoiled.data)

    assert refused.value.code == spoiled.refused
    assert "%" not in str(refused.value)


@pytest.mark.parametrize(
    ("spoil", "row"),
    [("an open quote", 50), ("a NUL", 60), ("a damaged byte in UTF-8", 70)],
)
def test_a_refusal_names_the_row_that_caused_it(spoil, row):
    with pytest.raises(FileRefused) as refused:
        check_file(files.WHOLE_FILES[spoil]().data)

    assert refused.value.values["row"] == row


def test_a_trailer_counts_rejected_rows_and_adds_up_negative_ones():
    lines = files.edited(files.real_file(rows=10), {3: {"Curr Bal": "-10.00"}}).splitlines()
    total = sum(float(row[15].replace(",", "")) for row in files.read_table(b"\n".join(lines))[1:])
    data = b"\r\n".join([*lines, f"TRAILER,10,{total:.2f}".encode()])

    check = check_file(data)

    assert codes_by_row(check) == {3: frozenset({"negative_amount"})}


def test_all_faults_of_a_row_are_told_at_once():
    cells = {"Customer Name": "x" * 201, "DOB": "31/31/1990", "Zip": "1", "Int": "9.99"}

    check = check_file(files.edited(files.real_file(rows=5), {2: cells}))

    assert codes_by_row(check)[2] == {"too_long", "no_such_day", "not_postcode", "buckets_differ"}


def test_amounts_are_read_as_people_and_spreadsheets_write_them():
    cells = {"Curr Bal": "$3,913.00", "Principal": "3686.48", "Int": "156.5200", "Late Fees": "70"}

    first = next(iter(check_file(files.edited(files.real_file(rows=5), {2: cells}))))

    assert isinstance(first, Accepted)
    assert first.account.balance.decimal_text() == "3913.00"


def test_columns_not_sent_are_nothing_and_months_past_due_are_counted():
    data = files.real_file(rows=5)
    for heading in ("Int", "Late Fees", "Mths Past Due", "SMS Sent", "DOB", "Home Phone"):
        data = files.without_column(data, heading)
    data = files.edited(data, {2: {"Principal": "3,913.00"}})

    first = next(iter(check_file(data))).account

    assert (first.interest_minor, first.fees_minor, first.sms_sent) == (0, 0, 0)
    assert (first.birth_on, first.phone) == (None, None)
    assert first.months_past_due == 2


def test_the_mapping_has_to_fit_before_a_row_is_read():
    data = files.without_column(files.real_file(rows=5), "Curr Bal")

    with pytest.raises(MappingIncomplete) as refused:
        check_file(data)

    assert [(fault.code, fault.field) for fault in refused.value.faults] == [
        ("required_unmapped", "balance")
    ]
    assert "Balance is required" in str(refused.value)


def test_a_day_given_for_every_account_cannot_be_in_the_future():
    data = files.without_column(files.real_file(rows=5), "Itemization Dt")
    delivery = inspect(data)
    guess = suggest(delivery.headings, delivery.sample())

    def check_as_of(day: str) -> Check:
        constants = {**guess.constants, "itemisation_on": day}
        return check_file(data, Mapping(guess.columns, constants, guess.dates))

    assert next(iter(check_as_of("2026-11-24"))).account.itemisation_on == TODAY
    with pytest.raises(MappingIncomplete) as refused:
        check_as_of("2026-11-25")
    assert refused.value.faults[0].code == "bad_constant"


def test_a_check_can_be_repeated_and_says_the_same():
    check = check_file(files.spoiled_copy().data)

    first, second = codes_by_row(check), codes_by_row(check)

    assert first == second
    assert check.totals.accepted + check.totals.rejected == files.ACCOUNTS


@pytest.mark.abuse("F2")
def test_ten_thousand_broken_rows_are_ten_thousand_errors_in_little_memory():
    headings, row = files.real_file(rows=1).splitlines()
    broken = [b'"US"' + row, row.rsplit(b",", 2)[0], row.replace(b"3,913.00", b"NaN"), b'x"' + row]
    data = b"\n".join([headings, *broken * 2500])

    tracemalloc.start()
    check = check_file(data, suggest(*_headings_and_rows()))
    count = sum(len(v.errors) >= 1 and v.number == v.errors[0].row for v in check)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 10_000
    assert peak < 20_000_000


def _headings_and_rows() -> tuple[list[str], list[list[str]]]:
    headings, *rows = files.read_table(files.real_file(rows=20))
    return headings, rows


@pytest.mark.abuse("F7")
@given(text=st.text(max_size=30), heading=st.sampled_from(_headings_and_rows()[0]))
def test_no_cell_whatever_it_holds_breaks_the_check(text, heading):
    headings, rows = _headings_and_rows()
    mapping = suggest(headings, rows)
    table = [headings, *(list(row) for row in rows[:2])]
    table[1][headings.index(heading)] = text.replace("\0", "")

    verdicts = list(check_file(files.write_table(table), mapping))

    assert all(isinstance(verdict, Accepted | Rejected) for verdict in verdicts)
    assert any(verdict.number >= 2 for verdict in verdicts)
