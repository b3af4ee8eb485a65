"""Plan rules: boundary cases of a policy, and properties that hold for every plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.rules.plans import (
    Accepted,
    Ask,
    Band,
    Hurdle,
    Nearest,
    Person,
    Policy,
    add_months,
    answer,
    due_day,
    is_too_long,
    schedule,
)

TODAY = date(2026, 11, 24)
POLICY = Policy(
    bands=(Band(100_000, 2_500, 12), Band(500_000, 5_000, 24), Band(None, 10_000, 60)),
    start_within_days=31,
    minimum_payment_minor=500,
)


def usd(minor):
    return Money(minor, "USD")


def ask(minor, frequency="monthly", starts_on=TODAY):
    return Ask(usd(minor), frequency, starts_on)


@pytest.mark.parametrize(
    ("balance", "amount", "frequency", "hurdles"),
    [
        # The first band: 25.00 a month, twelve months.
        (30_000, 2_500, "monthly", ()),
        (30_000, 2_499, "monthly", (Hurdle.AMOUNT_TOO_SMALL,)),
        (30_001, 2_500, "monthly", ()),
        (30_500, 2_500, "monthly", (Hurdle.TOO_LONG,)),
        (100_000, 8_334, "monthly", ()),
        (100_000, 8_000, "monthly", (Hurdle.TOO_LONG,)),
        # The second band begins one cent later and allows twice as long.
        (100_001, 5_000, "monthly", ()),
        (100_001, 4_999, "monthly", (Hurdle.AMOUNT_TOO_SMALL,)),
        (500_000, 20_834, "monthly", ()),
        (500_000, 20_000, "monthly", (Hurdle.TOO_LONG,)),
        # The last band has no end.
        (500_001, 10_000, "monthly", ()),
        (900_000, 10_000, "monthly", (Hurdle.TOO_LONG,)),
        # By week and by fortnight the same money in a year is asked for.
        (30_000, 577, "weekly", ()),
        (30_000, 576, "weekly", (Hurdle.AMOUNT_TOO_SMALL,)),
        (30_000, 1_154, "fortnightly", ()),
        (30_000, 1_153, "fortnightly", (Hurdle.AMOUNT_TOO_SMALL,)),
        (100_000, 1_888, "weekly", ()),
        (100_000, 1_800, "weekly", (Hurdle.TOO_LONG,)),
        # A debt smaller than the least amount is one payment of all of it.
        (1_000, 1_000, "monthly", ()),
        (1_000, 900, "monthly", (Hurdle.AMOUNT_TOO_SMALL,)),
        (400, 400, "monthly", ()),
        # More than is owed is all of it.
        (30_000, 99_999, "monthly", ()),
    ],
)
def test_a_plan_is_accepted_up_to_the_edge_of_its_band(balance, amount, frequency, hurdles):
    found = answer(usd(balance), ask(amount, frequency), POLICY, TODAY)

    assert (found.hurdles if isinstance(found, Nearest) else ()) == hurdles
    assert isinstance(found, Nearest if hurdles else Accepted)


@pytest.mark.parametrize(("days", "accepted"), [(0, True), (31, True), (32, False)])
def test_a_plan_may_start_within_the_days_the_policy_allows(days, accepted):
    found = answer(usd(30_000), ask(2_500, starts_on=TODAY + timedelta(days)), POLICY, TODAY)

    assert isinstance(found, Accepted) is accepted
    assert found.ask.starts_on == TODAY + timedelta(min(days, 31))


@pytest.mark.parametrize(
    ("balance", "asked", "words"),
    [
        (30_000, ask(0), "above zero"),
        (30_000, ask(-100), "above zero"),
        (0, ask(100), "Nothing is owed"),
        (30_000, ask(100, "daily"), "how often"),
        (30_000, ask(100, starts_on=TODAY - timedelta(1)), "in the past"),
        (30_000, ask(100, starts_on=TODAY + timedelta(367)), "more than a year away"),
        (30_000, ask(100, starts_on=date(9999, 12, 31)), "more than a year away"),
        (30_000, Ask(Money(100, "CNY"), "monthly", TODAY), "another currency"),
    ],
)
def test_nonsense_is_refused_by_its_own_name(balance, asked, words):
    with pytest.raises(Invalid, match=words):
        answer(usd(balance), asked, POLICY, TODAY)


def test_a_plan_of_more_than_ten_years_is_too_long_for_anybody():
    assert is_too_long(usd(120_001), ask(1_000))
    assert not is_too_long(usd(120_000), ask(1_000))


def test_without_a_policy_a_person_answers_by_a_day():
    found = answer(usd(30_000), ask(2_500), None, TODAY)

    assert found == Person(answer_by=date(2026, 11, 27))


def test_the_remainder_is_on_the_last_instalment():
    parts = schedule(usd(10_000), ask(3_000), 500)

    assert [part.amount.minor for part in parts] == [3_000, 3_000, 3_000, 1_000]
    assert [part.left.minor for part in parts] == [7_000, 4_000, 1_000, 0]


def test_a_remainder_too_small_to_pay_goes_with_the_instalment_before_it():
    parts = schedule(usd(10_040), ask(5_000), 500)

    assert [part.amount.minor for part in parts] == [5_000, 5_040]


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ("monthly", ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        ("fortnightly", ["2026-12-31", "2027-01-14", "2027-01-28", "2027-02-11", "2027-02-25"]),
        ("weekly", ["2026-12-31", "2027-01-07", "2027-01-14", "2027-01-21", "2027-01-28"]),
    ],
)
def test_due_days_follow_the_rhythm_and_survive_short_months(frequency, days):
    asked = ask(100, frequency, date(2026, 12, 31))

    assert [due_day(asked, number).isoformat() for number in range(1, 6)] == days


def test_a_leap_day_comes_back_in_the_next_leap_year():
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), 48) == date(2028, 2, 29)


asks = st.builds(
    ask,
    st.integers(1, 2_000_000),
    st.sampled_from(["weekly", "fortnightly", "monthly"]),
    st.dates(TODAY, TODAY + timedelta(300)),
)


@pytest.mark.abuse("M17")
@given(balance=st.integers(1, 10_000_000), asked=asks)
def test_the_parts_of_every_answer_add_up_to_the_balance(balance, asked):
    found = answer(usd(balance), asked, POLICY, TODAY)

    assert sum(part.amount.minor for part in found.parts) == balance
    assert all(part.amount.minor > 0 for part in found.parts)
    assert found.parts[-1].left.minor == 0
    assert [part.number for part in found.parts] == list(range(1, len(found.parts) + 1))


@given(balance=st.integers(500, 10_000_000), asked=asks)
def test_every_part_of_every_answer_can_be_paid_by_itself(balance, asked):
    found = answer(usd(balance), asked, POLICY, TODAY)

    assert min(part.amount.minor for part in found.parts) >= 500


@given(balance=st.integers(1, 10_000_000), asked=asks)
def test_the_nearest_plan_is_accepted_when_it_is_asked_for(balance, asked):
    found = answer(usd(balance), asked, POLICY, TODAY)

    again = answer(usd(balance), found.ask, POLICY, TODAY)

    assert isinstance(again, Accepted)
    assert again.parts == found.parts


@given(balance=st.integers(1, 10_000_000), asked=asks)
def test_the_nearest_plan_never_asks_for_less_than_was_offered(balance, asked):
    found = answer(usd(balance), asked, POLICY, TODAY)

    assert found.ask.amount.minor >= min(asked.amount.minor, balance)
    assert found.ask.frequency == asked.frequency
    assert found.ask.starts_on <= asked.starts_on
