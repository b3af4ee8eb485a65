"""Killed between "paid" and "booked": at each step, a run afterwards books exactly once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.idempotency import new_key
from portal.core.ledger.models import Posting, PostingKind
from portal.core.money import Money
from portal.core.payments.models import PaymentState, ProviderEvent
from portal.core.payments.start import start_payment
from portal.core.principal import Principal
from portal.core.recoveries.models import Recovery
from portal.web import payments as provider
from portal.web.uow import transaction
from tests.support.crash import handle_event_in_process, look_up_in_process
from tests.support.payments import (
    deliver_events,
    open_page,
    owed,
    pay_on_page,
    reread,
    take_payments,
)
from tests.support.plans import accept, list_parts

POINTS = (
    "payments.handle.fetched",
    "payments.settle.locked",
    "ledger.post.posting",
    "ledger.post.lines",
    "payments.settle.booked",
    "payments.settle.settled",
    "payments.settle.marked",
    "payments.settle.instalments",
    "payments.settle.credited",
    "payments.settle.done",
    "payments.handle.closed",
)


@pytest.fixture
def paid(app, make):
    """Return an account with a plan, and a payment that is paid at the provider and not booked."""
    made = make.account(agency=make.agency())
    make.plan_policy(made.bank)
    take_payments(made.bank)
    plan = accept(made, 20_000)
    now = clock.now()
    with transaction(made.debtor) as session:
        payment = start_payment(
            session,
            made.debtor,
            made.id,
            Money(20_000, "USD"),
            key=new_key(),
            at=now,
            today=now.date(),
        )
    payment = open_page(made, payment, at=now)
    pay_on_page(app, payment.checkout_url)
    return made, payment, plan, now


def _event_of(acting_as, made, app):
    assert set(deliver_events(app)) == {200}
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.scalars(
            select(ProviderEvent.event_id).where(
                ProviderEvent.bank_id == made.bank_id,
                ProviderEvent.kind == "checkout.session.completed",
            )
        ).one()


def _booked(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        postings = session.scalar(
            select(func.count())
            .select_from(Posting)
            .where(
                Posting.bank_id == made.bank_id,
                Posting.kind.in_((PostingKind.PAYMENT, PostingKind.SETTLEMENT)),
            )
        )
        recoveries = session.scalar(
            select(func.count()).select_from(Recovery).where(Recovery.bank_id == made.bank_id)
        )
    return postings, recoveries


@pytest.mark.abuse("M9")
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    app, acting_as, settings, paid, point
):
    made, payment, plan, now = paid
    event_id = _event_of(acting_as, made, app)

    killed = handle_event_in_process(settings, made.bank_id, event_id, at=now, kill_at=point)

    assert killed == -9
    assert _booked(acting_as, made) == (0, 0)
    assert owed(made) == 246_737
    for _ in range(2):
        provider.handle_event(made.bank_id, event_id, at=now)
    assert _booked(acting_as, made) == (2, 1)
    assert owed(made) == 226_737
    assert reread(made, payment).state is PaymentState.CLEARED
    assert list_parts(made, plan)[0].paid_minor == 20_000


@pytest.mark.abuse("M9")
def test_the_janitor_books_what_a_dead_worker_left(app, acting_as, settings, paid):
    made, payment, _, now = paid

    killed = look_up_in_process(
        settings, made.bank_id, payment.id, at=now, kill_at="payments.settle.booked"
    )
    provider.look_up(made.bank_id, payment.id, at=now)

    assert killed == -9
    assert _booked(acting_as, made) == (2, 1)
    assert owed(made) == 226_737
