"""Paying: the pages between an amount and how the payment stands, none of which lies."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.db import uuid7
from portal.core.payments.models import Payment, PaymentState
from portal.core.principal import Principal
from portal.web import payments as provider
from tests.support.gateway import FakeGateway, paying_through
from tests.support.payments import reread


@pytest.fixture
def gateway(app):
    with paying_through(app, FakeGateway()) as fake:
        yield fake


def _payments(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(
            select(Payment).where(Payment.account_id == made.id).order_by(Payment.id)
        ).all()


def _key(person, made, amount="50.00"):
    page = person.get(f"/debtor/accounts/{made.id}/pay/check?amount={amount}")
    return re.search(r'name="key"[^>]*value="([^"]+)"', page.get_data(as_text=True)).group(1)


def _press(person, made, amount="50.00", key=None):
    return person.post(
        f"/debtor/accounts/{made.id}/pay/check",
        {"amount": amount, "key": key or _key(person, made, amount)},
    )


@pytest.mark.parametrize("typed", ["150", "150.00", "$150", " 1,50.00".strip(), "１５０"])
def test_an_amount_is_taken_as_people_write_it(made, person, typed):
    answer = person.post(f"/debtor/accounts/{made.id}/pay", {"amount": typed})

    if typed == "1,50.00":
        assert answer.status_code == 422
    else:
        assert answer.headers["Location"].endswith("/pay/check?amount=150.00")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter an amount, like 150.00."),
        ("abc", "is not an amount"),
        ("-5", "negative"),
        ("1e9", "is not an amount"),
        ("NaN", "is not an amount"),
        ("4.99", "smallest payment is 5.00"),
        ("2467.38", "more than you owe"),
        ("10.001", "more decimals"),
    ],
)
def test_an_amount_that_cannot_be_paid_says_why_and_stays_in_the_box(made, person, typed, words):
    answer = person.post(f"/debtor/accounts/{made.id}/pay", {"amount": typed})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert words in page
    assert f'value="{typed}"' in page
    assert "<title>Error:" in page


def test_the_check_page_says_what_for_whom_and_that_it_costs_nothing(made, person):
    page = person.get(f"/debtor/accounts/{made.id}/pay/check?amount=50").get_data(as_text=True)

    for words in ("$50.00", made.bank.name, "No charge", "Change", "Go on to pay $50.00"):
        assert words in page


@pytest.mark.parametrize("amount", ["0", "9999999", "abc", ""])
def test_the_check_page_of_an_impossible_amount_asks_for_another(made, person, amount):
    answer = person.get(f"/debtor/accounts/{made.id}/pay/check?amount={amount}")

    assert answer.status_code in (303, 422)


@pytest.mark.abuse("M1")
def test_the_form_pressed_twice_leads_to_the_same_page_of_the_provider(
    acting_as, made, person, gateway
):
    key = _key(person, made)

    first, second = _press(person, made, key=key), _press(person, made, key=key)

    assert first.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert len(_payments(acting_as, made)) == 1


@pytest.mark.abuse("M3")
@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "2467.38"},
        {"amount": "-1"},
        {"amount": "0"},
        {"amount": "50.00", "currency": "JPY", "account_id": str(uuid7()), "applied_minor": "0"},
        {"amount": "50.00", "key": ""},
    ],
)
def test_what_is_changed_in_the_form_is_refused_or_has_no_effect(
    acting_as, made, person, gateway, changed
):
    values = {"amount": "50.00", "key": _key(person, made), **changed}

    answer = person.post(f"/debtor/accounts/{made.id}/pay/check", values)

    payments = _payments(acting_as, made)
    if answer.status_code == 422:
        assert payments == []
    else:
        [payment] = payments
        assert (payment.amount_minor, payment.currency) == (5_000, "USD")
        assert (payment.account_id, payment.applied_minor) == (made.id, 0)


def test_another_payment_under_way_is_shown_instead_of_a_second_one(
    acting_as, made, person, gateway
):
    _press(person, made)

    answer = _press(person, made, "60.00")

    [payment] = _payments(acting_as, made)
    assert answer.headers["Location"] == f"/debtor/payments/{payment.id}"
    page = person.get(answer.headers["Location"]).get_data(as_text=True)
    assert "This payment is not finished" in page
    assert payment.checkout_url in page


@pytest.mark.abuse("M8")
def test_while_nobody_knows_the_page_says_that_we_are_checking(acting_as, made, person, gateway):
    gateway.fail("open_checkout", when="after")

    answer = _press(person, made)

    [payment] = _payments(acting_as, made)
    assert payment.state is PaymentState.UNKNOWN
    page = person.get(answer.headers["Location"]).get_data(as_text=True)
    assert "We are checking with the payment provider" in page
    assert "You do not have to pay again" in page


def test_a_bank_that_cannot_take_payments_says_so_and_nothing_is_left_open(acting_as, make, visit):
    made = make.account()
    person = visit(made.debtor)

    answer = _press(person, made)

    assert answer.status_code == 422
    assert "cannot take payments here yet" in answer.get_data(as_text=True)
    assert [payment.state for payment in _payments(acting_as, made)] == [PaymentState.FAILED]


def test_coming_back_asks_the_provider_and_shows_only_our_own_record(
    acting_as, admin, made, person, gateway
):
    _press(person, made)
    [payment] = _payments(acting_as, made)

    back = person.get(f"/debtor/payments/{payment.id}/return?paid=1&session_id=cs_forged")
    page = person.get(back.headers["Location"]).get_data(as_text=True)

    assert "We are checking with the payment provider" in page
    assert "Thank you" not in page
    jobs = admin.execute(
        "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'look_up_payment'"
        " AND args ->> 'payment_id' = %s",
        [str(payment.id)],
    ).fetchone()
    assert jobs == (1,)


def test_a_cleared_payment_shows_each_step_and_that_the_bank_has_yet_to_confirm(
    acting_as, made, person, gateway
):
    _press(person, made)
    [payment] = _payments(acting_as, made)
    gateway.pay(payment.id)
    provider.look_up(made.bank_id, payment.id, at=clock.now())

    page = person.get(f"/debtor/payments/{payment.id}").get_data(as_text=True)

    assert "Thank you. We have your payment of $50.00." in page
    assert "Taken off what you owe" in page
    assert f"Posted by {made.bank.name}: still waiting" in page
    assert payment.ref in page


def test_a_payment_can_be_cancelled_and_another_started(acting_as, made, person, gateway):
    _press(person, made)
    [payment] = _payments(acting_as, made)
    person.get(f"/debtor/payments/{payment.id}/cancel")

    person.post(f"/debtor/payments/{payment.id}/cancel")

    assert reread(made, payment).state is PaymentState.ABANDONED
    page = person.get(f"/debtor/payments/{payment.id}").get_data(as_text=True)
    assert "This payment was not made" in page
    assert _press(person, made, "60.00").headers["Location"].startswith("http://localhost/sandbox")


def test_a_page_whose_time_is_over_is_being_checked_and_not_offered_any_more(
    acting_as, admin, made, person, gateway
):
    _press(person, made)
    [payment] = _payments(acting_as, made)
    admin.execute(
        "UPDATE payments SET expires_at = %s WHERE id = %s",
        [clock.now() - timedelta(seconds=1), payment.id],
    )

    page = person.get(f"/debtor/payments/{payment.id}").get_data(as_text=True)

    assert "We are checking" in page
    assert payment.checkout_url not in page


@pytest.mark.abuse("M20")
def test_the_sixth_payment_within_an_hour_is_refused(acting_as, made, person, gateway):
    for number in range(5):
        _press(person, made, f"5{number}.00")
        payment = _payments(acting_as, made)[-1]
        person.post(f"/debtor/payments/{payment.id}/cancel")

    answer = _press(person, made, "60.00")

    assert answer.status_code == 422
    assert "Five payments were started" in answer.get_data(as_text=True)
    with acting_as(Principal.system(made.bank_id)) as session:
        count = session.scalar(
            select(func.count()).select_from(Payment).where(Payment.account_id == made.id)
        )
    assert count == 5


@pytest.mark.abuse("C7")
@pytest.mark.parametrize("path", ["", "/return", "/cancel"])
def test_another_persons_payment_is_not_there(acting_as, make, made, person, visit, gateway, path):
    _press(person, made)
    [payment] = _payments(acting_as, made)
    stranger = visit(make.account(bank=made.bank).debtor)

    assert stranger.get(f"/debtor/payments/{payment.id}{path}").status_code == 404


def test_what_was_paid_is_listed_with_the_way_to_its_receipt(acting_as, made, person, gateway):
    path = f"/debtor/accounts/{made.id}/payments"
    before = person.get(path).get_data(as_text=True)
    _press(person, made)
    [payment] = _payments(acting_as, made)
    gateway.pay(payment.id)
    provider.look_up(made.bank_id, payment.id, at=clock.now())

    after = person.get(path).get_data(as_text=True)

    assert "No payment so far" in before
    assert "$50.00" in after
    assert f"/debtor/payments/{payment.id}" in after
