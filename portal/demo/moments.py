"""The process's clock moved to the day something happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from portal.core import clock


@contextmanager
def moment(at: datetime) -> Iterator[datetime]:
    """Let this process live at an instant while the block lasts."""
    clock.shift_by(timedelta(0))
    clock.shift_by(at - clock.now())
    try:
        yield at
    finally:
        clock.shift_by(timedelta(0))
