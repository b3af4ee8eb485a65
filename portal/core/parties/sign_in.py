"""Staff on their way in: found by address, proven by factors, let in or refused, and noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.errors import PermissionDenied
from portal.core.parties import attempts, factors
from portal.core.parties.emails import email_hash
from portal.core.parties.models import SignInProvider, Staff
from portal.core.parties.organisations import OrganisationView, end_sessions, view_organisation
from portal.core.parties.staff import ADMINISTRATORS, lock_staff
from portal.core.permissions import Side
from portal.core.principal import OPERATOR_ORG, Principal

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Candidate:
    """Somebody who named themselves and has proven nothing yet; perhaps nobody we know.

    Nobody is asked the same questions and costs the same work, so that no answer tells who is
    known here.
    """

    org_id: UUID
    staff_id: UUID
    side: Side

    @classmethod
    def nobody(cls) -> Candidate:
        """Return the candidate behind an address that is not known."""
        return cls(NOBODY, NOBODY, Side.BANK)

    @property
    def principal(self) -> Principal:
        """The principal that sees this person's own row and nothing else."""
        return Principal.entering(self.org_id, self.staff_id)


@dataclass(frozen=True)
class Entry:
    """A person who has been let in, with what the frame around their pages shows."""

    principal: Principal
    name: str
    organisation: OrganisationView
    language: str
    theme: str


@dataclass(frozen=True)
class PasswordState:
    """What of a person's password is on file; nothing when a password is no way in for them."""

    stored: str | None
    has_authenticator: bool


@dataclass(frozen=True)
class CodeAnswer:
    """Whether a code was accepted, or for how many seconds none is looked at."""

    accepted: bool
    wait_seconds: int = 0


def find_candidate(session: Session, email: str) -> Candidate:
    """Return who an address belongs to, or nobody."""
    row = session.execute(
        text("SELECT org_id, staff_id, side FROM doors.find_staff(:hash)"),
        {"hash": email_hash(email)},
    ).one_or_none()
    if row is None:
        return Candidate.nobody()
    return Candidate(row.org_id, row.staff_id, Side(row.side))


def find_invited(session: Session, token: str, *, now: datetime) -> Candidate | None:
    """Return who an invitation is for, while it can be used."""
    row = session.execute(
        text("SELECT org_id, staff_id, side FROM doors.find_invitation(:hash, :now)"),
        {"hash": seals.token_hash(token), "now": now},
    ).one_or_none()
    return None if row is None else Candidate(row.org_id, row.staff_id, Side(row.side))


def uses_single_sign_on(session: Session, candidate: Candidate) -> bool:
    """Tell whether the candidate's organisation signs its people in itself."""
    provider = session.get(SignInProvider, candidate.org_id)
    return provider is not None and provider.enabled


def password_state(session: Session, candidate: Candidate) -> PasswordState:
    """Return what a password is to be checked against, outside of this transaction.

    Where an organisation signs its people in itself, a password opens the door to administrators
    only: so that a broken provider can be mended, and a dismissal at the provider is enough.
    """
    single_sign_on = uses_single_sign_on(session, candidate)
    staff = session.get(Staff, (candidate.org_id, candidate.staff_id))
    if staff is None or staff.status != "active":
        return PasswordState(None, has_authenticator=False)
    if single_sign_on and staff.role is not ADMINISTRATORS[staff.side]:
        return PasswordState(None, has_authenticator=False)
    return PasswordState(staff.password_hash, staff.totp_sealed is not None)


def keep_rehashed(session: Session, candidate: Candidate, *, before: str, after: str) -> None:
    """Store a password's hash made with today's settings, unless it changed meanwhile."""
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    if staff.password_hash == before:
        staff.password_hash = after
        session.flush()


def check_code(session: Session, candidate: Candidate, code: str, *, now: datetime) -> CodeAnswer:
    """Count a try and use up the code if it is good; the person's row stays locked until commit.

    Of many tries with one code at the same time, one is accepted.

    Raises:
        NotFound: the person is gone.
    """
    counted = [(attempts.CODE_BY_PERSON, str(candidate.staff_id))]
    wait = attempts.count(session, counted, now=now)
    if wait:
        return CodeAnswer(accepted=False, wait_seconds=wait)
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    way = factors.accept_code(session, staff, code, now=now)
    if way is None:
        refuse(session, candidate, way="password", reason="wrong_code")
        return CodeAnswer(accepted=False)
    attempts.forgive(session, attempts.CODE_BY_PERSON, str(candidate.staff_id))
    if way == "recovery_code":
        facts = {"left": len(staff.recovery_hashes)}
        audit.record(session, candidate.principal, "recovery-code.used", staff.id, facts=facts)
    return CodeAnswer(accepted=True)


def let_in(session: Session, candidate: Candidate, *, way: str, now: datetime) -> Entry:
    """Let a proven person in; their row stays locked until commit.

    The caller stores the session before it commits: whoever disables this person waits for the
    lock and then finds the session to end.

    Raises:
        NotFound: the person is gone.
        PermissionDenied: the person or their organisation has been shut out meanwhile.
    """
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    organisation = view_organisation(session, staff.side, staff.org_id)
    if staff.status != "active":
        raise PermissionDenied("Your access has been switched off. Ask your administrator.")
    if organisation.suspended:
        raise PermissionDenied("Your organisation's access has been suspended.")
    staff.last_sign_in_at = now
    session.flush()
    audit.record(session, candidate.principal, "sign-in.succeeded", staff.id, facts={"way": way})
    return Entry(
        principal=Principal.staff(staff.side, staff.org_id, staff.id, staff.role),
        name=staff.name,
        organisation=organisation,
        language=staff.language,
        theme=staff.theme,
    )


def refuse(session: Session, candidate: Candidate, *, way: str, reason: str) -> None:
    """Note that somebody was not let in, and why; of an unknown address the operator keeps note."""
    audit.record(
        session,
        candidate.principal,
        "sign-in.refused",
        candidate.staff_id,
        chain_id=OPERATOR_ORG if candidate.org_id == NOBODY else candidate.org_id,
        facts={"way": way, "reason": reason},
    )


def note_sign_out(session: Session, actor: Principal) -> None:
    """Note that a person ended their own session."""
    audit.record(session, actor, "sign-in.ended", actor.user_id, chain_id=actor.org_id)


def end_own_sessions(session: Session, actor: Principal) -> int:
    """End every session of the acting person, this one included; return how many there were."""
    if actor.org_id is None:
        raise PermissionDenied
    return end_sessions(session, actor.org_id, actor.user_id)
