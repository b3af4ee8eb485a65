"""Test vectors: what holds an account, in a case's facts and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.core.rules.kinds import HoldKind
from portal.core.rules.objects import Hold
from portal.core.rules.vectors import events as read
from portal.core.rules.vectors import reading
from portal.core.rules.vectors.objects import is_about

Event = Mapping[str, Any]


def holds_of(known: Mapping[str, Any], events: Iterable[Event]) -> tuple[Hold, ...]:
    """Read what holds an account: stays, moratoria, plans being prepared, complaints."""
    rows = list(events)
    return (*_moratoria(known), *(h for e in rows if (h := _hold(e, rows, known)) is not None))


_HOLDS = {
    "bankruptcy_notice": HoldKind.BANKRUPTCY,
    "repayment_plan_in_preparation": HoldKind.PLAN_PREPARATION,
    "refusal_statute_barred": HoldKind.STATUTE_BARRED_REFUSAL,
    "complaint": HoldKind.COMPLAINT,
}


def _hold(event: Event, rows: Iterable[Event], known: Mapping[str, Any]) -> Hold | None:
    kind = _HOLDS.get(event["kind"])
    if kind is None or event.get("stay_active") is False:
        return None
    received = reading.moment_of(event, "received_at")
    ends = [
        reading.moment(row["at"])
        for row in rows
        if _closes(row, kind) and reading.moment(row["at"]) >= received and is_about(row, event)
    ]
    is_plan = kind is HoldKind.PLAN_PREPARATION
    return Hold(
        kind=kind,
        received_at=received,
        account_ids=read.debts(event),
        extension_days=int(known.get("extension_days") or 0) if is_plan else 0,
        released_at=min(ends, default=None),
    )


def _closes(event: Event, kind: HoldKind) -> bool:
    if kind is HoldKind.BANKRUPTCY:
        return event["kind"] == "bankruptcy_notice" and event.get("stay_active") is False
    return kind is HoldKind.COMPLAINT and event["kind"] == "complaint_closed"


def _moratoria(known: Mapping[str, Any]) -> tuple[Hold, ...]:
    raw = known.get("moratorium")
    if not raw:
        return ()
    return tuple(
        Hold(
            kind=HoldKind.BREATHING_SPACE,
            starts_on=reading.day(one.get("start")),
            ends_on=reading.day(one.get("end")),
            account_ids=tuple(one.get("debt_ids") or ()),
        )
        for one in (raw if isinstance(raw, list) else [raw])
    )
