"""Starting a payment: once, within bounds, whatever the provider does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core.errors import Conflict, Invalid, NotFound, Unavailable
from portal.core.money import Money
from portal.core.payments import janitor
from portal.core.payments.models import Payment, PaymentState
from portal.core.payments.start import PaymentUnderWay, start_payment
from portal.core.principal import Principal
from portal.web import payments as provider
from tests.support.factories import NOON, TODAY
from tests.support.parallel import at_once
from tests.support.payments import open_page, reread, start


def _count(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalar(
            select(func.count()).select_from(Payment).where(Payment.account_id == made.id)
        )


def test_a_payment_is_written_down_before_the_provider_is_called(made, gateway):
    payment = start(made, 5_000)

    assert payment.state is PaymentState.INITIATED
    assert gateway.calls == []


def test_once_the_provider_has_opened_its_page_the_payment_is_open(made, gateway):
    payment = open_page(made, start(made, 5_000))

    assert payment.state is PaymentState.OPEN
    assert payment.checkout_url == gateway.pages[payment.checkout_id].url


@pytest.mark.abuse("M1")
@pytest.mark.parametrize("same_key", [True, False])
def test_fifty_presses_at_once_are_one_payment_and_one_page(
    app, acting_as, made, gateway, same_key
):
    def press(number):
        payment = start(made, 5_000, key="the-same-form" if same_key else f"tab-number-{number}")
        return open_page(made, payment).checkout_url if payment.checkout_url is None else None

    answers = at_once(app, 50, press)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert len({answer for answer in answers if answer}) == 1
    assert len(gateway.pages) == 1
    assert _count(acting_as, made) == 1


def test_the_same_form_sent_again_is_the_same_payment_even_after_it_ended(made, gateway):
    payment = open_page(made, start(made, 5_000, key="the-same-form"))
    provider.cancel_page(made.debtor, payment, at=NOON)

    again = start(made, 5_000, key="the-same-form")

    assert again.id == payment.id
    assert again.state is PaymentState.ABANDONED


def test_the_same_key_with_another_amount_is_refused(made):
    start(made, 5_000, key="the-same-form")

    with pytest.raises(Invalid, match="sent before with other values"):
        start(made, 6_000, key="the-same-form")


def test_another_amount_waits_until_the_open_payment_is_finished_or_cancelled(made, gateway):
    payment = open_page(made, start(made, 5_000))

    with pytest.raises(PaymentUnderWay) as refused:
        start(made, 6_000)
    provider.cancel_page(made.debtor, payment, at=NOON)

    assert refused.value.payment_id == payment.id
    assert start(made, 6_000).amount_minor == 6_000


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "smallest payment"),
        (99, r"smallest payment is 1\.00"),
        (246_738, "more than you owe"),
    ],
)
def test_an_amount_out_of_bounds_is_refused(made, minor, words):
    with pytest.raises(Invalid, match=words):
        start(made, minor)


def test_the_bounds_are_the_policys_least_amount_and_all_that_is_owed(make, made, gateway):
    make.plan_policy(made.bank)

    with pytest.raises(Invalid, match=r"smallest payment is 5\.00"):
        start(made, 499)
    assert start(made, 246_737).amount_minor == 246_737


def test_a_debt_smaller_than_the_least_amount_can_be_paid_whole(make, gateway):
    small = make.account(principal=60, interest=0, fees=0)
    make.plan_policy(small.bank)

    assert start(small, 60).amount_minor == 60


def test_another_currency_is_refused(acting_as, made):
    with acting_as(made.debtor) as session, pytest.raises(Invalid, match="another currency"):
        start_payment(
            session,
            made.debtor,
            made.id,
            Money(5_000, "CNY"),
            key="another-currency",
            at=NOON,
            today=TODAY,
        )


@pytest.mark.abuse("M20")
def test_the_sixth_payment_within_an_hour_is_refused(made, gateway):
    for number in range(5):
        at = NOON + timedelta(minutes=number)
        payment = open_page(made, start(made, 5_000 + number, at=at), at=at)
        provider.cancel_page(made.debtor, payment, at=at)

    with pytest.raises(Conflict, match="Five payments"):
        start(made, 6_000, at=NOON + timedelta(minutes=59))
    assert start(made, 6_000, at=NOON + timedelta(minutes=61)).amount_minor == 6_000


def test_somebody_elses_account_does_not_exist(acting_as, make, made):
    stranger = make.account().debtor

    with acting_as(stranger) as session, pytest.raises(NotFound):
        start_payment(
            session,
            stranger,
            made.id,
            Money(5_000, "USD"),
            key="somebody-else",
            at=NOON,
            today=TODAY,
        )


@pytest.mark.abuse("M8")
@pytest.mark.parametrize("when", ["before", "after"])
def test_when_the_reply_is_lost_the_payment_is_unknown_and_a_repeat_opens_one_page(
    made, gateway, when
):
    gateway.fail("open_checkout", when=when)

    payment = open_page(made, start(made, 5_000))
    again = open_page(made, start(made, 5_000))

    assert payment.state is PaymentState.UNKNOWN
    assert (again.id, again.state) == (payment.id, PaymentState.OPEN)
    assert len(gateway.pages) == 1


@pytest.mark.abuse("M8")
@pytest.mark.parametrize(
    ("when", "found"), [("before", PaymentState.ABANDONED), ("after", PaymentState.OPEN)]
)
def test_the_janitor_finds_out_what_came_of_a_call_that_was_never_answered(
    acting_as, made, gateway, when, found
):
    gateway.fail("open_checkout", when=when)
    payment = open_page(made, start(made, 5_000))
    later = NOON + timedelta(minutes=5)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        assert janitor.list_doubtful(session, system, at=later - timedelta(seconds=1)) == []
        assert janitor.list_doubtful(session, system, at=later) == [payment.id]

    provider.look_up(made.bank_id, payment.id, at=later)

    assert reread(made, payment).state is found


@pytest.mark.abuse("M8")
@pytest.mark.parametrize("name", ["find_checkout", "get_checkout"])
def test_a_look_up_that_fails_changes_nothing_and_can_be_repeated(made, gateway, name):
    payment = start(made, 5_000)
    if name == "get_checkout":
        payment = open_page(made, payment)
        gateway.pay(payment.id)
    gateway.fail(name)

    with pytest.raises(Unavailable):
        provider.look_up(made.bank_id, payment.id, at=NOON + timedelta(minutes=6))
    before = reread(made, payment).state
    provider.look_up(made.bank_id, payment.id, at=NOON + timedelta(minutes=6))

    assert before in (PaymentState.INITIATED, PaymentState.OPEN)
    assert reread(made, payment).state in (PaymentState.ABANDONED, PaymentState.CLEARED)


@pytest.mark.abuse("M8")
@pytest.mark.parametrize("when", ["before", "after"])
def test_cancelling_while_the_provider_fails_leaves_the_payment_to_be_asked_again(
    made, gateway, when
):
    payment = open_page(made, start(made, 5_000))
    gateway.fail("expire_checkout", when=when)

    with pytest.raises(Unavailable):
        provider.cancel_page(made.debtor, payment, at=NOON)
    assert reread(made, payment).state is PaymentState.OPEN
    provider.cancel_page(made.debtor, payment, at=NOON)

    assert reread(made, payment).state is PaymentState.ABANDONED


def test_cancelling_a_payment_that_was_paid_meanwhile_does_not_lose_it(made, gateway):
    payment = open_page(made, start(made, 5_000))
    gateway.pay(payment.id)

    provider.cancel_page(made.debtor, payment, at=NOON)

    assert reread(made, payment).state is PaymentState.OPEN
    provider.look_up(made.bank_id, payment.id, at=NOON)
    assert reread(made, payment).state is PaymentState.CLEARED


def test_a_bank_without_keys_takes_no_payment_and_says_so(make, gateway):
    made = make.account()

    with pytest.raises(Unavailable, match="cannot take payments"):
        open_page(made, start(made, 5_000))
