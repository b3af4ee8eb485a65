"""Webhooks: events are sent signed to an account's address until it takes them, at least once."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.core import clock
from portal.sandbox import sessions
from portal.sandbox.calls import Call
from portal.sandbox.keys import secret_key_for
from portal.sandbox.store import Json, Store, get, lock, save
from portal.sandbox.tables import deliveries, endpoints

Post = Callable[[str, bytes, dict[str, str]], int]
"""Sends a body with headers to an address and returns the status; OSError when nobody answers."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
POST_SECONDS = 10


def register_endpoint(connection: Connection, account: str, url: str, secret: str) -> None:
    """Set where an account's events go and how they are signed; a repeat replaces both.

    Raises:
        ValueError: the account's name is not shaped like one.
    """
    secret_key_for(account)
    chosen = {"url": url, "secret": secret}
    connection.execute(
        insert(endpoints)
        .values(account=account, **chosen)
        .on_conflict_do_update(index_elements=["account"], set_=chosen)
    )


def deliver_due(
    engine: Engine | Callable[[], Engine],
    post: Post,
    *,
    now: Callable[[], datetime] = clock.now,
    limit: int = 100,
) -> int:
    """Close pages whose time is over, then send the events that are due; return how many arrived.

    Several callers share the work. Each sending is claimed first and marked afterwards, so that
    one cut short in between is sent again; nothing is sent inside a transaction.
    """
    store = Store(engine)
    _expire_overdue(store, now(), limit)
    arrived = 0
    for _ in range(limit):
        claimed = _claim(store, now())
        if claimed is None:
            break
        arrived += _send(store, claimed, post, now)
    return arrived


def post_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send over HTTP. A redirect is a failure, as it is for the provider."""
    answer = requests.post(
        url, data=body, headers=headers, timeout=POST_SECONDS, allow_redirects=False
    )
    return answer.status_code


def sign(body: bytes, secret: str, at: datetime) -> str:
    """Return the Stripe-Signature header of a body sent at an instant."""
    timestamp = int(at.timestamp())
    signed = f"{timestamp}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: three times as long each time, to an hour."""
    factor: int = 3 ** min(attempts - 1, 10)
    return min(FIRST_PAUSE * factor, LONGEST_PAUSE)


@dataclass(frozen=True)
class _Claimed:
    account: str
    url: str
    secret: str
    event: Json


def _expire_overdue(store: Store, at: datetime, limit: int) -> None:
    with store.read() as connection:
        found = connection.execute(sessions.overdue(int(at.timestamp()), limit)).all()
    for row in found:
        with store.write() as connection:
            session = lock(connection, row.account, sessions.KIND, row.id)
            sessions.close_overdue(Call(connection, row.account, at), session)


def _claim(store: Store, at: datetime) -> _Claimed | None:
    with store.write() as connection:
        row = connection.execute(
            select(deliveries, endpoints.c.url, endpoints.c.secret)
            .join(endpoints, endpoints.c.account == deliveries.c.account)
            .where(deliveries.c.next_at <= at)
            .order_by(deliveries.c.next_at, deliveries.c.seq)
            .limit(1)
            .with_for_update(of=deliveries, skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        attempts = row.attempts + 1
        given_up = at - row.created_at > GIVEN_UP_AFTER
        _mark(
            connection,
            row.account,
            row.event_id,
            attempts=attempts,
            next_at=None if given_up else at + pause_after(attempts),
        )
        event = get(connection, row.account, "event", row.event_id).body
    return _Claimed(row.account, row.url, row.secret, event)


def _send(store: Store, claimed: _Claimed, post: Post, now: Callable[[], datetime]) -> bool:
    body = json.dumps(claimed.event).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(body, claimed.secret, now()),
        "User-Agent": "Stripe/1.0 (payment sandbox)",
    }
    try:
        status = post(claimed.url, body, headers)
    except OSError:
        status = None
    arrived = status is not None and 200 <= status < 300
    with store.write() as connection:
        outcome = {"next_at": None, "delivered_at": now()} if arrived else {}
        _mark(connection, claimed.account, claimed.event["id"], last_status=status, **outcome)
        if arrived:
            event = lock(connection, claimed.account, "event", claimed.event["id"])
            event.body["pending_webhooks"] = 0
            save(connection, event)
    return arrived


def _mark(connection: Connection, account: str, event_id: str, **values: object) -> None:
    connection.execute(
        update(deliveries)
        .where(deliveries.c.account == account, deliveries.c.event_id == event_id)
        .values(**values)
    )
