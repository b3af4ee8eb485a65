"""A bank's own stricter pack: what is in force on a day, compiled once for each content."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.rules import Pack, compile_pack

#: Days a bank's confirmation of a balance is good for, where the bank has set nothing else.
BALANCE_DAYS = 90

_IN_FORCE = text("SELECT document FROM doors.read_bank_rules(:bank, :day)")


def find_pack(session: Session, bank_id: UUID, on: date) -> Pack | None:
    """Return a bank's own pack as in force on a day, None when it has none.

    The bank, the agencies on its panel and its debtors may read it: it binds them all.
    """
    row = session.execute(_IN_FORCE, {"bank": bank_id, "day": on}).one_or_none()
    if row is None:
        return None
    return _compiled(json.dumps(row.document, sort_keys=True))


@lru_cache(maxsize=512)
def _compiled(document: str) -> Pack:
    return compile_pack(json.loads(document))


def balance_days(pack: Pack | None) -> int:
    """Return for how many days a bank's confirmation of a balance counts."""
    if pack is None:
        return BALANCE_DAYS
    return pack.settings.get("balance_days", BALANCE_DAYS)
