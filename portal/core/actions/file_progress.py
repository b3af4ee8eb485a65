"""How far checking or logging a file has come, and how it came out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.core.actions.models_files import ActionFile

#: A run nothing was heard of for so long has died, and may be taken up again.
SILENT_AFTER = timedelta(minutes=1)


class Step(StrEnum):
    """What is done with a file: looked at, or logged."""

    CHECK = "check"
    COMMIT = "commit"


class RunState(StrEnum):
    """How far a run has come."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    REFUSED = "refused"
    DONE = "done"


@dataclass
class Run:
    """One run over a file: numbers and codes, none of the file's own text.

    `total` rows are to be judged, `done` of them have been; `breaking` broke a rule. `logged` are
    on record through this file. `tidings` are the disputes, hardship and wrong numbers that rows
    tell of, once logged those that were acted on. `fault` says why it failed or the file was
    refused: a message or a reason's code, and its values.
    """

    state: RunState
    asked_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    rows: int = 0
    rejected: int = 0
    known: int = 0
    total: int = 0
    done: int = 0
    logged: int = 0
    breaking: int = 0
    late: int = 0
    permits_used: int = 0
    permits_unfit: int = 0
    trailer: str = "none"
    rules: dict[str, int] = field(default_factory=dict)
    tidings: dict[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    fault: list[Any] | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it has yet to come to an end."""
        return self.state in (RunState.WAITING, RunState.RUNNING)

    @property
    def is_begun(self) -> bool:
        """Tell whether something was done that cannot be begun anew, only gone on with."""
        return self.is_open or self.state is RunState.STOPPED or self.logged > 0

    def is_silent(self, now: datetime) -> bool:
        """Tell whether it should have been heard of by now."""
        return self.is_open and now - self.seen_at > SILENT_AFTER

    def stored(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


_INSTANTS = frozenset({"asked_at", "seen_at", "ended_at", "first_at", "last_at"})


def find_run(kept: ActionFile, step: Step) -> Run | None:
    """Return how checking or logging a file has come out so far, if it was asked for."""
    stored = (kept.report or {}).get(step.value)
    if stored is None:
        return None
    values = {each.name: stored[each.name] for each in fields(Run) if each.name in stored}
    for name in _INSTANTS & values.keys():
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return Run(**{**values, "state": RunState(values["state"])})


def keep_run(kept: ActionFile, step: Step, run: Run) -> None:
    """Keep how a run has come out so far beside its file."""
    kept.report = {**(kept.report or {}), step.value: run.stored()}
