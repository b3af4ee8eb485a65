"""Cases to start from in the rule tester, and the link that passes a case on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext


@dataclass(frozen=True)
class Example:
    """A case to start from."""

    name: str
    url: str


def examples(day: date) -> list[Example]:
    """Return cases people ask about, as links to the tester."""
    calls = {
        key: value
        for n in range(7)
        for key, value in {
            f"past-{n}-on": (day - timedelta(days=6 - n)).isoformat(),
            f"past-{n}-clock": "09:00",
            f"past-{n}-channel": "call",
            f"past-{n}-outcome": "no_answer",
        }.items()
    }
    shared = {"on": day.isoformat(), "channel": "call"}
    los_angeles = {"country": "US", "state": "CA", "phone": "+1 212 555 0100"}
    cases: list[tuple[str, dict[str, Any]]] = [
        (
            gettext("Los Angeles with a New York telephone, 07:30"),
            {**shared, **los_angeles, "clock": "07:30"},
        ),
        (
            gettext("China, 22:30"),
            {**shared, "country": "CN", "clock": "22:30"},
        ),
        (
            gettext("India, 19:05"),
            {**shared, "country": "IN", "clock": "19:05"},
        ),
        (
            gettext("The eighth call in seven days"),
            {**shared, "country": "US", "state": "NY", "clock": "12:00", **calls},
        ),
        (
            gettext("An account on hold"),
            {**shared, "country": "GB", "clock": "12:00", "holds": ["breathing_space"]},
        ),
    ]
    endpoint = request.endpoint or ""
    return [Example(name, url_for(endpoint, **values)) for name, values in cases]


def shared_link() -> str:
    """Return the shortest address of the case in the present one."""
    kept: dict[str, Any] = {}
    for name, values in request.args.lists():
        filled = [value for value in values if value.strip()]
        if filled and name != "rows" and not _is_of_empty_row(name):
            kept[name] = filled
    return url_for(request.endpoint or "", _external=True, **kept)


def _is_of_empty_row(name: str) -> bool:
    row = name.rsplit("-", 1)[0]
    return name.startswith("past-") and not request.args.get(f"{row}-on", "").strip()
