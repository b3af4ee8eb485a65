"""Judging again, in a worker, what a late row may have changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.core import clock
from portal.core.actions.rejudging import judge_again as judge_person_again
from portal.core.outbox import queue
from portal.core.principal import Principal
from portal.web.uow import transaction


@queue.task(name="judge_again", retry=5)
def judge_again(bank_id: str, debtor_id: str, since: str) -> None:
    """Judge again what was done to a person from an instant on."""
    system = Principal.system(UUID(bank_id))
    with transaction(system) as session:
        judge_person_again(
            session,
            system,
            UUID(debtor_id),
            since=datetime.fromisoformat(since),
            now=clock.now(),
            cause="late_row",
        )
