"""Taking the steps of the ladder: what the machine sends, what it leaves to people, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.accounts.locks import lock_account
from portal.core.actions import reminder_letters, reminder_messages
from portal.core.actions.ladder_words import bank_of
from portal.core.actions.ladders import find_ladder, local_day
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.reminder_try import Reason, Try, close, count_effort, hindrance_of
from portal.core.actions.reminder_words import Composer
from portal.core.actions.service import Told, log_action
from portal.core.errors import Conflict, NotFound
from portal.core.parties.locks import lock_person
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.core.rules import Channel

#: For this long nobody else tries a reminder somebody has claimed; a crash costs no more.
LEASE = timedelta(minutes=10)


def claim_reminders(session: Session, system: Principal, *, at: datetime, size: int) -> list[UUID]:
    """Claim up to `size` reminders whose time has come, and return them in the order to try.

    First come those a person has decided about, whose permit lasts ten minutes. What others have
    claimed is left to them. Nothing is claimed while the ladder is switched off.

    Raises:
        PermissionDenied: the actor sends no reminders.
    """
    system.require(Permission.REMINDER_SEND)
    if system.bank_id is None:
        raise NotFound
    bank = bank_of(session, system.bank_id)
    if not find_ladder(session, bank.id, local_day(bank, at)).is_running:
        return []
    decided = case((Permit.state == PermitState.GRANTED, 0), else_=1)
    found = list(
        session.scalars(
            select(Reminder.id)
            .outerjoin(
                Permit, and_(Permit.bank_id == Reminder.bank_id, Permit.id == Reminder.permit_id)
            )
            .where(
                Reminder.bank_id == bank.id,
                Reminder.state == ReminderState.WAITING,
                Reminder.next_try_at <= at,
                or_(Permit.id.is_(None), Permit.state != PermitState.ASKED),
            )
            .order_by(decided, Reminder.next_try_at, Reminder.id)
            .limit(size)
            .with_for_update(of=Reminder, skip_locked=True)
        )
    )
    session.execute(
        update(Reminder)
        .where(Reminder.bank_id == bank.id, Reminder.id.in_(found))
        .values(tried_at=at, next_try_at=at + LEASE)
        .execution_options(synchronize_session=False)
    )
    return found


def take_reminder(
    session: Session, system: Principal, reminder_id: UUID, *, at: datetime, compose: Composer
) -> Reminder:
    """Send a message or letter of the ladder if everything allows it, in one transaction.

    It is sent, or waits until the rules allow it or a person has decided, or is refused with the
    reason, or passed over because it lost its own. One that is done with, and one of a ladder that
    is switched off, stays as it is: a repeat does nothing.

    Raises:
        PermissionDenied: the actor sends no reminders.
        NotFound: there is no such reminder at the actor's bank.
    """
    system.require(Permission.REMINDER_SEND)
    reminder = _lock(session, system, reminder_id)
    if reminder.state is not ReminderState.WAITING:
        return reminder
    bank = bank_of(session, reminder.bank_id)
    ladder = find_ladder(session, bank.id, local_day(bank, at))
    if not ladder.is_running:
        return reminder
    lock_person(session, reminder.bank_id, reminder.debtor_id)
    step, before = ladder.find(reminder.step), (reminder.state, reminder.reason)
    reminder.tried_at, reminder.ladder_version = at, ladder.version
    if step is None or step.channel is not reminder.channel:
        close(reminder, ReminderState.SKIPPED, Reason.STEP_REMOVED, at)
    else:
        turn = Try(session, system, reminder, bank, step, at)
        _take(turn, compose)
    session.flush()
    faults.point("reminder.taken")
    if (reminder.state, reminder.reason) != before:
        facts = {"reason": reminder.reason, "step": reminder.step}
        verb = f"reminder.{reminder.state.value}"
        audit.record(session, system, verb, reminder.id, facts=facts)
    return reminder


def _take(turn: Try, compose: Composer) -> None:
    if hindrance := hindrance_of(turn):
        turn.settle(hindrance)
    elif turn.reminder.channel is Channel.LETTER:
        reminder_letters.send(turn, compose)
    else:
        reminder_messages.send(turn, compose)


def log_reminder_call(
    session: Session, actor: Principal, reminder_id: UUID, told: Told, *, now: datetime
) -> Action:
    """Record the call a step of the ladder asks for, made by somebody at the bank.

    It is an action like any other, with the rules it broke. Whoever was reached, the step is done.

    Raises:
        PermissionDenied: the actor's role sends no reminders.
        NotFound: there is no such reminder at the actor's bank.
        Invalid: as for `log_action`.
        Conflict: the call was logged before, or is due no more.
    """
    actor.require(Permission.REMINDER_SEND)
    reminder = _lock(session, actor, reminder_id)
    if reminder.state is not ReminderState.DUE or told.channel is not Channel.CALL:
        raise Conflict("This call was logged already, or is not due any more.")
    action = log_action(session, actor, reminder.account_id, told, now=now)
    close(reminder, ReminderState.SENT, None, now)
    reminder.tried_at, reminder.action_id = now, action.id
    day = local_day(bank_of(session, reminder.bank_id), told.made_at)
    count_effort(session, reminder, Channel.CALL, on=day)
    session.flush()
    audit.record(session, actor, "reminder.sent", reminder.id, facts={"step": reminder.step})
    return action


def get_reminder(session: Session, actor: Principal, reminder_id: UUID) -> Reminder:
    """Return a reminder of the actor's bank.

    Raises:
        NotFound: there is none.
    """
    found = session.scalars(
        select(Reminder).where(Reminder.bank_id == actor.bank_id, Reminder.id == reminder_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _lock(session: Session, actor: Principal, reminder_id: UUID) -> Reminder:
    """Lock the account first and its reminder after."""
    seen = get_reminder(session, actor, reminder_id)
    lock_account(session, seen.account_id)
    session.refresh(seen, with_for_update=True)
    return seen
