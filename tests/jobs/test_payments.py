"""The jobs around payments: who is looked up, what is handed out, what is judged, for each bank."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock, seals
from portal.core.db import uuid7
from portal.core.idempotency import new_key
from portal.core.outbox import Message
from portal.core.payments.models import PaymentState
from portal.core.plans.ask import ask_person
from portal.core.plans.models import Promise, PromiseState
from portal.core.principal import Principal
from portal.jobs import letters as letter_jobs
from portal.jobs import payments as jobs
from tests.support.factories import NOON, TODAY
from tests.support.gateway import FakeGateway, paying_through
from tests.support.payments import open_page, put_event, reread, start, take_payments
from tests.support.plans import ask_for


@pytest.fixture
def gateway(app):
    with paying_through(app, FakeGateway()) as fake:
        yield fake


@pytest.fixture
def made(make, gateway):
    account = make.account(agency=make.agency())
    take_payments(account.bank)
    return account


def _jobs(admin, name, **arguments):
    rows = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = %s ORDER BY id", [name]
    ).fetchall()
    return [row[0] for row in rows if arguments.items() <= row[0].items()]


def test_payments_in_doubt_are_handed_out_and_looked_up(admin, made, gateway):
    long_ago = clock.now() - timedelta(minutes=6)
    doubtful = start(made, 5_000, at=long_ago)

    jobs.look_up_payments.func(timestamp=0)

    [arguments] = _jobs(admin, "look_up_payment", payment_id=str(doubtful.id))
    jobs.look_up_payment.func(**arguments)
    assert reread(made, doubtful).state is PaymentState.ABANDONED


def test_events_nobody_handled_are_handed_out_again(admin, made, gateway):
    payment = open_page(made, start(made, 5_000))
    gateway.pay(payment.id)
    event_id = put_event(made, payment)
    admin.execute(
        "UPDATE gateway_events SET received_at = %s WHERE event_id = %s",
        [clock.now() - timedelta(minutes=16), event_id],
    )

    jobs.retry_events.func(timestamp=0)

    handed_out = _jobs(admin, "handle_gateway_event", event_id=event_id)
    assert len(handed_out) == 2
    jobs.handle_gateway_event.func(**handed_out[-1])
    assert reread(made, payment).state is PaymentState.CLEARED


def test_the_nightly_monitor_judges_each_banks_promises(acting_as, made):
    promise = Promise(
        bank_id=made.bank_id,
        id=uuid7(),
        account_id=made.id,
        debtor_id=made.debtor_id,
        agency_id=made.agency.id,
        amount_minor=100,
        currency="USD",
        due_on=clock.now().date() - timedelta(days=30),
        made_at=clock.now() - timedelta(days=40),
        recorded_by=uuid7(),
    )
    with acting_as(Principal.system(made.bank_id)) as session:
        session.add(promise)

    jobs.judge_promises.func(timestamp=0)

    with acting_as(Principal.system(made.bank_id)) as session:
        found = session.get_one(Promise, (promise.bank_id, promise.id))
    assert found.state is PromiseState.BROKEN


def test_counts_of_the_door_are_swept_without_anybody_signed_in(app):
    jobs.sweep_door_counters.func(timestamp=0)


def test_the_bank_is_told_of_a_wish_without_a_name_or_an_amount(
    acting_as, admin, make, made, gateway
):
    make.plan_policy(made.bank)
    with acting_as(made.debtor) as session:
        plan = ask_person(
            session,
            made.debtor,
            made.id,
            ask_for(made, 2_500),
            key=new_key(),
            at=NOON,
            today=TODAY,
        )

    [arguments] = _jobs(admin, "tell_bank_of_ask", plan_id=str(plan.id))
    letter_jobs.tell_bank_of_ask.func(**arguments)

    with acting_as(Principal.machine_of(made.bank_id)) as session:
        [message] = session.query(Message).filter_by(kind="plan_asked").all()
        key = seals.owner_key(session, made.bank_id)
        text = key.open("messages.body", message.id, message.body_sealed)
        to = key.open("messages.to", message.id, message.to_sealed)
    assert to == made.bank.email
    assert "2026-11-27" in text
    for secret in (made.name, made.account_ref, "25.00", "2,467"):
        assert secret not in text
