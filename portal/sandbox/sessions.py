"""Checkout Sessions: a hosted page on which one amount may be paid, once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Select, cast, select

from portal.sandbox import intents
from portal.sandbox.calls import Call, answer_list
from portal.sandbox.cards import Card, Decline
from portal.sandbox.errors import ApiFault, not_simulated
from portal.sandbox.events import record_event
from portal.sandbox.session_fields import (
    blank_session,
    read_basket,
    read_expiry,
    read_reference,
    read_url,
)
from portal.sandbox.store import Document, Json, add, get, lock, new_id, save
from portal.sandbox.tables import objects

KIND = "checkout.session"
URL = "/v1/checkout/sessions"


def create_session(call: Call, fields: Json) -> Json:
    """Open a hosted page.

    Raises:
        ApiFault: a parameter the provider would refuse.
    """
    if fields.get("mode") != "payment":
        raise not_simulated("a mode other than payment")
    if "customer" in fields:
        get(call.connection, call.account, "customer", fields["customer"])
    basket = read_basket(fields.get("line_items", []))
    session_id = new_id("cs_test")
    body = blank_session() | {
        "id": session_id,
        "amount_subtotal": basket.total,
        "amount_total": basket.total,
        "cancel_url": read_url(fields, "cancel_url") if "cancel_url" in fields else None,
        "client_reference_id": read_reference(fields.get("client_reference_id")),
        "created": call.timestamp,
        "currency": basket.currency,
        "customer": fields.get("customer"),
        "customer_details": _customer_details(fields.get("customer_email")),
        "customer_email": fields.get("customer_email"),
        "expires_at": read_expiry(call, fields.get("expires_at")),
        "locale": fields.get("locale"),
        "metadata": fields.get("metadata", {}),
        "success_url": read_url(fields, "success_url"),
        "url": f"{call.page_base}/sandbox/pay/{session_id}",
    }
    hidden = {"lines": basket.lines, "intent": fields.get("payment_intent_data", {})}
    add(call.connection, Document(call.account, body, hidden), call.now)
    return body


def retrieve_session(call: Call, object_id: str, _fields: Json) -> Json:
    """Return one page as it stands now."""
    session = get(call.connection, call.account, KIND, object_id)
    return body_now(session, call.timestamp)


def list_sessions(call: Call, fields: Json) -> Json:
    """Return the account's pages, newest first, all or those of one intent."""
    names = ("payment_intent", "customer")
    wanted = {name: fields[name] for name in names if name in fields}
    answer = answer_list(call, KIND, URL, fields, objects.c.body.contains(wanted))
    answer["data"] = [_as_of(body, call.timestamp) for body in answer["data"]]
    return answer


def expire_session(call: Call, object_id: str, _fields: Json) -> Json:
    """Close an open page so that nothing can be paid on it.

    Raises:
        ApiFault: no such page, or it is not open any more.
    """
    session = lock(call.connection, call.account, KIND, object_id)
    status = body_now(session, call.timestamp)["status"]
    if status != "open":
        raise ApiFault(
            f"Only a Checkout Session that is open can be expired; this one is {status}."
        )
    close_session(call, session)
    return session.body


def close_overdue(call: Call, session: Document) -> None:
    """Close a locked page whose time is over; leave any other as it is."""
    if session.body["status"] == "open" and session.body["expires_at"] <= call.timestamp:
        close_session(call, session)


def close_session(call: Call, session: Document) -> None:
    """Mark a locked, open page expired, with its unpaid intent, and tell of it."""
    session.body |= {"status": "expired", "url": None}
    save(call.connection, session)
    if session.body["payment_intent"] is not None:
        intent = lock(call.connection, call.account, intents.KIND, session.body["payment_intent"])
        intents.close_intent(call, intent, "expired")
    record_event(call, f"{KIND}.expired", session)


def pay_session(call: Call, session: Document, card: Card) -> Decline | None:
    """Take the amount of a locked, open page with a card; return the bank's no, if it was one.

    After a no the page stays open for another card. The intent is made at the first try, as the
    provider makes it.
    """
    intent = _intent_of(call, session)
    decline = intents.charge(call, intent, card)
    session.body["payment_intent"] = intent.id
    if decline is None:
        session.body |= {"status": "complete", "payment_status": "paid", "url": None}
    save(call.connection, session)
    if decline is None:
        record_event(call, f"{KIND}.completed", session)
    return decline


def body_now(session: Document, timestamp: int) -> Json:
    """Return a page as it stands at a moment: past its time it is expired, written down or not."""
    return _as_of(session.body, timestamp)


def overdue(timestamp: int, limit: int) -> Select[tuple[str, str]]:
    """Select open pages whose time is over, skipping what others hold."""
    expires_at = cast(objects.c.body["expires_at"].astext, BigInteger)
    return (
        select(objects.c.account, objects.c.id)
        .where(
            objects.c.kind == KIND,
            objects.c.body["status"].astext == "open",
            expires_at <= timestamp,
        )
        .order_by(expires_at, objects.c.id)
        .limit(limit)
    )


def _as_of(body: Json, timestamp: int) -> Json:
    if body["status"] == "open" and body["expires_at"] <= timestamp:
        return body | {"status": "expired", "url": None}
    return body


def _intent_of(call: Call, session: Document) -> Document:
    body = session.body
    if body["payment_intent"] is not None:
        return lock(call.connection, call.account, intents.KIND, body["payment_intent"])
    intent = intents.open_intent(
        call,
        amount=body["amount_total"],
        currency=body["currency"],
        customer=body["customer"],
        **session.hidden["intent"],
    )
    intent.hidden["session"] = session.id
    return intent


def _customer_details(email: str | None) -> Json | None:
    if email is None:
        return None
    return {
        "address": None,
        "email": email,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
