"""The inbox: repeated, shuffled, late and wrong events, and what they may never do."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core.db import uuid7
from portal.core.errors import Unavailable
from portal.core.ledger.models import Posting, PostingKind
from portal.core.money import Money
from portal.core.payments import janitor
from portal.core.payments.models import EventState, PaymentState, ProviderEvent
from portal.core.principal import Principal
from portal.core.recoveries.models import Recovery
from portal.web import payments as provider
from tests.support.factories import NOON
from tests.support.parallel import at_once
from tests.support.payments import (
    handle,
    open_page,
    owed,
    put_event,
    reread,
    start,
    take_payments,
)

KINDS = (
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
)


def _events(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return {event.event_id: event for event in session.scalars(select(ProviderEvent))}


def _booked(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        postings = session.scalar(
            select(func.count())
            .select_from(Posting)
            .where(Posting.bank_id == made.bank_id, Posting.kind == PostingKind.PAYMENT)
        )
        recoveries = session.scalar(
            select(func.count()).select_from(Recovery).where(Recovery.bank_id == made.bank_id)
        )
    return postings, recoveries


def _open(made, gateway, *, paid=True):
    payment = open_page(made, start(made, 5_000))
    if paid:
        gateway.pay(payment.id)
    return payment


def test_an_event_makes_the_bank_book_what_the_provider_says_about_its_page(
    acting_as, made, gateway
):
    payment = _open(made, gateway)

    event_id = put_event(made, payment)
    handle(made, event_id)

    assert reread(made, payment).state is PaymentState.CLEARED
    assert owed(made) == 241_737
    assert _events(acting_as, made)[event_id].state is EventState.HANDLED


def test_an_event_is_a_hint_and_an_unpaid_page_stays_unpaid(acting_as, made, gateway):
    payment = _open(made, gateway, paid=False)

    handle(made, put_event(made, payment, "checkout.session.completed"))

    assert reread(made, payment).state is PaymentState.OPEN
    assert owed(made) == 246_737


@pytest.mark.abuse("M5")
def test_an_event_ten_times_is_stored_and_booked_once(acting_as, made, gateway):
    payment = _open(made, gateway)

    for _ in range(10):
        handle(made, put_event(made, payment, event_id="evt_the_same"))

    assert list(_events(acting_as, made)) == ["evt_the_same"]
    assert _booked(acting_as, made) == (1, 1)
    assert owed(made) == 241_737


@pytest.mark.abuse("M5")
def test_one_event_handled_by_ten_workers_at_once_is_booked_once(app, acting_as, made, gateway):
    payment = _open(made, gateway)
    event_id = put_event(made, payment)

    answers = at_once(app, 10, lambda _: provider.handle_event(made.bank_id, event_id, at=NOON))

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert _booked(acting_as, made) == (1, 1)


@pytest.mark.abuse("M6")
@pytest.mark.parametrize("order", list(itertools.permutations(KINDS)), ids=str)
def test_events_in_any_order_and_twice_lead_to_the_same_end(acting_as, made, gateway, order):
    payment = _open(made, gateway)
    ids = [put_event(made, payment, kind) for kind in order]

    handle(made, *ids, *reversed(ids))

    assert reread(made, payment).state is PaymentState.CLEARED
    assert _booked(acting_as, made) == (1, 1)
    assert owed(made) == 241_737
    assert {event.state for event in _events(acting_as, made).values()} == {EventState.HANDLED}


@pytest.mark.abuse("M6")
def test_an_old_expiry_after_the_payment_was_cleared_takes_nothing_back(made, gateway):
    payment = _open(made, gateway)
    handle(made, put_event(made, payment))
    gateway.change(payment.id, {"status": "expired", "paid": False})

    handle(made, put_event(made, payment, "checkout.session.expired"))

    assert reread(made, payment).state is PaymentState.CLEARED


def test_an_event_that_comes_before_the_reply_to_opening_the_page_is_understood(made, gateway):
    gateway.fail("open_checkout", when="after")
    payment = open_page(made, start(made, 5_000))
    page = gateway.pay(payment.id)

    handle(made, put_event(made, payment, "payment_intent.succeeded", object_id="pi_1"))

    assert reread(made, payment).state is PaymentState.CLEARED
    assert reread(made, payment).checkout_id == page.id


@pytest.mark.abuse("M7")
@pytest.mark.parametrize(
    ("put", "changed", "reason"),
    [
        ({"livemode": True}, {}, "livemode"),
        ({"account": "acct_somebody_else"}, {}, "account"),
        ({"named": "not-a-payment"}, {}, "payment"),
        ({"named": str(uuid7())}, {}, "payment"),
        ({"object_id": "cs_unknown"}, {}, "page"),
        ({}, {"livemode": True}, "livemode"),
        ({}, {"account": "acct_somebody_else"}, "account"),
        ({}, {"amount": Money(4_999, "USD")}, "amount"),
        ({}, {"amount": Money(5_001, "USD")}, "amount"),
        ({}, {"amount": Money(5_000, "CAD")}, "currency"),
        ({}, {"payment_id": uuid7()}, "payment"),
    ],
)
def test_what_does_not_fit_is_put_into_quarantine_and_books_nothing(
    acting_as, made, gateway, put, changed, reason
):
    payment = _open(made, gateway)
    gateway.change(payment.id, changed)

    event_id = put_event(made, payment, **put)
    handle(made, event_id)

    event = _events(acting_as, made)[event_id]
    assert (event.state, event.reason) == (EventState.QUARANTINED, reason)
    assert reread(made, payment).state is PaymentState.OPEN
    assert _booked(acting_as, made) == (0, 0)
    assert owed(made) == 246_737


@pytest.mark.abuse("M7")
def test_another_banks_payment_named_in_our_events_is_not_touched(make, acting_as, made, gateway):
    other = make.account()
    take_payments(other.bank)
    theirs = _open(other, gateway)

    event_id = put_event(made, theirs)
    handle(made, event_id)

    assert _events(acting_as, made)[event_id].reason == "payment"
    assert reread(other, theirs).state is PaymentState.OPEN


def test_an_event_of_a_kind_we_do_not_use_is_set_aside(acting_as, made, gateway):
    payment = _open(made, gateway)

    event_id = put_event(made, payment, "customer.created")
    handle(made, event_id)

    assert _events(acting_as, made)[event_id].state is EventState.IGNORED
    assert gateway.calls == ["open_checkout"]


@pytest.mark.abuse("M8")
def test_while_the_provider_is_silent_an_event_waits_and_is_handed_out_again(
    acting_as, made, gateway
):
    payment = _open(made, gateway)
    event_id = put_event(made, payment)
    gateway.fail("get_checkout")

    with pytest.raises(Unavailable):
        provider.handle_event(made.bank_id, event_id, at=NOON)

    event = _events(acting_as, made)[event_id]
    assert event.state is EventState.RECEIVED
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        late = event.received_at + timedelta(minutes=15)
        assert janitor.list_unhandled(session, system, at=late) == [event_id]
    handle(made, event_id)
    assert reread(made, payment).state is PaymentState.CLEARED


def test_an_open_page_that_nobody_heard_of_again_is_looked_up_after_it_closes(
    acting_as, made, gateway
):
    payment = _open(made, gateway)
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        early = janitor.list_doubtful(session, system, at=payment.expires_at)
        late = janitor.list_doubtful(session, system, at=payment.expires_at + timedelta(minutes=5))

    assert (early, late) == ([], [payment.id])
