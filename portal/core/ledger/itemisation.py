"""How an account's amount on its reference date became the amount now, down to the entries.

Source: 12 CFR 1006.34(b)(3) and (c)(2)(vii) for the parts; one reading of the ledger for every
page and letter that shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.ledger.models import OWED_BOOKS, Book, LedgerLine, Posting, PostingKind
from portal.core.money import Money


class Heading(StrEnum):
    """The line of an itemisation that an entry belongs to."""

    OPENING = "opening"
    INTEREST = "interest"
    FEES = "fees"
    PAYMENTS = "payments"
    CREDITS = "credits"


@dataclass(frozen=True)
class Entry:
    """One change of what is owed: its day, the part of the debt, and the amount with its sign."""

    posting_id: UUID
    on: date
    kind: PostingKind
    heading: Heading
    book: Book
    change: Money
    reason: str


@dataclass(frozen=True)
class Itemisation:
    """The amount on a day, what was added and taken off since, and the amount now."""

    on: date
    amount: Money
    interest: Money
    fees: Money
    payments: Money
    credits: Money
    entries: tuple[Entry, ...]

    @property
    def now(self) -> Money:
        """Return what is owed, added up from the entries."""
        return self.amount + self.interest + self.fees - self.payments - self.credits

    def under(self, heading: Heading) -> tuple[Entry, ...]:
        """Return the entries of one line, oldest first."""
        return tuple(entry for entry in self.entries if entry.heading is heading)

    def owed_in(self, book: Book) -> Money:
        """Return what is owed in one part of the debt."""
        return _sum((entry for entry in self.entries if entry.book is book), self.amount.currency)


def itemise(
    session: Session, bank_id: UUID, account_id: UUID, *, on: date, currency: str
) -> Itemisation:
    """Add an account's ledger up again, from its opening on the reference date to now."""
    entries = _entries(session, bank_id, account_id)
    by_heading = {
        heading: _sum((entry for entry in entries if entry.heading is heading), currency)
        for heading in Heading
    }
    return Itemisation(
        on=on,
        amount=by_heading[Heading.OPENING],
        interest=by_heading[Heading.INTEREST],
        fees=by_heading[Heading.FEES],
        payments=-by_heading[Heading.PAYMENTS],
        credits=-by_heading[Heading.CREDITS],
        entries=entries,
    )


def _entries(session: Session, bank_id: UUID, account_id: UUID) -> tuple[Entry, ...]:
    rows = session.execute(
        select(Posting, LedgerLine)
        .join(
            LedgerLine,
            (LedgerLine.bank_id == Posting.bank_id) & (LedgerLine.posting_id == Posting.id),
        )
        .where(Posting.bank_id == bank_id, Posting.account_id == account_id)
        .order_by(Posting.effective_on, Posting.id, LedgerLine.id)
    ).all()
    postings = {posting.id: posting for posting, _ in rows}
    return tuple(
        _entry(posting, postings, book, Money(sign * line.amount_minor, line.currency))
        for posting, line in rows
        for book, sign in ((line.from_book, -1), (line.to_book, 1))
        if book in OWED_BOOKS
    )


def _entry(posting: Posting, postings: dict[UUID, Posting], book: Book, change: Money) -> Entry:
    # Taking a payment back belongs under payments, as the payment did.
    origin = postings.get(posting.reverses_id or posting.id, posting)
    rose = (change if origin is posting else -change).minor > 0
    return Entry(
        posting_id=posting.id,
        on=posting.effective_on,
        kind=posting.kind,
        heading=_heading(origin.kind, book, rose=rose),
        book=book,
        change=change,
        reason=posting.reason,
    )


def _heading(kind: PostingKind, book: Book, *, rose: bool) -> Heading:
    if kind is PostingKind.OPENING:
        return Heading.OPENING
    if kind in (PostingKind.PAYMENT, PostingKind.RECOVERY, PostingKind.SETTLEMENT):
        return Heading.PAYMENTS
    if not rose:
        return Heading.CREDITS
    return Heading.INTEREST if book is Book.INTEREST else Heading.FEES


def _sum(entries: Iterable[Entry], currency: str) -> Money:
    return sum((entry.change for entry in entries), start=Money.zero(currency))
