"""Holds: opened by whoever learns of a reason, confirmed, extended and released by the bank."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox
from portal.core.accounts.hold_kinds import KindOfHold, kind_of_hold
from portal.core.accounts.hold_reading import (
    day_at_bank,
    due_day,
    find_open_hold,
    has_ended,
    is_own_stop,
)
from portal.core.accounts.locks import keep_account
from portal.core.accounts.models import Hold, HoldOwner, HoldState
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.parties.guarding import lock_debtor
from portal.core.parties.locks import void_permits
from portal.core.parties.persons import person_key
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import HoldKind

REF_LIMIT = 100
NOTE_LIMIT = 2_000
REASON_LIMIT = 500
#: Another clock may differ this much from ours before something counts as not yet received.
CLOCK_TOLERANCE = timedelta(minutes=2)
#: Received longer ago than this before it is recorded, it may change what was judged since.
LATE_AFTER = timedelta(minutes=1)
ENDED = "ended on its day"


def open_hold(
    session: Session,
    actor: Principal,
    debtor_id: UUID,
    *,
    kind: HoldKind,
    at: datetime,
    account_id: UUID | None = None,
    received_at: datetime | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    ref: str = "",
    note: str = "",
    owner: HoldOwner | None = None,
    due_on: date | None = None,
    action_id: UUID | None = None,
) -> Hold:
    """Stop contact, charges or demands on an account, or on a whole person, for a reason.

    It binds from `received_at` on, before anybody confirmed it. The person is locked and every open
    permit on them is taken back in the same transaction, so nothing starts once it has committed.
    Owner, bank and agencies are told right after. The same kind on the same account, or person,
    returns the hold that is open. What the bank or the portal opens needs no confirmation.

    Raises:
        PermissionDenied: the actor's role opens no holds, or not of this kind.
        NotFound: no such person, or account of theirs, is the actor's to see.
        Invalid: a day, a time or a text makes no sense.
        Conflict: one of the kind ended today and is still being closed.
    """
    actor.require(Permission.HOLD_OPEN)
    rule = kind_of_hold(kind)
    if actor.side not in rule.told_by:
        raise PermissionDenied
    received = received_at or at
    _check(rule, received, at, starts_on, ends_on, ref, note)
    if account_id is not None and keep_account(session, account_id).debtor_id != debtor_id:
        raise NotFound
    debtor = lock_debtor(session, actor, debtor_id)
    before = find_open_hold(session, debtor, kind, account_id)
    if before is not None and not has_ended(before, debtor.zones, at):
        return before
    if before is not None:
        _replace(session, actor, before, at)
    hold = Hold(
        bank_id=debtor.bank_id,
        id=uuid7(),
        debtor_id=debtor.id,
        account_id=account_id,
        agency_ids=list(debtor.agency_ids),
        kind=kind,
        state=HoldState.OPENED,
        owner=owner or rule.owner,
        starts_on=starts_on,
        ends_on=ends_on,
        ref=ref.strip(),
        received_at=received,
        opened_at=at,
        opened_side=actor.side,
        opened_by=actor.user_id,
        opened_org=actor.org_id,
        action_id=action_id,
    )
    if actor.side in (Side.BANK, Side.SYSTEM):
        hold.state, hold.confirmed_at, hold.confirmed_by = HoldState.ACTIVE, at, actor.user_id
    hold.due_on = due_on or due_day(session, hold, rule)
    if note.strip():
        key = person_key(session, debtor)
        hold.note_sealed = key.seal("holds.note", hold.id, note.strip())
    session.add(hold)
    session.flush()
    faults.point("hold.opened")
    void_permits(session, debtor.bank_id, debtor.id, at=at, why="hold opened")
    _record(session, actor, "hold.opened", hold)
    _tell(session, hold, "opened")
    if at - received > LATE_AFTER:
        ask_to_judge_again(session, hold.bank_id, hold.debtor_id, since=received)
    return hold


def confirm_hold(session: Session, actor: Principal, hold_id: UUID, *, at: datetime) -> Hold:
    """Take on, for the bank, a hold that somebody else opened; from here its answer is due.

    Raises:
        PermissionDenied: the actor's role does not look after holds.
        NotFound: no such hold at the actor's bank.
        Conflict: it was confirmed or released before.
    """
    hold = _lock(session, actor, hold_id)
    if hold.state is not HoldState.OPENED:
        raise Conflict("This hold was confirmed before.")
    hold.state, hold.confirmed_at, hold.confirmed_by = HoldState.ACTIVE, at, actor.user_id
    hold.due_on = due_day(session, hold, kind_of_hold(hold.kind))
    session.flush()
    _record(session, actor, "hold.confirmed", hold)
    return hold


def extend_hold(
    session: Session,
    actor: Principal,
    hold_id: UUID,
    *,
    at: datetime,
    ends_on: date | None = None,
    extension_days: int | None = None,
    due_on: date | None = None,
) -> Hold:
    """Let a hold last longer, or give its owner another day; nothing is ever shortened.

    `extension_days` are added where a rule gives the hold a number of days.

    Raises:
        PermissionDenied, NotFound: as for `confirm_hold`.
        Conflict: it was released before.
        Invalid: nothing is changed, or a day is not later than before.
    """
    hold = _lock(session, actor, hold_id)
    if ends_on is None and due_on is None and not extension_days:
        raise Invalid("Enter the day the hold is to last until, or when it is due.")
    if ends_on is not None and (hold.ends_on is None or ends_on <= hold.ends_on):
        raise Invalid("Enter a last day that is later than before.", field="ends_on")
    if due_on is not None and due_on <= day_at_bank(session, hold.bank_id, at):
        raise Invalid("Enter a day that lies ahead.", field="due_on")
    if extension_days is not None and not 0 <= extension_days <= 366:
        raise Invalid("Enter a number of days up to 366.", field="extension_days")
    hold.ends_on = ends_on or hold.ends_on
    hold.due_on = due_on or hold.due_on
    hold.extension_days += extension_days or 0
    session.flush()
    void_permits(session, hold.bank_id, hold.debtor_id, at=at, why="hold extended")
    _record(session, actor, "hold.extended", hold)
    return hold


def release_hold(
    session: Session, actor: Principal, hold_id: UUID, *, reason: str, at: datetime
) -> Hold:
    """End a hold for a reason, for the bank; the agencies are told that they may go on.

    What was said that led to it still stands: `statements.settle_hold` ends both.

    Raises:
        PermissionDenied, NotFound: as for `confirm_hold`.
        Invalid: no reason is given, or too long a one.
        Conflict: it was released before, or it is the person's own stop, which only they lift.
    """
    hold = _lock(session, actor, hold_id)
    if not reason.strip() or len(reason) > REASON_LIMIT:
        raise Invalid(
            "Give a reason, at most %(limit)d characters.", limit=REASON_LIMIT, field="reason"
        )
    if is_own_stop(hold) and actor.side is Side.BANK:
        raise Conflict("The person stopped contact on their own page. Only they can allow it.")
    _release(hold, actor, reason.strip(), at)
    session.flush()
    _record(session, actor, "hold.released", hold)
    _tell(session, hold, "released")
    return hold


def ask_to_judge_again(
    session: Session, bank_id: UUID, debtor_id: UUID, *, since: datetime
) -> None:
    """Have contacts since an instant judged again: what was received then is known only now."""
    outbox.enqueue(
        session,
        "judge_again",
        bank_id=str(bank_id),
        debtor_id=str(debtor_id),
        since=since.isoformat(),
    )


def _check(
    rule: KindOfHold,
    received: datetime,
    at: datetime,
    starts_on: date | None,
    ends_on: date | None,
    ref: str,
    note: str,
) -> None:
    if received > at + CLOCK_TOLERANCE:
        raise Invalid("This lies in the future. Enter when it was received.", field="received_on")
    if rule.is_dated and (starts_on is None or ends_on is None):
        raise Invalid("Enter the first and the last day.", field="starts_on")
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise Invalid("The last day cannot be before the first.", field="ends_on")
    if ends_on is not None and ends_on < received.astimezone(UTC).date() - timedelta(days=1):
        raise Invalid("The last day is over already. Check the dates.", field="ends_on")
    if len(ref) > REF_LIMIT:
        raise Invalid(
            "Shorten the reference to %(limit)d characters.", limit=REF_LIMIT, field="ref"
        )
    if len(note) > NOTE_LIMIT:
        raise Invalid("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT, field="note")


def _replace(session: Session, actor: Principal, ended: Hold, at: datetime) -> None:
    if actor.side not in (Side.BANK, Side.SYSTEM):
        raise Conflict("An earlier hold of this kind is being closed. Try again in a few minutes.")
    _release(ended, actor, ENDED, at)
    session.flush()
    _record(session, actor, "hold.released", ended)


def _lock(session: Session, actor: Principal, hold_id: UUID) -> Hold:
    """Lock the person of an open hold first, and the hold after, as everybody does."""
    actor.require(Permission.HOLD_RELEASE)
    seen = session.scalars(select(Hold).where(Hold.id == hold_id)).one_or_none()
    if seen is None:
        raise NotFound
    lock_debtor(session, actor, seen.debtor_id)
    session.refresh(seen, with_for_update=True)
    if seen.state is HoldState.RELEASED:
        raise Conflict("This hold was released before.")
    return seen


def _release(hold: Hold, actor: Principal, reason: str, at: datetime) -> None:
    hold.state, hold.release_reason = HoldState.RELEASED, reason
    hold.released_at, hold.released_by = at, actor.user_id


def _record(session: Session, actor: Principal, verb: str, hold: Hold) -> None:
    facts = {
        "kind": hold.kind.value,
        "debtor_id": str(hold.debtor_id),
        "account_id": str(hold.account_id) if hold.account_id else None,
        "due_on": hold.due_on.isoformat() if hold.due_on else None,
        "ends_on": hold.ends_on.isoformat() if hold.ends_on else None,
    }
    told = {name: value for name, value in facts.items() if value is not None}
    audit.record(session, actor, verb, hold.id, chain_id=hold.bank_id, facts=told)


def _tell(session: Session, hold: Hold, deed: str) -> None:
    outbox.enqueue(
        session, "tell_of_hold", bank_id=str(hold.bank_id), hold_id=str(hold.id), deed=deed
    )
