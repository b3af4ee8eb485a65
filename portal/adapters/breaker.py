"""A breaker before the payment provider: when it keeps failing, it is left alone for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from portal.core import clock
from portal.core.ports import (
    Checkout,
    CheckoutRequest,
    GatewayEvent,
    GatewayUnavailable,
    Merchant,
    PaymentGateway,
)

T = TypeVar("T")
FAILURES = 5
PAUSE = timedelta(seconds=30)


class BreakerGateway:
    """A payment gateway that fails at once while the provider is down.

    After `FAILURES` failures in a row calls are refused for `PAUSE`; then one call tries, and its
    outcome decides for all. A refused call reached nobody, so its outcome is known to be nothing.
    """

    def __init__(self, inner: PaymentGateway, *, now: Callable[[], datetime] = clock.now) -> None:
        """Stand before a gateway."""
        self._inner = inner
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until: datetime | None = None

    def open_checkout(self, merchant: Merchant, request: CheckoutRequest) -> Checkout:
        """Open a hosted page, unless the provider is being left alone."""
        return self._call(lambda: self._inner.open_checkout(merchant, request))

    def get_checkout(self, merchant: Merchant, checkout_id: str) -> Checkout:
        """Return a page, unless the provider is being left alone."""
        return self._call(lambda: self._inner.get_checkout(merchant, checkout_id))

    def find_checkout(self, merchant: Merchant, payment_id: UUID) -> Checkout | None:
        """Find a payment's page, unless the provider is being left alone."""
        return self._call(lambda: self._inner.find_checkout(merchant, payment_id))

    def expire_checkout(self, merchant: Merchant, checkout_id: str) -> None:
        """Close a page, unless the provider is being left alone."""
        return self._call(lambda: self._inner.expire_checkout(merchant, checkout_id))

    def verify_event(
        self, merchant: Merchant, body: bytes, signature: str, now: datetime
    ) -> GatewayEvent:
        """Check an incoming event; that asks nobody, so it is never refused."""
        return self._inner.verify_event(merchant, body, signature, now)

    def _call(self, ask: Callable[[], T]) -> T:
        self._refuse_while_closed()
        try:
            answer = ask()
        except GatewayUnavailable:
            self._note_failure()
            raise
        with self._lock:
            self._failures, self._closed_until = 0, None
        return answer

    def _refuse_while_closed(self) -> None:
        with self._lock:
            now = self._now()
            if self._closed_until is None:
                return
            if now < self._closed_until:
                raise GatewayUnavailable("The payment provider did not answer.")
            # This call tries for all; the others wait for what it finds.
            self._closed_until = now + PAUSE

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_until = self._now() + PAUSE
