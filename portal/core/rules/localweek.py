"""A person's own times of the local week: when a window holds a moment, and which day it began."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.core.rules.clocktime import clock_of
from portal.core.rules.known import Known
from portal.core.rules.objects import ContactWindow

HORIZON_DAYS = 8  # a weekly pattern that has no opening in eight days has none at all


def stands(known: Known, window: ContactWindow) -> bool:
    """Tell whether a person's word about a time was known and not yet taken back."""
    return known.is_received(window.received_at) and not known.is_over(window.withdrawn_at)


def is_in_any(local: datetime, windows: Iterable[ContactWindow]) -> bool:
    """Tell whether a local time falls in one of a person's windows."""
    return any(instance_of(local, window) is not None for window in windows)


def instance_of(local: datetime, window: ContactWindow) -> date | None:
    """Return the local day a window that holds this time began on, None when outside.

    A window that runs past midnight belongs to the day it opened on.
    """
    clock, day = clock_of(local), local.date()
    if window.opens <= window.closes:
        began = day if window.opens <= clock < window.closes else None
    elif clock >= window.opens:
        began = day
    else:
        began = day - timedelta(days=1) if clock < window.closes else None
    if began is None or began.weekday() not in window.days:
        return None
    return began if window.until is None or began <= window.until else None
