"""Where a person may be, what says so, and what the clock shows there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from portal.agency.queries_points import PointLine
from portal.core.rules import candidate_zones
from portal.web.findings import zone_name


@dataclass(frozen=True)
class Whereabout:
    """A zone the person may be in: its place, what points to it, the time there."""

    zone: str
    place: str
    says: tuple[str, ...]
    at: datetime


def whereabouts(row: Any, points: list[PointLine], *, at: datetime) -> list[Whereabout]:
    """Return every zone the rules ask, each with the signals it comes from.

    A zone that none of today's numbers and addresses explains came with the bank's file.
    """
    signals: list[tuple[str, tuple[ZoneInfo, ...]]] = [
        (point.title, candidate_zones([point.lines[0]], row.country))
        for point in points
        if point.kind == "phone" and point.lines and not point.is_wrong
    ]
    home = candidate_zones([], row.country, row.state, row.postcode)
    signals.append((gettext("Address"), home))
    return [
        Whereabout(
            zone=name,
            place=zone_name(name),
            says=tuple(dict.fromkeys(what for what, zones in signals if ZoneInfo(name) in zones))
            or (gettext("The bank's file"),),
            at=at,
        )
        for name in row.zones
    ]
