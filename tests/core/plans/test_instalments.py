"""What time does to a plan: a missed instalment moves to the end, two in a row end it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.accounts.locks import lock_account
from portal.core.money import Money
from portal.core.plans.instalments import judge_instalments, pay_instalments
from portal.core.plans.models import InstalmentState, PlanState
from portal.core.principal import Principal
from tests.support.factories import TODAY
from tests.support.plans import accept, list_parts, read_plan

FIRST = TODAY + timedelta(days=7)
GRACE = timedelta(days=5)


@pytest.fixture
def made(make):
    account = make.account(agency=make.agency())
    make.plan_policy(account.bank)
    return account


def _judge(acting_as, made, today):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        return judge_instalments(session, system, today=today)


def _pay(acting_as, made, minor, owed_after=1):
    with acting_as(Principal.system(made.bank_id)) as session:
        account = lock_account(session, made.id)
        pay_instalments(session, account, Money(minor, "USD"), owed_after=Money(owed_after, "USD"))


def _states(made, plan):
    return [(part.state, part.amount_minor, part.paid_minor) for part in list_parts(made, plan)]


@pytest.mark.parametrize(("days", "missed"), [(0, 0), (5, 0), (6, 1)])
def test_an_instalment_is_missed_after_the_days_of_grace_and_not_before(
    acting_as, made, days, missed
):
    accept(made, 20_000)

    assert _judge(acting_as, made, FIRST + timedelta(days=days)) == missed


def test_what_was_missed_is_added_to_the_end_and_the_plan_goes_on(acting_as, made):
    plan = accept(made, 20_000)
    _pay(acting_as, made, 5_000)

    _judge(acting_as, made, FIRST + GRACE + timedelta(days=1))

    parts = list_parts(made, plan)
    assert (parts[0].state, parts[0].paid_minor) == (InstalmentState.MISSED, 5_000)
    assert len(parts) == 14
    assert (parts[-1].amount_minor, parts[-1].state) == (15_000, InstalmentState.DUE)
    assert parts[-1].due_on > parts[-2].due_on
    still_to_pay = sum(part.amount_minor for part in parts[1:])
    assert still_to_pay + parts[0].paid_minor == 246_737
    assert read_plan(made, plan).state is PlanState.IN_CURE


def test_judging_the_same_day_again_finds_nothing_new(acting_as, made):
    plan = accept(made, 20_000)
    day = FIRST + GRACE + timedelta(days=1)
    _judge(acting_as, made, day)
    before = _states(made, plan)

    assert _judge(acting_as, made, day) == 0
    assert _states(made, plan) == before


def test_the_next_payment_brings_the_plan_back(acting_as, made):
    plan = accept(made, 20_000)
    _judge(acting_as, made, FIRST + GRACE + timedelta(days=1))

    _pay(acting_as, made, 20_000)

    assert read_plan(made, plan).state is PlanState.ACTIVE
    assert list_parts(made, plan)[1].state is InstalmentState.PAID


def test_two_misses_in_a_row_end_the_plan(acting_as, made):
    plan = accept(made, 20_000)
    _judge(acting_as, made, FIRST + GRACE + timedelta(days=1))

    _judge(acting_as, made, FIRST + timedelta(days=31) + GRACE + timedelta(days=1))

    assert read_plan(made, plan).state is PlanState.DEFAULTED
    assert {part.state for part in list_parts(made, plan)[2:]} == {InstalmentState.CANCELLED}


def test_two_misses_with_a_payment_between_do_not(acting_as, made):
    plan = accept(made, 20_000)
    _judge(acting_as, made, FIRST + GRACE + timedelta(days=1))
    _pay(acting_as, made, 20_000)

    _judge(acting_as, made, FIRST + timedelta(days=62) + GRACE + timedelta(days=1))

    assert read_plan(made, plan).state is PlanState.IN_CURE


def test_paying_ahead_closes_the_next_instalments(acting_as, made):
    plan = accept(made, 20_000)

    _pay(acting_as, made, 45_000)

    assert _states(made, plan)[:3] == [
        (InstalmentState.PAID, 20_000, 20_000),
        (InstalmentState.PAID, 20_000, 20_000),
        (InstalmentState.PART_PAID, 20_000, 5_000),
    ]


def test_when_nothing_is_owed_any_more_the_rest_of_the_plan_is_not_needed(acting_as, made):
    plan = accept(made, 20_000)

    _pay(acting_as, made, 20_000, owed_after=0)

    assert read_plan(made, plan).state is PlanState.COMPLETED
    assert {part.state for part in list_parts(made, plan)[1:]} == {InstalmentState.CANCELLED}


def test_another_banks_plans_are_not_judged(acting_as, make, made):
    accept(made, 20_000)
    other = Principal.system(make.bank().id)

    with acting_as(other) as session:
        assert judge_instalments(session, other, today=FIRST + timedelta(days=90)) == 0
