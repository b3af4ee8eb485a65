"""A bank that takes payments in the sandbox, and what a payer and the provider do there."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask

from portal.core.db import uuid7
from portal.core.idempotency import new_key
from portal.core.ledger.check import check_ledger
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank
from portal.core.payments.inbox import receive_event
from portal.core.payments.models import Payment
from portal.core.payments.start import start_payment
from portal.core.ports import GatewayEvent, Merchant
from portal.core.principal import Principal
from portal.demo.merchants import set_up_sandbox_merchant
from portal.extensions import db
from portal.sandbox.deliver import deliver_due
from portal.web import payments as provider
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY, MadeAccount
from tests.support.sign_in import Visitor

CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


def take_payments(bank: Bank) -> Merchant:
    """Let a bank take payments in the sandbox of this process."""
    return set_up_sandbox_merchant(bank.id, "http://localhost")


def pay_on_page(app: Flask, url: str, card: str = CARD) -> str:
    """Pay on the provider's hosted page, and return where it sends the payer."""
    answer = Visitor(app).post(urlsplit(url).path, {"card_number": card, "action": "pay"})
    return answer.headers.get("Location", "")


def deliver_events(app: Flask) -> list[int]:
    """Send the events that are due to our own hook; return what the hook answered."""
    statuses: list[int] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        answer = app.test_client().post(urlsplit(url).path, data=body, headers=headers)
        statuses.append(answer.status_code)
        return answer.status_code

    deliver_due(lambda: db.engine, post)
    return statuses


def start(made: MadeAccount, minor: int, *, key: str | None = None, at: datetime = NOON) -> Payment:
    """Write a payment down as initiated, as pressing the button does."""
    with transaction(made.debtor) as session:
        return start_payment(
            session,
            made.debtor,
            made.id,
            Money(minor, made.currency),
            key=key or new_key(),
            at=at,
            today=TODAY,
        )


def open_page(made: MadeAccount, payment: Payment, *, at: datetime = NOON) -> Payment:
    """Call the provider for a payment, as pressing the button does next."""
    return provider.open_page(
        made.debtor,
        payment,
        back_to="http://localhost/back",
        cancel_to="http://localhost/cancel",
        locale="en",
        at=at,
    )


def put_event(
    made: MadeAccount,
    payment: Payment,
    kind: str = "checkout.session.completed",
    *,
    event_id: str | None = None,
    object_id: str | None = None,
    account: str | None = None,
    livemode: bool = False,
    named: str | None = None,
) -> str:
    """Put an event about a payment into the bank's inbox, as the hook does, and return its id."""
    merchant = provider.merchant_for(made.bank_id)
    subject = {
        "id": object_id or payment.checkout_id or "cs_none",
        "client_reference_id": named if named is not None else str(payment.id),
        "metadata": {"payment_id": named if named is not None else str(payment.id)},
    }
    event = GatewayEvent(
        id=event_id or f"evt_{uuid7().hex}",
        kind=kind,
        account=account or merchant.account,
        livemode=livemode,
        created_at=NOON,
        object_id=str(subject["id"]),
        body=json.dumps({"data": {"object": subject}}).encode(),
    )
    system = Principal.system(made.bank_id)
    with transaction(system) as session:
        receive_event(session, system, merchant, event)
    return event.id


def handle(made: MadeAccount, *event_ids: str) -> None:
    """Handle stored events as the worker would, in this order."""
    for event_id in event_ids:
        provider.handle_event(made.bank_id, event_id, at=NOON)


def reread(made: MadeAccount, payment: Payment) -> Payment:
    """Return a payment as the database has it now."""
    with transaction(Principal.system(made.bank_id)) as session:
        return session.get_one(Payment, (payment.bank_id, payment.id))


def owed(made: MadeAccount) -> int:
    """Return what is owed now, in minor units, once the books have been proven."""
    system = Principal.system(made.bank_id)
    with transaction(system) as session:
        report = check_ledger(session, made.bank_id)
        assert report.faults == ()
        return int(session.get_one(Balance, (made.bank_id, made.id)).total_minor)
