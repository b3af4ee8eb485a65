"""Read model of the letters about an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.permissions import Permission
from portal.core.placements.models import Letter, LetterKind
from portal.core.principal import Principal
from portal.debtor.queries import Frame, find_frame


@dataclass(frozen=True)
class LetterRow:
    """One letter of the list; `has_pdf` once its file is made."""

    id: UUID
    kind: LetterKind
    language: str
    issued_at: datetime
    has_pdf: bool


@dataclass(frozen=True)
class LettersPage:
    """Every letter about an account, newest first."""

    frame: Frame
    letters: tuple[LetterRow, ...]


def letters_page(
    session: Session, actor: Principal, account_id: UUID, language: str
) -> LettersPage:
    """Return the letters about an account.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.LETTER_READ)
    account = get_account(session, account_id)
    rows = session.execute(
        select(
            Letter.id,
            Letter.kind,
            Letter.language,
            Letter.issued_at,
            Letter.pdf_sha256.is_not(None).label("has_pdf"),
        )
        .where(Letter.bank_id == account.bank_id, Letter.account_id == account.id)
        .order_by(Letter.issued_at.desc(), Letter.id.desc())
    )
    return LettersPage(
        frame=find_frame(session, account_id, language),
        letters=tuple(LetterRow(*row) for row in rows),
    )
