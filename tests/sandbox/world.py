"""A provider with one account, its clock in the test's hand, and everything it sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete
from werkzeug.test import Client, TestResponse

from portal.adapters.stripe import WsgiTransport
from portal.config import ROOT
from portal.sandbox.api import make_api
from portal.sandbox.blueprint import make_blueprint
from portal.sandbox.deliver import deliver_due, register_endpoint
from portal.sandbox.keys import secret_key_for
from portal.sandbox.tables import deliveries, endpoints

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
POOR = "4000 0000 0000 9995"
EXPIRED = "4000 0000 0000 0069"
Sent = tuple[str, bytes, dict[str, str]]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


class World:
    """One account at the provider, seen from the machine's side and from the payer's."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        self.account = f"acct_{secrets.token_hex(8)}"
        self.key = secret_key_for(self.account)
        self.webhook_secret = f"whsec_{secrets.token_hex(8)}"
        self.api = make_api(engine, base_url="http://localhost/", now=self.clock)
        self.transport = WsgiTransport(self.api)
        self.client = stripe.StripeClient(self.key, http_client=self.transport)
        self.told = 0
        self.hook = f"https://portal.example/hooks/{self.account}"
        self.sent: list[Sent] = []
        pages = Flask("pages", static_folder=str(ROOT / "static"))
        pages.register_blueprint(make_blueprint(engine, after_commit=self._tell, now=self.clock))
        pages.testing = True
        self.pages = pages

    def _tell(self) -> None:
        self.told += 1

    def browser(self) -> FlaskClient:
        return self.pages.test_client()

    def raw(
        self, method: str, path: str, data: Any = None, *, key: str | None = None, **headers: str
    ) -> TestResponse:
        """Send a request without the library, which would mend or refuse it beforehand."""
        sent = {"Authorization": f"Bearer {key or self.key}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(self.api).open(path, method=method, data=data, headers=sent)

    def open_session(self, **changes: Any) -> stripe.checkout.Session:
        key = changes.pop("idempotency_key", None)
        options: Any = {} if key is None else {"idempotency_key": key}
        return self.client.v1.checkout.sessions.create(session_params(**changes), options)

    def pay(self, session_id: str, number: str = GOOD, **form: str) -> TestResponse:
        form = {"card_number": number, "action": "pay"} | form
        return self.browser().post(f"/sandbox/pay/{session_id}", data=form)

    def session(self, session_id: str) -> stripe.checkout.Session:
        return self.client.v1.checkout.sessions.retrieve(session_id)

    def cause_one_event(self) -> None:
        intents = self.client.v1.payment_intents
        intents.cancel(intents.create({"amount": 2_000, "currency": "usd"}).id)

    def kinds(self) -> list[str]:
        """Name the account's events, oldest first."""
        events = self.client.v1.events.list({"limit": 100}).data
        return [event.type for event in events][::-1]

    def listen(self) -> None:
        with self.engine.begin() as connection:
            register_endpoint(connection, self.account, self.hook, self.webhook_secret)

    def stop_listening(self) -> None:
        """Owe this account nothing any more, so that no other test is sent it."""
        with self.engine.begin() as connection:
            for table in (deliveries, endpoints):
                connection.execute(delete(table).where(table.c.account == self.account))

    def deliver(self, status: int | Callable[[], int] = 200) -> list[Sent]:
        """Send what is due, answering with a status, and return this account's share of it."""
        before = len(self.sent)

        def post(url: str, body: bytes, headers: dict[str, str]) -> int:
            if url != self.hook:
                return 500
            self.sent.append((url, body, headers))
            return status() if callable(status) else status

        deliver_due(self.engine, post, now=self.clock)
        return self.sent[before:]


def session_params(**changes: Any) -> Any:
    """Return a session's parameters as a portal would send them; None leaves one out."""
    params = {
        "mode": "payment",
        "client_reference_id": "payment-1",
        "metadata": {"payment_id": "payment-1"},
        "payment_intent_data": {
            "description": "Account 7731",
            "metadata": {"payment_id": "payment-1"},
        },
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 15_000,
                    "product_data": {"name": "Account 7731"},
                },
            }
        ],
        "success_url": "http://localhost/done?page={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost/back",
        "expires_at": int((NOON + timedelta(minutes=40)).timestamp()),
        "locale": "en",
    } | changes
    return {name: value for name, value in params.items() if value is not None}


def uuid7_at(at: datetime) -> UUID:
    """Make a UUIDv7 for an instant, as the database would have then."""
    noise = secrets.randbits(80)
    value = (int(at.timestamp() * 1000) << 80) | noise
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | (0x7 << 76) | (0x2 << 62))
