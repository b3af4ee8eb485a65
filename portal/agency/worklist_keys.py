"""The orders of the worklist, and the keys that say in an address where a page ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Uuid, and_, bindparam, or_, tuple_


class SortBy(StrEnum):
    """The orders a reader can choose."""

    PERMIT = "permit"
    LAST_ACTION = "last"
    BALANCE = "balance"


class KeyKind(StrEnum):
    """What a page's key is: none on the first page, an account never worked on, or a value."""

    FIRST = "first"
    NEVER = "never"
    VALUE = "value"


@dataclass(frozen=True)
class Key:
    """Where a page ends: the value it is ordered by, and the account, which settles ties."""

    value: datetime | int | None
    id: UUID

    @property
    def kind(self) -> KeyKind:
        """Return which kind of key it is."""
        return KeyKind.NEVER if self.value is None else KeyKind.VALUE


def key_of(sort: SortBy, row: Any) -> Key:
    """Return the key of a row."""
    values = {
        SortBy.PERMIT: row.contact_opens_at,
        SortBy.BALANCE: row.total_minor,
        SortBy.LAST_ACTION: row.last_action_at,
    }
    return Key(values[sort], row.id)


def write_key(key: Key) -> str:
    """Return a key as an address carries it."""
    value = key.value.isoformat() if isinstance(key.value, datetime) else key.value
    return f"{'never' if value is None else value}~{key.id}"


def read_key(sort: SortBy, text: str) -> Key | None:
    """Read a key; what is not one begins at the first page."""
    value, _, account_id = text.rpartition("~")
    try:
        if sort is SortBy.BALANCE:
            return Key(int(value), UUID(account_id))
        at = None if value == "never" else datetime.fromisoformat(value)
        if at is not None and at.tzinfo is None:
            return None
        if at is None and sort is SortBy.PERMIT:
            return None
        return Key(at, UUID(account_id))
    except ValueError:
        return None


def in_order(sort: SortBy, account: Any, balance: Any, *, backwards: bool) -> tuple[Any, ...]:
    """Return what a page is ordered by; accounts nobody worked on yet come first."""
    if sort is SortBy.BALANCE:
        if backwards:
            return (balance.total_minor.asc(), account.id.desc())
        return (balance.total_minor.desc(), account.id.asc())
    if sort is SortBy.PERMIT:
        if backwards:
            return (account.contact_opens_at.desc(), account.id.desc())
        return (account.contact_opens_at.asc(), account.id.asc())
    if backwards:
        return (account.last_action_at.desc().nulls_last(), account.id.desc())
    return (account.last_action_at.asc().nulls_first(), account.id.asc())


def beyond(
    sort: SortBy, kind: KeyKind, account: Any, balance: Any, *, backwards: bool
) -> ColumnElement[bool]:
    """Return the condition on rows that come after the key, bound as `key_value` and `key_id`."""
    key_id = bindparam("key_id", type_=Uuid())
    if sort is SortBy.BALANCE:
        return _beyond_balance(account, balance.total_minor, key_id, backwards=backwards)
    if sort is SortBy.PERMIT:
        here = tuple_(account.contact_opens_at, account.id)
        there = tuple_(bindparam("key_value", type_=DateTime(timezone=True)), key_id)
        return here < there if backwards else here > there
    never = account.last_action_at.is_(None)
    if kind is KeyKind.NEVER:
        if backwards:
            return and_(never, account.id < key_id)
        return or_(and_(never, account.id > key_id), account.last_action_at.is_not(None))
    here = tuple_(account.last_action_at, account.id)
    there = tuple_(bindparam("key_value", type_=DateTime(timezone=True)), key_id)
    return or_(never, here < there) if backwards else here > there


def _beyond_balance(
    account: Any, owed: Any, key_id: Any, *, backwards: bool
) -> ColumnElement[bool]:
    value = bindparam("key_value", type_=BigInteger())
    if backwards:
        return or_(owed > value, and_(owed == value, account.id < key_id))
    return or_(owed < value, and_(owed == value, account.id > key_id))
