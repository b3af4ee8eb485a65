"""Read models of the operator's pages about organisations. No debtor data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portal.core.parties.models import Agency, Bank, Staff
from portal.core.parties.organisations import get_organisation
from portal.core.parties.staff import ADMINISTRATORS
from portal.core.permissions import Side

MOST_ORGANISATIONS = 200


@dataclass(frozen=True)
class OrganisationRow:
    """One organisation in the list."""

    id: UUID
    side: Side
    code: str
    name: str
    country: str
    suspended: bool
    people: int


@dataclass(frozen=True)
class Administrator:
    """Somebody who may let others of their organisation in."""

    id: UUID
    name: str
    email: str
    status: str
    last_sign_in_at: datetime | None


@dataclass(frozen=True)
class OrganisationPage:
    """One organisation with its administrators."""

    id: UUID
    side: Side
    code: str
    name: str
    name_zh: str
    country: str
    timezone: str
    languages: list[str]
    phone: str
    phone_hours: str
    email: str
    address: str
    suspended: bool
    administrators: list[Administrator]


def organisations(session: Session, search: str) -> list[OrganisationRow]:
    """Return organisations by name, at most 200; `search` is part of a name or code."""
    kinds = [
        select(
            kind.id,
            literal(side.value).label("side"),
            kind.code,
            kind.name,
            kind.country,
            kind.status,
            select(func.count())
            .where(Staff.org_id == kind.id, Staff.status == "active")
            .scalar_subquery()
            .label("people"),
        ).where(
            or_(
                kind.name.icontains(search, autoescape=True),
                kind.name_zh.icontains(search, autoescape=True),
                kind.code.icontains(search, autoescape=True),
            )
        )
        for side, kind in ((Side.BANK, Bank), (Side.AGENCY, Agency))
    ]
    every = union_all(*kinds).subquery()
    rows = session.execute(
        select(every).order_by(every.c.name, every.c.id).limit(MOST_ORGANISATIONS)
    )
    return [
        OrganisationRow(
            row.id,
            Side(row.side),
            row.code,
            row.name,
            row.country,
            row.status == "suspended",
            row.people,
        )
        for row in rows
    ]


def organisation_page(session: Session, side: Side, org_id: UUID) -> OrganisationPage:
    """Return one organisation with its administrators.

    Raises:
        NotFound: there is none of that kind.
    """
    found = get_organisation(session, side, org_id)
    administrators = session.execute(
        select(Staff.id, Staff.name, Staff.email, Staff.status, Staff.last_sign_in_at)
        .where(Staff.org_id == org_id, Staff.role == ADMINISTRATORS[side])
        .order_by(Staff.name, Staff.id)
    )
    return OrganisationPage(
        id=found.id,
        side=side,
        code=found.code,
        name=found.name,
        name_zh=found.name_zh,
        country=found.country,
        timezone=found.timezone,
        languages=list(found.languages),
        phone=found.phone,
        phone_hours=found.phone_hours,
        email=found.email,
        address=found.address,
        suspended=found.status == "suspended",
        administrators=[Administrator(*row) for row in administrators],
    )
