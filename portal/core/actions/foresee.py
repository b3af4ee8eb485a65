"""What recording a contact would find, asked before it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account, Hold, HoldState
from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.contact import Deed, contact_facts, list_subjects
from portal.core.actions.judging import packs_on
from portal.core.actions.knowledge import HISTORY, gather
from portal.core.actions.service import LATE_AFTER, Told
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.core.rules import Direction, Judgement, judge_done


def foresee_action(session: Session, actor: Principal, account_id: UUID, told: Told) -> Judgement:
    """Return the judgement an action would get if it were recorded now; nothing is written.

    Raises:
        PermissionDenied: the actor's role may not log actions.
        NotFound: no such account is placed with the actor's agency, or is at their bank.
    """
    actor.require(Permission.ACTION_LOG)
    subject = list_subjects(session, [account_id]).get(account_id)
    if subject is None or (actor.agency_id and subject.agency_id != actor.agency_id):
        raise NotFound
    known = gather(
        session,
        subject.bank_id,
        [subject.debtor_id],
        since=told.made_at - HISTORY,
        until=told.made_at,
    )
    on = told.made_at.astimezone(UTC).date()
    own = find_pack(session, subject.bank_id, on)
    facts = contact_facts(
        subject,
        known[subject.debtor_id],
        deed_of(told),
        made_by=actor.agency_id,
        balance_days=balance_days(own),
    )
    return judge_done(facts, packs_on(subject.country, subject.state, own, on))


def deed_of(told: Told) -> Deed:
    """Return what somebody tells of as the contact the rules judge."""
    return Deed(
        channel=told.channel,
        at=told.made_at,
        direction=told.direction,
        role=told.role,
        outcome=told.outcome,
        purpose=told.purpose,
        contact_point_id=told.contact_point_id,
        external_id=told.external_id,
        in_reply_to=told.in_reply_to,
        automated=told.automated,
    )


def needs_reason(told: Told, *, now: datetime, has_hold: bool) -> bool:
    """Tell whether whoever tells of an action has to say why they tell it as they do.

    Told a day or more after it was made it may change what others were judged by; and while a hold
    stands, a contact of ours is not made without somebody answering for it.
    """
    if now - told.made_at > LATE_AFTER:
        return True
    return has_hold and told.direction is Direction.OUTBOUND


def has_open_hold(session: Session, account_id: UUID) -> bool:
    """Tell whether an account, or its person, is on a hold that has not been released."""
    return (
        session.scalar(
            select(Hold.id)
            .join(
                Account,
                (Account.bank_id == Hold.bank_id) & (Account.debtor_id == Hold.debtor_id),
            )
            .where(
                Account.id == account_id,
                or_(Hold.account_id.is_(None), Hold.account_id == account_id),
                Hold.state != HoldState.RELEASED,
            )
            .limit(1)
        )
        is not None
    )
