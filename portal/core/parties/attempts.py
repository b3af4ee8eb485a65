"""Counting attempts exactly: per name, per network and for the whole site, without locking out.

A count is taken before the thing is tried, so that a burst of parallel attempts cannot all be
tried. The wait grows with the number of attempts, from a minute to an hour, and then it is over:
nobody can lock another person out for good.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import seals


@dataclass(frozen=True)
class Window:
    """At most `most` attempts in any span of `seconds` that the clock divides the day into."""

    seconds: int
    most: int


@dataclass(frozen=True)
class Limit:
    """What is counted, and how much of it is let through: short spans first."""

    scope: str
    windows: tuple[Window, ...]

    def key(self, value: str) -> bytes:
        """Return the hash under which a name, a network or a person is counted."""
        return seals.lookup_hash(f"attempts.{self.scope}", value)


PASSWORD_BY_NAME = Limit("password.name", (Window(60, 5), Window(900, 10), Window(3600, 20)))
PASSWORD_BY_NETWORK = Limit("password.network", (Window(60, 60), Window(3600, 600)))
PASSWORD_BY_SITE = Limit("password.site", (Window(60, 600),))
CODE_BY_PERSON = Limit("code.person", (Window(300, 5), Window(3600, 15), Window(86_400, 40)))
NAME_BY_NETWORK = Limit("name.network", (Window(60, 60), Window(3600, 600)))
ANSWER_BY_NETWORK = Limit("answer.network", (Window(60, 60), Window(3600, 600)))
INVITATION_BY_NETWORK = Limit("invitation.network", (Window(60, 30), Window(3600, 300)))
ALL_LIMITS = (
    PASSWORD_BY_NAME,
    PASSWORD_BY_NETWORK,
    PASSWORD_BY_SITE,
    CODE_BY_PERSON,
    NAME_BY_NETWORK,
    ANSWER_BY_NETWORK,
    INVITATION_BY_NETWORK,
)


def count(session: Session, counted: Sequence[tuple[Limit, str]], *, now: datetime) -> int:
    """Count one attempt in each limit; return how many seconds to wait, or 0 to go ahead.

    The first span that is used up ends the counting: what was not tried fills no longer span, and
    one name or network does not use up the whole site's. Callers list limits in the same order.
    """
    for limit, value in counted:
        for window in limit.windows:
            wait = _count_in(session, limit, window, value, now)
            if wait:
                return wait
    return 0


def forgive(session: Session, limit: Limit, value: str) -> None:
    """Forget what was counted for a name or person who has now proven themselves."""
    for window in limit.windows:
        session.execute(
            text("SELECT doors.clear_attempts(:scope, :hash)"),
            {"scope": _scope(limit, window), "hash": limit.key(value)},
        )


def sweep(session: Session, limits: Sequence[Limit], *, now: datetime) -> int:
    """Delete counts whose span is over; return how many."""
    gone = 0
    for limit in limits:
        for window in limit.windows:
            before = int(now.timestamp()) // window.seconds
            gone += session.execute(
                text("SELECT doors.sweep_attempts(:scope, :before)"),
                {"scope": _scope(limit, window), "before": before},
            ).scalar_one()
    return gone


def network_of(address: str | None) -> str:
    """Return what counts as one network: an IPv4 address, or the 64 bits an IPv6 line is given."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _count_in(session: Session, limit: Limit, window: Window, value: str, now: datetime) -> int:
    moment = int(now.timestamp())
    made = session.execute(
        text("SELECT doors.count_attempt(:scope, :hash, :slot)"),
        {
            "scope": _scope(limit, window),
            "hash": limit.key(value),
            "slot": moment // window.seconds,
        },
    ).scalar_one()
    return window.seconds - moment % window.seconds if made > window.most else 0


def _scope(limit: Limit, window: Window) -> str:
    return f"{limit.scope}.{window.seconds}"
