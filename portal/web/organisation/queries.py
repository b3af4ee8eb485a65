"""Read models of the pages every organisation has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.parties import staff as people
from portal.core.parties.models import SignInProvider, Staff
from portal.core.permissions import Permission, Role, Side
from portal.core.principal import Principal


@dataclass(frozen=True)
class StaffRow:
    """One person in the list."""

    id: UUID
    name: str
    email: str
    role: Role
    status: str
    last_sign_in_at: datetime | None
    signs_in_by: str


@dataclass(frozen=True)
class StaffPage:
    """Everybody of an organisation; `manages` tells whether the reader may change them."""

    rows: list[StaffRow]
    manages: bool


@dataclass(frozen=True)
class StaffMember:
    """One person on the page where they are changed."""

    id: UUID
    org_id: UUID
    side: Side
    name: str
    email: str
    role: Role
    status: str
    is_self: bool


@dataclass(frozen=True)
class ProviderPage:
    """How an organisation's people sign in; without a provider by password."""

    issuer: str
    client_id: str
    configured: bool
    enabled: bool
    tested_at: datetime | None
    changed_at: datetime | None


def staff_page(session: Session, actor: Principal, org_id: UUID) -> StaffPage:
    """Return everybody of an organisation, by name.

    Raises:
        NotFound: the organisation is not the actor's.
    """
    rows = [_row(staff) for staff in people.list_staff(session, actor, org_id)]
    return StaffPage(rows, actor.may(Permission.STAFF_MANAGE))


def staff_member(session: Session, actor: Principal, org_id: UUID, staff_id: UUID) -> StaffMember:
    """Return one person of an organisation.

    Raises:
        NotFound: no such person in this organisation.
    """
    staff = people.get_staff(session, actor, org_id, staff_id)
    return StaffMember(
        id=staff.id,
        org_id=staff.org_id,
        side=staff.side,
        name=staff.name,
        email=staff.email,
        role=staff.role,
        status=staff.status,
        is_self=staff.id == actor.user_id,
    )


def provider_page(session: Session, org_id: UUID) -> ProviderPage:
    """Return how an organisation's people sign in; the secret stays where it is."""
    columns = (
        SignInProvider.issuer,
        SignInProvider.client_id,
        SignInProvider.enabled,
        SignInProvider.tested_at,
        SignInProvider.changed_at,
    )
    row = session.execute(select(*columns).where(SignInProvider.org_id == org_id)).one_or_none()
    if row is None:
        return ProviderPage("", "", False, False, None, None)
    return ProviderPage(
        issuer=row.issuer,
        client_id=row.client_id,
        configured=True,
        enabled=row.enabled,
        tested_at=row.tested_at,
        changed_at=row.changed_at,
    )


def _row(staff: Staff) -> StaffRow:
    way = "single_sign_on" if staff.sso_subject is not None else "password"
    unset = staff.sso_subject is None and staff.password_hash is None
    return StaffRow(
        id=staff.id,
        name=staff.name,
        email=staff.email,
        role=staff.role,
        status=staff.status,
        last_sign_in_at=staff.last_sign_in_at,
        signs_in_by="" if unset else way,
    )
