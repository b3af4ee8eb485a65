"""How cases of our own are written, in the vocabulary of the published vectors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Case = dict[str, Any]
Event = dict[str, Any]

NEW_YORK = "America/New_York"


def at(text: str, zone: str = NEW_YORK) -> str:
    """Return a local wall time, as an instant with its offset."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat()


def event(kind: str, when: str, zone: str = NEW_YORK, **more: Any) -> Event:
    """Return an event about the consumer's only debt, as logged by the only agency."""
    return {
        "kind": kind,
        "at": at(when, zone),
        "actor": "AG1",
        "person": {"id": "P1", "role": "consumer"},
        "debt_ids": ["D1"],
        **more,
    }


def case(
    name: str,
    rule: str,
    action: Event,
    verdict: str,
    *,
    before: tuple[Event, ...] = (),
    zone: str = NEW_YORK,
    debts: tuple[dict[str, Any], ...] = ({"id": "D1", "kind": "credit_card"},),
    facts: dict[str, Any] | None = None,
    **expected: Any,
) -> Case:
    """Return a case: what came before, what is done now, and what the rule says of it."""
    return {
        "id": name,
        "rule_id": rule,
        "setup": {
            "consumer": {"id": "P1", "tz_candidates": [{"source": "home", "tz": zone}]},
            "day_count_tz": zone,
            "debts": list(debts),
            "facts": facts or {},
        },
        "prior_events": [
            {"id": f"E{number}", **earlier} for number, earlier in enumerate(before, 1)
        ],
        "action": {"id": "ACT", **action},
        "expected": {"verdict": verdict, **expected},
    }


def daily(kind: str, first: str, count: int, *, hours: int = 24, **more: Any) -> tuple[Event, ...]:
    """Return a run of equal events, so many hours apart."""
    start, zone = datetime.fromisoformat(first), more.pop("zone", NEW_YORK)
    return tuple(
        event(kind, (start + timedelta(hours=hours * n)).isoformat(), zone, **more)
        for n in range(count)
    )
