"""The worker: takes jobs from the queue and runs each in the application's context."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import procrastinate
from flask import Flask
from sqlalchemy.engine import make_url

from portal.config import Settings
from portal.core.outbox import queue
from portal.extensions import db

#: Imported for their tasks: a worker that does not know a task fails its jobs.
TASK_MODULES = (
    "portal.jobs.action_files",
    "portal.jobs.attempts",
    "portal.jobs.holds",
    "portal.jobs.judging",
    "portal.jobs.letters",
    "portal.jobs.messages",
    "portal.jobs.offers",
    "portal.jobs.payments",
    "portal.jobs.reminders",
    "portal.jobs.sandbox",
    "portal.jobs.upkeep",
)
HEARTBEAT_SECONDS = 5
STALLED_AFTER_SECONDS = 20


def load_tasks() -> None:
    """Register every task with the queue."""
    for module in TASK_MODULES:
        queue.import_paths = list({*(queue.import_paths or ()), module})
    queue.perform_import_paths()  # type: ignore[no-untyped-call]


def work(app: Flask, settings: Settings, *, wait: bool = True, concurrency: int = 2) -> None:
    """Run jobs until stopped by a signal, or, with `wait=False`, until none is left."""
    load_tasks()

    def in_application(call_next: Callable[[], Any], *_: object) -> Any:
        with app.app_context():
            try:
                return call_next()
            finally:
                db.session.remove()

    if settings.database_url is None:
        raise RuntimeError("DATABASE_URL is unset")
    connector = procrastinate.PsycopgConnector(
        conninfo=make_url(settings.database_url)
        .set(drivername="postgresql")
        .render_as_string(hide_password=False),
        kwargs={"options": "-c search_path=public,jobs -c timezone=UTC"},
        min_size=1,
        max_size=concurrency + 3,
    )
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with queue.replace_connector(connector):
        queue.run_worker(
            wait=wait,
            concurrency=concurrency,
            task_middleware=[in_application],
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_AFTER_SECONDS,
            delete_jobs="successful",
            install_signal_handlers=wait,
        )
