"""Invitations: a way in that works once, for seven days, held as a hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.errors import Conflict
from portal.core.parties.models import Staff

INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """A way in that works once; the token is mailed and never stored."""

    org_id: UUID
    staff_id: UUID
    expires_at: datetime
    token: str = field(repr=False)


def new_invitation(session: Session, staff: Staff, now: datetime) -> Invitation:
    """Make a fresh invitation for a person; the earlier ones end."""
    end_invitations(session, staff)
    token = secrets.token_urlsafe(32)
    expires_at = now + INVITATION_LIFE
    session.execute(
        text("SELECT doors.add_invitation(:hash, :org, :staff, :side, :expires)"),
        {
            "hash": seals.token_hash(token),
            "org": staff.org_id,
            "staff": staff.id,
            "side": staff.side.value,
            "expires": expires_at,
        },
    )
    return Invitation(staff.org_id, staff.id, expires_at, token)


def end_invitations(session: Session, staff: Staff) -> None:
    """End the invitations of a person that nobody has used."""
    session.execute(
        text("SELECT doors.end_invitations(:org, :staff)"),
        {"org": staff.org_id, "staff": staff.id},
    )


def use_invitation(session: Session, staff: Staff, token_hash: bytes, *, now: datetime) -> None:
    """Use up an invitation of a person whose row is locked.

    Raises:
        Conflict: it was used or ended meanwhile, or the person has joined.
    """
    used = session.execute(
        text("SELECT doors.use_invitation(:hash, :now)"), {"hash": token_hash, "now": now}
    ).scalar_one()
    if not used or staff.status != "invited":
        raise Conflict("This invitation has been used or has ended. Ask for a new one.")
