"""A bank that takes payments in the sandbox, and what a payer and the provider do there."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask

from portal.core.parties.models import Bank
from portal.core.ports import Merchant
from portal.demo.merchants import set_up_sandbox_merchant
from portal.extensions import db
from portal.sandbox.deliver import deliver_due
from portal.web.payments import handle_event
from tests.support.factories import NOON
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


def work_off_events(bank_id: UUID, event_ids: list[str]) -> None:
    """Handle stored events as the worker would."""
    for event_id in event_ids:
        handle_event(bank_id, event_id, at=NOON)
