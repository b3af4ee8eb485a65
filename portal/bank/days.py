"""Which day it is at a bank."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.parties.models import Bank


def bank_today(session: Session, bank_id: UUID, now: datetime) -> date:
    """Return the day an instant falls on where the bank is."""
    zone = session.execute(select(Bank.timezone).where(Bank.id == bank_id)).scalar_one()
    return now.astimezone(ZoneInfo(zone)).date()
