"""Request keys: a form or a call that is sent twice is carried out once, and answered alike.

The key is inserted first, in the transaction of the deed. A second request with the same key waits
on that row; then it finds the first one's answer, or, had the first failed, an empty place.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.db import Base
from portal.core.errors import Conflict, Invalid
from portal.core.principal import Principal


class RequestKey(Base):
    """One request of one principal at one endpoint, and what it was answered."""

    __tablename__ = "request_keys"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes]
    answer: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


def new_key() -> str:
    """Return a key for a form that is about to be shown."""
    return secrets.token_urlsafe(18)


def claim(
    session: Session, actor: Principal, *, endpoint: str, key: str, request: Mapping[str, object]
) -> dict[str, Any] | None:
    """Take a request's key, and return the answer it was given before; None the first time.

    Waits while another transaction holds the same key. Whoever got None carries the request out
    and calls `remember` in the same transaction.

    Raises:
        Invalid: no usable key, or the key came with another request before.
        Conflict: the first request was carried out without leaving an answer.
    """
    if not 8 <= len(key) <= 200:
        raise Invalid("This page was open too long. Go back, reload it and send it again.")
    digest = _digest(request)
    taken = session.execute(
        insert(RequestKey)
        .values(owner_id=actor.user_id, endpoint=endpoint, key=key, request_sha256=digest)
        .on_conflict_do_nothing()
        .returning(RequestKey.key)
    ).one_or_none()
    if taken is not None:
        return None
    known = session.execute(
        select(RequestKey.request_sha256, RequestKey.answer).where(*_is(actor, endpoint, key))
    ).one()
    if known.request_sha256 != digest:
        raise Invalid("This was sent before with other values. Go back, reload the page and retry.")
    if known.answer is None:
        raise Conflict("This was sent already.")
    return dict(known.answer)


def remember(
    session: Session, actor: Principal, *, endpoint: str, key: str, answer: Mapping[str, Any]
) -> None:
    """Keep the answer of a claimed request for whoever sends it again."""
    session.execute(
        update(RequestKey).where(*_is(actor, endpoint, key)).values(answer=dict(answer))
    )


def _is(actor: Principal, endpoint: str, key: str) -> tuple[Any, ...]:
    return (
        RequestKey.owner_id == actor.user_id,
        RequestKey.endpoint == endpoint,
        RequestKey.key == key,
    )


def _digest(request: Mapping[str, object]) -> bytes:
    canonical = json.dumps(request, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).digest()
