"""Planning: an answer at once, a check before anything binds, and nothing asked twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.plans.models import Plan, PlanState
from portal.core.principal import Principal


@pytest.fixture
def base(made):
    return f"/debtor/accounts/{made.id}"


def _first_day():
    return clock.now().date() + timedelta(days=14)


def _ask(person, base, amount, *, frequency="monthly", day=None):
    first = day or _first_day()
    return person.post(
        f"{base}/plan/new",
        {
            "amount": amount,
            "frequency": frequency,
            "day": first.day,
            "month": first.month,
            "year": first.year,
        },
    )


def _plans(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(
            select(Plan).where(Plan.account_id == made.id).order_by(Plan.id)
        ).all()


def _fields(page):
    return {
        re.search(r'name="([^"]+)"', tag).group(1): re.search(r'value="([^"]*)"', tag).group(1)
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page.split("<main", 1)[1])
    }


def _accept(person, base, amount="200"):
    check = person.get(_ask(person, base, amount).headers["Location"]).get_data(as_text=True)
    return person.post(f"{base}/plan/accept", _fields(check))


def test_what_the_policy_says_yes_to_goes_straight_to_the_check_page(base, person):
    answer = _ask(person, base, "200")

    assert "/plan/accept?" in answer.headers["Location"]
    page = person.get(answer.headers["Location"]).get_data(as_text=True)
    for words in ("$200.00", "Every month", "See all 13 payments", "$2,467.37", "Change"):
        assert words in page
    assert "You can stop the plan here at any time" in page


def test_what_it_does_not_say_yes_to_is_answered_by_the_nearest_plan(base, person):
    answer = _ask(person, base, "20")

    page = person.get(answer.headers["Location"]).get_data(as_text=True)
    assert "nearest plan we can agree to at once" in page
    assert "$102.81 every month" in page
    assert "The amount is smaller" in page
    assert "Ask a person for $20.00 every month" in page


def test_an_accepted_plan_is_shown_with_its_next_payment(acting_as, made, base, person):
    answer = _accept(person, base)

    assert answer.headers["Location"] == f"{base}/plan"
    page = person.get(f"{base}/plan").get_data(as_text=True)
    assert "Your plan is set up" in page
    assert "Pay the next payment" in page
    assert "$0.00 of $2,467.37 paid" in page
    [plan] = _plans(acting_as, made)
    assert plan.evidence["text"] == "accept_plan/1"
    assert plan.evidence["language"] == "en"


@pytest.mark.abuse("M2")
def test_the_same_check_page_sent_twice_is_one_plan(acting_as, made, base, person):
    check = person.get(_ask(person, base, "200").headers["Location"]).get_data(as_text=True)

    answers = [person.post(f"{base}/plan/accept", _fields(check)) for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"{base}/plan"}
    assert len(_plans(acting_as, made)) == 1


@pytest.mark.abuse("M3")
@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "100.00"},
        {"amount": "1"},
        {"amount": "abc"},
        {"frequency": "daily"},
        {"starts_on": "2020-01-01"},
        {"starts_on": "soon"},
        {"version": "0" * 32},
        {"version": ""},
        {"key": ""},
    ],
)
def test_a_changed_check_page_makes_no_plan(acting_as, made, base, person, changed):
    check = person.get(_ask(person, base, "200").headers["Location"]).get_data(as_text=True)

    answer = person.post(f"{base}/plan/accept", {**_fields(check), **changed})

    assert answer.status_code == 303
    assert _plans(acting_as, made) == []


def test_a_wish_for_a_person_is_kept_with_the_day_of_the_answer(acting_as, made, base, person):
    page = person.get(_ask(person, base, "40").headers["Location"]).get_data(as_text=True)

    answer = person.post(f"{base}/plan/ask", _fields(page))

    assert answer.headers["Location"] == f"{base}/plan"
    [plan] = _plans(acting_as, made)
    assert (plan.state, plan.amount_minor) == (PlanState.ASKED, 4_000)
    shown = person.get(f"{base}/plan").get_data(as_text=True)
    assert "answers what you asked for by" in shown
    assert "Take back what I asked for" in shown


@pytest.mark.parametrize(
    ("amount", "day", "words"),
    [
        ("0", None, "above zero"),
        ("-5", None, "negative"),
        ("abc", None, "is not an amount"),
        ("200", timedelta(days=-2), "cannot be in the past"),
        ("200", timedelta(days=400), "more than a year away"),
    ],
)
def test_nonsense_is_refused_at_the_field_and_stays_as_typed(base, person, amount, day, words):
    first = clock.now().date() + day if day else None

    answer = _ask(person, base, amount, day=first)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert words in page
    assert f'value="{amount}"' in page


def test_a_day_that_is_none_is_told_how_to_write_one(base, person):
    answer = person.post(
        f"{base}/plan/new",
        {"amount": "200", "frequency": "monthly", "day": "31", "month": "2", "year": "2027"},
    )

    assert answer.status_code == 422
    assert "like 15 12 2026" in answer.get_data(as_text=True)


def test_change_brings_back_what_was_entered(base, person):
    page = person.get(
        f"{base}/plan/new?amount=123.45&frequency=weekly&starts_on=2027-03-04"
    ).get_data(as_text=True)

    assert 'value="123.45"' in page
    assert re.search(r'checked[^>]*value="weekly"|value="weekly"[^>]*checked', page)
    assert re.search(r'name="day"[^>]*value="4"', page)


def test_a_plan_can_be_stopped_after_a_check_and_another_made(acting_as, made, base, person):
    _accept(person, base)
    question = person.get(f"{base}/plan/stop").get_data(as_text=True)

    person.post(f"{base}/plan/stop")

    assert "Stop the plan?" in question
    assert [plan.state for plan in _plans(acting_as, made)] == [PlanState.CANCELLED]
    assert _accept(person, base, "300").headers["Location"] == f"{base}/plan"


def test_without_a_plan_its_page_leads_to_the_builder(base, person):
    assert person.get(f"{base}/plan").headers["Location"] == f"{base}/plan/new"
    assert person.get(f"{base}/plan/stop").headers["Location"] == base


@pytest.mark.abuse("C7")
def test_nobody_plans_on_another_persons_account(acting_as, make, made, base, visit):
    stranger = visit(make.account(bank=made.bank).debtor)
    stranger.get("/debtor/")

    for path in ("/plan/new", "/plan/accept", "/plan/ask", "/plan/stop"):
        assert stranger.post(f"{base}{path}", {"amount": "200"}).status_code == 404
    assert _plans(acting_as, made) == []
