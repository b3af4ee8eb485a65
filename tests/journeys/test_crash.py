"""The web process dies over a payment that was made: nothing is lost, nothing counts twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
import requests
from sqlalchemy import func, select

from portal.app import create_app
from portal.core.ledger.models import Balance, Posting, PostingKind
from portal.core.payments.models import Payment, PaymentState
from portal.core.principal import Principal
from portal.demo.merchants import set_up_sandbox_merchant
from portal.demo.moments import moment
from portal.extensions import db
from portal.sandbox.deliver import deliver_due, post_http
from portal.web import payments
from portal.web.uow import transaction
from tests.support.factories import Factory, MadeAccount
from tests.support.payments import CARD, start
from tests.support.servers import Portal, eventually

pytestmark = pytest.mark.journey
OWED, PAID = 246_737, 20_000


@pytest.fixture
def made(portal: Portal) -> Iterator[MadeAccount]:
    """Return an account at an agency, of a bank that takes payments at the running portal."""
    with create_app(portal.settings()).app_context(), moment(portal.now()):
        factory = Factory()
        account = factory.account(agency=factory.agency())
        set_up_sandbox_merchant(account.bank_id, portal.url)
        yield account
        db.engine.dispose()


@pytest.mark.abuse("M9")
def test_a_web_process_killed_between_paid_and_booked_loses_and_doubles_nothing(portal, made):
    payment = _open_payment(portal, made)
    portal.end_web()
    portal.start_web(PORTAL_FAULT_KILL="payments.hook.stored")

    _pay(payment.checkout_url)
    eventually(portal.web_has_died, "the web process to die over the provider's event")
    portal.end_web()
    portal.start_web()

    eventually(partial(_cleared, made, payment), "the payment to be booked")
    repeated = deliver_due(lambda: db.engine, post_http, now=lambda: _soon(portal))
    assert repeated >= 1, "the provider sends again what nobody answered"
    assert _books(made) == (OWED - PAID, 1)


def _open_payment(portal: Portal, made: MadeAccount) -> Payment:
    at = portal.now()
    payment = start(made, PAID, at=at)
    return payments.open_page(
        made.debtor,
        payment,
        back_to=f"{portal.url}/",
        cancel_to=f"{portal.url}/",
        locale="en",
        at=at,
    )


def _pay(url: str) -> None:
    browser = requests.Session()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(url, timeout=10).text)
    assert token is not None
    form = {"csrf_token": token[1], "card_number": CARD, "action": "pay"}
    answer = browser.post(url, form, timeout=10, allow_redirects=False)
    assert answer.status_code == 303


def _cleared(made: MadeAccount, payment: Payment) -> bool | None:
    with transaction(Principal.system(made.bank_id)) as session:
        state = session.scalar(select(Payment.state).where(Payment.id == payment.id))
    return True if state is PaymentState.CLEARED else None


def _books(made: MadeAccount) -> tuple[int, int]:
    """Return what is owed, and how many payments were booked."""
    with transaction(Principal.system(made.bank_id)) as session:
        owed = session.scalars(select(Balance.total_minor).where(Balance.account_id == made.id))
        booked = session.scalar(
            select(func.count())
            .select_from(Posting)
            .where(Posting.account_id == made.id, Posting.kind == PostingKind.PAYMENT)
        )
        return owed.one(), booked or 0


def _soon(portal: Portal) -> datetime:
    return portal.now() + timedelta(seconds=30)
