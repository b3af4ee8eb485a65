"""Read models of the pages on the way in and of one's own profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.parties.models import Staff
from portal.core.parties.organisations import view_organisation
from portal.core.parties.sign_in import Candidate, uses_single_sign_on
from portal.core.permissions import Role
from portal.core.principal import Principal


@dataclass(frozen=True)
class InvitationPage:
    """What somebody is invited to; with `start_url` they join through their organisation."""

    name: str
    email: str
    organisation: str
    role: Role
    start_url: str | None


@dataclass(frozen=True)
class ProfilePage:
    """What a person may see and change of themselves."""

    name: str
    email: str
    role: Role
    organisation: str
    last_sign_in_at: datetime | None
    has_password: bool
    has_authenticator: bool
    recovery_codes_left: int
    by_single_sign_on: bool
    language: str
    theme: str


def invitation_page(session: Session, candidate: Candidate, language: str) -> InvitationPage | None:
    """Return what a person is invited to, or nothing when they have joined or been shut out."""
    staff = session.get(Staff, (candidate.org_id, candidate.staff_id))
    if staff is None or staff.status != "invited":
        return None
    organisation = view_organisation(session, staff.side, staff.org_id)
    elsewhere = uses_single_sign_on(session, candidate)
    return InvitationPage(
        name=staff.name,
        email=staff.email,
        organisation=organisation.name_in(language),
        role=staff.role,
        start_url=url_for("auth.start_sso", org_id=staff.org_id) if elsewhere else None,
    )


def profile_page(session: Session, actor: Principal, language: str) -> ProfilePage:
    """Return a person's own profile.

    Raises:
        NotFound: the actor is nobody's staff.
    """
    staff = session.get(Staff, (actor.org_id, actor.user_id)) if actor.org_id else None
    if staff is None:
        raise NotFound
    return ProfilePage(
        name=staff.name,
        email=staff.email,
        role=staff.role,
        organisation=view_organisation(session, staff.side, staff.org_id).name_in(language),
        last_sign_in_at=staff.last_sign_in_at,
        has_password=staff.password_hash is not None,
        has_authenticator=staff.totp_sealed is not None,
        recovery_codes_left=len(staff.recovery_hashes),
        by_single_sign_on=staff.sso_subject is not None,
        language=staff.language,
        theme=staff.theme,
    )
