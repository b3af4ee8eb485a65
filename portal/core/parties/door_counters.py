"""Counters of the debtor's door: misses per code, person, network and site, exact in Postgres."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.core import seals

MOST_MISSES_OF_A_CODE = 5
MOST_MISSES_OF_A_PERSON = 5
MOST_MISSES_OF_A_NETWORK = 10
MOST_MISSES_OF_THE_SITE = 300
MOST_PASSCODES = 5
_SLOT_SECONDS = {"door.network": 900, "door.site": 600, "door.person": 3600, "door.passcode": 3600}


def count(session: Session, scope: str, key: bytes, at: datetime) -> int:
    """Count one more in the present slot of a scope, and return how many there are now."""
    counted = session.execute(
        text("SELECT doors.count_attempt(:scope, :key, :slot)"), _counter(scope, key, at)
    ).scalar_one()
    return int(counted)


def misses(session: Session, scope: str, key: bytes, at: datetime) -> int:
    """Return how many were counted in the present slot of a scope."""
    counted = session.execute(
        text("SELECT doors.read_attempts(:scope, :key, :slot)"), _counter(scope, key, at)
    ).scalar_one()
    return int(counted)


def is_site_paused(session: Session, at: datetime) -> bool:
    """Tell whether there were so many misses all over the site that nobody may try any more."""
    return misses(session, "door.site", b"", at) >= MOST_MISSES_OF_THE_SITE


def is_paused(session: Session, network: str, at: datetime) -> bool:
    """Tell whether the site, or this network, has used up its misses for now."""
    return is_site_paused(session, at) or (
        misses(session, "door.network", network.encode(), at) >= MOST_MISSES_OF_A_NETWORK
    )


def count_outside(session: Session, network: str, at: datetime) -> None:
    """Count a miss for the network it came from and for the whole site."""
    count(session, "door.network", network.encode(), at)
    count(session, "door.site", b"", at)


def miss_code(session: Session, code_hash: bytes, at: datetime) -> None:
    """Count a miss for a letter's code; the fifth voids it."""
    session.execute(
        text("SELECT doors.miss_letter_code(:hash, :most, :at)"),
        {"hash": code_hash, "most": MOST_MISSES_OF_A_CODE, "at": at},
    )


def queue(session: Session, scope: str, key: bytes) -> None:
    """Let attempts on one thing wait for each other until their transactions end.

    Many at once are then no more than many in a row.
    """
    number = int.from_bytes(seals.lookup_hash(scope, key.hex())[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def sweep(session: Session, now: datetime) -> int:
    """Forget what was counted in slots that are over; return how many counts went."""
    gone = 0
    for scope, seconds in _SLOT_SECONDS.items():
        gone += session.execute(
            text("SELECT doors.sweep_attempts(:scope, :before)"),
            {"scope": scope, "before": int(now.timestamp()) // seconds},
        ).scalar_one()
    return gone


def _counter(scope: str, key: bytes, at: datetime) -> dict[str, object]:
    return {
        "scope": scope,
        "key": seals.lookup_hash(scope, key.hex()),
        "slot": int(at.timestamp()) // _SLOT_SECONDS[scope],
    }
