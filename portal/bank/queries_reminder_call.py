"""Read model of a call the ladder asks for: whom, about what, at which number, and whether now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.bank import reminder_words as say
from portal.bank.queries_reminders import Now, now_of
from portal.core.accounts.models import Account
from portal.core.actions.contact import may_contact
from portal.core.actions.foresee import has_open_hold
from portal.core.actions.ladders import find_ladder, local_day
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.models_reminders import ReminderState
from portal.core.actions.reminders import get_reminder
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.parties.persons import masked, open_contacts
from portal.core.principal import Principal
from portal.core.rules import Channel


@dataclass(frozen=True)
class Number:
    """A telephone number of the person; in the clear only for who asked to see it."""

    id: UUID
    shown: str


@dataclass(frozen=True)
class CallPage:
    """One call to make, and all that its caller needs to know."""

    id: UUID
    account_id: UUID
    account_ref: str
    name: str
    language: str
    step: str
    due_on: date
    is_due: bool
    owed: Money
    past_due_since: date
    zones: tuple[str, ...]
    zone: ZoneInfo
    numbers: list[Number]
    has_hold: bool
    now: Now
    held_until: datetime | None
    asked_id: UUID | None

    @property
    def choices(self) -> list[tuple[UUID, str]]:
        """The numbers to choose from."""
        return [(each.id, each.shown) for each in self.numbers]


def get_call(
    session: Session, actor: Principal, reminder_id: UUID, *, now: datetime, in_clear: bool
) -> CallPage:
    """Return one call of the ladder.

    Raises:
        NotFound: there is no such reminder at the actor's bank.
    """
    reminder = get_reminder(session, actor, reminder_id)
    account = session.get_one(Account, (reminder.bank_id, reminder.account_id))
    debtor = session.get_one(Debtor, (reminder.bank_id, reminder.debtor_id))
    balance = session.get_one(Balance, (reminder.bank_id, reminder.account_id))
    bank = session.get_one(Bank, reminder.bank_id)
    ladder = find_ladder(session, bank.id, local_day(bank, now))
    step = ladder.find(reminder.step)
    judged = may_contact(session, [account.id], Channel.CALL, at=now, asked_by=actor.user_id)
    permit = _open_permit(session, actor, account.id, now)
    is_held = permit is not None and permit.state is PermitState.GRANTED
    return CallPage(
        id=reminder.id,
        account_id=account.id,
        account_ref=account.account_ref,
        name=debtor.name,
        language=debtor.language,
        step=say.step_name(step) if step else reminder.step,
        due_on=reminder.due_on,
        is_due=reminder.state is ReminderState.DUE,
        owed=Money(balance.total_minor, balance.currency),
        past_due_since=account.past_due_since,
        zones=tuple(debtor.zones),
        zone=ZoneInfo(bank.timezone),
        numbers=[
            Number(each.id, each.value if in_clear else masked(each))
            for each in open_contacts(session, debtor)
            if each.kind == "phone"
        ],
        has_hold=has_open_hold(session, account.id),
        now=now_of(judged[account.id]),
        held_until=permit.expires_at if permit is not None and is_held else None,
        asked_id=permit.id if permit is not None and not is_held else None,
    )


def _open_permit(
    session: Session, actor: Principal, account_id: UUID, now: datetime
) -> Permit | None:
    """Return the actor's permit or question for a call on an account, if one is open."""
    found = session.scalars(
        select(Permit)
        .where(
            and_(
                Permit.bank_id == actor.bank_id,
                Permit.account_id == account_id,
                Permit.channel == Channel.CALL,
                Permit.asked_by == actor.user_id,
                Permit.state.in_((PermitState.GRANTED, PermitState.ASKED)),
            )
        )
        .order_by(Permit.asked_at.desc(), Permit.id)
        .limit(1)
    ).one_or_none()
    lapsed = found is not None and found.expires_at is not None and found.expires_at <= now
    return None if lapsed else found
