"""The only reader of the system clock. Views and commands call `now()` and pass it down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

#: Two clocks further apart than this do not agree on what is allowed now.
MOST_DIFFERENCE = timedelta(seconds=2)

_shift = timedelta(0)


def now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC) + _shift


def is_apart(told: datetime, *, asked_at: float) -> bool:
    """Tell whether another clock's time differs from this one's by more than two seconds.

    `asked_at` is what `ticks()` said before it was asked: an answer that took long is no drift.
    """
    present = datetime.now(UTC)
    earliest = present - timedelta(seconds=monotonic() - asked_at)
    return not earliest - MOST_DIFFERENCE <= told <= present + MOST_DIFFERENCE


def ticks() -> float:
    """Return a reading of a clock nobody sets, to measure how long something takes."""
    return monotonic()


def shift_by(delta: timedelta) -> None:
    """Move this process's clock, for a database marked as demo, so that its history has dates."""
    global _shift
    _shift = delta
