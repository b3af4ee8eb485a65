"""Read models of referrals: what can be referred, what a proposal comes to, how it went on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.models import ImportFile
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.parties.models import Agency, Staff
from portal.core.placements.models import (
    Offer,
    OfferState,
    Placement,
    PlacementState,
    Referral,
)
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.web.filters import money


def filter_in_words(chosen: Mapping[str, Any], files: Mapping[UUID, str]) -> list[tuple[str, str]]:
    """Return what a referral's filter chose, as label and value."""
    currency = chosen.get("currency", "")
    said: dict[str, tuple[str, Any]] = {
        "currency": (_("Currency"), str),
        "least_minor": (_("Balance from"), lambda minor: money(minor, currency)),
        "most_minor": (_("Balance to"), lambda minor: money(minor, currency)),
        "least_months": (_("Months past due from"), str),
        "most_months": (_("Months past due to"), str),
        "country": (_("Country"), words.place),
        "state": (_("State or province"), str),
        "product": (_("Product"), str),
        "language": (_("Language"), words.language),
        "import_id": (_("Imported with"), lambda key: files.get(UUID(key), key)),
    }
    return [
        (label, write(chosen[name]))
        for name, (label, write) in said.items()
        if chosen.get(name) is not None
    ]


@dataclass(frozen=True)
class ReferralRow:
    """One referral in the list."""

    id: UUID
    ref: str
    made_at: datetime
    by: str
    accounts: int
    total: Money
    answers: dict[OfferState, int]


def list_referrals(session: Session, bank_id: UUID, cursor: Cursor | None) -> Page[ReferralRow]:
    """Return the newest referrals first, each with how its offers were answered."""
    statement = (
        select(
            Referral.id,
            Referral.ref,
            Referral.made_at,
            Staff.name,
            Referral.account_count,
            Referral.total_minor,
            Referral.currency,
        )
        .outerjoin(Staff, and_(Staff.org_id == Referral.bank_id, Staff.id == Referral.made_by))
        .where(Referral.bank_id == bank_id)
    )
    rows = session.execute(
        sliced(statement, Referral.ref, Referral.id, descending=True, cursor=cursor)
    ).all()
    answers: defaultdict[UUID, dict[OfferState, int]] = defaultdict(dict)
    for referral_id, state, count in session.execute(
        select(Offer.referral_id, Offer.state, func.count())
        .where(Offer.bank_id == bank_id, Offer.referral_id.in_([row.id for row in rows]))
        .group_by(Offer.referral_id, Offer.state)
    ):
        answers[referral_id][state] = count
    found = [
        ReferralRow(
            id=row.id,
            ref=row.ref,
            made_at=row.made_at,
            by=words.by_whom(row.name),
            accounts=row.account_count,
            total=Money(row.total_minor, row.currency),
            answers=answers[row.id],
        )
        for row in rows
    ]
    return paged(found, [write_cursor(row.ref, row.id) for row in rows], cursor)


@dataclass(frozen=True)
class OfferView:
    """One agency's part of a referral, and what became of it."""

    id: UUID
    agency_id: UUID
    agency: str
    state: OfferState
    accounts: int
    total: Money
    fee_bps: int
    term_days: int
    answer_by: datetime
    answered_at: datetime | None
    reason: str
    placements: list[tuple[PlacementState, int]]
    recovered: Money


@dataclass(frozen=True)
class ReferralPage:
    """A referral with its offers."""

    id: UUID
    ref: str
    made_at: datetime
    by: str
    seed: str
    accounts: int
    total: Money
    recovered: Money
    chosen: list[tuple[str, str]]
    offers: list[OfferView]


def get_referral(session: Session, bank_id: UUID, referral_id: UUID) -> ReferralPage:
    """Return one of the bank's referrals.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(
        select(Referral, Staff.name, ImportFile.file_name)
        .outerjoin(Staff, and_(Staff.org_id == Referral.bank_id, Staff.id == Referral.made_by))
        .outerjoin(
            ImportFile,
            and_(
                ImportFile.bank_id == Referral.bank_id,
                ImportFile.id
                == func.nullif(Referral.filter["import_id"].astext, "").cast(ImportFile.id.type),
            ),
        )
        .where(Referral.bank_id == bank_id, Referral.id == referral_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    referral = row.Referral
    offers = _offers(session, referral)
    import_id = referral.filter.get("import_id")
    files = {UUID(import_id): row.file_name} if import_id and row.file_name else {}
    return ReferralPage(
        id=referral.id,
        ref=referral.ref,
        made_at=referral.made_at,
        by=words.by_whom(row.name),
        seed=referral.seed,
        accounts=referral.account_count,
        total=Money(referral.total_minor, referral.currency),
        recovered=sum((offer.recovered for offer in offers), start=Money.zero(referral.currency)),
        chosen=filter_in_words(referral.filter, files),
        offers=offers,
    )


def _offers(session: Session, referral: Referral) -> list[OfferView]:
    rows = session.execute(
        select(Offer, Agency.name, Agency.name_zh)
        .join(Agency, Agency.id == Offer.agency_id)
        .where(Offer.bank_id == referral.bank_id, Offer.referral_id == referral.id)
        .order_by(Offer.account_count.desc(), Offer.id)
    ).all()
    placements: defaultdict[UUID, list[tuple[PlacementState, int]]] = defaultdict(list)
    for offer_id, state, count in session.execute(
        select(Placement.offer_id, Placement.state, func.count())
        .where(
            Placement.bank_id == referral.bank_id,
            Placement.offer_id.in_([row.Offer.id for row in rows]),
        )
        .group_by(Placement.offer_id, Placement.state)
        .order_by(func.count().desc())
    ):
        placements[offer_id].append((state, count))
    recovered = _recovered(session, referral.bank_id, [row.Offer.id for row in rows])
    return [
        OfferView(
            id=row.Offer.id,
            agency_id=row.Offer.agency_id,
            agency=words.organisation(row.name, row.name_zh),
            state=row.Offer.state,
            accounts=row.Offer.account_count,
            total=Money(row.Offer.total_minor, row.Offer.currency),
            fee_bps=row.Offer.fee_bps,
            term_days=row.Offer.term_days,
            answer_by=row.Offer.answer_by,
            answered_at=row.Offer.answered_at,
            reason=str(words.DECLINE_REASONS.get(row.Offer.reason, row.Offer.reason)),
            placements=placements[row.Offer.id],
            recovered=Money(recovered.get(row.Offer.id, 0), row.Offer.currency),
        )
        for row in rows
    ]


def _recovered(session: Session, bank_id: UUID, offer_ids: list[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(Placement.offer_id, func.sum(Recovery.amount_minor))
        .join(
            Recovery,
            and_(Recovery.bank_id == Placement.bank_id, Recovery.placement_id == Placement.id),
        )
        .where(
            Placement.bank_id == bank_id,
            Placement.offer_id.in_(offer_ids),
            Recovery.state == RecoveryState.VERIFIED,
        )
        .group_by(Placement.offer_id)
    )
    return {offer_id: int(total) for offer_id, total in rows}
