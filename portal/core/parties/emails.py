"""Addresses of staff: how they are read, and the door that finds a person by one."""

from __future__ import annotations

import re

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import seals
from portal.core.errors import Conflict, Invalid
from portal.core.parties.models import Staff

# ASCII only: two addresses that look alike must not be two people.
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}")


def read_email(typed: str) -> str:
    """Return an e-mail address as it is stored and looked up.

    Raises:
        Invalid: it is not an address, or not one in plain letters.
    """
    email = typed.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Invalid("Enter an e-mail address, like name@example.com.")
    return email


def email_hash(email: str) -> bytes:
    """Return the hash under which the doors find a member of staff."""
    return seals.lookup_hash("staff.email", email.strip().lower())


def open_door(session: Session, staff: Staff) -> None:
    """Let a new person be found by their address.

    Raises:
        Conflict: the address is somebody else's; whose, and where, is not told.
    """
    added = session.execute(
        text("SELECT doors.add_staff_email(:hash, :org, :staff, :side)"),
        {
            "hash": email_hash(staff.email),
            "org": staff.org_id,
            "staff": staff.id,
            "side": staff.side.value,
        },
    ).scalar_one()
    if not added:
        raise Conflict("This address cannot be invited. Ask the operator of the portal.")
