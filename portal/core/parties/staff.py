"""Who works for an organisation: invited, given a role, shut out, let in again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.emails import open_door, read_email
from portal.core.parties.invitations import (
    Invitation,
    end_invitations,
    new_invitation,
)
from portal.core.parties.models import Staff
from portal.core.parties.organisations import end_sessions, ensure_operator_key, get_organisation
from portal.core.permissions import SIDE_ROLES, Permission, Role, Side
from portal.core.principal import OPERATOR_ORG, Principal

ADMINISTRATORS = {
    Side.BANK: Role.BANK_ADMIN,
    Side.AGENCY: Role.AGENCY_ADMIN,
    Side.OPERATOR: Role.OPERATOR,
}


class Reason(StrEnum):
    """Why somebody is shut out or starts over; the audit record keeps the code."""

    LEFT = "left"
    ROLE_ENDED = "role_ended"
    LOST_DEVICE = "lost_device"
    SECURITY = "security"
    MISTAKE = "mistake"
    OTHER = "other"


def invite_staff(
    session: Session,
    actor: Principal,
    side: Side,
    org_id: UUID,
    *,
    name: str,
    email: str,
    role: Role,
    now: datetime,
    language: str = "en",
) -> Invitation:
    """Invite somebody into an organisation; the caller mails the link that holds the token.

    An address belongs to one person of one organisation. Whether another organisation has it is
    not told.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: the organisation is not the actor's, or does not exist.
        Invalid: the address is none, or the side has no such role.
        Conflict: the address cannot be invited.
    """
    _require_own(actor, org_id)
    if side is not Side.OPERATOR:
        get_organisation(session, side, org_id)
    elif org_id == OPERATOR_ORG:
        ensure_operator_key(session)
    else:
        raise NotFound
    _check_role(side, role)
    address = read_email(email)
    if session.scalar(select(Staff.id).where(Staff.org_id == org_id, Staff.email == address)):
        raise Conflict("This address is on your list already.")
    staff = Staff(
        org_id=org_id,
        id=uuid7(),
        side=side,
        email=address,
        name=_read_name(name),
        role=role,
        language=language,
    )
    session.add(staff)
    session.flush()
    open_door(session, staff)
    facts = {"role": role.value}
    audit.record(session, actor, "staff.invited", staff.id, chain_id=org_id, facts=facts)
    return new_invitation(session, staff, now)


def resend_invitation(
    session: Session, actor: Principal, org_id: UUID, staff_id: UUID, *, now: datetime
) -> Invitation:
    """Give an invited person a fresh link; the earlier one ends.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: no such person in this organisation.
        Conflict: the person has joined, or is disabled.
    """
    _require_own(actor, org_id)
    staff = lock_staff(session, org_id, staff_id)
    if staff.status != "invited":
        raise Conflict("This person has joined already.")
    audit.record(session, actor, "staff.invited-again", staff.id, chain_id=org_id)
    return new_invitation(session, staff, now)


def change_staff(
    session: Session, actor: Principal, org_id: UUID, staff_id: UUID, *, name: str, role: Role
) -> Staff:
    """Change a person's name or role; with a new role they have to sign in again.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: no such person in this organisation.
        Invalid: the side has no such role, or the name is empty.
        Conflict: it is the actor's own role, or that of the last administrator.
    """
    _require_own(actor, org_id)
    staff = _lock_with_administrators(session, org_id, staff_id)
    _check_role(staff.side, role)
    staff.name = _read_name(name)
    if role is not staff.role:
        _refuse_self(actor, staff)
        before, staff.role = staff.role, role
        session.flush()
        _keep_an_administrator(session, actor, staff)
        end_sessions(session, org_id, staff.id)
        facts = {"from": before.value, "to": role.value}
        audit.record(session, actor, "staff.role-changed", staff.id, chain_id=org_id, facts=facts)
    session.flush()
    return staff


def disable_staff(
    session: Session, actor: Principal, org_id: UUID, staff_id: UUID, *, reason: Reason
) -> Staff:
    """Shut a person out: sessions and open invitations end in this transaction.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: no such person in this organisation.
        Conflict: already disabled, the actor, or the last administrator.
    """
    _require_own(actor, org_id)
    staff = _lock_with_administrators(session, org_id, staff_id)
    _refuse_self(actor, staff)
    if staff.status == "disabled":
        raise Conflict("This has been done already.")
    staff.status = "disabled"
    session.flush()
    _keep_an_administrator(session, actor, staff)
    end_sessions(session, org_id, staff.id)
    end_invitations(session, staff)
    facts = {"reason": reason.value}
    audit.record(session, actor, "staff.disabled", staff.id, chain_id=org_id, facts=facts)
    return staff


def enable_staff(session: Session, actor: Principal, org_id: UUID, staff_id: UUID) -> Staff:
    """Let a disabled person in again: as before, or as invited when they had never joined.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: no such person in this organisation.
        Conflict: the person is not disabled.
    """
    _require_own(actor, org_id)
    staff = lock_staff(session, org_id, staff_id)
    if staff.status != "disabled":
        raise Conflict("This has been done already.")
    staff.status = "active" if _has_a_way_in(staff) else "invited"
    session.flush()
    audit.record(session, actor, "staff.enabled", staff.id, chain_id=org_id)
    return staff


def reset_sign_in(
    session: Session,
    actor: Principal,
    org_id: UUID,
    staff_id: UUID,
    *,
    reason: Reason,
    now: datetime,
) -> Invitation:
    """Take a person's password, authenticator and link to single sign-on, and invite them anew.

    Raises:
        PermissionDenied: the actor does not manage staff.
        NotFound: no such person in this organisation.
        Conflict: the actor, a disabled person, or the last administrator.
    """
    _require_own(actor, org_id)
    staff = _lock_with_administrators(session, org_id, staff_id)
    _refuse_self(actor, staff)
    if staff.status == "disabled":
        raise Conflict("This person is disabled. Enable them first.")
    staff.status = "invited"
    staff.password_hash = staff.totp_sealed = None
    staff.sso_issuer = staff.sso_subject = None
    staff.recovery_hashes = []
    session.flush()
    _keep_an_administrator(session, actor, staff)
    end_sessions(session, org_id, staff.id)
    facts = {"reason": reason.value}
    audit.record(session, actor, "staff.sign-in-reset", staff.id, chain_id=org_id, facts=facts)
    return new_invitation(session, staff, now)


def list_staff(session: Session, actor: Principal, org_id: UUID) -> list[Staff]:
    """Return everybody of an organisation, by name.

    Raises:
        PermissionDenied: the actor may not read the list.
        NotFound: the organisation is not the actor's.
    """
    actor.require(Permission.STAFF_READ)
    _refuse_foreign(actor, org_id)
    query = select(Staff).where(Staff.org_id == org_id).order_by(Staff.name, Staff.id)
    return list(session.scalars(query))


def get_staff(session: Session, actor: Principal, org_id: UUID, staff_id: UUID) -> Staff:
    """Return one person of an organisation.

    Raises:
        PermissionDenied: the actor may not read the list.
        NotFound: no such person in this organisation.
    """
    actor.require(Permission.STAFF_READ)
    _refuse_foreign(actor, org_id)
    staff = session.get(Staff, (org_id, staff_id))
    if staff is None:
        raise NotFound
    return staff


def get_staff_by_email(session: Session, actor: Principal, email: str) -> Staff:
    """Return the person with this address, for the operator's commands.

    Raises:
        PermissionDenied: the actor may not read the list.
        NotFound: nobody the actor may see has it.
    """
    actor.require(Permission.STAFF_READ)
    found = session.scalars(select(Staff).where(Staff.email == read_email(email))).one_or_none()
    if found is None:
        raise NotFound("Nobody has this e-mail address.")
    return found


def lock_staff(session: Session, org_id: UUID, staff_id: UUID) -> Staff:
    """Lock one person's row until commit.

    Raises:
        NotFound: the principal sees no such person.
    """
    query = select(Staff).where(Staff.org_id == org_id, Staff.id == staff_id).with_for_update()
    staff = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if staff is None:
        raise NotFound
    return staff


def _lock_with_administrators(session: Session, org_id: UUID, staff_id: UUID) -> Staff:
    """Lock a person and all administrators, by id, so that two who remove each other queue up."""
    query = (
        select(Staff)
        .where(
            Staff.org_id == org_id,
            or_(Staff.id == staff_id, Staff.role.in_(ADMINISTRATORS.values())),
        )
        .order_by(Staff.id)
        .with_for_update()
    )
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    for staff in rows:
        if staff.id == staff_id:
            return staff
    raise NotFound


def _keep_an_administrator(session: Session, actor: Principal, staff: Staff) -> None:
    """Refuse what leaves an organisation without anybody who could let others in."""
    if actor.org_id != staff.org_id:
        return
    left = session.scalar(
        select(Staff.id)
        .where(
            Staff.org_id == staff.org_id,
            Staff.role == ADMINISTRATORS[staff.side],
            Staff.status == "active",
        )
        .limit(1)
    )
    if left is None:
        raise Conflict("This is the last administrator. Make somebody else one first.")


def _require_own(actor: Principal, org_id: UUID) -> None:
    actor.require(Permission.STAFF_MANAGE)
    _refuse_foreign(actor, org_id)


def _refuse_foreign(actor: Principal, org_id: UUID) -> None:
    if actor.side is not Side.OPERATOR and actor.org_id != org_id:
        raise NotFound


def _refuse_self(actor: Principal, staff: Staff) -> None:
    if actor.user_id == staff.id:
        raise Conflict("You cannot do this to yourself. Ask another administrator.")


def _check_role(side: Side, role: Role) -> None:
    if role not in SIDE_ROLES[side]:
        raise Invalid("Choose one of the roles.")


def _read_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > 120:
        raise Invalid("Enter a name of at most 120 characters.")
    return name


def _has_a_way_in(staff: Staff) -> bool:
    by_password = staff.password_hash is not None and staff.totp_sealed is not None
    return by_password or staff.sso_subject is not None
