"""Read model of "How we worked this out"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.ledger.itemisation import Entry, Heading, itemise
from portal.core.ledger.models import Balance, Verification
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.debtor.queries import Frame, find_frame


@dataclass(frozen=True)
class Line:
    """One line of the itemisation and the entries it opens to; `sign` is what it does."""

    heading: Heading
    sign: str
    amount: Money
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class BalancePage:
    """How an amount came about, and who confirmed it when."""

    frame: Frame
    on: date
    lines: tuple[Line, ...]
    now: Money
    past_due_since: date
    verified_on: date | None
    verifications: tuple[date, ...]


def balance_page(
    session: Session, actor: Principal, account_id: UUID, language: str
) -> BalancePage:
    """Return an account's itemisation, added up from the ledger.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.ACCOUNT_READ)
    account = get_account(session, account_id)
    balance = session.get_one(Balance, (account.bank_id, account.id))
    found = itemise(
        session, account.bank_id, account.id, on=account.itemisation_on, currency=account.currency
    )
    amounts = (
        (Heading.OPENING, "", found.amount),
        (Heading.INTEREST, "+", found.interest),
        (Heading.FEES, "+", found.fees),
        (Heading.PAYMENTS, "−", found.payments),
        (Heading.CREDITS, "−", found.credits),
    )
    return BalancePage(
        frame=find_frame(session, account_id, language),
        on=found.on,
        lines=tuple(
            Line(heading, sign, amount, found.under(heading)) for heading, sign, amount in amounts
        ),
        now=found.now,
        past_due_since=account.past_due_since,
        verified_on=balance.verified_as_of,
        verifications=tuple(
            session.scalars(
                select(Verification.as_of)
                .where(
                    Verification.bank_id == account.bank_id, Verification.account_id == account.id
                )
                .order_by(Verification.as_of.desc(), Verification.id.desc())
            )
        ),
    )
