"""An organisation's own sign-in provider: set up, tested, switched on; and who its people are.

A person is the pair (issuer, subject) within one organisation, never an e-mail address. The
address counts once: it links the first sign-in to the person who was invited under it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.errors import Conflict, NotFound, PortalError
from portal.core.parties.invitations import use_invitation
from portal.core.parties.models import SignInProvider, Staff
from portal.core.parties.sign_in import Candidate
from portal.core.parties.staff import lock_staff
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal

_PLACE = "sign_in_providers.secret"


class IdentityRefused(PortalError):
    """The provider vouched for somebody who is not let in; `reason` is what the record keeps."""

    code = "identity_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason for the audit record."""
        super().__init__("Your organisation's sign-in did not lead to an account here.")
        self.reason = reason


@dataclass(frozen=True)
class ProviderSettings:
    """What an administrator enters and what the provider's own metadata says."""

    discovery_url: str
    issuer: str
    client_id: str
    metadata: dict[str, Any]
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Provider:
    """A provider as it is used: its secret in the clear, for the moment it is needed."""

    org_id: UUID
    version: int
    issuer: str
    client_id: str
    metadata: dict[str, Any]
    enabled: bool
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """Whom a provider vouched for, from a token that passed every check."""

    issuer: str
    subject: str
    email: str
    email_verified: bool | None


def save_provider(
    session: Session, actor: Principal, org_id: UUID, settings: ProviderSettings, *, now: datetime
) -> SignInProvider:
    """Store an organisation's provider as a new version, switched off until it has been tested.

    Without a client secret the stored one stays, as long as the provider is the same: a secret
    never goes to another provider than the one it was entered for.

    Raises:
        PermissionDenied: the actor does not manage sign-in.
        NotFound: the organisation is not the actor's.
        Conflict: there is no stored secret to keep, or it belongs to another provider.
    """
    _require_own(actor, org_id)
    provider = _lock(session, org_id)
    sealed = _sealed_secret(session, org_id, settings, provider)
    if provider is None:
        provider = SignInProvider(org_id=org_id, version=0)
        session.add(provider)
    provider.version += 1
    provider.discovery_url, provider.issuer = settings.discovery_url, settings.issuer
    provider.client_id, provider.secret_sealed = settings.client_id, sealed
    provider.provider_metadata = settings.metadata
    provider.enabled, provider.tested_at, provider.changed_at = False, None, now
    session.flush()
    _note(session, actor, "saved", provider)
    return provider


def record_test(
    session: Session, actor: Principal, org_id: UUID, *, version: int, now: datetime
) -> None:
    """Note that a whole round trip through this version of the provider succeeded.

    Raises:
        PermissionDenied: the actor does not manage sign-in.
        NotFound: the organisation is not the actor's.
        Conflict: the settings were changed during the test.
    """
    _require_own(actor, org_id)
    provider = _lock(session, org_id)
    if provider is None or provider.version != version:
        raise Conflict("The settings were changed during the test. Test again.")
    provider.tested_at = now
    session.flush()
    _note(session, actor, "tested", provider)


def enable_provider(session: Session, actor: Principal, org_id: UUID) -> None:
    """Let an organisation's people sign in through its provider, and no longer by password.

    Raises:
        PermissionDenied: the actor does not manage sign-in.
        NotFound: the organisation is not the actor's, or has no provider.
        Conflict: this version has not been tested.
    """
    provider = _get(session, actor, org_id)
    if provider.tested_at is None:
        raise Conflict("Test the sign-in first: these settings have not been proven yet.")
    provider.enabled = True
    session.flush()
    _note(session, actor, "enabled", provider)


def disable_provider(session: Session, actor: Principal, org_id: UUID) -> None:
    """Go back to passwords; people who have none are invited anew by an administrator.

    Raises:
        PermissionDenied: the actor does not manage sign-in.
        NotFound: the organisation is not the actor's, or has no provider.
    """
    provider = _get(session, actor, org_id)
    provider.enabled = False
    session.flush()
    _note(session, actor, "disabled", provider)


def open_provider(session: Session, org_id: UUID) -> Provider:
    """Return an organisation's provider with its secret opened.

    Raises:
        NotFound: the organisation has none, or the principal does not see it.
    """
    row = session.get(SignInProvider, org_id)
    if row is None:
        raise NotFound
    return Provider(
        org_id=org_id,
        version=row.version,
        issuer=row.issuer,
        client_id=row.client_id,
        metadata=dict(row.provider_metadata),
        enabled=row.enabled,
        client_secret=seals.owner_key(session, org_id).open(_PLACE, org_id, row.secret_sealed),
    )


def recognise(session: Session, org_id: UUID, identity: Identity) -> Candidate:
    """Return the person an identity belongs to, or the one whose first sign-in this is.

    Called by the machine of the organisation, since nobody is known yet; nothing is changed.

    Raises:
        IdentityRefused: nobody of this organisation is meant.
    """
    known = session.scalars(
        select(Staff).where(
            Staff.org_id == org_id,
            Staff.sso_issuer == identity.issuer,
            Staff.sso_subject == identity.subject,
        )
    ).one_or_none()
    if known is not None:
        return Candidate(org_id, known.id, known.side)
    if not identity.email:
        raise IdentityRefused("email_missing")
    invited = session.scalars(
        select(Staff).where(Staff.org_id == org_id, Staff.email == identity.email.lower())
    ).one_or_none()
    if invited is None:
        raise IdentityRefused("person_unknown")
    return Candidate(org_id, invited.id, invited.side)


def link_identity(
    session: Session,
    candidate: Candidate,
    identity: Identity,
    *,
    now: datetime,
    invitation_hash: bytes | None = None,
) -> None:
    """Confirm that an identity is this person's, and bind it once at the first sign-in.

    The provider has to vouch for the address itself. Some providers say nothing about it; then
    the invitation's link, mailed to that very address, has to have been opened in this browser.

    Raises:
        IdentityRefused: bound to another identity, disabled, or the address is not vouched for.
        Conflict: the invitation was used or ended meanwhile.
    """
    staff = lock_staff(session, candidate.org_id, candidate.staff_id)
    if staff.status == "disabled":
        raise IdentityRefused("person_disabled")
    if staff.sso_subject is not None:
        if (staff.sso_issuer, staff.sso_subject) != (identity.issuer, identity.subject):
            raise IdentityRefused("bound_to_another_identity")
        return
    if identity.email.lower() != staff.email:
        raise IdentityRefused("person_unknown")
    opened_link = invitation_hash is not None and identity.email_verified is None
    if identity.email_verified is not True and not opened_link:
        raise IdentityRefused("email_unverified")
    if invitation_hash is not None and staff.status == "invited":
        use_invitation(session, staff, invitation_hash, now=now)
    staff.sso_issuer, staff.sso_subject = identity.issuer, identity.subject
    joined, staff.status = staff.status == "invited", "active"
    session.flush()
    verb = "staff.joined" if joined else "staff.linked"
    facts = {"way": "single_sign_on"}
    audit.record(session, candidate.principal, verb, staff.id, facts=facts)


def refuse_identity(session: Session, org_id: UUID, reason: str) -> None:
    """Note that a provider's answer let nobody in, and why; the organisation keeps the note."""
    actor = Principal.machine_of(org_id)
    facts = {"way": "single_sign_on", "reason": reason}
    audit.record(session, actor, "sign-in.refused", org_id, facts=facts)


def _require_own(actor: Principal, org_id: UUID) -> None:
    actor.require(Permission.SIGN_IN_MANAGE)
    if actor.side is not Side.OPERATOR and actor.org_id != org_id:
        raise NotFound


def _lock(session: Session, org_id: UUID) -> SignInProvider | None:
    query = select(SignInProvider).where(SignInProvider.org_id == org_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _get(session: Session, actor: Principal, org_id: UUID) -> SignInProvider:
    _require_own(actor, org_id)
    provider = _lock(session, org_id)
    if provider is None:
        raise NotFound
    return provider


def _sealed_secret(
    session: Session, org_id: UUID, settings: ProviderSettings, stored: SignInProvider | None
) -> bytes:
    if settings.client_secret:
        return seals.owner_key(session, org_id).seal(_PLACE, org_id, settings.client_secret)
    if stored is None:
        raise Conflict("Enter the client secret.")
    if (stored.issuer, stored.client_id) != (settings.issuer, settings.client_id):
        raise Conflict("Enter the client secret again: the stored one is for another provider.")
    return stored.secret_sealed


def _note(session: Session, actor: Principal, done: str, provider: SignInProvider) -> None:
    facts = {"version": provider.version, "issuer": provider.issuer}
    audit.record(
        session,
        actor,
        f"sign-in-provider.{done}",
        provider.org_id,
        chain_id=provider.org_id,
        facts=facts,
    )
