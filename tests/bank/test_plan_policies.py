"""The plan policy by clicks: set from a day on, shown with what was in force before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.core.permissions import Role
from portal.core.plans.models import PlanPolicy
from portal.core.plans.proposals import find_policy
from portal.core.principal import Principal
from tests.bank.conftest import text_of
from tests.support.factories import TODAY

POLICY = {
    "currency": "USD",
    "effective_from": TODAY.isoformat(),
    "minimum_payment": "5.00",
    "start_within_days": "31",
    "grace_days": "5",
    "misses_that_end": "2",
    "answer_days": "3",
    "up_to_1": "1,000",
    "minimum_1": "25",
    "months_1": "12",
    "minimum_2": "100.50",
    "months_2": "24",
}


def _policies(acting_as, bank):
    with acting_as(Principal.system(bank.id)) as session:
        return session.scalars(select(PlanPolicy).order_by(PlanPolicy.effective_from)).all()


def test_a_policy_is_set_and_shown(make, acting_as, bank, browse):
    make.account(bank=bank)
    visitor = browse()

    before = text_of(visitor.get("/bank/plan-policy"))
    answer = visitor.post("/bank/plan-policy/edit", {**POLICY, "charges_paused": "y"})

    assert "No policy in USD" in before
    assert answer.status_code == 303
    text = text_of(visitor.get(answer.location))
    assert "The policy is set." in text
    assert "USD from 24 November 2026 in force" in text
    assert "up to $1,000.00 $25.00 12 months any larger balance $100.50 24 months" in text
    assert "Interest and fees during a plan paused" in text
    [policy] = _policies(acting_as, bank)
    assert policy.bands == [
        {"up_to_minor": 100_000, "minimum_minor": 2_500, "most_months": 12},
        {"up_to_minor": None, "minimum_minor": 10_050, "most_months": 24},
    ]
    assert (policy.minimum_payment_minor, policy.charges_paused) == (500, True)


def test_the_form_begins_with_what_is_in_force_and_a_day_that_is_free(make, bank, browse):
    make.plan_policy(bank)
    visitor = browse()

    first = visitor.get("/bank/plan-policy/edit?currency=USD").get_data(as_text=True)
    visitor.post("/bank/plan-policy/edit", POLICY)
    second = visitor.get("/bank/plan-policy/edit?currency=USD").get_data(as_text=True)

    assert 'name="minimum_1" size="10" type="text" value="25.00"' in first
    assert f'value="{TODAY.isoformat()}"' in first
    assert f'value="{(TODAY + timedelta(1)).isoformat()}"' in second


def test_a_policy_to_come_holds_from_its_day_and_the_present_one_until_then(
    make, acting_as, bank, browse
):
    make.plan_policy(bank)
    visitor = browse()

    visitor.post("/bank/plan-policy/edit", {**POLICY, "effective_from": "2026-12-01"})

    text = text_of(visitor.get("/bank/plan-policy"))
    assert "USD from 1 December 2026 begins later" in text
    assert "USD from 1 January 2026 in force" in text
    with acting_as(Principal.system(bank.id)) as session:
        now = find_policy(session, bank.id, "USD", on=TODAY)
        then = find_policy(session, bank.id, "USD", on=date(2026, 12, 1))
    assert now.effective_from == date(2026, 1, 1)
    assert then.effective_from == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"currency": "XXX"}, "Choose the currency the policy is for."),
        ({"effective_from": "soon"}, "Enter a day, like 2026-11-24."),
        ({"effective_from": ""}, "Enter the day the policy begins."),
        ({"effective_from": "2026-11-23"}, "A policy cannot begin in the past."),
        ({"minimum_payment": ""}, "is not an amount. Write it like 1234.50."),
        ({"minimum_payment": "0"}, "The smallest payment has to be above zero."),
        ({"start_within_days": "91"}, "Enter a whole number from 1 to 90."),
        ({"grace_days": "-1"}, "Enter a whole number from 0 to 60."),
        ({"misses_that_end": "1"}, "Enter a whole number from 2 to 12."),
        ({"answer_days": "0"}, "Enter a whole number from 1 to 30."),
        ({"minimum_2": "", "months_2": ""}, "The last band has to be without an end"),
        ({"up_to_2": "900", "minimum_3": "9", "months_3": "9"}, "of the bands have to rise."),
        ({"up_to_1": ""}, "The upper balances of the bands have to rise."),
        ({"months_1": "121"}, "Enter a whole number from 1 to 120."),
        ({"minimum_1": "x"}, "x is not an amount."),
        ({"minimum_1": "0"}, "Each band needs an amount above zero"),
        ({"up_to_1": "1.234"}, "1.234 has more decimals than USD has."),
    ],
)
def test_a_policy_that_makes_no_sense_is_answered_by_name(
    make, acting_as, bank, browse, changes, said
):
    make.account(bank=bank)

    page = browse().post("/bank/plan-policy/edit", {**POLICY, **changes})

    assert page.status_code == 422
    assert said in text_of(page)
    assert _policies(acting_as, bank) == []


def test_two_policies_do_not_begin_on_one_day(make, acting_as, bank, browse):
    make.account(bank=bank)
    visitor = browse()
    visitor.post("/bank/plan-policy/edit", POLICY)

    page = visitor.post("/bank/plan-policy/edit", {**POLICY, "minimum_payment": "9"})

    assert page.status_code == 422
    assert "A policy begins on that day already. Choose a later day." in text_of(page)
    assert len(_policies(acting_as, bank)) == 1


@pytest.mark.parametrize("role", [Role.BANK_ANALYST, Role.BANK_ADMIN])
def test_only_who_sets_policies_sets_one(make, acting_as, bank, browse, role):
    make.account(bank=bank)
    visitor = browse(role)

    assert visitor.get("/bank/plan-policy").status_code == 200
    assert "/bank/plan-policy/edit" not in visitor.get("/bank/plan-policy").get_data(as_text=True)
    assert visitor.get("/bank/plan-policy/edit").status_code == 403
    assert visitor.post("/bank/plan-policy/edit", POLICY).status_code == 403
    assert _policies(acting_as, bank) == []


@pytest.mark.abuse("A1")
def test_another_banks_policy_is_not_there(make, browse):
    make.plan_policy(make.bank())

    assert "No policy is set" in text_of(browse().get("/bank/plan-policy"))
