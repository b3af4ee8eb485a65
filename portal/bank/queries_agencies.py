"""Read models of agencies: the panel with its figures, one agency, and who could join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.core.errors import NotFound
from portal.core.parties.models import Agency, PanelMember
from portal.core.ratings.curves import BatchCurve, list_curves
from portal.core.ratings.figures import list_figures
from portal.core.ratings.measures import AgencyFigures


@dataclass(frozen=True)
class PanelRow:
    """An agency of the panel with its terms and first figures."""

    agency_id: UUID
    agency: str
    status: words.Word
    fee_bps: int
    term_days: int
    room: int
    figures: AgencyFigures


@dataclass(frozen=True)
class AgencyPage:
    """One agency of the panel: the terms of its contract, its figures and its curves."""

    agency_id: UUID
    agency: str
    code: str
    country: str
    phone: str
    email: str
    status: words.Word
    active: bool
    fee_bps: int
    term_days: int
    tail_days: int
    answer_hours: int
    capacity: int
    placed: int
    places: list[str]
    languages: list[str]
    products: list[str]
    approved_on: date
    figures: AgencyFigures
    curves: list[BatchCurve]


def list_panel(session: Session, bank_id: UUID, *, at: datetime) -> list[PanelRow]:
    """Return every agency the bank ever approved, by name, with its figures."""
    figures = list_figures(session, bank_id, at=at)
    rows = session.execute(
        select(
            PanelMember.agency_id,
            Agency.name,
            Agency.name_zh,
            PanelMember.status,
            PanelMember.fee_bps,
            PanelMember.term_days,
            PanelMember.capacity,
            PanelMember.placed,
        )
        .join(Agency, Agency.id == PanelMember.agency_id)
        .where(PanelMember.bank_id == bank_id)
        .order_by(Agency.name, Agency.id)
    )
    return [
        PanelRow(
            agency_id=row.agency_id,
            agency=words.organisation(row.name, row.name_zh),
            status=words.PANEL_STATES[row.status],
            fee_bps=row.fee_bps,
            term_days=row.term_days,
            room=max(row.capacity - row.placed, 0),
            figures=figures.get(row.agency_id, AgencyFigures()),
        )
        for row in rows
    ]


def get_agency(
    session: Session, bank_id: UUID, agency_id: UUID, *, at: datetime, today: date
) -> AgencyPage:
    """Return an agency of the bank's panel.

    Raises:
        NotFound: it is not on this bank's panel.
    """
    row = session.execute(
        select(PanelMember, Agency)
        .join(Agency, Agency.id == PanelMember.agency_id)
        .where(PanelMember.bank_id == bank_id, PanelMember.agency_id == agency_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    member, agency = row
    figures = list_figures(session, bank_id, at=at, agency_id=agency_id)
    return AgencyPage(
        agency_id=agency_id,
        agency=words.organisation(agency.name, agency.name_zh),
        code=agency.code,
        country=agency.country,
        phone=agency.phone,
        email=agency.email,
        status=words.PANEL_STATES[member.status],
        active=member.status == "active",
        fee_bps=member.fee_bps,
        term_days=member.term_days,
        tail_days=member.tail_days,
        answer_hours=member.answer_hours,
        capacity=member.capacity,
        placed=member.placed,
        places=member.places,
        languages=[words.language(code) for code in member.languages],
        products=member.products,
        approved_on=member.approved_on,
        figures=figures.get(agency_id, AgencyFigures()),
        curves=list_curves(session, bank_id, agency_id, today=today),
    )


def list_candidates(session: Session, bank_id: UUID) -> list[tuple[UUID, str]]:
    """Return the agencies that are not on the bank's panel yet, by name."""
    rows = session.execute(
        select(Agency.id, Agency.name, Agency.name_zh, Agency.country)
        .outerjoin(
            PanelMember,
            and_(PanelMember.bank_id == bank_id, PanelMember.agency_id == Agency.id),
        )
        .where(PanelMember.agency_id.is_(None), Agency.status == "active")
        .order_by(Agency.name, Agency.id)
    )
    return [(row.id, _named(row)) for row in rows]


def _named(row: Any) -> str:
    return f"{words.organisation(row.name, row.name_zh)} ({words.place(row.country)})"
