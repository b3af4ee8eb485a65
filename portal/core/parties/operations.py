"""What the operator does to keep the portal running, without seeing anybody's data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import audit, outbox
from portal.core.errors import Conflict
from portal.core.permissions import Permission
from portal.core.principal import OPERATOR_ORG, Principal


def retry_failed_job(session: Session, actor: Principal, job_id: int, *, now: datetime) -> str:
    """Run a failed job once more; return the name of its task.

    Raises:
        PermissionDenied: the actor does not run the portal.
        Conflict: the job has not failed, or is gone.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    task = outbox.retry_failed(session, job_id, at=now)
    if task is None:
        raise Conflict("This job is not among the failed ones any more.")
    facts = {"job": job_id, "task": task}
    audit.record(session, actor, "job.retried", OPERATOR_ORG, facts=facts)
    return task
