"""Reminders for tests: a ladder that runs, its steps taken as the job takes them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from portal.core.actions.ladder import DEFAULT_STEPS, LadderStep
from portal.core.actions.ladders import local_day, set_ladder
from portal.core.actions.models_reminders import Reminder
from portal.core.actions.reminder_plan import plan_reminders
from portal.core.actions.reminders import claim_reminders, take_reminder
from portal.core.parties.models import Bank
from portal.core.principal import Principal
from portal.web.reminder_making import ReminderMaker
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY, Factory

MAKER = ReminderMaker("https://portal.example")


def start(
    make: Factory,
    bank: Bank,
    *,
    steps: tuple[LadderStep, ...] = DEFAULT_STEPS,
    running: bool = True,
    day: date = TODAY,
    at: datetime = NOON,
) -> Principal:
    """Set a bank's ladder, and return the manager who did."""
    manager = make.vendor_manager(bank)
    with transaction(manager) as session:
        set_ladder(session, manager, steps, running=running, effective_from=day, at=at)
    return manager


def plan(bank: Bank, at: datetime, *, size: int = 100) -> int:
    """Write down what is reached on the day of an instant."""
    system = Principal.system(bank.id)
    with transaction(system) as session:
        return plan_reminders(session, system, today=local_day(bank, at), at=at, size=size)


def take(bank: Bank, at: datetime) -> int:
    """Take every reminder whose time has come, each in a transaction of its own."""
    system = Principal.system(bank.id)
    with transaction(system) as session:
        claimed = claim_reminders(session, system, at=at, size=100)
    for reminder_id in claimed:
        with transaction(system) as session:
            take_reminder(session, system, reminder_id, at=at, compose=MAKER)
    return len(claimed)


def run(bank: Bank, at: datetime) -> None:
    """Plan and take, as one run of the job does."""
    plan(bank, at)
    take(bank, at)


def reminders(bank: Bank, account_id: UUID | None = None) -> list[Reminder]:
    """Return a bank's reminders, or those of one account, in the order they were reached."""
    system = Principal.system(bank.id)
    with transaction(system) as session:
        statement = select(Reminder).order_by(Reminder.due_on, Reminder.id)
        if account_id is not None:
            statement = statement.where(Reminder.account_id == account_id)
        found = list(session.scalars(statement))
        session.expunge_all()
        return found
