"""Read models of one account's pages: its head, and what each tab adds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.core.accounts.models import (
    Account,
    AccountState,
    Effort,
    Hold,
    HoldState,
    ImportFile,
)
from portal.core.errors import NotFound
from portal.core.ledger.models import OWED_BOOKS, Balance, Book
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank, Debtor
from portal.core.parties.persons import masked, open_contacts
from portal.core.placements.models import Placement, PlacementState
from portal.core.rules import HoldKind
from portal.web.held import HOLD_NAMES


@dataclass(frozen=True)
class PlacedWith:
    """The placement an account is in now, or is offered for."""

    ref: str
    referral_id: UUID
    agency_id: UUID
    agency: str
    state: PlacementState
    placed: Money
    fee_bps: int
    offered_at: datetime
    term_start: date | None
    term_end: date | None


@dataclass(frozen=True)
class AccountHead:
    """What stands above every tab of an account."""

    id: UUID
    account_ref: str
    product: str
    state: AccountState
    debtor: Debtor
    bank: str
    bank_zone: str
    balance: Money
    parts: list[tuple[Book, Money]]
    verified_on: date | None
    past_due_since: date
    months_past_due: int
    itemisation_on: date
    credit_limit: Money | None
    last_payment: Money | None
    import_id: UUID | None
    file_name: str | None
    placement: PlacedWith | None
    held: list[str]

    def days_overdue(self, today: date) -> int:
        """Return for how many days something has been overdue."""
        return (today - self.past_due_since).days


_LIVE = (
    PlacementState.OFFERED,
    PlacementState.QUERIED,
    PlacementState.ACCEPTED,
    PlacementState.WORKING,
    PlacementState.PENDING_RECALL,
    PlacementState.OBJECTED,
)


def get_head(session: Session, bank_id: UUID, account_id: UUID) -> AccountHead:
    """Return the head of one of the bank's accounts, in one query.

    Raises:
        NotFound: there is none.
    """
    live = and_(
        Placement.bank_id == Account.bank_id,
        Placement.account_id == Account.id,
        Placement.state.in_(_LIVE),
    )
    held = (
        select(func.array_agg(Hold.kind.distinct()))
        .where(
            Hold.bank_id == Account.bank_id,
            Hold.debtor_id == Account.debtor_id,
            or_(Hold.account_id.is_(None), Hold.account_id == Account.id),
            Hold.state != HoldState.RELEASED,
        )
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Account,
            Debtor,
            Balance,
            Placement,
            held.label("held"),
            Agency.name,
            Agency.name_zh,
            Bank.name.label("bank"),
            Bank.name_zh.label("bank_zh"),
            Bank.timezone,
            ImportFile.file_name,
        )
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .join(Bank, Bank.id == Account.bank_id)
        .outerjoin(Placement, live)
        .outerjoin(Agency, Agency.id == Placement.agency_id)
        .outerjoin(
            ImportFile,
            and_(ImportFile.bank_id == Account.bank_id, ImportFile.id == Account.import_id),
        )
        .where(Account.bank_id == bank_id, Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _head(row)


def _head(row: Any) -> AccountHead:
    account, balance, currency = row.Account, row.Balance, row.Account.currency

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    return AccountHead(
        id=account.id,
        account_ref=account.account_ref,
        product=account.product,
        state=account.state,
        debtor=row.Debtor,
        bank=words.organisation(row.bank, row.bank_zh),
        bank_zone=row.timezone,
        balance=Money(balance.total_minor, currency),
        parts=[
            (book, Money(getattr(balance, f"{book.value}_minor"), currency)) for book in OWED_BOOKS
        ],
        verified_on=balance.verified_as_of,
        past_due_since=account.past_due_since,
        months_past_due=account.months_past_due,
        itemisation_on=account.itemisation_on,
        credit_limit=money(account.credit_limit_minor),
        last_payment=money(account.last_payment_minor),
        import_id=account.import_id,
        file_name=row.file_name,
        placement=None if row.Placement is None else _placed_with(row),
        held=[str(HOLD_NAMES[HoldKind(kind)]) for kind in row.held or ()],
    )


def _placed_with(row: Any) -> PlacedWith:
    placement = row.Placement
    return PlacedWith(
        ref=placement.ref,
        referral_id=placement.referral_id,
        agency_id=placement.agency_id,
        agency=words.organisation(row.name, row.name_zh),
        state=placement.state,
        placed=Money(placement.placed_minor, placement.currency),
        fee_bps=placement.fee_bps,
        offered_at=placement.offered_at,
        term_start=placement.term_start,
        term_end=placement.term_end,
    )


@dataclass(frozen=True)
class ContactLine:
    """One way to reach the person, masked or in the clear."""

    kind: str
    value: str


def list_masked_contacts(session: Session, debtor: Debtor) -> list[ContactLine]:
    """Return a person's contact points as anybody at the bank may see them."""
    return [
        ContactLine(str(words.CONTACT_KINDS[each.kind]), masked(each))
        for each in open_contacts(session, debtor)
    ]


def list_open_contacts(session: Session, debtor: Debtor) -> list[ContactLine]:
    """Return a person's contact points in the clear; whoever asks is written down first."""
    return [
        ContactLine(str(words.CONTACT_KINDS[each.kind]), each.value)
        for each in open_contacts(session, debtor)
    ]


def list_efforts(
    session: Session, bank_id: UUID, account_id: UUID
) -> list[tuple[str, int, date | None]]:
    """Return what the bank tried before it referred the account."""
    rows = session.execute(
        select(Effort.kind, Effort.times, Effort.last_on)
        .where(Effort.bank_id == bank_id, Effort.account_id == account_id)
        .order_by(Effort.kind)
    )
    return [(str(words.EFFORTS[kind]), times, last_on) for kind, times, last_on in rows]


def list_other_accounts(
    session: Session, head: AccountHead
) -> list[tuple[UUID, str, Money, AccountState]]:
    """Return the same person's other accounts at this bank."""
    rows = session.execute(
        select(
            Account.id,
            Account.account_ref,
            Balance.total_minor,
            Balance.currency,
            Account.state,
        )
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(
            Account.bank_id == head.debtor.bank_id,
            Account.debtor_id == head.debtor.id,
            Account.id != head.id,
        )
        .order_by(Account.account_ref, Account.id)
        .limit(20)
    )
    return [
        (row.id, row.account_ref, Money(row.total_minor, row.currency), row.state) for row in rows
    ]
