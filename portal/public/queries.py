"""Read models of the pages for anyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.core.parties.models import Agency, Bank
from portal.core.placements.notices import Mandate


@dataclass(frozen=True)
class MandatePage:
    """Who works for whom, from when until when, and where both can be called."""

    agency: str
    agency_phone: str
    bank: str
    bank_phone: str
    term_start: date
    term_end: date


def mandate_page(session: Session, mandate: Mandate, language: str) -> MandatePage:
    """Return what may be said of a mandate: nothing of it is about anybody's account."""
    agency = session.get_one(Agency, mandate.agency_id)
    bank = session.get_one(Bank, mandate.bank_id)
    return MandatePage(
        agency=agency.name_in(language),
        agency_phone=agency.phone,
        bank=bank.name_in(language),
        bank_phone=bank.phone,
        term_start=mandate.term_start,
        term_end=mandate.term_end,
    )
