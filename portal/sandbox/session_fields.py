"""What a new hosted page may be asked for, and what it looks like before anything happened."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.sandbox.calls import Call
from portal.sandbox.errors import ApiFault
from portal.sandbox.intents import check_amount
from portal.sandbox.store import Json

CREATE_FIELDS = frozenset(
    {
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "expires_at",
        "line_items.price_data.currency",
        "line_items.price_data.product_data.name",
        "line_items.price_data.unit_amount",
        "line_items.quantity",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data.description",
        "payment_intent_data.metadata",
        "payment_intent_data.receipt_email",
        "success_url",
    }
)
SHORTEST_LIFE = 30 * 60
LONGEST_LIFE = 24 * 60 * 60
MOST_LINES = 100


@dataclass(frozen=True)
class Basket:
    """What is paid for, and what it comes to."""

    lines: list[Json]
    total: int
    currency: str


def read_basket(items: list[Json]) -> Basket:
    """Return the lines of a payment with their sum.

    Raises:
        ApiFault: no lines or too many, an incomplete one, or two currencies.
    """
    if not 1 <= len(items) <= MOST_LINES:
        raise ApiFault(
            f"A payment needs between 1 and {MOST_LINES} line items.",
            code="parameter_missing",
            param="line_items",
        )
    lines = [_read_line(item, f"line_items[{at}]") for at, item in enumerate(items)]
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise ApiFault("All line items must have one currency.", param="line_items")
    total, currency = sum(line["amount"] for line in lines), currencies.pop()
    check_amount(total, currency)
    return Basket(lines, total, currency)


def _read_line(item: Json, path: str) -> Json:
    price = item.get("price_data", {})
    quantity, unit_amount = item.get("quantity"), price.get("unit_amount")
    name = price.get("product_data", {}).get("name")
    for value, param in (
        (quantity, "[quantity]"),
        (unit_amount, "[price_data][unit_amount]"),
        (name, "[price_data][product_data]"),
    ):
        if value is None or (isinstance(value, int) and value < 1):
            raise ApiFault(
                f"Missing or invalid param: {path}{param}.",
                code="parameter_missing",
                param=f"{path}{param}",
            )
    return {"name": name, "currency": price["currency"].lower(), "amount": quantity * unit_amount}


def read_url(fields: Json, name: str) -> str:
    """Return an address the payer's browser can be sent to.

    Raises:
        ApiFault: missing, or not a whole web address.
    """
    url = str(fields.get(name, ""))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > 5000:
        raise ApiFault("Not a valid URL", code="url_invalid", param=name)
    return url


def read_reference(reference: str | None) -> str | None:
    """Return the caller's own name for the payment.

    Raises:
        ApiFault: longer than the provider keeps.
    """
    if reference is not None and len(reference) > 200:
        raise ApiFault("Invalid string: at most 200 characters", param="client_reference_id")
    return reference


def read_expiry(call: Call, expires_at: int | None) -> int:
    """Return when the page closes; a day from now when nothing is said.

    Raises:
        ApiFault: sooner than 30 minutes or later than 24 hours.
    """
    if expires_at is None:
        return call.timestamp + LONGEST_LIFE
    if not SHORTEST_LIFE <= expires_at - call.timestamp <= LONGEST_LIFE:
        raise ApiFault(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
            param="expires_at",
        )
    return expires_at


def blank_session() -> Json:
    """Return what is the same on every new page, in the provider's order of names."""
    return {
        "id": "",
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": "if_required",
        "customer_details": None,
        "discounts": [],
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }
