"""Organisations as the operator keeps them: found, changed, suspended, let in again."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import audit, seals
from portal.core.errors import Conflict, NotFound
from portal.core.parties.models import Agency, Bank, Staff
from portal.core.permissions import Permission, Side
from portal.core.principal import OPERATOR_ORG, Principal


@dataclass(frozen=True)
class OrganisationChanges:
    """What may change of an organisation; its code and country stay."""

    name: str
    timezone: str
    name_zh: str = ""
    languages: list[str] = field(default_factory=lambda: ["en"])
    phone: str = ""
    phone_hours: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True)
class OrganisationView:
    """What sign-in and the frame need of an organisation."""

    id: UUID
    side: Side
    name: str
    name_zh: str
    timezone: str
    suspended: bool

    def name_in(self, language: str) -> str:
        """Return the name to show in a language."""
        return self.name_zh if language.startswith("zh") and self.name_zh else self.name


def view_organisation(session: Session, side: Side, org_id: UUID) -> OrganisationView:
    """Return an organisation as sign-in sees it; the operator's own has no row.

    Raises:
        NotFound: there is none of that kind.
    """
    if side is Side.OPERATOR:
        return OrganisationView(OPERATOR_ORG, side, "Operator", "运营方", "UTC", suspended=False)
    organisation = get_organisation(session, side, org_id)
    return OrganisationView(
        id=organisation.id,
        side=side,
        name=organisation.name,
        name_zh=organisation.name_zh,
        timezone=organisation.timezone,
        suspended=organisation.status == "suspended",
    )


def get_organisation(session: Session, side: Side, org_id: UUID) -> Bank | Agency:
    """Return a bank or an agency.

    Raises:
        NotFound: there is none of that kind.
    """
    organisation: Bank | Agency | None = None
    if side is Side.BANK:
        organisation = session.get(Bank, org_id)
    elif side is Side.AGENCY:
        organisation = session.get(Agency, org_id)
    if organisation is None:
        raise NotFound
    return organisation


def find_organisation_by_code(session: Session, code: str) -> Bank | Agency:
    """Return the bank or agency with this code.

    Raises:
        NotFound: there is none.
    """
    found = (
        session.scalars(select(Bank).where(Bank.code == code)).one_or_none()
        or session.scalars(select(Agency).where(Agency.code == code)).one_or_none()
    )
    if found is None:
        raise NotFound("No organisation has the code %(code)s.", code=code)
    return found


def side_of(organisation: Bank | Agency) -> Side:
    """Return which side an organisation is on."""
    return Side.BANK if isinstance(organisation, Bank) else Side.AGENCY


def change_organisation(
    session: Session, actor: Principal, side: Side, org_id: UUID, changes: OrganisationChanges
) -> Bank | Agency:
    """Change what is known of an organisation; later letters carry it.

    Raises:
        PermissionDenied: the actor does not manage organisations.
        NotFound: there is none of that kind.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    organisation = get_organisation(session, side, org_id)
    changed = [key for key, value in vars(changes).items() if getattr(organisation, key) != value]
    for key in changed:
        setattr(organisation, key, getattr(changes, key))
    session.flush()
    if changed:
        audit.record(
            session,
            actor,
            f"{side.value}.changed",
            org_id,
            chain_id=org_id,
            facts={"fields": sorted(changed)},
        )
    return organisation


def suspend_organisation(session: Session, actor: Principal, side: Side, org_id: UUID) -> None:
    """Shut out everybody who works for an organisation, at once.

    Raises:
        PermissionDenied: the actor does not manage organisations.
        NotFound: there is none of that kind.
        Conflict: it is suspended already.
    """
    _set_status(session, actor, side, org_id, "suspended")
    for staff_id in session.scalars(select(Staff.id).where(Staff.org_id == org_id)).all():
        end_sessions(session, org_id, staff_id)


def resume_organisation(session: Session, actor: Principal, side: Side, org_id: UUID) -> None:
    """Let the people of a suspended organisation sign in again.

    Raises:
        PermissionDenied: the actor does not manage organisations.
        NotFound: there is none of that kind.
        Conflict: it is not suspended.
    """
    _set_status(session, actor, side, org_id, "active")


def _set_status(session: Session, actor: Principal, side: Side, org_id: UUID, status: str) -> None:
    actor.require(Permission.ORGANISATION_MANAGE)
    organisation = get_organisation(session, side, org_id)
    session.refresh(organisation, with_for_update=True)
    if organisation.status == status:
        raise Conflict("This has been done already.")
    organisation.status = status
    session.flush()
    verb = "suspended" if status == "suspended" else "resumed"
    audit.record(session, actor, f"{side.value}.{verb}", org_id, chain_id=org_id)


def end_sessions(session: Session, org_id: UUID, person_id: UUID) -> int:
    """End every session of a person in this transaction; return how many there were."""
    ended: int = session.execute(
        text("SELECT doors.end_sessions(:org, :person)"), {"org": org_id, "person": person_id}
    ).scalar_one()
    return ended


def ensure_operator_key(session: Session) -> None:
    """Give the operator's own organisation its key, unless it has one."""
    known = session.execute(
        text("SELECT 1 FROM org_keys WHERE org_id = :org"), {"org": OPERATOR_ORG}
    ).scalar_one_or_none()
    if known is None:
        seals.make_owner_key(session, OPERATOR_ORG)
