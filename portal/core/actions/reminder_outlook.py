"""What the ladder would do on a day to come: counted by step, nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.core.actions.ladder import LadderStep
from portal.core.actions.ladder_words import bank_of
from portal.core.actions.ladders import Ladder, find_ladder
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.reminder_plan import count_reached


@dataclass(frozen=True)
class StepOutlook:
    """One step on one day: accounts that reach it, and earlier ones whose time has come by then."""

    step: LadderStep
    reached: int
    waiting: int


@dataclass(frozen=True)
class Outlook:
    """What a day brings; nothing of it happens while the ladder is switched off."""

    day: date
    ladder: Ladder
    steps: tuple[StepOutlook, ...]

    @property
    def total(self) -> int:
        """Everything that would be taken or tried."""
        return sum(each.reached + each.waiting for each in self.steps)


def foresee(session: Session, bank_id: UUID, day: date) -> Outlook:
    """Count what each step of the ladder would bring on a day, as accounts stand now.

    What is tried may still be kept by a rule. Calls that wait for somebody are not counted again.
    """
    bank = bank_of(session, bank_id)
    ladder = find_ladder(session, bank_id, day)
    reached = count_reached(session, bank, ladder, day)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(bank.timezone))
    rows = session.execute(
        select(Reminder.step, func.count().label("total"))
        .where(
            Reminder.bank_id == bank_id,
            Reminder.state == ReminderState.WAITING,
            or_(Reminder.next_try_at.is_(None), Reminder.next_try_at < ends),
        )
        .group_by(Reminder.step)
    )
    waiting = {row.step: row.total for row in rows}
    return Outlook(
        day=day,
        ladder=ladder,
        steps=tuple(
            StepOutlook(step, reached.get(step.key, 0), waiting.get(step.key, 0))
            for step in ladder.steps
        ),
    )
