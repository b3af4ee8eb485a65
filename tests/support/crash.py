"""A process of its own that does one step of a payment, and may be killed in the middle of it.

Processes are forked from a server that has the application's modules loaded and no thread, so
that each starts within moments.
"""

from __future__ import annotations

import multiprocessing
import os
from datetime import datetime
from uuid import UUID

from portal.app import create_app
from portal.config import Settings
from portal.core import faults
from portal.web import payments

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
