from __future__ import annotations

from datetime import date

import pytest

from portal.core.accounts.values import (
    CellError,
    DateOrder,
    parse_count,
    parse_country,
    parse_currency,
    parse_date,
    parse_email,
    parse_language,
    parse_last4,
    parse_phone,
    parse_postcode,
    parse_reference,
    past_date_parser,
)


def code_of(parse, *arguments) -> str:
    with pytest.raises(CellError) as refused:
        parse(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-10-31", None, date(2026, 10, 31)),
        ("2026/1/5", None, date(2026, 1, 5)),
        ("2026.10.31", DateOrder.MDY, date(2026, 10, 31)),
        ("20261031", DateOrder.DMY, date(2026, 10, 31)),
        ("2026年10月31日", None, date(2026, 10, 31)),
        ("2026 年 1 月 5 日", None, date(2026, 1, 5)),
        ("10/31/2026", DateOrder.MDY, date(2026, 10, 31)),
        ("31/10/2026", DateOrder.DMY, date(2026, 10, 31)),
        ("31.10.2026", None, date(2026, 10, 31)),
        ("10/31/2026", None, date(2026, 10, 31)),
        ("05/05/2026", None, date(2026, 5, 5)),
        ("05/06/2026", DateOrder.MDY, date(2026, 5, 6)),
        ("05/06/2026", DateOrder.DMY, date(2026, 6, 5)),
        ("31-Oct-2026", None, date(2026, 10, 31)),
        ("31 OCT 2026", DateOrder.MDY, date(2026, 10, 31)),
        ("2026-10-31 00:00:00", None, date(2026, 10, 31)),
        ("10/31/2026 0:00", DateOrder.MDY, date(2026, 10, 31)),
        ("02/29/2024", DateOrder.MDY, date(2024, 2, 29)),
    ],
)
def test_days_as_banks_write_them(text, order, day):
    assert parse_date(text, order) == day


@pytest.mark.abuse("F7")
@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("2026-02-31", None, "no_such_day"),
        ("02/29/2026", DateOrder.MDY, "no_such_day"),
        ("31/10/2026", DateOrder.MDY, "no_such_day"),
        ("2026-13-01", None, "no_such_day"),
        ("31/31/2026", None, "no_such_day"),
        ("05/06/2026", None, "date_order_unknown"),
        ("05/06/26", DateOrder.MDY, "two_digit_year"),
        ("31-Oct-26", None, "two_digit_year"),
        ("9999-12-31", None, "date_out_of_range"),
        ("1899-12-31", None, "date_out_of_range"),
        ("0000-00-00", None, "date_out_of_range"),
        ("２０２６-10-31", None, "not_date"),
        ("2026-10/31", None, "not_date"),
        ("46326", None, "not_date"),
        ("31-Xyz-2026", None, "not_date"),
        ("yesterday", None, "not_date"),
        ("2026-10-31 17:45", None, "not_date"),
        ("NaT", None, "not_date"),
    ],
)
def test_what_is_no_day_is_refused_by_name(text, order, code):
    assert code_of(parse_date, text, order) == code


def test_today_is_a_day_gone_by_and_tomorrow_is_not():
    parse = past_date_parser(None, date(2026, 11, 24))

    assert parse("2026-11-24") == date(2026, 11, 24)
    assert code_of(parse, "2026-11-25") == "date_in_future"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("(808) 555-0100", "US", "+18085550100"),
        ("808.555.0100", "US", "+18085550100"),
        ("1-808-555-0100", "US", "+18085550100"),
        ("+1 808 555 0100", "CN", "+18085550100"),
        ("+86 170 0000 0001", "CN", "+8617000000001"),
        ("17000000001", "CN", "+8617000000001"),
        ("+86 170 0000 0001", "US", "+8617000000001"),
        ("010-6552 9988", "CN", "+861065529988"),
        ("020 7946 0000", "GB", "+442079460000"),
    ],
)
def test_telephone_numbers_become_e164(text, country, number):
    assert parse_phone(text, country) == number


@pytest.mark.parametrize(
    "text", ["555-01", "n/a", "0000", "１７０００００", "808 555 0100 x12", "+999 1", "1" * 40]
)
def test_what_is_no_telephone_number_is_refused(text):
    assert code_of(parse_phone, text, "US") == "not_phone"


@pytest.mark.parametrize("text", ["a@example.com", "first.last+tag@mail.example.co.uk"])
def test_ordinary_e_mail_addresses_are_taken(text):
    assert parse_email(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "a b@example.com",
        "@example.com",
        "a@example..com",
        "a@-x.com",
        "a@例子.公司",
        "a@example.com, b@example.com",
        "A <a@example.com>",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_e_mail_address_is_refused(text):
    assert code_of(parse_email, text) == "not_email"


def test_postcodes_are_checked_where_lost_zeros_would_go_unseen():
    assert parse_postcode("02108", "US") == "02108"
    assert parse_postcode("02108-1234", "US") == "02108-1234"
    assert parse_postcode("SW1A 1AA", "GB") == "SW1A 1AA"
    assert code_of(parse_postcode, "2108", "US") == "not_postcode"
    assert code_of(parse_postcode, "10002", "CN") == "not_postcode"


def test_codes_are_read_with_the_names_people_use_for_them():
    assert parse_country("us") == parse_country("United States") == "US"
    assert parse_country("中国") == "CN"
    assert parse_currency("usd") == "USD"
    assert parse_currency("RMB") == parse_currency("人民币") == "CNY"
    assert parse_language("zh-CN") == parse_language("中文") == "zh"
    assert parse_language("English") == "en"


@pytest.mark.parametrize(
    ("parse", "text", "code"),
    [
        (parse_country, "XX", "unknown_country"),
        (parse_country, "Atlantis", "unknown_country"),
        (parse_currency, "US", "unknown_currency"),
        (parse_currency, "USX", "unknown_currency"),
        (parse_currency, "$", "unknown_currency"),
        (parse_language, "xx", "unknown_language"),
        (parse_language, "../en", "unknown_language"),
        (parse_last4, "501", "not_last4"),
        (parse_last4, "１２３４", "not_last4"),
        (parse_reference, "1.23457E+15", "lost_digits"),
        (parse_reference, "=cmd", "not_reference"),
        (parse_reference, "账号1", "not_reference"),
        (parse_reference, "1" * 65, "too_long"),
    ],
)
def test_codes_that_do_not_exist_are_refused(parse, text, code):
    assert code_of(parse, text) == code


def test_the_last_four_of_a_chinese_id_may_end_in_x():
    assert parse_last4("123x") == "123X"


@pytest.mark.parametrize("text", ["1_000", "１２", "-1", "1.0", "1e3", "+1", "", "9" * 7])
def test_what_is_no_count_is_refused(text):
    assert code_of(parse_count, text, 9999) == "not_count"


def test_a_count_beyond_its_limit_is_refused():
    assert parse_count("9999", 9999) == 9999
    assert code_of(parse_count, "10000", 9999) == "count_too_large"
