"""Documents of the provider, kept by account and id, and the answers kept by idempotency key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, select, text, update
from sqlalchemy.dialects.postgresql import insert

from portal.sandbox.errors import no_such
from portal.sandbox.tables import idempotency_keys, objects

Json = dict[str, Any]
KEYS_KEPT_FOR = timedelta(hours=24)


@dataclass
class Document:
    """One object of the provider: what it shows in `body`, what it remembers in `hidden`."""

    account: str
    body: Json
    hidden: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name on the wire."""
        return str(self.body["id"])

    @property
    def kind(self) -> str:
        """Its type on the wire, such as `payment_intent`."""
        return str(self.body["object"])


@dataclass(frozen=True)
class Page:
    """Part of a list, newest first."""

    documents: list[Document]
    has_more: bool


class Store:
    """Opens transactions on a connection of its own, never on the portal's."""

    def __init__(self, engine: Engine | Callable[[], Engine]) -> None:
        self._engine = engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction; it waits longer for a lock than a page of the portal would."""
        with self._begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction in which nothing can be changed."""
        with self._begin() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        engine = self._engine if isinstance(self._engine, Engine) else self._engine()
        with engine.begin() as connection:
            yield connection


def new_id(prefix: str) -> str:
    """Make a name nobody can guess, shaped like the provider's."""
    return f"{prefix}_{secrets.token_hex(16)}"


def add(connection: Connection, document: Document, at: datetime) -> None:
    """Keep a new document."""
    connection.execute(
        insert(objects).values(
            account=document.account,
            id=document.id,
            kind=document.kind,
            body=document.body,
            hidden=document.hidden,
            created_at=at,
        )
    )


def save(connection: Connection, document: Document) -> None:
    """Keep what was changed on a document that the caller has locked."""
    connection.execute(
        update(objects)
        .where(objects.c.account == document.account, objects.c.id == document.id)
        .values(body=document.body, hidden=document.hidden)
    )


def get(connection: Connection, account: str, kind: str, object_id: str) -> Document:
    """Return one document of an account.

    Raises:
        ApiFault: this account has no such object.
    """
    return _one(connection, _named(kind, object_id, account), kind, object_id)


def lock(connection: Connection, account: str, kind: str, object_id: str) -> Document:
    """Return one document of an account and keep others from changing it until commit.

    Raises:
        ApiFault: this account has no such object.
    """
    query = _named(kind, object_id, account).with_for_update()
    return _one(connection, query, kind, object_id)


def find_by_id(connection: Connection, kind: str, object_id: str) -> Document | None:
    """Return a document whoever's it is: a payer's address names the page and no account."""
    return _document(connection.execute(_named(kind, object_id)).one_or_none())


def lock_by_id(connection: Connection, kind: str, object_id: str) -> Document | None:
    """Return a document whoever's it is, and keep others from changing it until commit."""
    query = _named(kind, object_id).with_for_update()
    return _document(connection.execute(query).one_or_none())


def list_page(
    connection: Connection,
    account: str,
    kind: str,
    *,
    limit: int,
    after: str | None = None,
    before: str | None = None,
    conditions: tuple[ColumnElement[bool], ...] = (),
) -> Page:
    """Return documents newest first, from just older than `after` or just newer than `before`.

    Raises:
        ApiFault: `after` or `before` names nothing of this account.
    """
    query = select(objects).where(objects.c.account == account, objects.c.kind == kind, *conditions)
    order = objects.c.seq.desc()
    if after is not None:
        query = query.where(objects.c.seq < _seq(connection, account, kind, after))
    if before is not None:
        query = query.where(objects.c.seq > _seq(connection, account, kind, before))
        order = objects.c.seq.asc()
    rows = connection.execute(query.order_by(order).limit(limit + 1)).all()
    found = [Document(row.account, row.body, row.hidden) for row in rows[:limit]]
    return Page(found[::-1] if before is not None else found, has_more=len(rows) > limit)


def _named(kind: str, object_id: str, account: str | None = None) -> Select[Any]:
    query = select(objects).where(objects.c.kind == kind, objects.c.id == object_id)
    return query if account is None else query.where(objects.c.account == account)


def _one(connection: Connection, query: Select[Any], kind: str, object_id: str) -> Document:
    document = _document(connection.execute(query).one_or_none())
    if document is None:
        raise no_such(kind, object_id)
    return document


def _document(row: Row[Any] | None) -> Document | None:
    return None if row is None else Document(row.account, row.body, row.hidden)


def _seq(connection: Connection, account: str, kind: str, object_id: str) -> int:
    query = _named(kind, object_id, account).with_only_columns(objects.c.seq)
    seq = connection.execute(query).scalar_one_or_none()
    if seq is None:
        raise no_such(kind, object_id)
    return int(seq)


@dataclass(frozen=True)
class StoredAnswer:
    """What an idempotency key was first used for, and the answer it got."""

    fingerprint: str
    status: int
    answer: str


def claim_key(
    connection: Connection, account: str, key: str, *, fingerprint: str, at: datetime
) -> StoredAnswer | None:
    """Take an idempotency key before doing the work, or return what it was used for before.

    A second request with the same key waits here until the first one is through. Keys are
    forgotten after a day, as the provider's are.
    """
    fresh = {"fingerprint": fingerprint, "status": None, "answer": None, "created_at": at}
    claimed = connection.execute(
        insert(idempotency_keys)
        .values(account=account, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["account", "key"],
            set_=fresh,
            where=idempotency_keys.c.created_at <= at - KEYS_KEPT_FOR,
        )
        .returning(idempotency_keys.c.key)
    ).one_or_none()
    if claimed is not None:
        return None
    row = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.account == account, idempotency_keys.c.key == key
        )
    ).one()
    return StoredAnswer(row.fingerprint, row.status, row.answer)


def keep_answer(
    connection: Connection, account: str, key: str, *, status: int, answer: str
) -> None:
    """Store the answer under its key, in the transaction of the work itself."""
    connection.execute(
        update(idempotency_keys)
        .where(idempotency_keys.c.account == account, idempotency_keys.c.key == key)
        .values(status=status, answer=answer)
    )
