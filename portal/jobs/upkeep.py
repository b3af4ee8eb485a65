"""What has to be done again and again: overdue offers, sessions, stalled jobs."""

from __future__ import annotations

from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import select, text

from portal.core import clock
from portal.core.errors import Unavailable
from portal.core.outbox import queue
from portal.core.parties.models import Bank
from portal.core.placements.offers import lapse_offers
from portal.core.principal import Principal
from portal.extensions import db
from portal.jobs import sandbox
from portal.jobs.worker import STALLED_AFTER_SECONDS
from portal.web.installation import refuse_unsafe_ground
from portal.web.uow import transaction

log = structlog.get_logger()


def list_bank_ids() -> list[UUID]:
    """Return every bank, for work that is done bank by bank."""
    with transaction(Principal.operator_machine()) as session:
        return list(session.scalars(select(Bank.id).order_by(Bank.id)))


@queue.periodic(cron="*/5 * * * *")
@queue.task(name="end_overdue_offers", queueing_lock="end_overdue_offers")
def end_overdue_offers(timestamp: int) -> None:
    """End the offers nobody answered in time."""
    del timestamp
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        with transaction(system) as session:
            lapse_offers(session, system, at=clock.now())


@queue.periodic(cron="* * * * *")
@queue.task(name="compare_clocks", queueing_lock="compare_clocks")
def compare_clocks(timestamp: int) -> None:
    """Raise the alarm when this clock and the database's drift apart."""
    del timestamp
    try:
        refuse_unsafe_ground()
    except Unavailable as fault:
        log.error("ground.unsafe", fault=str(fault))


@queue.periodic(cron="17 * * * *")
@queue.task(name="sweep_sessions", queueing_lock="sweep_sessions")
def sweep_sessions(timestamp: int) -> None:
    """Remove the rows of sessions that are over."""
    del timestamp
    with db.engine.begin() as connection:
        connection.execute(text("SELECT doors.sweep_sessions(:now)"), {"now": clock.now()})


@queue.periodic(cron="* * * * * */30")
@queue.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: procrastinate.JobContext, timestamp: int) -> None:
    """Hand the jobs of a dead worker to a living one; nothing else does."""
    del timestamp
    manager = context.app.job_manager
    stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
    for job in stalled:
        await manager.retry_job(job)


queue.periodic(cron="* * * * *", periodic_id="sandbox")(sandbox.deliver_sandbox_events)
