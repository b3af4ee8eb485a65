"""A bank's ladder of reminders: its versions, the one in force, and switching it on and off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actions.ladder import DEFAULT_STEPS, LadderStep, from_plain, to_plain
from portal.core.actions.ladder_reading import LadderRefused, read_steps
from portal.core.actions.ladder_words import StepText, bank_of, check_own_texts
from portal.core.actions.models_reminders import ReminderLadder
from portal.core.actions.own_settings import Fault
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.models import Bank
from portal.core.permissions import Permission
from portal.core.principal import Principal


@dataclass(frozen=True)
class Ladder:
    """The steps that hold on a day, and whether they are taken. Version 0 was never set."""

    version: int
    steps: tuple[LadderStep, ...]
    is_running: bool
    effective_from: date | None = None

    def find(self, key: str) -> LadderStep | None:
        """Return a step by its name."""
        return next((step for step in self.steps if step.key == key), None)


class WordsOfLadderRefused(LadderRefused):
    """Own texts that must not be sent; `texts` are all that were checked, fit or not."""

    def __init__(self, faults: Sequence[Fault], texts: Sequence[StepText]) -> None:
        super().__init__(faults)
        self.texts = tuple(texts)


def local_day(bank: Bank, at: datetime) -> date:
    """Return the day an instant falls on where the bank is."""
    return at.astimezone(ZoneInfo(bank.timezone)).date()


def list_versions(session: Session, bank_id: UUID) -> list[ReminderLadder]:
    """Return every version of a bank's ladder, the newest first."""
    return list(
        session.scalars(
            select(ReminderLadder)
            .where(ReminderLadder.bank_id == bank_id)
            .order_by(ReminderLadder.version.desc(), ReminderLadder.id)
        )
    )


def ladder_on(versions: Sequence[ReminderLadder], day: date) -> Ladder:
    """Return what holds on a day: the newest version begun by then, or the steps to start from."""
    for each in versions:
        if each.effective_from <= day:
            return _opened(each)
    return Ladder(version=0, steps=DEFAULT_STEPS, is_running=False)


def find_ladder(session: Session, bank_id: UUID, day: date) -> Ladder:
    """Return a bank's ladder as it holds on a day."""
    return ladder_on(list_versions(session, bank_id), day)


def _opened(version: ReminderLadder) -> Ladder:
    return Ladder(
        version=version.version,
        steps=from_plain(version.steps),
        is_running=version.is_running,
        effective_from=version.effective_from,
    )


def set_ladder(
    session: Session,
    actor: Principal,
    steps: Sequence[LadderStep],
    *,
    running: bool,
    effective_from: date,
    at: datetime,
    based_on: int | None = None,
) -> ReminderLadder:
    """Put a new version of a bank's ladder in force from a day on; earlier ones stay on record.

    Own texts are checked like every message, by the rules of each place the bank's people live in.
    `based_on` is the newest version its author knew of. A step keeps its name from version to
    version: what was taken under a name is not taken again.

    Raises:
        PermissionDenied: the actor sets no policies.
        NotFound: the actor is not a bank's.
        LadderRefused: the steps make no sense, or a text must not be sent.
        Invalid: the day is over, or nobody could reach the bank.
        Conflict: somebody set another version meanwhile.
    """
    actor.require(Permission.POLICY_SET)
    if actor.bank_id is None:
        raise NotFound
    ordered = read_steps(to_plain(steps))
    bank = bank_of(session, actor.bank_id)
    today = local_day(bank, at)
    if effective_from < today:
        raise Invalid("This day is over. Choose today or a later day.", field="effective_from")
    if running:
        _refuse_unreachable(bank)
    refuse_bad_words(check_own_texts(session, bank, ordered, on=today), ordered)
    versions = list_versions(session, actor.bank_id)
    newest = versions[0].version if versions else 0
    if based_on is not None and based_on != newest:
        raise _set_meanwhile()
    return _add(session, actor, ordered, newest + 1, running=running, day=effective_from, at=at)


def _refuse_unreachable(bank: Bank) -> None:
    """Refuse to write to people who could not call or write back."""
    if not (bank.phone and bank.address):
        raise Invalid(
            "Every reminder says whom to call and where to write. The bank's telephone number and"
            " address have to be on file first."
        )


def refuse_bad_words(texts: Sequence[StepText], steps: Sequence[LadderStep]) -> None:
    """Refuse steps whose own texts must not be sent.

    Raises:
        WordsOfLadderRefused: some must not; their places name them.
    """
    numbers = {step.key: number for number, step in enumerate(steps)}
    blocked = {(text.step.key, text.language) for text in texts if text.check.is_blocked}
    if blocked:
        faults = [
            bad_words(f"steps-{numbers[key]}-texts-{language}") for key, language in sorted(blocked)
        ]
        raise WordsOfLadderRefused(faults, texts)


def bad_words(place: str) -> Fault:
    """Return the fault of a text that must not be sent."""
    reason = Invalid("This text must not be sent as it is. What has to change is marked.")
    return Fault(place, reason.message)


def switch_ladder(
    session: Session, actor: Principal, *, running: bool, at: datetime
) -> ReminderLadder:
    """Let the machine take the steps that hold today, or stop it, from today on.

    Versions that were set for later days stay so, switched alike.

    Raises:
        PermissionDenied, NotFound, Invalid: as for `set_ladder`.
        Conflict: it is so already, or somebody set another version meanwhile.
    """
    actor.require(Permission.POLICY_SET)
    if actor.bank_id is None:
        raise NotFound
    bank = bank_of(session, actor.bank_id)
    if running:
        _refuse_unreachable(bank)
    today = local_day(bank, at)
    versions = list_versions(session, actor.bank_id)
    now = ladder_on(versions, today)
    if now.is_running is running:
        raise _is_so_already(running=running)
    coming = coming_versions(versions, today)
    number = versions[0].version if versions else 0
    made = _add(session, actor, now.steps, number + 1, running=running, day=today, at=at)
    for place, each in enumerate(coming, start=number + 2):
        steps = from_plain(each.steps)
        _add(session, actor, steps, place, running=running, day=each.effective_from, at=at)
    return made


def _is_so_already(*, running: bool) -> Conflict:
    if running:
        return Conflict("The reminders are running already.")
    return Conflict("The reminders are off already.")


def coming_versions(versions: Sequence[ReminderLadder], today: date) -> list[ReminderLadder]:
    """Return the versions that will take over, the soonest first; a newer one outdoes an older."""
    found: list[ReminderLadder] = []
    for each in versions:
        begins = each.effective_from
        if begins <= today:
            break
        if not found or begins < found[-1].effective_from:
            found.append(each)
    return found[::-1]


def _add(
    session: Session,
    actor: Principal,
    steps: Sequence[LadderStep],
    number: int,
    *,
    running: bool,
    day: date,
    at: datetime,
) -> ReminderLadder:
    if actor.bank_id is None:
        raise NotFound
    made = ReminderLadder(
        bank_id=actor.bank_id,
        id=uuid7(),
        version=number,
        steps=to_plain(steps),
        is_running=running,
        effective_from=day,
        made_by=actor.user_id,
        made_at=at,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        raise _set_meanwhile() from None
    facts = {"version": number, "running": running, "effective_from": day.isoformat()}
    audit.record(session, actor, "reminders.set", made.id, facts=facts)
    return made


def _set_meanwhile() -> Conflict:
    return Conflict("Somebody set another version meanwhile. Look at it, then decide anew.")
