"""Customers: the little of them that a payment needs."""

from __future__ import annotations

from portal.sandbox.calls import Call
from portal.sandbox.store import Document, Json, add, new_id

CREATE_FIELDS = frozenset({"email", "name", "phone", "description", "metadata"})


def create_customer(call: Call, fields: Json) -> Json:
    """Keep a customer of the account."""
    body: Json = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.timestamp,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": fields.get("description"),
        "discount": None,
        "email": fields.get("email"),
        "livemode": False,
        "metadata": fields.get("metadata", {}),
        "name": fields.get("name"),
        "phone": fields.get("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    add(call.connection, Document(call.account, body), call.now)
    return body
