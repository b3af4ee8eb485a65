"""The orders of the worklist, and the keys that say in an address where a page ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true, tuple_


class SortBy(StrEnum):
    """The orders a reader can choose."""

    LAST_ACTION = "last"
    BALANCE = "balance"


@dataclass(frozen=True)
class Key:
    """Where a page ends: the value it is ordered by, and the account, which settles ties."""

    value: datetime | int | None
    id: UUID


def write_key(sort: SortBy, row: Any) -> str:
    """Return a row's key as an address carries it."""
    value = row.total_minor if sort is SortBy.BALANCE else row.last_action_at
    text = value.isoformat() if isinstance(value, datetime) else value
    return f"{'never' if text is None else text}~{row.id}"


def read_key(sort: SortBy, text: str) -> Key | None:
    """Read a key; what is not one begins at the first page."""
    value, _, account_id = text.rpartition("~")
    try:
        if sort is SortBy.BALANCE:
            return Key(int(value), UUID(account_id))
        at = None if value == "never" else datetime.fromisoformat(value)
        if at is not None and at.tzinfo is None:
            return None
        return Key(at, UUID(account_id))
    except ValueError:
        return None


def in_order(sort: SortBy, account: Any, balance: Any, *, backwards: bool) -> tuple[Any, ...]:
    """Return what a page is ordered by; accounts nobody worked on yet come first."""
    if sort is SortBy.BALANCE:
        orders = (balance.total_minor.desc(), account.id.asc())
        return (balance.total_minor.asc(), account.id.desc()) if backwards else orders
    if backwards:
        return (account.last_action_at.desc().nulls_last(), account.id.desc())
    return (account.last_action_at.asc().nulls_first(), account.id.asc())


def beyond(
    sort: SortBy, key: Key | None, account: Any, balance: Any, *, backwards: bool
) -> ColumnElement[bool]:
    """Return the condition on rows that come after a key in reading direction."""
    if key is None:
        return true()
    if sort is SortBy.BALANCE:
        return _beyond_balance(key, account, balance, backwards=backwards)
    never = account.last_action_at.is_(None)
    if key.value is None:
        if backwards:
            return and_(never, account.id < key.id)
        return or_(and_(never, account.id > key.id), account.last_action_at.is_not(None))
    here = tuple_(account.last_action_at, account.id)
    there = tuple_(key.value, key.id)
    return or_(never, here < there) if backwards else here > there


def _beyond_balance(
    key: Key, account: Any, balance: Any, *, backwards: bool
) -> ColumnElement[bool]:
    owed = balance.total_minor
    if backwards:
        return or_(owed > key.value, and_(owed == key.value, account.id < key.id))
    return or_(owed < key.value, and_(owed == key.value, account.id > key.id))
