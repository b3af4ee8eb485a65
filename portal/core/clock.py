"""The only reader of the system clock. Views and commands call `now()` and pass it down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC) + _shift


def shift_by(delta: timedelta) -> None:
    """Move this process's clock, for a database marked as demo, so that its history has dates."""
    global _shift
    _shift = delta
