"""Forgetting counted attempts at the staff's door whose time is over."""

from __future__ import annotations

from portal.core import clock
from portal.core.outbox import queue
from portal.core.parties import attempts
from portal.core.parties.sign_in import Candidate
from portal.web.uow import transaction


@queue.periodic(cron="37 * * * *")
@queue.task(name="sweep_attempts", queueing_lock="sweep_attempts")
def sweep_attempts(timestamp: int) -> None:
    """Remove counts that no limit looks at any more."""
    del timestamp
    with transaction(Candidate.nobody().principal) as session:
        attempts.sweep(session, attempts.ALL_LIMITS, now=clock.now())
