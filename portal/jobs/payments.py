"""What follows a payment: events to act on, payments to look up, promises to judge."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import procrastinate
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.outbox import queue
from portal.core.parties import door_counters
from portal.core.parties.models import Bank
from portal.core.parties.proof import NOBODY
from portal.core.payments import janitor, promises
from portal.core.plans import instalments
from portal.core.principal import Principal
from portal.jobs.upkeep import list_bank_ids
from portal.web import payments
from portal.web.uow import transaction


@queue.task(
    name="handle_gateway_event",
    retry=procrastinate.RetryStrategy(max_attempts=8, exponential_wait=3),
)
def handle_gateway_event(bank_id: str, event_id: str) -> None:
    """Act on a stored event of the payment provider, once."""
    payments.handle_event(UUID(bank_id), event_id, at=clock.now())


@queue.task(name="look_up_payment", retry=3)
def look_up_payment(bank_id: str, payment_id: str) -> None:
    """Bring one payment to where the provider has it."""
    payments.look_up(UUID(bank_id), UUID(payment_id), at=clock.now())


@queue.periodic(cron="* * * * *")
@queue.task(name="look_up_payments", queueing_lock="look_up_payments")
def look_up_payments(timestamp: int) -> None:
    """Look up every payment nothing was heard of, and hand out events nobody handled."""
    del timestamp
    now = clock.now()
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        with transaction(system) as session:
            for payment_id in janitor.list_doubtful(session, system, at=now):
                outbox.enqueue(
                    session,
                    "look_up_payment",
                    lock=f"payment:{payment_id}",
                    bank_id=str(bank_id),
                    payment_id=str(payment_id),
                )


@queue.periodic(cron="*/15 * * * *")
@queue.task(name="retry_events", queueing_lock="retry_events")
def retry_events(timestamp: int) -> None:
    """Hand out again the events whose handling was given up, so that none is forgotten."""
    del timestamp
    now = clock.now()
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        with transaction(system) as session:
            for event_id in janitor.list_unhandled(session, system, at=now):
                outbox.enqueue(
                    session, "handle_gateway_event", bank_id=str(bank_id), event_id=event_id
                )


@queue.periodic(cron="20 * * * *")
@queue.task(name="judge_promises", queueing_lock="judge_promises")
def judge_promises(timestamp: int) -> None:
    """Judge promises and instalments of every bank where the day has just begun.

    Asked every hour, since banks live in different zones; a second time in a day nothing is new.
    """
    del timestamp
    for bank_id in list_bank_ids():
        system = Principal.system(bank_id)
        with transaction(system) as session:
            today = _today(session, bank_id)
            promises.judge_promises(session, system, today=today)
            instalments.judge_instalments(session, system, today=today)


@queue.periodic(cron="41 * * * *")
@queue.task(name="sweep_door_counters", queueing_lock="sweep_door_counters")
def sweep_door_counters(timestamp: int) -> None:
    """Forget the attempts at the debtors' door whose time is over."""
    del timestamp
    with transaction(NOBODY) as session:
        door_counters.sweep(session, clock.now())


def _today(session: Session, bank_id: UUID) -> date:
    bank = session.get_one(Bank, bank_id)
    return clock.now().astimezone(ZoneInfo(bank.timezone)).date()
