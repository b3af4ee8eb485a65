"""The life of a breach: explained by the agency, decided by the bank, put right."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actions.breach_selection import BreachFilter, chosen_ids
from portal.core.actions.judging import move
from portal.core.actions.models import Breach, BreachEvent, BreachState
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.models import Staff
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal

REASON_LIMIT = 2_000


class Deed(StrEnum):
    """What a person can do about a breach; clearing and reopening are the machine's alone."""

    EXPLAIN = "explain"
    UPHOLD = "uphold"
    WAIVE = "waive"
    REMEDY = "remedy"


class Move(NamedTuple):
    """From which states a deed leads to which, and who may do it for each side."""

    sources: frozenset[BreachState]
    target: BreachState
    permissions: dict[Side, Permission]


_UNDECIDED = frozenset({BreachState.OPEN, BreachState.EXPLAINED})

#: The whole life of a breach as far as people move it.
MOVES: dict[Deed, Move] = {
    Deed.EXPLAIN: Move(
        frozenset({BreachState.OPEN}),
        BreachState.EXPLAINED,
        {Side.AGENCY: Permission.BREACH_EXPLAIN},
    ),
    Deed.UPHOLD: Move(_UNDECIDED, BreachState.UPHELD, {Side.BANK: Permission.BREACH_DECIDE}),
    Deed.WAIVE: Move(_UNDECIDED, BreachState.WAIVED, {Side.BANK: Permission.BREACH_DECIDE}),
    Deed.REMEDY: Move(
        frozenset({BreachState.UPHELD}),
        BreachState.REMEDIED,
        {Side.BANK: Permission.BREACH_DECIDE, Side.AGENCY: Permission.BREACH_EXPLAIN},
    ),
}

#: What an event has from its breach, so that whoever may see the one may see the other.
_CARRIED = ("bank_id", "account_id", "debtor_id", "agency_id", "made_by_agency_id")

_REFUSALS = {
    BreachState.OPEN: "This breach is open. Uphold it before it is put right.",
    BreachState.EXPLAINED: "This breach has been explained and waits for the bank.",
    BreachState.UPHELD: "This breach has been upheld.",
    BreachState.WAIVED: "This breach has been waived.",
    BreachState.REMEDIED: "This breach has been put right.",
    BreachState.CLEARED: "This breach was cleared: judged again, it was none.",
}


def explain_breach(
    session: Session, actor: Principal, breach_id: UUID, *, text: str, at: datetime
) -> Breach:
    """Say, for the agency that acted, how an open breach came about.

    Raises:
        PermissionDenied: the actor's role does not answer for its agency.
        NotFound: the agency did not make the action.
        Conflict: the breach is not open.
        Invalid: nothing is said.
    """
    return carry_out(session, actor, breach_id, Deed.EXPLAIN, words=text, at=at)


def uphold_breach(
    session: Session, actor: Principal, breach_id: UUID, *, reason: str, at: datetime
) -> Breach:
    """Decide, for the bank, that a rule was broken and the agency has to put it right.

    Raises:
        PermissionDenied: the actor's role does not decide.
        NotFound: no such breach is at the actor's bank.
        Conflict: it was decided already, or was none.
        Invalid: no reason is given.
    """
    return carry_out(session, actor, breach_id, Deed.UPHOLD, words=reason, at=at)


def waive_breach(
    session: Session, actor: Principal, breach_id: UUID, *, reason: str, at: datetime
) -> Breach:
    """Decide, for the bank, that nothing follows from a breach; as `uphold_breach` otherwise."""
    return carry_out(session, actor, breach_id, Deed.WAIVE, words=reason, at=at)


def remedy_breach(
    session: Session, actor: Principal, breach_id: UUID, *, what: str, at: datetime
) -> Breach:
    """Record what the agency, or the bank, did to put an upheld breach right.

    Raises:
        PermissionDenied: the actor's role neither decides nor answers for its agency.
        NotFound: it is not at the actor's bank, or another agency's.
        Conflict: the breach is not upheld.
        Invalid: what was done is not said.
    """
    return carry_out(session, actor, breach_id, Deed.REMEDY, words=what, at=at)


def carry_out(
    session: Session, actor: Principal, breach_id: UUID, deed: Deed, *, words: str, at: datetime
) -> Breach:
    """Do one of the deeds above, named by whoever typed it; raises what that deed raises."""
    _require(actor, deed)
    breach = _lock(session, actor, breach_id)
    step = MOVES[deed]
    if breach.state not in step.sources:
        raise Conflict(_REFUSALS[breach.state])
    said = said_by(words)
    move(session, breach, step.target, actor, said, at, name=_name(session, actor))
    session.flush()
    verb = f"breach.{step.target.value}"
    audit.record(session, actor, verb, breach.id, chain_id=breach.bank_id)
    return breach


def _require(actor: Principal, deed: Deed) -> None:
    """Let those pass who hold the deed's permission on their side; the machine does none of them.

    A side that has no part in the deed finds nothing there.
    """
    permission = MOVES[deed].permissions.get(actor.side)
    if permission is None:
        raise NotFound
    actor.require(permission)


def _lock(session: Session, actor: Principal, breach_id: UUID) -> Breach:
    breach = session.scalars(
        select(Breach).where(Breach.id == breach_id).with_for_update()
    ).one_or_none()
    is_theirs = breach is not None and (
        actor.side is Side.BANK or breach.made_by_agency_id == actor.agency_id
    )
    if breach is None or not is_theirs:
        raise NotFound
    return breach


def said_by(words: str) -> str:
    """Return the words given for a decision, trimmed.

    Raises:
        Invalid: there are none, or too many.
    """
    said = words.strip()
    if not said or len(said) > REASON_LIMIT:
        raise Invalid("Say it in words, at most %(limit)d characters.", limit=REASON_LIMIT)
    return said


def _name(session: Session, actor: Principal) -> str:
    """Return who acts, by the name on file; it stays with the event when they have left."""
    found = session.scalar(
        select(Staff.name).where(Staff.org_id == actor.org_id, Staff.id == actor.user_id)
    )
    return found or ""


def decide_breaches(
    session: Session,
    actor: Principal,
    chosen: BreachFilter,
    deed: Deed,
    *,
    expected: int,
    reason: str,
    at: datetime,
) -> int:
    """Uphold or waive every undecided breach a filter matches, for one reason; return how many.

    All of them move at the same instant, so that `changed_at` finds exactly these again. One audit
    row names filter and count; each breach has its own event.

    Raises:
        PermissionDenied: the actor's role does not decide.
        NotFound: the actor is not of a bank.
        Conflict: not as many match as whoever decides was shown.
        Invalid: no reason is given, or the deed is not one for many.
    """
    _require(actor, deed)
    if deed not in (Deed.UPHOLD, Deed.WAIVE) or actor.bank_id is None:
        raise Invalid("Only upholding and waiving can be done for many breaches at once.")
    said, step = said_by(reason), MOVES[deed]
    found = session.execute(
        select(
            *(getattr(Breach, column) for column in _CARRIED),
            Breach.id.label("breach_id"),
            Breach.state.label("from_state"),
        )
        .where(Breach.bank_id == actor.bank_id, Breach.id.in_(chosen_ids(actor.bank_id, chosen)))
        .where(Breach.state.in_(step.sources))
        .order_by(Breach.id)
        .with_for_update()
    ).all()
    if len(found) != expected:
        raise Conflict(
            "The list has changed: %(now)s match now instead of %(before)s. Look at it again.",
            now=len(found),
            before=expected,
        )
    told = {
        "to_state": step.target,
        "reason": said,
        "by_side": actor.side,
        "by_user": actor.user_id,
        "by_name": _name(session, actor),
        "at": at,
    }
    events = [{**row._mapping, **told, "id": uuid7()} for row in found]
    if events:
        session.execute(insert(BreachEvent), events)
    ids = literal([row.breach_id for row in found], ARRAY(Uuid()))
    session.execute(
        update(Breach)
        .where(Breach.bank_id == actor.bank_id, Breach.id == any_(ids))
        .values(state=step.target, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    facts = {"count": len(found), "filter": chosen.facts()}
    audit.record(session, actor, f"breaches.{step.target.value}", actor.bank_id, facts=facts)
    return len(found)


def deeds_open_to(actor: Principal, state: BreachState, made_by: UUID | None) -> list[Deed]:
    """Return what the actor may do about a breach as it stands, in the order it is usually done."""
    is_theirs = actor.side is Side.BANK or (made_by is not None and made_by == actor.agency_id)
    return [
        deed
        for deed, step in MOVES.items()
        if is_theirs
        and state in step.sources
        and actor.side in step.permissions
        and actor.may(step.permissions[actor.side])
    ]
