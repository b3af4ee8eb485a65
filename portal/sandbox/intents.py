"""PaymentIntents: an attempt to take an amount, with what a card's bank said to it."""

from __future__ import annotations

from typing import Any

from portal.sandbox.calls import Call, answer_list
from portal.sandbox.cards import Card, Decline, find_by_token
from portal.sandbox.errors import ApiFault, not_simulated
from portal.sandbox.events import record_event
from portal.sandbox.store import Document, Json, add, get, lock, new_id, save
from portal.sandbox.tables import objects

KIND = "payment_intent"
URL = "/v1/payment_intents"
CREATE_FIELDS = frozenset(
    {
        "amount",
        "confirm",
        "currency",
        "customer",
        "description",
        "metadata",
        "payment_method",
        "receipt_email",
    }
)
CONFIRM_FIELDS = frozenset({"payment_method", "receipt_email"})
CANCEL_FIELDS = frozenset({"cancellation_reason"})
_CANCELABLE = ("requires_payment_method", "requires_confirmation")


def create_intent(call: Call, fields: Json) -> Json:
    """Open an intent and, when asked, confirm it at once.

    Raises:
        ApiFault: an amount or customer that cannot be, or the card's bank declined.
    """
    check_amount(fields["amount"], fields["currency"])
    if "customer" in fields:
        get(call.connection, call.account, "customer", fields["customer"])
    card = _read_card(fields["payment_method"]) if "payment_method" in fields else None
    if fields.get("confirm") and card is None:
        raise _no_card()
    intent = open_intent(
        call,
        amount=fields["amount"],
        currency=fields["currency"].lower(),
        **{
            name: fields[name]
            for name in ("customer", "description", "metadata", "receipt_email")
            if name in fields
        },
    )
    if card is not None:
        _attach(intent, card)
        save(call.connection, intent)
    if fields.get("confirm"):
        _confirm(call, intent, card)
    return intent.body


def retrieve_intent(call: Call, object_id: str, _fields: Json) -> Json:
    """Return one intent of the account."""
    return get(call.connection, call.account, KIND, object_id).body


def confirm_intent(call: Call, object_id: str, fields: Json) -> Json:
    """Try to take the amount with the given card, or with the one attached before.

    Raises:
        ApiFault: no such intent, not in a state to be confirmed, or the card's bank declined.
    """
    intent = lock(call.connection, call.account, KIND, object_id)
    _refuse_checkouts(intent, "confirm")
    name = fields.get("payment_method") or intent.hidden.get("card")
    if "receipt_email" in fields:
        intent.body["receipt_email"] = fields["receipt_email"]
    _confirm(call, intent, None if name is None else _read_card(name))
    return intent.body


def cancel_intent(call: Call, object_id: str, fields: Json) -> Json:
    """Give an intent up; nothing can be taken on it any more.

    Raises:
        ApiFault: no such intent, or it is finished.
    """
    intent = lock(call.connection, call.account, KIND, object_id)
    _refuse_checkouts(intent, "cancel")
    if intent.body["status"] not in _CANCELABLE:
        raise _unexpected_state(intent, "canceled")
    close_intent(call, intent, fields.get("cancellation_reason"))
    return intent.body


def list_intents(call: Call, fields: Json) -> Json:
    """Return the account's intents, newest first, all or one customer's."""
    wanted = {"customer": fields["customer"]} if "customer" in fields else {}
    return answer_list(call, KIND, URL, fields, objects.c.body.contains(wanted))


def open_intent(call: Call, *, amount: int, currency: str, **known: Any) -> Document:
    """Keep a new intent on which nothing was tried yet."""
    intent_id = new_id("pi")
    body: Json = {
        "id": intent_id,
        "object": KIND,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret"),
        "confirmation_method": "automatic",
        "created": call.timestamp,
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    intent = Document(call.account, body | known)
    add(call.connection, intent, call.now)
    return intent


def charge(call: Call, intent: Document, card: Card) -> Decline | None:
    """Ask the card's bank, write what it said on the intent, and return its no, if it was one."""
    body = intent.body
    method = new_id("pm")
    body["latest_charge"] = new_id("ch")
    if card.decline is None:
        body |= {
            "status": "succeeded",
            "amount_received": body["amount"],
            "payment_method": method,
            "last_payment_error": None,
        }
    else:
        body |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "last_payment_error": _payment_error(card.decline, body["latest_charge"]),
        }
        intent.hidden.pop("card", None)
    save(call.connection, intent)
    outcome = "succeeded" if card.decline is None else "payment_failed"
    record_event(call, f"{KIND}.{outcome}", intent)
    return card.decline


def close_intent(call: Call, intent: Document, reason: str | None) -> None:
    """Mark an intent canceled and tell of it."""
    intent.body |= {
        "status": "canceled",
        "canceled_at": call.timestamp,
        "cancellation_reason": reason,
    }
    save(call.connection, intent)
    record_event(call, f"{KIND}.canceled", intent)


def check_amount(amount: int, currency: str) -> None:
    """Refuse an amount the provider would not take.

    Raises:
        ApiFault: not a currency, less than fifty cents, or more than eight digits.
    """
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise ApiFault(f"Invalid currency: {currency[:20]}", param="currency")
    if amount < (50 if currency.lower() == "usd" else 1):
        raise ApiFault(
            "The amount is less than the smallest that can be charged in this currency.",
            code="amount_too_small",
            param="amount",
        )
    if amount > 99_999_999:
        raise ApiFault(
            "The amount has more than eight digits.", code="amount_too_large", param="amount"
        )


def _read_card(name: str) -> Card:
    card = find_by_token(name)
    if card is None:
        # The name is not repeated: answers are kept, and somebody may have sent a card number.
        raise not_simulated("this payment method")
    return card


def _attach(intent: Document, card: Card) -> None:
    intent.hidden["card"] = card.token
    intent.body |= {"payment_method": new_id("pm"), "status": "requires_confirmation"}


def _confirm(call: Call, intent: Document, card: Card | None) -> None:
    if intent.body["status"] not in _CANCELABLE:
        raise _unexpected_state(intent, "confirmed")
    if card is None:
        raise _no_card()
    decline = charge(call, intent, card)
    if decline is not None:
        error = intent.body["last_payment_error"]
        named = {name: error[name] for name in ("charge", "decline_code") if name in error}
        raise ApiFault(
            decline.message,
            status=402,
            kind="card_error",
            code=decline.code,
            payment_intent=intent.body,
            **named,
        )


def _no_card() -> ApiFault:
    return ApiFault(
        "This PaymentIntent has no payment method to confirm it with.",
        code="payment_intent_unexpected_state",
        param="payment_method",
    )


def _payment_error(decline: Decline, charge_id: str) -> Json:
    error = {
        "type": "card_error",
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "charge": charge_id,
    }
    return {name: value for name, value in error.items() if value is not None}


def _refuse_checkouts(intent: Document, verb: str) -> None:
    if intent.hidden.get("session"):
        raise ApiFault(
            f"You cannot {verb} this PaymentIntent: it belongs to a Checkout Session.",
            code="payment_intent_unexpected_state",
        )


def _unexpected_state(intent: Document, done: str) -> ApiFault:
    return ApiFault(
        f"This PaymentIntent cannot be {done}: its status is {intent.body['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent.body,
    )
