"""Read models of an account's letters, and of who did what to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_account import AccountHead
from portal.bank.queries_breaches import maker
from portal.core.accounts.models import Hold
from portal.core.actions.models import Action
from portal.core.actions.models_reminders import Reminder
from portal.core.audit import AuditRow
from portal.core.parties.models import Agency, ContactStatement, Staff
from portal.core.payments.models import Payment
from portal.core.placements.models import Letter, LetterKind, Placement
from portal.core.plans.models import Plan, Promise
from portal.core.recoveries.models import Recovery


@dataclass(frozen=True)
class LetterRow:
    """A letter as issued; the PDF may still be in the making."""

    id: UUID
    kind: LetterKind
    language: str
    issued_at: datetime
    agency: str
    has_pdf: bool


def list_letters(session: Session, head: AccountHead) -> list[LetterRow]:
    """Return an account's letters, newest first."""
    rows = session.execute(
        select(
            Letter.id,
            Letter.kind,
            Letter.language,
            Letter.issued_at,
            Letter.pdf_sha256.is_not(None).label("has_pdf"),
            Agency.name,
            Agency.name_zh,
        )
        .outerjoin(Agency, Agency.id == Letter.agency_id)
        .where(Letter.bank_id == head.debtor.bank_id, Letter.account_id == head.id)
        .order_by(Letter.issued_at.desc(), Letter.id.desc())
    )
    return [
        LetterRow(
            id=row.id,
            kind=row.kind,
            language=words.language(row.language),
            issued_at=row.issued_at,
            agency=_sender(row),
            has_pdf=row.has_pdf,
        )
        for row in rows
    ]


def _sender(row: Any) -> str:
    """Return who a letter is from: an agency, or of a formal demand the bank itself."""
    if row.kind is LetterKind.DEMAND:
        return maker(None, None)
    return words.organisation(row.name, row.name_zh)


@dataclass(frozen=True)
class AuditLine:
    """Who did what to which row of an account."""

    at: datetime
    side: str
    who: str
    verb: str
    subject_id: UUID


def list_audit(session: Session, head: AccountHead, *, limit: int = 200) -> list[AuditLine]:
    """Return what was written down about an account and what hangs on it, newest first."""
    bank_id, account_id = head.debtor.bank_id, head.id
    subjects = [
        select(kind.id).where(kind.bank_id == bank_id, kind.account_id == account_id)
        for kind in (Action, Letter, Payment, Placement, Plan, Promise, Recovery, Reminder)
    ] + [
        select(column).where(Placement.bank_id == bank_id, Placement.account_id == account_id)
        for column in (Placement.offer_id, Placement.referral_id)
    ]
    subjects += [
        select(kind.id).where(
            kind.bank_id == bank_id,
            kind.debtor_id == head.debtor.id,
            or_(kind.account_id.is_(None), kind.account_id == account_id),
        )
        for kind in (Hold, ContactStatement)
    ]
    own = [account_id, head.debtor.id] + ([head.import_id] if head.import_id else [])
    rows = session.execute(
        select(
            AuditRow.at,
            AuditRow.side,
            AuditRow.verb,
            AuditRow.subject_id,
            Staff.name,
            Agency.name.label("agency"),
            Agency.name_zh.label("agency_zh"),
        )
        .outerjoin(Staff, and_(Staff.org_id == AuditRow.org_id, Staff.id == AuditRow.actor_id))
        .outerjoin(Agency, Agency.id == AuditRow.org_id)
        .where(
            AuditRow.chain_id == bank_id,
            AuditRow.subject_id.in_(own)
            | AuditRow.subject_id.in_(subjects[0].union_all(*subjects[1:])),
        )
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
        .limit(limit)
    )
    return [
        AuditLine(
            at=row.at,
            side=row.side.value,
            who=row.name or words.organisation(row.agency, row.agency_zh),
            verb=row.verb,
            subject_id=row.subject_id,
        )
        for row in rows
    ]
