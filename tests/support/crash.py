"""A process of its own that does one step of a long deed, and may be killed in the middle of it.

Processes are forked from a server that has the application's modules loaded and no thread, so
that each starts within moments.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from portal.app import create_app
from portal.config import Settings
from portal.core import clock, faults
from portal.core.actions import file_plan
from portal.core.actions.file_progress import Step
from portal.core.principal import Principal
from portal.web import action_files, payments

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def handle_event_in_process(
    settings: Settings, bank_id: UUID, event_id: str, *, at: datetime, kill_at: str | None = None
) -> int | None:
    """Handle an event in a process of its own; return its exit code, -9 when it was killed."""
    return _run(_handle_event, settings, kill_at, bank_id, event_id, at)


def look_up_in_process(
    settings: Settings, bank_id: UUID, payment_id: UUID, *, at: datetime, kill_at: str | None = None
) -> int | None:
    """Look a payment up in a process of its own; return its exit code, -9 when it was killed."""
    return _run(_look_up, settings, kill_at, bank_id, payment_id, at)


def log_file_in_process(
    settings: Settings,
    actor: Principal,
    file_id: UUID,
    *,
    at: datetime,
    part_rows: int,
    kill_at: str | None = None,
    nth: int = 1,
) -> int | None:
    """Log a file of actions in a process of its own; it is killed the nth time it comes by."""
    return _run(_log_file, settings, None, actor, file_id, at, part_rows, kill_at, nth)


def _run(step: object, settings: Settings, kill_at: str | None, *arguments: object) -> int | None:
    process = _context.Process(target=_in_application, args=(step, settings, kill_at, arguments))
    process.start()
    process.join(timeout=120)
    if process.is_alive():
        process.kill()
        raise AssertionError("the process did not end")
    return process.exitcode


def _in_application(
    step: object, settings: Settings, kill_at: str | None, arguments: tuple[object, ...]
) -> None:
    if kill_at is not None:
        os.environ["PORTAL_FAULT_KILL"] = kill_at
    app = create_app(settings)
    faults.arm_from_environment()
    with app.app_context():
        step(*arguments)  # type: ignore[operator]


def _handle_event(bank_id: UUID, event_id: str, at: datetime) -> None:
    payments.handle_event(bank_id, event_id, at=at)


def _look_up(bank_id: UUID, payment_id: UUID, at: datetime) -> None:
    payments.look_up(bank_id, payment_id, at=at)


def _log_file(
    actor: Principal, file_id: UUID, at: datetime, part_rows: int, kill_at: str | None, nth: int
) -> None:
    clock.shift_by(at - clock.now())
    file_plan.PART_ROWS = part_rows
    if kill_at is not None:
        faults.arm(kill_at, _kill_the(nth))
    action_files.run_file(actor, file_id, Step.COMMIT)


def _kill_the(nth: int) -> Callable[[], None]:
    left = [nth]

    def come_by() -> None:
        left[0] -= 1
        if not left[0]:
            faults.kill_process()

    return come_by
