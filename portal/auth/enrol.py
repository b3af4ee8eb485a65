"""Adding an authenticator: its secret is made here, sealed, and shown as a QR code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import segno
from sqlalchemy.orm import Session

from portal.auth import steps
from portal.core.parties import factors
from portal.core.parties.models import Staff
from portal.core.parties.sign_in import Candidate
from portal.web.uow import transaction


@dataclass(frozen=True)
class EnrolPage:
    """What the page shows: a picture for the authenticator, and the same in letters."""

    qr_uri: str = field(repr=False)
    secret: str = field(repr=False)
    email: str


def begin_enrolling(
    candidate: Candidate,
    *,
    now: datetime,
    password_hash: str | None = None,
    token_hash: bytes | None = None,
) -> None:
    """Make a secret for a new authenticator and remember it, sealed, in the visitor's session."""
    with transaction(candidate.principal) as session:
        staff = session.get_one(Staff, (candidate.org_id, candidate.staff_id))
        sealed = factors.seal_secret(session, staff, factors.new_secret())
    steps.begin_enrolling(
        candidate, sealed, now=now, password_hash=password_hash, token_hash=token_hash
    )


def enrol_page(session: Session, enrolling: steps.Enrolling, *, issuer: str) -> EnrolPage:
    """Return what the page shows of the authenticator that is being added."""
    candidate = enrolling.candidate
    staff = session.get_one(Staff, (candidate.org_id, candidate.staff_id))
    secret = factors.open_secret(session, staff, enrolling.sealed)
    uri = factors.provisioning_uri(secret, account=staff.email, issuer=issuer)
    # Dark on light in both themes: not every camera reads the other way round.
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return EnrolPage(qr_uri=picture, secret=" ".join(groups), email=staff.email)
