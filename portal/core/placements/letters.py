"""Letters: issued once from a snapshot, stored sealed, opened for those who may see them.

What a letter says is composed above the domain and passed in: the facts go out, a document comes
back. Text, code and PDF are sealed under the person's key; their hashes are kept beside them, so
that a later change of the ledger, or of the letter, shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound
from portal.core.ledger.itemisation import Itemisation, itemise
from portal.core.ledger.models import Balance
from portal.core.parties.models import Agency, Bank, Debtor
from portal.core.parties.persons import get_debtor, open_contacts, person_key
from portal.core.permissions import Permission
from portal.core.placements.models import Letter, LetterKind, Placement
from portal.core.principal import Principal


@dataclass(frozen=True)
class LetterFacts:
    """What any letter about an account may state, in the clear, at one moment."""

    account: Account
    debtor: Debtor
    address: tuple[str, ...]
    bank: Bank
    agency: Agency | None
    placement: Placement | None
    itemisation: Itemisation
    verified_on: date | None
    at: datetime


@dataclass(frozen=True)
class Document:
    """A letter as composed: its snapshot, its language, and the template and version it is for."""

    snapshot: str
    language: str
    template: str


@dataclass(frozen=True)
class OpenLetter:
    """A letter in the clear; `pdf` is None while it is being made."""

    letter: Letter
    snapshot: str
    pdf: bytes | None


def gather_facts(session: Session, account: Account, *, at: datetime) -> LetterFacts:
    """Gather what a letter about an account states. The ledger is added up anew.

    Raises:
        NotFound: the person or the bank is not this principal's to see.
    """
    debtor = get_debtor(session, account.bank_id, account.debtor_id)
    bank = session.get(Bank, account.bank_id)
    balance = session.get(Balance, (account.bank_id, account.id))
    if bank is None or balance is None:
        raise NotFound
    found = itemise(
        session,
        account.bank_id,
        account.id,
        on=account.itemisation_on,
        currency=account.currency,
    )
    if found.now.minor != balance.total_minor:
        raise Conflict("This account's balance is being checked. Please try again later.")
    return LetterFacts(
        account=account,
        debtor=debtor,
        address=_address(session, debtor),
        bank=bank,
        agency=session.get(Agency, account.agency_id) if account.agency_id else None,
        placement=(
            session.get(Placement, (account.bank_id, account.placement_id))
            if account.placement_id
            else None
        ),
        itemisation=found,
        verified_on=balance.verified_as_of,
        at=at,
    )


def _address(session: Session, debtor: Debtor) -> tuple[str, ...]:
    for contact in open_contacts(session, debtor):
        if contact.kind == "address":
            return tuple(line.strip() for line in contact.value.splitlines() if line.strip())
    place = " ".join(part for part in (debtor.city, debtor.state, debtor.postcode) if part)
    return (place,) if place else ()


def store_letter(
    session: Session,
    facts: LetterFacts,
    document: Document,
    *,
    kind: LetterKind,
    issued_by: UUID,
    letter_id: UUID | None = None,
    subject_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Letter:
    """Seal a composed letter and store it; a job makes its PDF.

    `subject_id` is what it is about, a plan or a payment: there is one letter of a kind for each.
    """
    account = facts.account
    letter_id = letter_id or uuid7()
    key = person_key(session, facts.debtor)
    letter = Letter(
        bank_id=account.bank_id,
        id=letter_id,
        account_id=account.id,
        debtor_id=account.debtor_id,
        agency_id=account.agency_id,
        kind=kind,
        subject_id=subject_id,
        language=document.language,
        template_version=document.template,
        snapshot_sealed=key.seal("letters.snapshot", letter_id, document.snapshot),
        snapshot_sha256=hashlib.sha256(document.snapshot.encode()).digest(),
        issued_at=facts.at,
        issued_by=issued_by,
        expires_at=expires_at,
    )
    session.add(letter)
    session.flush()
    outbox.enqueue(session, "render_letter", bank_id=str(account.bank_id), letter_id=str(letter_id))
    return letter


def find_letter(
    session: Session, bank_id: UUID, kind: LetterKind, subject_id: UUID
) -> Letter | None:
    """Return the letter of a kind about a plan or a payment, if it was written."""
    return session.scalars(
        select(Letter).where(
            Letter.bank_id == bank_id, Letter.kind == kind, Letter.subject_id == subject_id
        )
    ).one_or_none()


def open_letter(session: Session, actor: Principal, letter_id: UUID) -> OpenLetter:
    """Open a letter for the bank, the agency or the person it is about.

    Raises:
        PermissionDenied: the actor reads no letters.
        NotFound: there is none, or it is another party's.
    """
    actor.require(Permission.LETTER_READ)
    letter = session.scalars(select(Letter).where(Letter.id == letter_id)).one_or_none()
    if letter is None:
        raise NotFound
    key = person_key(session, get_debtor(session, letter.bank_id, letter.debtor_id))
    sealed = letter.pdf_sealed
    return OpenLetter(
        letter=letter,
        snapshot=key.open("letters.snapshot", letter.id, letter.snapshot_sealed),
        pdf=None if sealed is None else key.open_bytes("letters.pdf", letter.id, sealed),
    )


def store_pdf(session: Session, actor: Principal, letter_id: UUID, pdf: bytes) -> None:
    """Seal a letter's PDF. One that is there already stays: what was sent is not changed.

    Raises:
        NotFound: there is no such letter.
    """
    actor.require(Permission.LETTER_ISSUE)
    letter = session.scalars(
        select(Letter).where(Letter.id == letter_id).with_for_update()
    ).one_or_none()
    if letter is None:
        raise NotFound
    if letter.pdf_sealed is not None:
        return
    key = person_key(session, get_debtor(session, letter.bank_id, letter.debtor_id))
    letter.pdf_sealed = key.seal("letters.pdf", letter.id, pdf)
    letter.pdf_sha256 = hashlib.sha256(pdf).digest()
    session.flush()
