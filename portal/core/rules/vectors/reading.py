"""Test vectors: instants, days, amounts and words of closed lists, as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

Event = Mapping[str, Any]
W = TypeVar("W", bound=StrEnum)


def moment(value: str) -> datetime:
    """Read an instant with its offset, as UTC."""
    return datetime.fromisoformat(value).astimezone(UTC)


def moment_of(event: Event, *names: str) -> datetime:
    """Read the first instant an event gives under these names, else its own."""
    return moment(next((event[name] for name in names if event.get(name)), event["at"]))


def day(value: str | None) -> date | None:
    """Read a date that may be missing."""
    return None if value is None else date.fromisoformat(value[:10])


def amount(value: Any) -> int | None:
    """Read an amount as whole hundredths."""
    return None if value is None else int(Decimal(str(value)) * 100)


def word(kind: type[W], value: Any, unknown: W | None = None) -> W | None:
    """Read a word of a closed list; missing is None, one that is not in it is `unknown`."""
    if value is None:
        return None
    return kind(value) if value in set(kind) else unknown
