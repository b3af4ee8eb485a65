"""Messages, gateway calls and other jobs, enqueued on the caller's own transaction.

A job that was enqueued in a transaction exists only if that transaction committed. It runs at
least once, so each one stores what it did under its own id and a repeat finds it done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import procrastinate
from sqlalchemy import insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock, seals
from portal.core.db import Base, uuid7

#: The queue's registry: tasks are defined on it in `portal.jobs`, and a worker runs it.
queue = procrastinate.App(connector=procrastinate.PsycopgConnector())
#: Enqueues by name on the caller's connection. Apart from `queue`, whose connector a worker opens
#: asynchronously: a job that enqueues another one would then be given an awaitable.
_sender = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


class Message(Base):
    """One e-mail or text message to send, sealed under its organisation's key."""

    __tablename__ = "messages"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    channel: Mapped[str]
    kind: Mapped[str]
    to_sealed: Mapped[bytes]
    subject: Mapped[str] = mapped_column(default="")
    body_sealed: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


def enqueue(
    session: Session,
    task: str,
    *,
    lock: str | None = None,
    schedule_at: datetime | None = None,
    **arguments: str | int,
) -> None:
    """Enqueue a job by its task's name, on the session's transaction. Arguments are ids only."""
    connection = session.connection().connection.driver_connection
    options: dict[str, Any] = {"connection": connection}
    if lock is not None:
        options["lock"] = lock
    if schedule_at is not None:
        options["schedule_at"] = schedule_at
    _sender.configure_task(task, allow_unknown=True, **options).defer(**arguments)


def post_message(
    session: Session,
    org_id: UUID,
    *,
    channel: str,
    kind: str,
    to: str,
    text: str,
    subject: str = "",
) -> UUID:
    """Store a message of an organisation and enqueue its delivery; `channel` is email or text.

    The words must suit whoever else reads that phone or mailbox: no debt, no amount, no name.
    """
    key = seals.owner_key(session, org_id)
    message_id = uuid7()
    session.execute(
        # No RETURNING: a debtor's visit may post a message without being allowed to read it.
        insert(Message).inline(),
        {
            "org_id": org_id,
            "id": message_id,
            "channel": channel,
            "kind": kind,
            "to_sealed": key.seal("messages.to", message_id, to),
            "subject": subject,
            "body_sealed": key.seal("messages.body", message_id, text),
            "state": "waiting",
            "tries": 0,
            "made_at": clock.now(),
        },
    )
    enqueue(session, "deliver_message", org_id=str(org_id), message_id=str(message_id))
    return message_id


def retry_failed(session: Session, job_id: int, *, at: datetime) -> str | None:
    """Put a failed job back into the queue; return its task's name, or None if it did not fail."""
    task: str | None = session.execute(
        text(
            "SELECT task_name FROM jobs.procrastinate_jobs"
            " WHERE id = :job AND status = 'failed' FOR UPDATE"
        ),
        {"job": job_id},
    ).scalar_one_or_none()
    if task is not None:
        session.execute(
            text("SELECT jobs.procrastinate_retry_job_v2(:job, :at, NULL, NULL, NULL)"),
            {"job": job_id, "at": at},
        )
    return task
