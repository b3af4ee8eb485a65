"""Read model of the page on which a call is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.agency.permits import ChannelPermit, channel_permits
from portal.agency.queries_head import AccountHead, account_head
from portal.core.actions.contact import may_contact
from portal.core.rules import Channel


@dataclass(frozen=True)
class CallPage:
    """The account, whether a call is allowed now, and the zones a time may be told in."""

    head: AccountHead
    permit: ChannelPermit | None
    zones: tuple[str, ...]


def call_page(
    session: Session, account_id: UUID, *, at: datetime, viewer_zone: ZoneInfo
) -> CallPage:
    """Return what stands around the form of a call.

    Without a zone on file the reader's own is the only one a time can be told in.

    Raises:
        NotFound: no such account is placed with the acting agency.
    """
    head = account_head(session, account_id)
    answers = may_contact(session, [account_id], Channel.CALL, at=at)
    judged = {Channel.CALL: answers[account_id]} if account_id in answers else {}
    permits = channel_permits(judged, head.zones, at=at, viewer_zone=viewer_zone)
    return CallPage(
        head=head,
        permit=permits[0] if permits else None,
        zones=head.zones or (viewer_zone.key,),
    )
