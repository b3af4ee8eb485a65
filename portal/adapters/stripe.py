"""Stripe as the payment gateway: its own page, each bank's own account, events checked twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import stripe
from requests.structures import CaseInsensitiveDict
from stripe.checkout import Session
from werkzeug.test import Client

from portal.adapters.stripe_events import check_signature, read_event
from portal.config import Settings, SettingsError
from portal.core.errors import Conflict, Invalid, NotFound, Unavailable
from portal.core.money import Money, precision
from portal.core.ports import (
    Checkout,
    CheckoutRequest,
    GatewayEvent,
    GatewayUnavailable,
    Merchant,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIApplication
    from stripe.params.checkout import SessionCreateParams, SessionListParams

TIMEOUT_SECONDS = 10
SANDBOX_KEY_PREFIX = "sk_test_sandbox_"
PAGE_SIZE = 100
MOST_PAGES = 20
# A payment's page was opened this long before (clocks differ) or after its id was made, at most.
EARLIEST, LATEST = 10 * 60, 25 * 60 * 60
# Stripe's own list of currencies without cents, and with thousandths; it is not ISO 4217's.
_WHOLE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - shorter
)
_THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_POWERS = (1, 10, 100, 1000, 10_000)


def make_gateway(settings: Settings, sandbox: WSGIApplication | None) -> StripeGateway:
    """Return the real Stripe when its key is set, or else one that calls the sandbox in-process.

    Raises:
        SettingsError: a key together with the sandbox, or neither.
    """
    if settings.stripe_secret_key is not None:
        if sandbox is not None or settings.sandbox_enabled:
            raise SettingsError(
                "STRIPE_SECRET_KEY is set, so the payment sandbox must not run; unset one of them."
            )
        return StripeGateway(settings)
    if sandbox is None:
        raise SettingsError(
            "No payment provider: set STRIPE_SECRET_KEY, or PAYMENT_SANDBOX=true for practice."
        )
    return StripeGateway(settings, WsgiTransport(sandbox))


class StripeGateway:
    """Opens, reads and closes hosted pages, and verifies events, for whichever bank is asked for.

    Nothing is retried here: who calls knows whether the outcome may be unknown, and repeats with
    the same payment.
    """

    def __init__(self, settings: Settings, transport: stripe.HTTPClient | None = None) -> None:
        """Keep one connection pool for all banks; each call brings its bank's own key."""
        stripe.enable_telemetry = False  # it would write a file into the home directory
        logging.getLogger("stripe").setLevel(logging.WARNING)  # at DEBUG it logs what was posted
        self._sandbox = settings.stripe_secret_key is None
        self._transport = transport or stripe.RequestsClient(timeout=TIMEOUT_SECONDS)

    def open_checkout(self, merchant: Merchant, request: CheckoutRequest) -> Checkout:
        """Open Stripe's page for one payment; a repeat with the same request is the same page.

        Raises:
            GatewayUnavailable: the outcome is unknown; repeat, or look with `find_checkout`.
            Conflict: the same payment was opened before with another amount, text or time.
            Invalid: Stripe refuses the request, such as a closing time under 30 minutes away.
            Unavailable: the bank's key is not accepted.
        """
        client = self._client(merchant)
        params = _session_params(request)
        key = f"checkout-{request.payment_id}"
        with _failures():
            session = client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return _checkout(merchant, session)

    def get_checkout(self, merchant: Merchant, checkout_id: str) -> Checkout:
        """Return the page as Stripe has it now.

        Raises:
            NotFound: Stripe has no such page, or it is not for a payment of the portal.
            GatewayUnavailable: Stripe did not answer.
        """
        client = self._client(merchant)
        with _failures():
            session = client.v1.checkout.sessions.retrieve(checkout_id)
        return _checkout(merchant, session)

    def find_checkout(self, merchant: Merchant, payment_id: UUID) -> Checkout | None:
        """Return the page opened for a payment, a paid one first; None when there is none.

        Stripe cannot search pages by payment, so the newest are gone through, around the moment
        the payment's id was made.

        Raises:
            GatewayUnavailable: Stripe did not answer, or there are too many pages to be sure.
        """
        client = self._client(merchant)
        after: str | None = None
        for _ in range(MOST_PAGES):
            with _failures():
                page = client.v1.checkout.sessions.list(self._look_up(payment_id, after))
            found = [one for one in page.data if one.client_reference_id == str(payment_id)]
            if found:
                best = max(found, key=lambda one: (one.payment_status == "paid", one.created))
                return _checkout(merchant, best)
            if not page.has_more or not page.data:
                return None
            after = page.data[-1].id
        raise GatewayUnavailable("The payment provider holds too many payments to look through.")

    def expire_checkout(self, merchant: Merchant, checkout_id: str) -> None:
        """Close an open page; one that is paid or closed already stays as it is.

        Raises:
            NotFound: Stripe has no such page.
            GatewayUnavailable: Stripe did not answer.
        """
        client = self._client(merchant)
        with _failures():
            try:
                client.v1.checkout.sessions.expire(checkout_id)
            except stripe.InvalidRequestError:
                if client.v1.checkout.sessions.retrieve(checkout_id).status == "open":
                    raise

    def verify_event(
        self, merchant: Merchant, body: bytes, signature: str, now: datetime
    ) -> GatewayEvent:
        """Check an event's signature and time on the raw bytes, then what it says it is.

        While a secret is being changed, either of the merchant's secrets will do.

        Raises:
            EventRefused: not signed by Stripe, more than 300 s old or ahead, or not an event.
        """
        check_signature(body, signature, merchant.webhook_secrets, now)
        return read_event(body, account=merchant.account)

    def _client(self, merchant: Merchant) -> stripe.StripeClient:
        if merchant.secret_key.startswith(SANDBOX_KEY_PREFIX) != self._sandbox:
            raise Unavailable("Payments cannot be taken for this bank at the moment.")
        return stripe.StripeClient(
            merchant.secret_key, http_client=self._transport, max_network_retries=0
        )

    def _look_up(self, payment_id: UUID, after: str | None) -> SessionListParams:
        params: SessionListParams = {"limit": PAGE_SIZE}
        # A demo's clock may be shifted while ids are made by the real one; its pages are few.
        if payment_id.version == 7 and not self._sandbox:
            made_at = (payment_id.int >> 80) // 1000
            params["created"] = {"gte": made_at - EARLIEST, "lte": made_at + LATEST}
        if after is not None:
            params["starting_after"] = after
        return params


class WsgiTransport(stripe.HTTPClient):
    """Carries the library's requests to a WSGI application in this process: no port, no network."""

    name = "wsgi"

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._client = Client(app, use_cookies=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Run the application on one request and return body, status and headers."""
        with self._client.open(
            url, method=method.upper(), headers=dict(headers or {}), data=post_data
        ) as response:
            answered = CaseInsensitiveDict(response.headers.items())
            return response.get_data(as_text=True), response.status_code, answered

    def close(self) -> None:
        """Nothing is held open."""


def wire_amount(amount: Money) -> int:
    """Return an amount in the smallest units Stripe counts the currency in.

    Raises:
        Invalid: finer than Stripe takes: it counts some currencies in whole units, and the last
            digit of thousandths must be zero.
    """
    digits = _digits(amount.currency)
    units, rest = divmod(amount.minor * _POWERS[digits], _POWERS[precision(amount.currency)])
    if rest or (digits == 3 and units % 10):
        raise Invalid("The payment provider cannot take such a small part of the currency.")
    return units


def from_wire(units: int, currency: str) -> Money:
    """Return Money for an amount as Stripe counts it.

    Raises:
        Invalid: finer than the currency's own minor unit.
    """
    code = currency.upper()
    minor, rest = divmod(units * _POWERS[precision(code)], _POWERS[_digits(code)])
    if rest:
        raise Invalid("The payment provider named an amount that the currency does not have.")
    return Money(minor, code)


def _digits(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def _session_params(request: CheckoutRequest) -> SessionCreateParams:
    reference = {"payment_id": str(request.payment_id)}
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(request.payment_id),
        "metadata": reference,
        "payment_intent_data": {"description": request.description, "metadata": reference},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": wire_amount(request.amount),
                    "product_data": {"name": request.description},
                },
            }
        ],
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
        "locale": _locale(request.locale),
    }
    if request.customer_email is not None:
        params["customer_email"] = request.customer_email
    return params


def _locale(locale: str) -> str:
    """Return Stripe's name for a language: `zh_Hans_CN` is zh; others are the browser's choice."""
    words = locale.lower().replace("-", "_").split("_")
    if words[0] == "zh" and ("hk" in words or "tw" in words or "hant" in words):
        return "zh-HK" if "hk" in words else "zh-TW"
    return words[0] if words[0] in ("zh", "en", "es", "fr", "vi", "ko", "ru") else "auto"


def _checkout(merchant: Merchant, session: Session) -> Checkout:
    try:
        payment_id = UUID(session.client_reference_id or "")
    except ValueError:
        raise NotFound from None
    intent = session.payment_intent
    return Checkout(
        id=session.id,
        payment_id=payment_id,
        account=merchant.account,
        amount=from_wire(session.amount_total or 0, session.currency or ""),
        status=str(session.status),
        paid=session.payment_status == "paid",
        livemode=session.livemode,
        url=session.url,
        intent_id=intent if intent is None or isinstance(intent, str) else intent.id,
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Turn Stripe's errors into ours: above all, tell "no" from "nobody knows"."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable("Payments cannot be taken for this bank at the moment.") from error
    except stripe.IdempotencyError as error:
        raise Conflict("This payment was begun before with other details.") from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            raise NotFound from error
        raise Invalid("The payment provider refused this payment.") from error
    except stripe.CardError as error:
        raise Conflict("The card was declined.") from error
    except stripe.StripeError as error:
        raise GatewayUnavailable("The payment provider did not answer.") from error
