"""A person's own password, authenticator and recovery codes: set at joining, changed later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.errors import Conflict, PermissionDenied
from portal.core.parties import factors
from portal.core.parties.invitations import use_invitation
from portal.core.parties.models import Staff
from portal.core.parties.organisations import end_sessions
from portal.core.parties.sign_in import Candidate
from portal.core.parties.staff import lock_staff
from portal.core.principal import Principal


@dataclass(frozen=True)
class Authenticator:
    """An authenticator that has proven to work: its sealed secret and the step it used up."""

    sealed: bytes = field(repr=False)
    last_step: int


def prove_authenticator(
    session: Session, staff: Staff, sealed: bytes, code: str, *, now: datetime
) -> Authenticator | None:
    """Return the authenticator if the code is one of its present ones."""
    secret = factors.open_secret(session, staff, sealed)
    step = factors.matching_step(secret, factors.read_code(code), now=now)
    return None if step is None else Authenticator(sealed, step)


def join(
    session: Session,
    candidate: Candidate,
    token_hash: bytes,
    *,
    password_hash: str,
    authenticator: Authenticator,
    now: datetime,
) -> list[str]:
    """Use up an invitation: the person may sign in from now on. Return their recovery codes.

    Raises:
        NotFound: the person is gone.
        Conflict: the invitation was used or ended meanwhile.
    """
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    use_invitation(session, staff, token_hash, now=now)
    staff.password_hash = password_hash
    staff.totp_sealed, staff.totp_last_step = authenticator.sealed, authenticator.last_step
    staff.status = "active"
    codes = _renew_recovery_codes(staff)
    session.flush()
    audit.record(session, candidate.principal, "staff.joined", staff.id, facts={"way": "password"})
    return codes


def replace_authenticator(
    session: Session, candidate: Candidate, authenticator: Authenticator
) -> list[str]:
    """Put a new authenticator in the place of the old one; return fresh recovery codes.

    All sessions of the person end: whoever had the old one is out.

    Raises:
        NotFound: the person is gone.
        PermissionDenied: the person has been shut out.
    """
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    if staff.status != "active":
        raise PermissionDenied("Your access has been switched off. Ask your administrator.")
    staff.totp_sealed, staff.totp_last_step = authenticator.sealed, authenticator.last_step
    codes = _renew_recovery_codes(staff)
    session.flush()
    end_sessions(session, staff.org_id, staff.id)
    audit.record(session, candidate.principal, "authenticator.replaced", staff.id)
    return codes


def change_password(
    session: Session, actor: Principal, *, before: str | None, after_hash: str
) -> None:
    """Store a new password of the acting person and end all their sessions, in one transaction.

    `before` is the stored hash that the present password was checked against.

    Raises:
        NotFound: the person is gone.
        Conflict: the password was changed meanwhile.
    """
    staff = _own_row(session, actor)
    if staff.password_hash != before:
        raise Conflict("Your password was changed meanwhile. Sign in again.")
    staff.password_hash = after_hash
    session.flush()
    end_sessions(session, staff.org_id, staff.id)
    audit.record(session, actor, "password.changed", staff.id, chain_id=staff.org_id)


def renew_recovery_codes(session: Session, actor: Principal) -> list[str]:
    """Replace the acting person's recovery codes; return the new ones, to be shown once.

    Raises:
        NotFound: the person is gone.
    """
    staff = _own_row(session, actor)
    codes = _renew_recovery_codes(staff)
    session.flush()
    audit.record(session, actor, "recovery-codes.renewed", staff.id, chain_id=staff.org_id)
    return codes


def keep_preferences(session: Session, actor: Principal, *, language: str, theme: str) -> None:
    """Keep the language and theme the acting person chose, for other browsers of theirs.

    Raises:
        NotFound: the person is gone.
    """
    staff = _own_row(session, actor)
    staff.language, staff.theme = language, theme
    session.flush()


def seal_for_owner(session: Session, candidate: Candidate, value: str) -> bytes:
    """Seal a value that one person is shown once: their recovery codes."""
    key = seals.owner_key(session, candidate.org_id)
    return key.seal("sessions.recovery", candidate.staff_id, value)


def open_for_owner(session: Session, candidate: Candidate, sealed: bytes) -> str:
    """Open what `seal_for_owner` made for the same person."""
    key = seals.owner_key(session, candidate.org_id)
    return key.open("sessions.recovery", candidate.staff_id, sealed)


def _own_row(session: Session, actor: Principal) -> Staff:
    if actor.org_id is None:
        raise PermissionDenied
    return lock_staff(session, actor.org_id, actor.user_id)


def _renew_recovery_codes(staff: Staff) -> list[str]:
    codes = factors.new_recovery_codes()
    staff.recovery_hashes = factors.hash_recovery_codes(codes)
    return codes
