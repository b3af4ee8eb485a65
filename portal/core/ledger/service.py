"""Booking: postings with their lines, and the balance they leave, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import faults
from portal.core.db import uuid7
from portal.core.errors import Conflict, NotFound
from portal.core.ledger.digest import posting_digest
from portal.core.ledger.models import (
    OWED_BOOKS,
    Balance,
    Book,
    LedgerLine,
    Posting,
    PostingKind,
)
from portal.core.money import Money
from portal.core.principal import Principal

#: Which part of a debt a payment pays first. Source: domain.md, accounting convention 5.
ALLOCATION_ORDER = (Book.COSTS, Book.FEES, Book.INTEREST, Book.PRINCIPAL)


@dataclass(frozen=True)
class Move:
    """An amount that moves from one book to another."""

    from_book: Book
    to_book: Book
    amount: Money


def lock_balance(session: Session, bank_id: UUID, account_id: UUID) -> Balance:
    """Lock an account's balance until the transaction ends, and return it as it stands.

    Raises:
        NotFound: no such account for this principal.
    """
    balance = session.scalars(
        select(Balance)
        .where(Balance.bank_id == bank_id, Balance.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if balance is None:
        raise NotFound
    return balance


def owed(balance: Balance, book: Book) -> Money:
    """Return what is owed in one book."""
    return Money(getattr(balance, f"{book.value}_minor"), balance.currency)


def allocate(balance: Balance, amount: Money, to_book: Book) -> tuple[list[Move], Money]:
    """Split an incoming amount over what is owed, in the stated order.

    Returns the moves, and what was left over when more came in than was owed.
    """
    moves = []
    rest = amount
    for book in ALLOCATION_ORDER:
        part = min(rest, owed(balance, book))
        if part.minor > 0:
            moves.append(Move(book, to_book, part))
            rest -= part
    return moves, rest


def post(
    session: Session,
    actor: Principal,
    balance: Balance,
    *,
    kind: PostingKind,
    cause: str,
    effective_on: date,
    moves: Sequence[Move],
    reason: str = "",
    reverses_id: UUID | None = None,
) -> Posting:
    """Book moves under one cause, and change the locked balance by them.

    Raises:
        Conflict: the cause is booked already, or a move would leave less than nothing owed.
    """
    if find_posting(session, balance.bank_id, cause) is not None:
        raise Conflict("This has been booked already.")
    posting = Posting(
        bank_id=balance.bank_id,
        id=uuid7(),
        account_id=balance.account_id,
        debtor_id=balance.debtor_id,
        kind=kind,
        cause=cause,
        effective_on=effective_on,
        reverses_id=reverses_id,
        reason=reason,
        made_by=actor.user_id,
    )
    lines = [_line(posting, move) for move in moves]
    posting.sha256 = posting_digest(posting, lines)
    session.add(posting)
    session.flush()
    faults.point("ledger.post.posting")
    session.add_all(lines)
    _apply(balance, moves)
    session.flush()
    faults.point("ledger.post.lines")
    return posting


def _line(posting: Posting, move: Move) -> LedgerLine:
    return LedgerLine(
        bank_id=posting.bank_id,
        id=uuid7(),
        posting_id=posting.id,
        account_id=posting.account_id,
        debtor_id=posting.debtor_id,
        from_book=move.from_book,
        to_book=move.to_book,
        amount_minor=move.amount.minor,
        currency=move.amount.currency,
    )


def _apply(balance: Balance, moves: Iterable[Move]) -> None:
    for move in moves:
        if move.amount.currency != balance.currency:
            raise Conflict("The account is in another currency.")
        for book, sign in ((move.from_book, -1), (move.to_book, 1)):
            if book in OWED_BOOKS:
                name = f"{book.value}_minor"
                changed = getattr(balance, name) + sign * move.amount.minor
                if changed < 0:
                    raise Conflict("More would be taken off than is owed.")
                setattr(balance, name, changed)


def find_posting(session: Session, bank_id: UUID, cause: str) -> Posting | None:
    """Return the posting of a cause, if it was booked."""
    return session.scalars(
        select(Posting).where(Posting.bank_id == bank_id, Posting.cause == cause)
    ).one_or_none()


def reverse(
    session: Session, actor: Principal, balance: Balance, posting: Posting, *, on: date, reason: str
) -> Posting:
    """Take a posting back by the opposite moves, under a cause of its own.

    Raises:
        Conflict: it was reversed already, or taking it back would leave less than nothing owed.
    """
    lines = session.scalars(
        select(LedgerLine)
        .where(LedgerLine.bank_id == posting.bank_id, LedgerLine.posting_id == posting.id)
        .order_by(LedgerLine.id)
    ).all()
    moves = [
        Move(line.to_book, line.from_book, Money(line.amount_minor, line.currency))
        for line in lines
    ]
    return post(
        session,
        actor,
        balance,
        kind=PostingKind.REVERSAL,
        cause=f"reversal:{posting.id}",
        effective_on=on,
        moves=moves,
        reason=reason,
        reverses_id=posting.id,
    )
