"""Read model of one account as its agency sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.agency.permits import ChannelPermit, channel_permits
from portal.agency.queries_counted import CountedContact, counted_contacts
from portal.agency.queries_head import AccountHead, Facts, account_row, facts_of, head_of
from portal.agency.queries_lines import (
    LetterLine,
    PlanLines,
    PromiseLine,
    RecoveryLine,
    find_plan,
    list_letters,
    list_promises,
    list_recoveries,
)
from portal.agency.queries_permits import PermitLine, own_permits
from portal.agency.queries_person import KnownOfPerson, known_of_person
from portal.agency.queries_points import PointLine, list_points, points_for
from portal.agency.whereabouts import Whereabout, whereabouts
from portal.core.actions.contact import may_contact_by_channel
from portal.core.plans.models import PromiseState
from portal.core.principal import Principal
from portal.core.rules import Channel


@dataclass(frozen=True)
class AccountPage:
    """All that the account's page shows, apart from its timeline."""

    head: AccountHead
    facts: Facts
    permits: list[ChannelPermit]
    own_permits: list[PermitLine]
    counted: dict[str, CountedContact]
    points: list[PointLine]
    whereabouts: list[Whereabout]
    promises: list[PromiseLine]
    plan: PlanLines | None
    recoveries: list[RecoveryLine]
    letters: list[LetterLine]
    known: KnownOfPerson

    @property
    def running(self) -> PromiseLine | None:
        """Return the promise that is neither judged nor replaced."""
        return next((each for each in self.promises if each.state is PromiseState.ACTIVE), None)

    def choices(self, channel: Channel) -> list[PointLine]:
        """Return the numbers or addresses a permit for a channel can be asked for."""
        return points_for(channel, self.points)

    def own_permit(self, channel: Channel) -> PermitLine | None:
        """Return the reader's own permit or question for a channel, if there is one."""
        return next((each for each in self.own_permits if each.channel is channel), None)


def account_page(
    session: Session, actor: Principal, account_id: UUID, *, at: datetime, viewer_zone: ZoneInfo
) -> AccountPage:
    """Return an account with its person's contact points in the clear.

    Raises:
        NotFound: there is none, or it is with another agency or with none.
    """
    row = account_row(session, account_id)
    head = head_of(row)
    judgements = may_contact_by_channel(session, head.id, at=at, asked_by=actor.user_id)
    permits = channel_permits(judgements, head.zones, at=at, viewer_zone=viewer_zone)
    points = list_points(session, head)
    return AccountPage(
        head=head,
        facts=facts_of(row),
        permits=permits,
        own_permits=own_permits(session, actor, head, at=at),
        counted=counted_contacts(session, head, {each for one in permits for each in one.events}),
        points=points,
        whereabouts=whereabouts(row, points, at=at),
        promises=list_promises(session, head),
        plan=find_plan(session, head),
        recoveries=list_recoveries(session, head),
        letters=list_letters(session, head),
        known=known_of_person(session, actor, head, at=at),
    )
