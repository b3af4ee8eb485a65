"""Read models of the operator's pages about what runs: jobs, deliveries, health. No debtor data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core.parties.models import Agency, Bank

PAGE = 50


@dataclass(frozen=True)
class TaskCount:
    """How many jobs of one task are in one state."""

    task: str
    waiting: int
    running: int
    failed: int
    done: int


@dataclass(frozen=True)
class FailedJob:
    """A job that was given up. Its arguments stay where they are."""

    id: int
    task: str
    queue: str
    attempts: int
    failed_at: datetime | None


@dataclass(frozen=True)
class JobsPage:
    """The queue by task, and what failed, newest first."""

    counts: list[TaskCount]
    failed: list[FailedJob]
    next_before: int | None


@dataclass(frozen=True)
class Delivery:
    """A message that left or will: of whom and how, never to whom and what."""

    id: UUID
    organisation: str
    channel: str
    kind: str
    state: str
    tries: int
    made_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class DeliveriesPage:
    """Messages, newest first."""

    rows: list[Delivery]
    next_before: datetime | None


@dataclass(frozen=True)
class Health:
    """Whether the parts the portal stands on are well."""

    server_version: str
    schema_version: str
    bound_by_policies: bool
    clock_difference_seconds: float
    workers: int
    oldest_waiting_seconds: int
    failed_jobs: int
    waiting_messages: int
    failed_messages: int

    @property
    def clock_is_right(self) -> bool:
        """Tell whether our clock and the database's agree closely enough for deadlines."""
        return abs(self.clock_difference_seconds) < 5

    @property
    def queue_moves(self) -> bool:
        """Tell whether no job waits for long."""
        return self.oldest_waiting_seconds < 300


def jobs_page(session: Session, before: int | None) -> JobsPage:
    """Return the queue by task, and failed jobs with a smaller number than `before`."""
    counts = session.execute(
        text(
            "SELECT task_name, count(*) FILTER (WHERE status = 'todo') AS waiting,"
            " count(*) FILTER (WHERE status = 'doing') AS running,"
            " count(*) FILTER (WHERE status = 'failed') AS failed,"
            " count(*) FILTER (WHERE status = 'succeeded') AS done"
            " FROM jobs.procrastinate_jobs GROUP BY task_name ORDER BY task_name"
        )
    )
    failed = session.execute(
        text(
            "SELECT j.id, j.task_name, j.queue_name, j.attempts,"
            " (SELECT max(e.at) FROM jobs.procrastinate_events e WHERE e.job_id = j.id)"
            " FROM jobs.procrastinate_jobs j WHERE j.status = 'failed'"
            " AND (CAST(:before AS bigint) IS NULL OR j.id < :before)"
            " ORDER BY j.id DESC LIMIT :most"
        ),
        {"before": before, "most": PAGE + 1},
    ).all()
    shown = [FailedJob(*row) for row in failed[:PAGE]]
    return JobsPage(
        counts=[TaskCount(*row) for row in counts],
        failed=shown,
        next_before=shown[-1].id if len(failed) > PAGE else None,
    )


def deliveries_page(session: Session, before: datetime) -> DeliveriesPage:
    """Return messages made before an instant, newest first."""
    names = {
        row.id: row.name
        for kind in (Bank, Agency)
        for row in session.execute(select(kind.id, kind.name))
    }
    found = session.execute(
        text("SELECT * FROM doors.list_deliveries(:before, :most)"),
        {"before": before, "most": PAGE + 1},
    ).all()
    rows = [
        Delivery(
            id=row.id,
            organisation=names.get(row.org_id, ""),
            channel=row.channel,
            kind=row.kind,
            state=row.state,
            tries=row.tries,
            made_at=row.made_at,
            sent_at=row.sent_at,
        )
        for row in found[:PAGE]
    ]
    return DeliveriesPage(rows, rows[-1].made_at if len(found) > PAGE else None)


def health(session: Session, now: datetime) -> Health:
    """Return how the parts the portal stands on are doing; `now` is our own clock's."""
    row = session.execute(
        text(
            "SELECT current_setting('server_version') AS server,"
            " (SELECT version_num FROM public.schema_version) AS schema,"
            " (SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles"
            "   WHERE rolname = current_user) AS bound,"
            " extract(epoch FROM clock_timestamp() - CAST(:now AS timestamptz)) AS apart,"
            " (SELECT count(*) FROM jobs.procrastinate_workers"
            "   WHERE last_heartbeat > now() - interval '60 seconds') AS workers,"
            " (SELECT coalesce(max(extract(epoch FROM now() - e.at)), 0)"
            "   FROM jobs.procrastinate_jobs j"
            "   JOIN jobs.procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
            "   WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())"
            " ) AS oldest,"
            " (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed') AS failed"
        ),
        {"now": now},
    ).one()
    counted = session.execute(text("SELECT state, count FROM doors.count_deliveries()"))
    messages: dict[str, int] = {found[0]: found[1] for found in counted}
    return Health(
        server_version=row.server,
        schema_version=row.schema,
        bound_by_policies=row.bound,
        clock_difference_seconds=float(row.apart),
        workers=row.workers,
        oldest_waiting_seconds=int(row.oldest),
        failed_jobs=row.failed,
        waiting_messages=messages.get("waiting", 0),
        failed_messages=messages.get("failed", 0),
    )
