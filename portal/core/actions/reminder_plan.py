"""Which step of the ladder each account has reached: found in one query, written down once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    Values,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.accounts.hold_reading import open_on
from portal.core.accounts.models import Account, AccountState, Hold
from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.ladder import LadderStep
from portal.core.actions.ladder_words import bank_of
from portal.core.actions.ladders import Ladder, find_ladder
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.permits import return_permit
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound
from portal.core.ledger.models import Balance
from portal.core.parties.models import Bank
from portal.core.permissions import Permission
from portal.core.plans.models import LIVE_PLAN_STATES, Plan
from portal.core.principal import Principal
from portal.core.rules import Channel

#: Steps nobody has taken yet.
OPEN_STATES = (ReminderState.DUE, ReminderState.WAITING)


@dataclass(frozen=True)
class Reached:
    """An account, its person, and the step it has reached."""

    account_id: UUID
    debtor_id: UUID
    step: LadderStep


def plan_reminders(
    session: Session, system: Principal, *, today: date, at: datetime, size: int
) -> int:
    """Write down the step that up to `size` accounts have reached, and return for how many.

    Steps are taken in their order and with their days between them, wherever an account stood when
    the ladder was switched on: nobody is sent three messages in three days to catch up. One step a
    day for one person. A step nobody took is passed over once the next one is reached. Accounts
    somebody else has locked are left for the next time.

    Raises:
        PermissionDenied: the actor sends no reminders.
    """
    system.require(Permission.REMINDER_SEND)
    if system.bank_id is None:
        raise NotFound
    bank = bank_of(session, system.bank_id)
    ladder = find_ladder(session, bank.id, today)
    if not ladder.is_running:
        return 0
    reached = list_reached(session, bank, ladder, today, limit=size)
    if not reached:
        return 0
    free = _lock(session, bank.id, [each.account_id for each in reached])
    taken = [each for each in reached if each.account_id in free]
    _pass_over(session, system, free, at)
    _write(session, bank.id, taken, ladder, today=today, at=at)
    facts = {"count": len(taken), "day": today.isoformat(), "version": ladder.version}
    audit.record(session, system, "reminders.planned", bank.id, facts=facts)
    return len(taken)


def list_reached(
    session: Session, bank: Bank, ladder: Ladder, day: date, *, limit: int | None = None
) -> list[Reached]:
    """Return which accounts reach which step by a day, one of each person; nothing is written."""
    rows = session.execute(_reached(session, bank, ladder, day).limit(limit))
    steps = {step.key: step for step in ladder.steps}
    return [Reached(row.account_id, row.debtor_id, steps[row.step]) for row in rows]


def count_reached(session: Session, bank: Bank, ladder: Ladder, day: date) -> dict[str, int]:
    """Return how many accounts reach each step by a day, by the step's name."""
    found = _reached(session, bank, ladder, day).subquery()
    total = func.count().label("total")
    rows = session.execute(select(found.c.step, total).group_by(found.c.step))
    return {row.step: row.total for row in rows}


def close_settled(session: Session, system: Principal, *, at: datetime) -> int:
    """End the steps that lost their reason: nothing is owed, or the account went to an agency.

    Raises:
        PermissionDenied: the actor sends no reminders.
    """
    system.require(Permission.REMINDER_SEND)
    why = case(
        (Balance.total_minor <= 0, "nothing_owed"),
        (Account.state != AccountState.READY, "referred"),
        else_="",
    ).label("why")
    over = (
        select(Reminder.id, why)
        .join(Account, and_(Account.bank_id == Reminder.bank_id, Account.id == Reminder.account_id))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(
            Reminder.bank_id == system.bank_id,
            Reminder.state.in_(OPEN_STATES),
            or_(Balance.total_minor <= 0, Account.state != AccountState.READY),
        )
        .with_for_update(of=Reminder, skip_locked=True)
        .cte("over")
    )
    closed = session.execute(
        update(Reminder)
        .where(Reminder.bank_id == system.bank_id, Reminder.id == over.c.id)
        .values(state=ReminderState.SKIPPED, reason=over.c.why, done_at=at, next_try_at=None)
        .returning(Reminder.debtor_id, Reminder.permit_id)
        .execution_options(synchronize_session=False)
    ).all()
    _withdraw(session, system, closed, at)
    return len(closed)


def held_on(day: date) -> ColumnElement[bool]:
    """Return the condition that an account, or its person, is on hold on a day.

    Two questions rather than one with an either-or, which no index answers for many accounts.
    """
    of_bank = and_(Hold.bank_id == Account.bank_id, open_on(day))
    return or_(
        exists().where(of_bank, Hold.account_id == Account.id),
        exists().where(of_bank, Hold.account_id.is_(None), Hold.debtor_id == Account.debtor_id),
    )


def on_plan() -> ColumnElement[bool]:
    """Return the condition that a plan runs on an account, or has been asked for."""
    return exists().where(
        Plan.bank_id == Account.bank_id,
        Plan.account_id == Account.id,
        Plan.state.in_(LIVE_PLAN_STATES),
    )


def _reached(session: Session, bank: Bank, ladder: Ladder, day: date) -> Select[Any]:
    """Return the statement of who reaches what: one account of each person, longest overdue first.

    The next step is the one after the last that was reached, so a step put in before it is not
    made up for.
    """
    steps, last = _table(ladder.steps), _last_steps(bank, ladder.steps)
    fresh = balance_days(find_pack(session, bank.id, day))
    today = literal(day, Date)
    turn = func.row_number().over(
        partition_by=Account.debtor_id, order_by=(Account.past_due_since, Account.id)
    )
    found = (
        select(
            Account.id.label("account_id"),
            Account.debtor_id,
            steps.c.step,
            turn.label("turn"),
        )
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .outerjoin(last, last.c.account_id == Account.id)
        .join(steps, steps.c.place == func.coalesce(last.c.place, 0) + 1)
        .where(
            Account.bank_id == bank.id,
            Account.state == AccountState.READY,
            Account.past_due_since <= today - steps.c.after_days,
            or_(last.c.on_day.is_(None), last.c.on_day <= today - steps.c.gap),
            Balance.total_minor > 0,
            Balance.verified_as_of >= today - literal(fresh, Integer),
            ~held_on(day),
            ~on_plan(),
            ~_planned_today(day),
        )
        .subquery()
    )
    return (
        select(found.c.account_id, found.c.debtor_id, found.c.step)
        .where(found.c.turn == 1)
        .order_by(found.c.account_id)
    )


def _table(steps: tuple[LadderStep, ...]) -> Values:
    """Return the steps as a table: place, name, its day, and days since the step before."""
    before = [0, *(step.after_days for step in steps)]
    return values(
        column("place", Integer),
        column("step", String),
        column("after_days", Integer),
        column("gap", Integer),
        name="steps",
    ).data(
        [
            (place, step.key, step.after_days, step.after_days - before[place - 1])
            for place, step in enumerate(steps, start=1)
        ]
    )


def _last_steps(bank: Bank, steps: tuple[LadderStep, ...]) -> Any:
    """Return how far each account has come, and the last day anything was done with a step."""
    table = _table(steps).alias("known")
    done_on = cast(func.timezone(bank.timezone, Reminder.done_at), Date)
    return (
        select(
            Reminder.account_id,
            func.max(table.c.place).label("place"),
            func.max(func.coalesce(done_on, Reminder.due_on)).label("on_day"),
        )
        .outerjoin(table, table.c.step == Reminder.step)
        .where(Reminder.bank_id == bank.id)
        .group_by(Reminder.account_id)
        .subquery("last")
    )


def _planned_today(day: date) -> ColumnElement[bool]:
    """Return the condition that some step was reached today on an account of the person."""
    return exists().where(
        Reminder.bank_id == Account.bank_id,
        Reminder.debtor_id == Account.debtor_id,
        Reminder.due_on >= day,
    )


def _lock(session: Session, bank_id: UUID, account_ids: list[UUID]) -> set[UUID]:
    """Lock those of some accounts that are still the bank's own to remind, and nobody else's."""
    return set(
        session.scalars(
            select(Account.id)
            .where(
                Account.bank_id == bank_id,
                Account.id.in_(account_ids),
                Account.state == AccountState.READY,
            )
            .order_by(Account.id)
            .with_for_update(key_share=True, skip_locked=True)
        )
    )


def _pass_over(session: Session, system: Principal, account_ids: set[UUID], at: datetime) -> None:
    """Pass over the steps nobody took on accounts that have reached the next one."""
    passed = session.execute(
        update(Reminder)
        .where(
            Reminder.bank_id == system.bank_id,
            Reminder.account_id.in_(account_ids),
            Reminder.state.in_(OPEN_STATES),
        )
        .values(state=ReminderState.SKIPPED, reason="overtaken", done_at=at, next_try_at=None)
        .returning(Reminder.debtor_id, Reminder.permit_id)
        .execution_options(synchronize_session=False)
    ).all()
    _withdraw(session, system, passed, at)


def _withdraw(session: Session, system: Principal, ended: Sequence[Any], at: datetime) -> None:
    """Withdraw the questions nobody has answered yet: nothing waits for them. Persons in order."""
    asked = {row.permit_id: row.debtor_id for row in ended if row.permit_id is not None}
    open_ones = session.scalars(
        select(Permit.id).where(
            Permit.bank_id == system.bank_id,
            Permit.id.in_(asked),
            Permit.state == PermitState.ASKED,
        )
    )
    for permit_id in sorted(open_ones, key=lambda each: asked[each]):
        with suppress(Conflict):  # somebody refused it this very moment
            return_permit(session, system, permit_id, at=at)


def _write(
    session: Session,
    bank_id: UUID,
    reached: list[Reached],
    ladder: Ladder,
    *,
    today: date,
    at: datetime,
) -> None:
    if not reached:
        return
    session.execute(
        insert(Reminder).on_conflict_do_nothing(index_elements=["bank_id", "account_id", "step"]),
        [
            {
                "bank_id": bank_id,
                "id": uuid7(),
                "account_id": each.account_id,
                "debtor_id": each.debtor_id,
                "step": each.step.key,
                "channel": each.step.channel,
                "department": each.step.department.value,
                "due_on": today,
                "state": ReminderState.DUE
                if each.step.channel is Channel.CALL
                else ReminderState.WAITING,
                "next_try_at": None if each.step.channel is Channel.CALL else at,
                "ladder_version": ladder.version,
                "judgement": {},
            }
            for each in reached
        ],
    )
