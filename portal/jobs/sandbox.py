"""Sending the payment sandbox's events, as the provider would."""

from __future__ import annotations

from portal.core.outbox import queue
from portal.extensions import db
from portal.sandbox.deliver import deliver_due, post_http


@queue.task(name="deliver_sandbox_events", queueing_lock="deliver_sandbox_events")
def deliver_sandbox_events(timestamp: int = 0) -> None:
    """Send the events that are due; where no sandbox is used there are none."""
    del timestamp
    deliver_due(lambda: db.engine, post_http)
