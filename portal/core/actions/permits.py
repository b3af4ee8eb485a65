"""Permits: the answer beforehand, once, to one collector, for ten minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.contact import Deed, Subject, contact_facts, know_all, list_subjects
from portal.core.actions.judging import packs_on, packs_record
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.locks import lock_person
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import (
    Channel,
    ContactFacts,
    Direction,
    Judgement,
    Message,
    Pack,
    Purpose,
    Role,
    Verdict,
    judge,
)
from portal.core.rules.record import facts_from_record, facts_to_record, judgement_to_record

PERMIT_LIFE = timedelta(minutes=10)
REASON_LIMIT = 1_000
#: A collector's clock may be this much behind ours.
_LEEWAY = timedelta(minutes=1)


def ask_permit(
    session: Session,
    actor: Principal,
    account_id: UUID,
    channel: Channel,
    *,
    at: datetime,
    role: Role = Role.CONSUMER,
    purpose: Purpose | None = None,
    contact_point_id: UUID | None = None,
    message: Message | None = None,
) -> Permit:
    """Answer whether the actor may contact a person now, and reserve the person if so.

    A granted permit is good for one contact through the channel asked about, by the actor, within
    ten minutes; meanwhile nobody else is granted one on this person, at any agency. The person
    stays locked until commit, so of several who ask at once one is answered first. Asking again
    for what one holds already returns the same permit; asking for another channel gives the first
    one back. Every answer is kept with the facts and packs it was made from.

    Raises:
        PermissionDenied: the actor's role may not contact people.
        NotFound: no such account is at the actor's bank, or placed with their agency.
    """
    actor.require(Permission.ACTION_LOG)
    subject = _subject(session, actor, account_id)
    lock_person(session, subject.bank_id, subject.debtor_id)
    deed = Deed(
        channel=channel,
        at=at,
        role=role,
        purpose=purpose,
        contact_point_id=contact_point_id,
        message=message,
    )
    facts, packs = asked_facts(
        session, subject, deed, made_by=actor.agency_id, asked_by=actor.user_id
    )
    judgement = judge(facts, packs)
    for held in _held(session, actor, subject, channel, at):
        if held.state is PermitState.GRANTED and _covers(held, account_id, deed, judgement):
            return held
        held.state, held.voided_at, held.void_reason = PermitState.RETURNED, at, "asked anew"
    session.flush()
    permit = _permit(actor, subject, deed, judgement)
    permit.facts, permit.judgement = facts_to_record(facts), judgement_to_record(judgement)
    permit.packs = packs_record(session, packs)
    session.add(permit)
    session.flush()
    faults.point("permit.asked")
    audit.record(
        session,
        actor,
        f"permit.{permit.state.value}",
        permit.id,
        chain_id=subject.bank_id,
        facts={"channel": channel.value},
    )
    return permit


def asked_facts(
    session: Session, subject: Subject, deed: Deed, *, made_by: UUID | None, asked_by: UUID | None
) -> tuple[ContactFacts, tuple[Pack, ...]]:
    """Return the facts of a contact that is about to be made, and the packs that bind it."""
    on = deed.at.astimezone(UTC).date()
    own = find_pack(session, subject.bank_id, on)
    known = know_all(session, [subject], at=deed.at, asked_by=asked_by)
    facts = contact_facts(
        subject,
        known[subject.bank_id, subject.debtor_id],
        deed,
        made_by=made_by,
        balance_days=balance_days(own),
    )
    return facts, packs_on(subject.country, subject.state, own, on)


def _covers(held: Permit, account_id: UUID, deed: Deed, judgement: Judgement) -> bool:
    """Tell whether a permit one holds answers what is asked now.

    Words that are known only now must not bring up anything that was not decided then.
    """
    is_same = (held.account_id, held.channel, held.target) == (
        account_id,
        deed.channel,
        deed.role.value,
    ) and deed.contact_point_id in (None, held.contact_point_id)
    if not is_same or deed.message is None:
        return is_same
    decided = {
        (each["rule"], each["prong"], each["code"], each["verdict"])
        for each in held.judgement["findings"]
    }
    return all(
        (each.rule_id, each.prong, each.code, each.verdict.value) in decided
        for each in judgement.breaches
    )


def _subject(session: Session, actor: Principal, account_id: UUID) -> Subject:
    subject = list_subjects(session, [account_id]).get(account_id)
    if subject is None or (actor.agency_id and subject.agency_id != actor.agency_id):
        raise NotFound
    return subject


def _held(
    session: Session, actor: Principal, subject: Subject, channel: Channel, at: datetime
) -> list[Permit]:
    """Lock what the actor holds on a person, and their own questions that this one replaces."""
    values = {
        "bank": subject.bank_id,
        "person": subject.debtor_id,
        "asker": actor.user_id,
        "account": subject.account_id,
        "channel": channel,
        "moment": at,
    }
    return list(session.scalars(_held_statement(), values))


@cache
def _held_statement() -> Select[Permit]:
    """Return the statement, made once: making it costs as much as running it."""
    is_open = and_(Permit.state == PermitState.GRANTED, Permit.expires_at > bindparam("moment"))
    is_same_question = and_(
        Permit.state == PermitState.ASKED,
        Permit.account_id == bindparam("account"),
        Permit.channel == bindparam("channel"),
    )
    return (
        select(Permit)
        .where(
            Permit.bank_id == bindparam("bank"),
            Permit.debtor_id == bindparam("person"),
            Permit.asked_by == bindparam("asker"),
            or_(is_open, is_same_question),
        )
        .order_by(Permit.id)
        .with_for_update()
    )


def _permit(actor: Principal, subject: Subject, deed: Deed, judgement: Judgement) -> Permit:
    permit = Permit(
        bank_id=subject.bank_id,
        id=uuid7(),
        debtor_id=subject.debtor_id,
        account_id=subject.account_id,
        placement_id=subject.placement_id,
        agency_id=actor.agency_id,
        asked_side=actor.side,
        asked_by=actor.user_id,
        channel=deed.channel,
        target=deed.role.value,
        purpose=deed.purpose.value if deed.purpose else "",
        contact_point_id=deed.contact_point_id,
        asked_at=deed.at,
        verdict=judgement.verdict,
        next_allowed_at=judgement.next_allowed_at,
    )
    if judgement.is_allowed:
        _grant(permit, deed.at)
    elif judgement.verdict is Verdict.REVIEW:
        permit.state = PermitState.ASKED
    else:
        permit.state = PermitState.DENIED
    return permit


def _grant(permit: Permit, at: datetime) -> None:
    permit.state, permit.granted_at, permit.expires_at = PermitState.GRANTED, at, at + PERMIT_LIFE


def get_permit(session: Session, permit_id: UUID) -> Permit:
    """Return a permit this principal may see.

    Raises:
        NotFound: there is none.
    """
    permit = session.scalars(select(Permit).where(Permit.id == permit_id)).one_or_none()
    if permit is None:
        raise NotFound
    return permit


def _lock(session: Session, permit_id: UUID) -> Permit:
    """Lock the person first and the permit after, as everybody does."""
    seen = get_permit(session, permit_id)
    lock_person(session, seen.bank_id, seen.debtor_id)
    session.refresh(seen, with_for_update=True)
    return seen


def return_permit(session: Session, actor: Principal, permit_id: UUID, *, at: datetime) -> Permit:
    """Give back a permit that will not be used, or withdraw a question: nobody then waits for it.

    Raises:
        NotFound: there is no such permit, or it is somebody else's.
        Conflict: it was used or is no longer open.
    """
    permit = _lock(session, permit_id)
    if permit.asked_by != actor.user_id:
        raise NotFound
    if permit.state not in (PermitState.GRANTED, PermitState.ASKED):
        raise Conflict("This permit is no longer open.")
    permit.state, permit.voided_at, permit.void_reason = PermitState.RETURNED, at, "given back"
    session.flush()
    audit.record(session, actor, "permit.returned", permit.id, chain_id=permit.bank_id)
    return permit


def grant_asked(
    session: Session, actor: Principal, permit_id: UUID, *, reason: str, at: datetime
) -> Permit:
    """Decide that a contact the rules leave to a person may be made; it is good from now.

    Only what the rules leave open can be decided: a rule that forbids has no exception but better
    facts. So the rules are asked again first, by what is known now. Whoever asked does not decide.

    Raises:
        PermissionDenied: the actor's role does not decide.
        NotFound: no such permit waits at the actor's bank or agency.
        Conflict: it was decided already, nothing is left to decide, a rule forbids it by now, or
            somebody holds a permit on the person.
        Invalid: no reason is given.
    """
    permit = _decide(session, actor, permit_id, reason=reason, at=at)
    subject = list_subjects(session, [permit.account_id]).get(permit.account_id)
    if subject is None:
        raise NotFound
    deed = Deed(
        channel=permit.channel,
        at=at,
        role=Role(permit.target),
        purpose=Purpose(permit.purpose) if permit.purpose else None,
        contact_point_id=permit.contact_point_id,
        message=facts_from_record(permit.facts).message,
    )
    facts, packs = asked_facts(session, subject, deed, made_by=permit.agency_id, asked_by=None)
    if facts.open_permits:
        raise Conflict("Somebody holds a permit to contact this person. Try again shortly.")
    if judge(facts, packs).verdict not in (Verdict.ALLOW, Verdict.REVIEW):
        raise Conflict("By now a rule forbids this contact. It has to be asked for anew.")
    _grant(permit, at)
    session.flush()
    audit.record(session, actor, "permit.granted", permit.id, chain_id=permit.bank_id)
    return permit


def refuse_asked(
    session: Session, actor: Principal, permit_id: UUID, *, reason: str, at: datetime
) -> Permit:
    """Decide that a contact the rules leave to a person is not made; as `grant_asked` otherwise."""
    permit = _decide(session, actor, permit_id, reason=reason, at=at)
    permit.state = PermitState.REFUSED
    session.flush()
    audit.record(session, actor, "permit.refused", permit.id, chain_id=permit.bank_id)
    return permit


def _decide(
    session: Session, actor: Principal, permit_id: UUID, *, reason: str, at: datetime
) -> Permit:
    actor.require(Permission.PERMIT_DECIDE)
    permit = _lock(session, permit_id)
    if permit.state is not PermitState.ASKED:
        raise Conflict("This question has been answered.")
    if permit.asked_by == actor.user_id:
        raise Conflict("You asked this yourself. Somebody else has to decide.")
    if not reason.strip() or len(reason) > REASON_LIMIT:
        raise Invalid(
            "Give a reason, at most %(limit)d characters.", limit=REASON_LIMIT, field="reason"
        )
    permit.decided_at, permit.decided_by, permit.decided_side = at, actor.user_id, actor.side
    permit.decision_reason = reason.strip()
    return permit


def find_usable(session: Session, actor: Principal, action: Action) -> Permit | None:
    """Return the actor's own permit that covers an action, if they asked for one.

    It must be for this account, channel and person, and for this number where both name one, not
    used yet, and the contact must lie within its ten minutes; it may be told of later.
    """
    if action.direction != Direction.OUTBOUND.value:
        return None
    return session.scalars(
        select(Permit)
        .where(
            Permit.bank_id == action.bank_id,
            Permit.account_id == action.account_id,
            Permit.asked_by == actor.user_id,
            Permit.channel == action.channel,
            Permit.target == action.target,
            *_same_point(action),
            Permit.state == PermitState.GRANTED,
            Permit.granted_at <= action.made_at + _LEEWAY,
            Permit.expires_at >= action.made_at,
        )
        .order_by(Permit.granted_at.desc(), Permit.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()


def _same_point(action: Action) -> tuple[ColumnElement[bool], ...]:
    if action.contact_point_id is None:
        return ()
    named = Permit.contact_point_id
    return (or_(named.is_(None), named == action.contact_point_id),)


def covers(permit: Permit, action: Action) -> bool:
    """Tell of a permit that is at hand what `find_usable` asks the database for, whoever asked."""
    if permit.state is not PermitState.GRANTED or action.direction != Direction.OUTBOUND.value:
        return False
    if permit.granted_at is None or permit.expires_at is None:
        return False
    points = {permit.contact_point_id, action.contact_point_id} - {None}
    return (
        permit.account_id == action.account_id
        and permit.channel.value == action.channel
        and permit.target == action.target
        and len(points) < 2
        and permit.granted_at <= action.made_at + _LEEWAY
        and action.made_at <= permit.expires_at
    )


def use_permit(permit: Permit, action: Action) -> None:
    """Mark a permit as used by an action, which then names it."""
    permit.state, permit.used_at, permit.action_id = PermitState.USED, action.made_at, action.id
    action.permit_id = permit.id


def is_lapsed(permit: Permit, at: datetime) -> bool:
    """Tell whether a granted permit ran out unused."""
    return (
        permit.state is PermitState.GRANTED
        and permit.expires_at is not None
        and permit.expires_at <= at
    )


def count_asked(session: Session, actor: Principal) -> int:
    """Return how many questions wait for somebody to decide, as far as the actor sees."""
    waiting = select(Permit.id).where(Permit.state == PermitState.ASKED)
    if actor.side is Side.AGENCY:
        waiting = waiting.where(Permit.agency_id == actor.agency_id)
    return len(session.scalars(waiting).all())
