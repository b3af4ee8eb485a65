"""One try to take a step of the ladder: what stands in its way, and how it came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account, AccountState, Effort
from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.ladder import LadderStep
from portal.core.actions.ladders import local_day
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.permits import return_permit
from portal.core.actions.reminder_plan import held_on, on_plan
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.principal import Principal
from portal.core.rules import Channel, Verdict
from portal.core.rules.wording import WordCheck, WordCode

_EFFORTS = {
    Channel.SMS: "sms",
    Channel.EMAIL: "email",
    Channel.CALL: "call",
    Channel.LETTER: "demand_letter",
}
_RETRY_SOON = timedelta(hours=1)


class Reason(StrEnum):
    """Why a step is not done, or not done yet."""

    RULES = "rules"  # the findings are kept with the reminder
    WORDS = "words"
    ASKED = "asked"
    PERSON_REFUSED = "person_refused"
    ON_HOLD = "on_hold"
    ONE_A_DAY = "one_a_day"
    BALANCE_UNVERIFIED = "balance_unverified"
    BALANCE_CHECKED = "balance_checked"
    NO_ADDRESS = "no_address"
    NO_LETTER = "no_letter"
    NOTHING_OWED = "nothing_owed"
    REFERRED = "referred"
    ON_PLAN = "on_plan"
    OVERTAKEN = "overtaken"
    STEP_REMOVED = "step_removed"


#: What only waiting cures, a day at a time.
_UNTIL_TOMORROW = {Reason.ON_HOLD, Reason.ONE_A_DAY, Reason.BALANCE_UNVERIFIED}
#: What is a no; other ends are of steps that lost their reason.
_REFUSALS = {Reason.WORDS, Reason.PERSON_REFUSED, Reason.NO_ADDRESS}


@dataclass
class Try:
    """A reminder, locked with its account and its person, and all that trying it needs."""

    session: Session
    system: Principal
    reminder: Reminder
    bank: Bank
    step: LadderStep
    at: datetime

    @property
    def today(self) -> date:
        """The day it is at the bank."""
        return local_day(self.bank, self.at)

    @cached_property
    def account(self) -> Account:
        """The account it is about."""
        return self.session.get_one(Account, (self.bank.id, self.reminder.account_id))

    @cached_property
    def debtor(self) -> Debtor:
        """The person it goes to."""
        return self.session.get_one(Debtor, (self.bank.id, self.reminder.debtor_id))

    @cached_property
    def balance(self) -> Balance:
        """What is owed on the account."""
        return self.session.get_one(Balance, (self.bank.id, self.reminder.account_id))

    @property
    def owed(self) -> Money:
        """The amount owed."""
        return Money(self.balance.total_minor, self.balance.currency)

    @property
    def external_id(self) -> str:
        """The name its action goes by: the same one twice is one action."""
        return f"reminder:{self.reminder.id}"

    def settle(self, reason: Reason) -> None:
        """Write down why it is not sent: for today, for now, or for good."""
        if reason not in (Reason.ASKED, Reason.WORDS):
            self.reminder.judgement = {}
        if reason in _UNTIL_TOMORROW:
            self._wait(reason, self._tomorrow())
        elif reason is Reason.BALANCE_CHECKED:
            self._wait(reason, self.at + _RETRY_SOON)
        elif reason is Reason.ASKED:
            self._wait(reason, self.at)
        else:
            self._end(
                ReminderState.REFUSED if reason in _REFUSALS else ReminderState.SKIPPED, reason
            )

    def wait_or_refuse(self, judgement: Mapping[str, Any], opens: datetime | None) -> None:
        """Wait for the time the rules allow it from, or refuse it where no time cures it."""
        self.reminder.judgement = {"findings": _against(judgement)}
        if opens is not None and opens > self.at:
            self._wait(Reason.RULES, opens)
        else:
            self._end(ReminderState.REFUSED, Reason.RULES)

    def refuse_words(self, words: WordCheck) -> None:
        """Refuse it for what its text says, or does not."""
        self.reminder.judgement = {"words": _words_of(words)}
        self.settle(Reason.WORDS)

    def take_answer(self, permit: Permit) -> None:
        """Take an answer other than yes: a person has to decide, or a rule forbids it now."""
        if permit.state is PermitState.ASKED:
            # It is looked for with every run whether somebody has answered.
            self.reminder.permit_id = permit.id
            self.reminder.judgement = {"findings": _against(permit.judgement)}
            self.settle(Reason.ASKED)
        else:
            self.wait_or_refuse(permit.judgement, permit.next_allowed_at)

    def sent(self, action: Action) -> None:
        """Write down that it left, and that the bank tried."""
        self.reminder.judgement, self.reminder.action_id = {}, action.id
        self._end(ReminderState.SENT, None)
        count_effort(self.session, self.reminder, Channel(action.channel), on=self.today)

    def _wait(self, reason: Reason, until: datetime) -> None:
        self.reminder.state, self.reminder.reason = ReminderState.WAITING, reason.value
        self.reminder.next_try_at = until

    def _end(self, state: ReminderState, reason: Reason | None) -> None:
        close(self.reminder, state, reason, self.at)
        permit = self.permit
        if permit is not None and permit.state is PermitState.ASKED:
            return_permit(self.session, self.system, permit.id, at=self.at)

    @property
    def permit(self) -> Permit | None:
        """The question a person was asked about it, if there was one."""
        if self.reminder.permit_id is None:
            return None
        return self.session.get(Permit, (self.bank.id, self.reminder.permit_id))

    def _tomorrow(self) -> datetime:
        zone = ZoneInfo(self.bank.timezone)
        return datetime.combine(self.today + timedelta(days=1), time(), tzinfo=zone)


def close(reminder: Reminder, state: ReminderState, reason: Reason | None, at: datetime) -> None:
    """Be done with a reminder, one way or another."""
    reminder.state, reminder.reason = state, reason.value if reason else ""
    reminder.done_at, reminder.next_try_at = at, None


def hindrance_of(turn: Try) -> Reason | None:
    """Return what keeps a step from being taken at all, whatever its words, if anything does."""
    found = turn.session.execute(
        select(
            held_on(turn.today).label("held"),
            on_plan().label("plan"),
        ).where(Account.bank_id == turn.bank.id, Account.id == turn.account.id)
    ).one()
    balance = turn.balance
    fresh = balance_days(find_pack(turn.session, turn.bank.id, turn.today))
    verified = balance.verified_as_of
    permit = turn.permit
    checks = (
        (turn.account.state is not AccountState.READY, Reason.REFERRED),
        (balance.total_minor <= 0, Reason.NOTHING_OWED),
        (found.plan, Reason.ON_PLAN),
        (permit is not None and permit.state is PermitState.REFUSED, Reason.PERSON_REFUSED),
        (turn.step.announces_letter and find_letter(turn) is None, Reason.NO_LETTER),
        (found.held, Reason.ON_HOLD),
        (
            verified is None or (turn.today - verified).days > fresh,
            Reason.BALANCE_UNVERIFIED,
        ),
        (_was_contacted_today(turn), Reason.ONE_A_DAY),
        (permit is not None and permit.state is PermitState.ASKED, Reason.ASKED),
    )
    return next((reason for stands, reason in checks if stands), None)


def find_letter(turn: Try) -> Reminder | None:
    """Return the formal demand that was sent on the account, the newest."""
    return turn.session.scalars(
        select(Reminder)
        .where(
            Reminder.bank_id == turn.bank.id,
            Reminder.account_id == turn.reminder.account_id,
            Reminder.channel == Channel.LETTER,
            Reminder.state == ReminderState.SENT,
        )
        .order_by(Reminder.done_at.desc(), Reminder.id)
        .limit(1)
    ).one_or_none()


def _was_contacted_today(turn: Try) -> bool:
    """Tell whether another step was taken today, on any account of the person."""
    start = datetime.combine(turn.today, time(), tzinfo=ZoneInfo(turn.bank.timezone))
    other = turn.session.scalar(
        select(Reminder.id)
        .where(
            and_(
                Reminder.bank_id == turn.bank.id,
                Reminder.debtor_id == turn.reminder.debtor_id,
                Reminder.state == ReminderState.SENT,
                Reminder.done_at >= start,
                Reminder.id != turn.reminder.id,
            )
        )
        .limit(1)
    )
    return other is not None


def count_effort(session: Session, reminder: Reminder, channel: Channel, *, on: date) -> None:
    """Count what the bank tried before it refers the account."""
    added = insert(Effort).values(
        bank_id=reminder.bank_id,
        account_id=reminder.account_id,
        kind=_EFFORTS[channel],
        times=1,
        last_on=on,
    )
    session.execute(
        added.on_conflict_do_update(
            index_elements=["bank_id", "account_id", "kind"],
            set_={"times": Effort.times + 1, "last_on": func.greatest(Effort.last_on, on)},
        )
    )


def _against(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    kept = ("rule", "citation", "verdict", "code", "values")
    return [
        {name: each[name] for name in kept}
        for each in record["findings"]
        if each["verdict"] != Verdict.ALLOW.value
    ]


def _words_of(words: WordCheck) -> list[dict[str, Any]]:
    """Return what stops a text, the words at fault with it; never a card number."""
    return [
        {
            "code": each.code.value,
            "kind": each.kind.value if each.kind else None,
            "where": each.where.value,
            "words": "" if each.code is WordCode.CARD_NUMBER else each.words,
            "values": {name: _plain(value) for name, value in each.values.items()},
            "citation": each.citation,
        }
        for each in words.blocks
    ]


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, (int, str)) else str(value)
