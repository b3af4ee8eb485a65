"""A payment provider in memory that honours the port, and fails when it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flask import Flask

from portal.core.errors import NotFound
from portal.core.ports import (
    Checkout,
    CheckoutRequest,
    EventRefused,
    GatewayEvent,
    GatewayUnavailable,
    Merchant,
)
from portal.web.gateways import Gateways


@dataclass
class FakeGateway:
    """Keeps pages by payment. `fail(name)` makes the next call of that name fail: before it does
    anything, or after it did everything.
    """

    pages: dict[str, Checkout] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    failing: list[tuple[str, str]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fail(self, name: str, *, when: str = "before") -> None:
        """Let the next call of a name fail, `before` or `after` its work."""
        self.failing.append((name, when))

    def pay(self, payment_id: UUID) -> Checkout:
        """Let the payer pay on the page of a payment."""
        intent_id = f"pi_{payment_id.hex}"
        paid = {"status": "complete", "paid": True, "url": None, "intent_id": intent_id}
        return self.change(payment_id, paid)

    def change(self, payment_id: UUID, values: Mapping[str, object]) -> Checkout:
        """Change the page of a payment, as only the provider could."""
        page = self._of(payment_id)
        if page is None:
            raise NotFound
        self.pages[page.id] = replace(page, **values)  # type: ignore[arg-type]
        return self.pages[page.id]

    def open_checkout(self, merchant: Merchant, request: CheckoutRequest) -> Checkout:
        """Open a page; a repeat for the same payment gives the same page."""
        with self._call("open_checkout"):
            known = self._of(request.payment_id)
            if known is None:
                name = f"cs_fake_{request.payment_id.hex}_{next(self._number)}"
                known = Checkout(
                    id=name,
                    payment_id=request.payment_id,
                    account=merchant.account,
                    amount=request.amount,
                    status="open",
                    paid=False,
                    livemode=False,
                    url=f"http://localhost/sandbox/pay/{name}",
                    intent_id=None,
                )
                self.pages[name] = known
            return known

    def get_checkout(self, merchant: Merchant, checkout_id: str) -> Checkout:
        """Return a page as it stands."""
        del merchant
        with self._call("get_checkout"):
            if checkout_id not in self.pages:
                raise NotFound
            return self.pages[checkout_id]

    def find_checkout(self, merchant: Merchant, payment_id: UUID) -> Checkout | None:
        """Return the page of a payment, if there is one."""
        del merchant
        with self._call("find_checkout"):
            return self._of(payment_id)

    def expire_checkout(self, merchant: Merchant, checkout_id: str) -> None:
        """Close an open page; a paid one stays."""
        del merchant
        with self._call("expire_checkout"):
            page = self.pages[checkout_id]
            if page.status == "open":
                self.pages[checkout_id] = replace(page, status="expired", url=None)

    def verify_event(
        self, merchant: Merchant, body: bytes, signature: str, now: datetime
    ) -> GatewayEvent:
        """Refuse: events are put into the inbox by the tests themselves."""
        raise EventRefused("Not an event.")

    def _of(self, payment_id: UUID) -> Checkout | None:
        found = [page for page in self.pages.values() if page.payment_id == payment_id]
        return found[-1] if found else None

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        self.calls.append(name)
        if (name, "before") in self.failing:
            self.failing.remove((name, "before"))
            raise GatewayUnavailable("The payment provider did not answer.")
        yield
        if (name, "after") in self.failing:
            self.failing.remove((name, "after"))
            raise GatewayUnavailable("The payment provider did not answer.")


@contextmanager
def paying_through(app: Flask, gateway: FakeGateway) -> Iterator[FakeGateway]:
    """Let the application pay through a fake for a while."""
    real: Gateways = app.extensions["portal.gateways"]
    app.extensions["portal.gateways"] = replace(real, payments=gateway)
    try:
        yield gateway
    finally:
        app.extensions["portal.gateways"] = real
