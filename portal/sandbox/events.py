"""Events: written with the change they tell of, and owed to the account's webhook."""

from __future__ import annotations

import copy

import stripe
from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert

from portal.sandbox.calls import Call, answer_list
from portal.sandbox.store import Document, Json, add, get, new_id
from portal.sandbox.tables import deliveries, endpoints, objects


def record_event(call: Call, kind: str, subject: Document) -> None:
    """Write that an object changed, and owe it to the account's webhook if there is one."""
    has_endpoint = call.connection.execute(
        select(exists().where(endpoints.c.account == call.account))
    ).scalar_one()
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": stripe.api_version,
        "created": call.timestamp,
        "data": {"object": copy.deepcopy(subject.body)},
        "livemode": False,
        "pending_webhooks": int(has_endpoint),
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": kind,
    }
    add(call.connection, Document(call.account, event), call.now)
    if has_endpoint:
        call.connection.execute(
            insert(deliveries).values(
                account=call.account,
                event_id=event["id"],
                attempts=0,
                next_at=call.now,
                created_at=call.now,
            )
        )


def retrieve_event(call: Call, object_id: str, _fields: Json) -> Json:
    """Return one event of the account."""
    return get(call.connection, call.account, "event", object_id).body


def list_events(call: Call, fields: Json) -> Json:
    """Return the account's events, newest first, of one kind or of several."""
    kinds = fields.get("types") or ([fields["type"]] if "type" in fields else [])
    conditions = [objects.c.body["type"].astext == func.any(kinds)] if kinds else []
    return answer_list(call, "event", "/v1/events", fields, *conditions)
