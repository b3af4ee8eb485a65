"""Taking the steps of every bank's ladder, some at a time, each in a transaction of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import current_app

from portal.core import clock
from portal.core.actions.ladder_words import bank_of
from portal.core.actions.ladders import local_day
from portal.core.actions.reminder_plan import close_settled, plan_reminders
from portal.core.actions.reminders import claim_reminders, take_reminder
from portal.core.errors import PortalError
from portal.core.outbox import queue
from portal.core.principal import Principal
from portal.jobs.upkeep import list_bank_ids
from portal.web.reminder_making import ReminderMaker
from portal.web.uow import transaction

log = structlog.get_logger()

_PLANNED_AT_ONCE, _CLAIMED_AT_ONCE = 2_000, 20
#: Less than the five minutes after which it is asked for again.
_RUN_FOR = timedelta(minutes=4)


@dataclass
class Ran:
    """What one run did at a bank: steps written down, tried by how they stand now, and faults."""

    planned: int = 0
    closed: int = 0
    failed: int = 0
    tried: Counter[str] = field(default_factory=Counter)


@queue.periodic(cron="*/5 * * * *")
@queue.task(name="send_reminders", queueing_lock="send_reminders")
def send_reminders(timestamp: int) -> None:
    """Plan and take the steps reached at every bank."""
    del timestamp
    until = clock.now() + _RUN_FOR
    for bank_id in list_bank_ids():
        run_ladder(bank_id, until=until)


def run_ladder(bank_id: UUID, *, until: datetime | None = None) -> Ran:
    """Plan and take the steps reached at a bank, until none is left or the time is up.

    One that fails is left for later and keeps no other waiting.
    """
    system, ran = Principal.system(bank_id), Ran()
    with transaction(system) as session:
        ran.closed = close_settled(session, system, at=clock.now())
    while _has_time(until) and (count := _plan(system)):
        ran.planned += count
    while _has_time(until) and (claimed := _claim(system)):
        for reminder_id in claimed:
            _take(system, reminder_id, ran)
    return ran


def reminder_maker() -> ReminderMaker:
    """Return what puts the reminders of this installation in words."""
    return ReminderMaker(current_app.config["PORTAL_SETTINGS"].portal_base_url)


def _has_time(until: datetime | None) -> bool:
    return until is None or clock.now() < until


def _plan(system: Principal) -> int:
    at = clock.now()
    with transaction(system) as session:
        today = local_day(bank_of(session, system.user_id), at)
        return plan_reminders(session, system, today=today, at=at, size=_PLANNED_AT_ONCE)


def _claim(system: Principal) -> list[UUID]:
    with transaction(system) as session:
        return claim_reminders(session, system, at=clock.now(), size=_CLAIMED_AT_ONCE)


def _take(system: Principal, reminder_id: UUID, ran: Ran) -> None:
    try:
        with transaction(system) as session:
            reminder = take_reminder(
                session, system, reminder_id, at=clock.now(), compose=reminder_maker()
            )
            ran.tried[reminder.state.value] += 1
    except PortalError as fault:
        ran.failed += 1
        log.error("reminder.failed", reminder_id=str(reminder_id), fault=fault.message)
