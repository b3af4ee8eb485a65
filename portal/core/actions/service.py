"""Logging what was done on an account, with the rules it broke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import LONG_AGO, Account
from portal.core.actions.contact import list_subjects
from portal.core.actions.judging import judge_action, settle_decided
from portal.core.actions.knowledge import HISTORY, gather
from portal.core.actions.models import Action
from portal.core.actions.permits import find_usable, use_permit
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.locks import lock_person
from portal.core.parties.models import Debtor
from portal.core.parties.persons import person_key
from portal.core.permissions import Permission, Side
from portal.core.placements.models import Placement, PlacementState
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role
from portal.core.seals import Key

#: A clock may differ this much from ours before an action counts as not yet made.
CLOCK_TOLERANCE = timedelta(minutes=2)
#: Told later than this after it was made, an action is late: it may change earlier verdicts.
LATE_AFTER = timedelta(hours=24)
NOTE_LIMIT = 2_000


@dataclass(frozen=True, kw_only=True)
class Told:
    """An action as somebody tells of it; `made_at` is theirs, the database stamps the rest.

    `external_id` is the teller's own name for it: the same one twice is one action. `text` is what
    was written, kept sealed.
    """

    channel: Channel
    outcome: Outcome
    made_at: datetime
    direction: Direction = Direction.OUTBOUND
    role: Role = Role.CONSUMER
    purpose: Purpose | None = None
    contact_point_id: UUID | None = None
    external_id: str | None = None
    collector_ref: str = ""
    in_reply_to: UUID | None = None
    automated: bool = False
    note: str = ""
    text: str = ""
    late_reason: str = ""
    file_id: UUID | None = None


def lock_placed_account(session: Session, account_id: UUID) -> Account:
    """Lock an account that is placed with the acting agency, until the transaction ends.

    Raises:
        NotFound: no such account is placed with this principal's agency.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id, Account.agency_id.is_not(None))
        .with_for_update(key_share=True)
    ).one_or_none()
    if account is None:
        raise NotFound
    return account


def log_call(
    session: Session,
    actor: Principal,
    account_id: UUID,
    *,
    outcome: Outcome,
    made_at: datetime,
    now: datetime,
    direction: Direction = Direction.OUTBOUND,
    role: Role = Role.CONSUMER,
    note: str = "",
) -> Action:
    """Record a call, with every contact rule it broke; as `log_action` otherwise."""
    told = Told(
        channel=Channel.CALL,
        outcome=outcome,
        made_at=made_at,
        direction=direction,
        role=role,
        note=note,
    )
    return log_action(session, actor, account_id, told, now=now)


def log_action(
    session: Session, actor: Principal, account_id: UUID, told: Told, *, now: datetime
) -> Action:
    """Record what an agency, or the bank itself, did on an account, with every rule it broke.

    What broke a rule is recorded all the same: the log has to be true. Account and person stay
    locked until commit, so two actions logged at once are both counted. The actor's open permit
    for it is used up; without one the action is recorded as made without a permit. An action told
    of late makes the machine judge again what came after it, by whichever agency. The same
    `external_id` again returns the action that was recorded.

    Raises:
        PermissionDenied: the actor's role may not log actions.
        NotFound: no such account is placed with the actor's agency, or is at their bank.
        Invalid: the time lies ahead or before the placement, or the note is too long.
        Conflict: the external id names another action.
    """
    actor.require(Permission.ACTION_LOG)
    account = _lock(session, actor, account_id)
    before = find_told(session, actor, account, told)
    if before is not None:
        return before
    placement = None
    if actor.side is Side.AGENCY:
        placement = session.get_one(Placement, (account.bank_id, account.placement_id))
    _check(told, now, placement)
    lock_person(session, account.bank_id, account.debtor_id)
    action = new_action(actor, account, told)
    _seal(session, action, told)
    permit = find_usable(session, actor, action)
    if permit is not None:
        use_permit(permit, action)
    session.add(action)
    session.flush()
    faults.point("action.logged")
    subject = list_subjects(session, [account_id])[account_id]
    known = gather(
        session,
        account.bank_id,
        [account.debtor_id],
        since=told.made_at - HISTORY,
        until=told.made_at,
    )
    judge_action(session, action, subject, known[account.debtor_id], now=now)
    if permit is not None:
        settle_decided(session, action, permit, at=now)
    note_progress(account, placement, action)
    session.flush()
    if has_later(session, action):
        ask_to_judge_again(session, action.bank_id, action.debtor_id, since=action.made_at)
    audit.record(session, actor, "action.logged", action.id, chain_id=account.bank_id)
    return action


def _lock(session: Session, actor: Principal, account_id: UUID) -> Account:
    if actor.side is Side.AGENCY:
        return lock_placed_account(session, account_id)
    return lock_account(session, account_id)


def find_told(session: Session, actor: Principal, account: Account, told: Told) -> Action | None:
    """Return the action recorded under the same external id, if there is one.

    Raises:
        Conflict: it says something else.
    """
    if told.external_id is None:
        return None
    maker = actor.agency_id
    same_maker = (
        Action.made_by_agency_id.is_(None) if maker is None else (Action.made_by_agency_id == maker)
    )
    before = session.scalars(
        select(Action).where(
            Action.bank_id == account.bank_id,
            Action.external_id == told.external_id,
            same_maker,
        )
    ).one_or_none()
    if before is None:
        return None
    is_same = (before.account_id, before.channel, before.outcome, before.made_at) == (
        account.id,
        told.channel.value,
        told.outcome.value,
        told.made_at,
    )
    if not is_same:
        raise Conflict("Another action was recorded under this reference.")
    return before


def _check(told: Told, now: datetime, placement: Placement | None) -> None:
    if told.made_at > now + CLOCK_TOLERANCE:
        raise Invalid("The action lies in the future. Enter when it was made.", field="made_on")
    if (
        placement is not None
        and placement.accepted_at is not None
        and told.made_at < placement.accepted_at
    ):
        raise Invalid(
            "The action lies before the account was placed with you. Check the date.",
            field="made_on",
        )
    if len(told.note) > NOTE_LIMIT:
        raise Invalid("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT, field="note")


def new_action(actor: Principal, account: Account, told: Told) -> Action:
    """Return what is told as an action on an account, not written yet, its words left out."""
    return Action(**action_values(actor, account, told))


def action_values(actor: Principal, account: Account, told: Told) -> dict[str, Any]:
    """Return what is told as the values of an action's row, for writing many at once."""
    return {
        "bank_id": account.bank_id,
        "id": uuid7(),
        "account_id": account.id,
        "debtor_id": account.debtor_id,
        "placement_id": account.placement_id if actor.side is Side.AGENCY else None,
        "agency_id": account.agency_id,
        "made_by_agency_id": actor.agency_id,
        "made_by": actor.user_id,
        "channel": told.channel.value,
        "direction": told.direction.value,
        "outcome": told.outcome.value,
        "target": told.role.value,
        "purpose": told.purpose.value if told.purpose else "",
        "made_at": told.made_at,
        "contact_point_id": told.contact_point_id,
        "external_id": told.external_id,
        "collector_ref": told.collector_ref,
        "in_reply_to": told.in_reply_to,
        "automated": told.automated,
        "late_reason": told.late_reason,
        "file_id": told.file_id,
    }


def _seal(session: Session, action: Action, told: Told) -> None:
    if told.note or told.text:
        debtor = session.get_one(Debtor, (action.bank_id, action.debtor_id))
        seal_words(action, told, person_key(session, debtor))


def seal_words(action: Action, told: Told, key: Key) -> None:
    """Keep the words of an action sealed under its person's key."""
    if told.note:
        action.note_sealed = key.seal("actions.note", action.id, told.note)
    if told.text:
        action.text_sealed = key.seal("actions.text", action.id, told.text)


def note_progress(account: Account, placement: Placement | None, action: Action) -> None:
    """Note on the account, and on its placement, that somebody worked on it."""
    account.contact_closes_at = LONG_AGO
    if account.last_action_at is None or action.made_at > account.last_action_at:
        account.last_action_at = action.made_at
    if (
        placement is not None
        and placement.state is PlacementState.ACCEPTED
        and action.breach_count == 0
    ):
        placement.state, placement.first_action_at = PlacementState.WORKING, action.made_at


def has_later(session: Session, action: Action) -> bool:
    """Tell whether somebody contacted the person after this action was made, as far as seen."""
    later = gather(
        session,
        action.bank_id,
        [action.debtor_id],
        since=action.made_at,
        until=action.made_at + HISTORY,
    )
    return bool(later[action.debtor_id].history)


def ask_to_judge_again(
    session: Session, bank_id: UUID, debtor_id: UUID, *, since: datetime
) -> None:
    """Have the machine judge a person's later actions again, once this transaction commits."""
    outbox.enqueue(
        session,
        "judge_again",
        bank_id=str(bank_id),
        debtor_id=str(debtor_id),
        since=since.isoformat(),
    )


def open_note(session: Session, action: Action) -> str:
    """Return an action's note in the clear, empty when there is none."""
    return _open(session, action, "actions.note", action.note_sealed)


def open_text(session: Session, action: Action) -> str:
    """Return what was written to the person, empty when nothing was kept."""
    return _open(session, action, "actions.text", action.text_sealed)


def _open(session: Session, action: Action, place: str, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    debtor = session.get_one(Debtor, (action.bank_id, action.debtor_id))
    return person_key(session, debtor).open(place, action.id, sealed)
