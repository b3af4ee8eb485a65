"""Protocols for the outside world, and the plain values that cross it. Adapters honour them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal.core.errors import PortalError, Unavailable
from portal.core.money import Money


class GatewayUnavailable(Unavailable):
    """The payment provider did not answer, or answered that it failed: the outcome is unknown."""


class EventRefused(PortalError):
    """An incoming event is not the provider's: bad signature, bad time, or not an event."""


@dataclass(frozen=True)
class Merchant:
    """A bank's own account at the payment provider; the bank is merchant of record."""

    bank_id: UUID
    account: str
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class CheckoutRequest:
    """What the provider's hosted page has to show and charge for one payment."""

    payment_id: UUID
    amount: Money
    description: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    locale: str
    customer_email: str | None = None


@dataclass(frozen=True)
class Checkout:
    """A hosted payment page at the provider, as the provider reports it.

    `status` is open, complete or expired; `paid` tells whether the money was taken.
    """

    id: str
    payment_id: UUID
    account: str
    amount: Money
    status: str
    paid: bool
    livemode: bool
    url: str | None
    intent_id: str | None


@dataclass(frozen=True)
class GatewayEvent:
    """A verified event: a hint that the named object changed. Amounts are fetched, not believed."""

    id: str
    kind: str
    account: str
    livemode: bool
    created_at: datetime
    object_id: str
    body: bytes = field(repr=False)


class PaymentGateway(Protocol):
    """The payment provider; any call may raise `GatewayUnavailable`, none runs in a transaction."""

    def open_checkout(self, merchant: Merchant, request: CheckoutRequest) -> Checkout:
        """Open a hosted page; a repeat for the same payment gives the same page."""
        ...

    def get_checkout(self, merchant: Merchant, checkout_id: str) -> Checkout:
        """Return the page as it stands at the provider now."""
        ...

    def find_checkout(self, merchant: Merchant, payment_id: UUID) -> Checkout | None:
        """Return the page opened for a payment, when the reply to opening it was lost."""
        ...

    def expire_checkout(self, merchant: Merchant, checkout_id: str) -> None:
        """Close an open page so that nothing can be paid on it any more."""
        ...

    def verify_event(
        self, merchant: Merchant, body: bytes, signature: str, now: datetime
    ) -> GatewayEvent:
        """Check an incoming event on its raw bytes.

        Raises:
            EventRefused: wrong signature, more than 300 s old or ahead, or not a JSON event.
        """
        ...


class LetterRenderer(Protocol):
    """Turns a finished HTML document into a tagged PDF."""

    def render(self, html: str) -> bytes:
        """Return the PDF; the document names only assets the renderer knows."""
        ...


class Mailer(Protocol):
    """Sends e-mail."""

    def send(self, *, to: str, subject: str, text: str, key: str) -> None:
        """Hand one message to the mail server, with `key` as its Message-ID.

        Raises:
            Unavailable: the mail server did not take it.
        """
        ...


class Texter(Protocol):
    """Sends text messages."""

    def send(self, *, to: str, text: str, key: str) -> None:
        """Hand one text message to the carrier.

        Raises:
            Unavailable: the carrier did not take it.
        """
        ...
