"""Read model of a bank's reminders: the list by how they stand, one call to make, a day to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.bank import reminder_words as say
from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account
from portal.core.actions.contact import may_contact
from portal.core.actions.ladder import from_plain
from portal.core.actions.ladders import Ladder, list_versions
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Debtor
from portal.core.placements.models import Letter, LetterKind
from portal.core.rules import Channel, Judgement
from portal.web.findings import say_finding

_READ_AT_ONCE = 2_000


@dataclass(frozen=True)
class ReminderSearch:
    """Which reminders are listed; what is left out does not bind."""

    state: ReminderState | None = ReminderState.DUE
    step: str = ""
    from_on: date | None = None
    to_on: date | None = None

    def facts(self) -> dict[str, Any]:
        """Return what binds as plain values, for the record of who chose it."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Now:
    """Whether a call may be made now: yes, or from when, and what speaks against it."""

    is_allowed: bool
    opens_at: datetime | None
    reasons: list[say.Said]


@dataclass(frozen=True)
class ReminderLine:
    """One step on one account, and how it stands."""

    id: UUID
    account_id: UUID
    account_ref: str
    name: str
    owed: Money
    step: str
    channel: Channel
    department: str
    due_on: date
    state: ReminderState
    label: str
    tone: str
    reasons: list[say.Said]
    next_try_at: datetime | None
    done_at: datetime | None
    permit_id: UUID | None
    letter_id: UUID | None
    now: Now | None = None


@dataclass(frozen=True)
class RemindersPage:
    """What the list shows: the rows, and how many stand how."""

    page: Page[ReminderLine]
    states: dict[ReminderState, int]


def name_steps(session: Session, bank_id: UUID, ladder: Ladder) -> dict[str, str]:
    """Return what each step is called: those of a ladder in order, then those of other versions."""
    names = {step.key: say.step_name(step) for step in ladder.steps}
    for version in list_versions(session, bank_id):
        for step in from_plain(version.steps):
            names.setdefault(step.key, say.step_name(step))
    return names


def list_reminders(
    session: Session,
    bank_id: UUID,
    chosen: ReminderSearch,
    cursor: Cursor | None,
    *,
    names: Mapping[str, str],
    now: datetime,
) -> RemindersPage:
    """Return the reminders a filter matches: calls to make oldest first, others newest first."""
    statement = sliced(
        _lines().where(_matching(bank_id, chosen)),
        Reminder.due_on,
        Reminder.id,
        descending=chosen.state is not ReminderState.DUE,
        cursor=cursor,
    )
    rows = session.execute(statement).all()
    marks = [write_cursor(row.Reminder.due_on.isoformat(), row.Reminder.id) for row in rows]
    counted = session.execute(
        select(Reminder.state, func.count().label("total"))
        .where(_matching(bank_id, replace(chosen, state=None)))
        .group_by(Reminder.state)
    )
    may = _may_call(session, rows, now)
    lines = [_line(row, names, may.get(row.Reminder.account_id)) for row in rows]
    return RemindersPage(
        page=paged(lines, marks, cursor), states={row.state: row.total for row in counted}
    )


def _may_call(session: Session, rows: Any, now: datetime) -> dict[UUID, Judgement]:
    """Answer whether those who wait for a call may be called now, all at once."""
    due = [row.Reminder.account_id for row in rows if row.Reminder.state is ReminderState.DUE]
    return may_contact(session, due, Channel.CALL, at=now) if due else {}


def now_of(judgement: Judgement) -> Now:
    """Return whether a contact may be made now, in words."""
    return Now(
        is_allowed=judgement.is_allowed,
        opens_at=None if judgement.is_allowed else judgement.next_allowed_at,
        reasons=[say.Said(say_finding(each), each.citation) for each in judgement.breaches],
    )


def _lines() -> Any:
    return (
        select(
            Reminder,
            Account.account_ref,
            Debtor.name,
            Balance.total_minor,
            Balance.currency,
            Letter.id.label("letter_id"),
        )
        .join(Account, and_(Account.bank_id == Reminder.bank_id, Account.id == Reminder.account_id))
        .join(Debtor, and_(Debtor.bank_id == Reminder.bank_id, Debtor.id == Reminder.debtor_id))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .outerjoin(
            Letter,
            and_(
                Letter.bank_id == Reminder.bank_id,
                Letter.kind == LetterKind.DEMAND,
                Letter.subject_id == Reminder.id,
            ),
        )
    )


def _matching(bank_id: UUID, chosen: ReminderSearch) -> ColumnElement[bool]:
    bounds = [Reminder.bank_id == bank_id]
    if chosen.state is not None:
        bounds.append(Reminder.state == chosen.state)
    if chosen.step:
        bounds.append(Reminder.step == chosen.step)
    if chosen.from_on:
        bounds.append(Reminder.due_on >= chosen.from_on)
    if chosen.to_on:
        bounds.append(Reminder.due_on <= chosen.to_on)
    return and_(*bounds)


def _line(row: Any, names: Mapping[str, str], may: Judgement | None = None) -> ReminderLine:
    reminder = row.Reminder
    _tab, label, tone = say.STATES[reminder.state]
    is_waiting = reminder.state is ReminderState.WAITING
    return ReminderLine(
        id=reminder.id,
        account_id=reminder.account_id,
        account_ref=row.account_ref,
        name=row.name,
        owed=Money(row.total_minor, row.currency),
        step=names.get(reminder.step, reminder.step),
        channel=reminder.channel,
        department=say.department(reminder.department),
        due_on=reminder.due_on,
        state=reminder.state,
        label=str(label),
        tone=tone,
        reasons=say.why(reminder.reason, reminder.judgement),
        next_try_at=reminder.next_try_at if is_waiting else None,
        done_at=reminder.done_at,
        permit_id=reminder.permit_id,
        letter_id=row.letter_id,
        now=now_of(may) if may is not None else None,
    )


EXPORTED = (
    *(_l("Reached on"), _l("Account number"), _l("Name"), _l("Step"), _l("Channel")),
    *(_l("Department"), _l("State"), _l("Why"), _l("Tried again from"), _l("Done"), _l("Number")),
)


def list_exported(
    session: Session, bank_id: UUID, chosen: ReminderSearch, names: Mapping[str, str]
) -> Iterator[list[Cell]]:
    """Yield every reminder of a filter, newest first, as cells under `EXPORTED`."""
    statement = (
        _lines()
        .where(_matching(bank_id, chosen))
        .order_by(Reminder.due_on.desc(), Reminder.id.desc())
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in session.execute(statement):
        line = _line(row, names)
        yield [
            *(line.due_on, line.account_ref, line.name, line.step, words.label(line.channel)),
            *(line.department, line.label),
            "\n".join(each.sentence for each in line.reasons),
            *(line.next_try_at, line.done_at, line.id),
        ]
