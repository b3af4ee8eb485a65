"""Read model of the page on which an action is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.permits import ChannelPermit, Reason, channel_permits, reason_of
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.queries_permits import PermitLine, own_permits
from portal.agency.queries_points import KIND_OF, PointLine, list_points
from portal.core.actions.contact import may_contact
from portal.core.actions.foresee import has_open_hold
from portal.core.actions.models import Action, Breach
from portal.core.errors import NotFound
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Verdict
from portal.web.findings import say


@dataclass(frozen=True)
class ActionPage:
    """The account, whether this contact is allowed now, and what a form about it can offer."""

    head: AccountHead
    channel: Channel
    permit: ChannelPermit | None
    held: PermitLine | None
    points: list[PointLine]
    zones: tuple[str, ...]
    has_hold: bool


def action_page(
    session: Session,
    actor: Principal,
    account_id: UUID,
    channel: Channel,
    *,
    at: datetime,
    viewer_zone: ZoneInfo,
) -> ActionPage:
    """Return what stands around the form of an action.

    Without a zone on file the reader's own is the only one a time can be told in. Numbers known to
    be wrong are offered, too: they may have been called.

    Raises:
        NotFound: no such account is placed with the acting agency.
    """
    head = account_head(session, account_id)
    answers = may_contact(session, [account_id], channel, at=at, asked_by=actor.user_id)
    judged = {channel: answers[account_id]} if account_id in answers else {}
    permits = channel_permits(judged, head.zones, at=at, viewer_zone=viewer_zone)
    held = [each for each in own_permits(session, actor, head, at=at) if each.channel is channel]
    kind = KIND_OF.get(channel)
    return ActionPage(
        head=head,
        channel=channel,
        permit=permits[0] if permits else None,
        held=next((each for each in held if each.is_granted), None),
        points=[point for point in list_points(session, head) if point.kind == kind],
        zones=head.zones or (viewer_zone.key,),
        has_hold=has_open_hold(session, account_id),
    )


@dataclass(frozen=True)
class Logged:
    """What was logged just now, and what the rules say of it."""

    channel: Channel
    is_outbound: bool
    has_permit: bool
    breaches: list[Reason]


def logged_action(session: Session, head: AccountHead, action_id: UUID) -> Logged:
    """Return what there is to say of an action that was just logged.

    Raises:
        NotFound: there is none.
    """
    action = session.get(Action, (head.bank_id, action_id))
    if action is None:
        raise NotFound
    breaches = session.scalars(
        select(Breach)
        .where(Breach.bank_id == head.bank_id, Breach.action_id == action_id)
        .order_by(Breach.id)
    )
    return Logged(
        channel=Channel(action.channel),
        is_outbound=action.direction == Direction.OUTBOUND,
        has_permit=action.permit_id is not None,
        breaches=[
            reason_of(
                say(each.code, each.facts.get("values", {})),
                each.citation,
                Verdict(each.verdict),
            )
            for each in breaches
        ],
    )
