"""Judging again, in a worker, what a late row may have changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from portal.core import clock
from portal.core.actions import turns
from portal.core.actions.rejudging import judge_again as judge_person_again
from portal.core.outbox import queue
from portal.core.principal import Principal
from portal.jobs.upkeep import list_bank_ids
from portal.web.uow import transaction

#: Less than the minute after which it is asked for again.
_REFRESH_FOR = timedelta(seconds=40)


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


@queue.periodic(cron="* * * * *")
@queue.task(name="refresh_turns", queueing_lock="refresh_turns")
def refresh_turns(timestamp: int) -> None:
    """Keep worklists in order: look again at who may be called, bank by bank, some at a time."""
    del timestamp
    until = clock.now() + _REFRESH_FOR
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        while clock.now() < until:
            with transaction(system) as session:
                if turns.refresh_turns(session, system, at=clock.now()) == 0:
                    break
