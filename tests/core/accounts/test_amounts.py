from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.accounts.amounts import parse_amount, parse_plain_amount, read_figure
from portal.core.accounts.values import CellError
from portal.core.errors import Invalid
from portal.core.money import parse_money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "USD", 123450),
        ("1,234.50", "USD", 123450),
        ("¥1,234", "CNY", 123400),
        ("￥1,234.5", "CNY", 123450),
        ("$1,234.50", "USD", 123450),
        ("1 234.50 USD", "USD", 123450),
        ("USD 1234.5", "USD", 123450),
        ("1'234.50", "CHF", 123450),
        ("0", "USD", 0),
        ("0.00", "USD", 0),
        ("007.00", "USD", 700),
        ("1234", "JPY", 1234),
        ("1234.00", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1.5000", "USD", 150),
        ("10,000,000,000,000.00", "USD", 10**15),
    ],
)
def test_amounts_as_banks_write_them(text, currency, minor):
    assert parse_amount(text, currency) == minor


@pytest.mark.abuse("F7")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "not_amount"),
        ("Infinity", "not_amount"),
        ("-Infinity", "not_amount"),
        ("1e9", "not_amount"),
        ("1E+5", "not_amount"),
        ("1_000", "not_amount"),
        ("１２３", "not_amount"),
        ("٣٤", "not_amount"),
        ("²", "not_amount"),
        ("0x10", "not_amount"),
        ("1,23", "not_amount"),
        ("12,34.00", "not_amount"),
        ("1.234,50", "not_amount"),
        ("1..5", "not_amount"),
        (".50", "not_amount"),
        ("+5", "not_amount"),
        ("twelve", "not_amount"),
        ("-", "not_amount"),
        ("-5.00", "negative_amount"),
        ("5.00-", "negative_amount"),
        ("(5.00)", "negative_amount"),
        ("−5", "negative_amount"),
        ("$-5", "negative_amount"),
        ("1.234", "too_many_decimals"),
        ("$1.234", "too_many_decimals"),
        ("10000000000000.01", "amount_too_large"),
        ("9" * 30, "amount_too_large"),
    ],
)
def test_what_is_no_amount_is_refused_by_name(text, code):
    with pytest.raises(CellError) as refused:
        parse_amount(text, "USD")

    assert refused.value.code == code


@given(st.text(alphabet="0123456789,.'$ -()USD", max_size=22), st.sampled_from(["USD", "JPY"]))
@example("1,000,000,000,000,000", "USD")
@example("999999999999999", "JPY")
def test_the_short_way_and_the_long_way_agree_on_every_amount(text, currency):
    try:
        expected = parse_money(text, currency).minor
    except Invalid:
        expected = None
    try:
        found = parse_amount(text.strip(), currency)
    except CellError:
        found = None

    assert found == expected
    assert parse_plain_amount(text, currency) in (None, expected)


@given(st.integers(0, 10**14))
def test_a_written_amount_reads_back_to_the_cent(minor):
    whole, cents = divmod(minor, 100)

    assert parse_amount(f"{whole}.{cents:02d}", "USD") == minor
    assert parse_amount(f"{whole:,}.{cents:02d}", "USD") == minor


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("1,234.50", 12_345_000),
        ("1234", 12_340_000),
        ("-1,234.50", -12_345_000),
        ("(5.00)", -50_000),
        ("5.00-", -50_000),
        ("¥1,234", 12_340_000),
        ("1234.50 USD", 12_345_000),
        ("0.0001", 1),
        ("NaN", None),
        ("", None),
        ("1.23456", None),
    ],
)
def test_a_figure_is_read_for_adding_up_whatever_its_sign(text, figure):
    assert read_figure(text) == figure
