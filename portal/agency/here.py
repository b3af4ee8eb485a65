"""Where and when the reader is: whose agency, which zone, which day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.core.errors import NotFound
from portal.core.principal import Principal
from portal.web import viewer


def agency_of(actor: Principal) -> UUID:
    """Return the agency somebody works for.

    Raises:
        NotFound: the actor works for none.
    """
    if actor.agency_id is None:
        raise NotFound
    return actor.agency_id


def viewer_zone() -> ZoneInfo:
    """Return the zone the reader works in; without one on file it is UTC."""
    return ZoneInfo(viewer.zone() or "UTC")


def day_at(at: datetime, zone: str) -> date:
    """Return the day an instant falls on in a bank's zone: its books are kept by that day."""
    return at.astimezone(ZoneInfo(zone)).date()


def uuid_or_none(text: str) -> UUID | None:
    """Return the id an address carries; anything else is as if it were left out."""
    try:
        return UUID(text)
    except ValueError:
        return None
