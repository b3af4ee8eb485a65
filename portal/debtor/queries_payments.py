"""Read models of paying: what can be paid, how a payment stands, what was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.ledger.itemisation import Heading, itemise
from portal.core.ledger.models import Balance, PostingKind
from portal.core.ledger.service import find_posting
from portal.core.money import Money
from portal.core.payments.lookup import find_unsettled, get_payment
from portal.core.payments.models import Payment, PaymentState
from portal.core.payments.start import Bounds, payment_bounds
from portal.core.permissions import Permission
from portal.core.placements.letters import find_letter
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.proposals import find_live_plan
from portal.core.principal import Principal
from portal.debtor.queries import STALE_AFTER, Frame, find_frame, local_day, next_instalment


@dataclass(frozen=True)
class PayPage:
    """What can be paid on an account, and what may be worth paying."""

    frame: Frame
    currency: str
    bounds: Bounds
    instalment: Money | None
    verified_on: date | None
    is_stale: bool
    open_payment: Payment | None


@dataclass(frozen=True)
class PaymentPage:
    """How one payment stands, in the times it took."""

    frame: Frame
    payment: Payment
    amount: Money
    state: str
    booked_at: datetime | None
    unapplied: Money
    receipt: Letter | None


@dataclass(frozen=True)
class Paid:
    """One payment of the history."""

    on: date
    amount: Money
    payment: Payment | None
    receipt_id: UUID | None


@dataclass(frozen=True)
class PaymentsPage:
    """Everything that was paid on an account, newest first."""

    frame: Frame
    paid: tuple[Paid, ...]
    total: Money


def pay_page(
    session: Session, actor: Principal, account_id: UUID, language: str, *, at: datetime
) -> PayPage:
    """Return what can be paid on an account now.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.PAYMENT_MAKE)
    account = get_account(session, account_id)
    today = local_day(session, account.bank_id, at)
    balance = session.get_one(Balance, (account.bank_id, account.id))
    plan = find_live_plan(session, account.bank_id, account.id)
    part = next_instalment(session, plan) if plan is not None else None
    return PayPage(
        frame=find_frame(session, account_id, language),
        currency=account.currency,
        bounds=payment_bounds(session, account, today=today),
        instalment=(
            Money(part.amount_minor - part.paid_minor, part.currency) if part is not None else None
        ),
        verified_on=balance.verified_as_of,
        is_stale=balance.verified_as_of is None or today - balance.verified_as_of > STALE_AFTER,
        open_payment=find_unsettled(session, account),
    )


def payment_page(
    session: Session, actor: Principal, payment_id: UUID, language: str, *, at: datetime
) -> PaymentPage:
    """Return how a payment stands, from our own record alone.

    Raises:
        NotFound: no such payment of this person.
    """
    actor.require(Permission.PAYMENT_READ)
    payment = get_payment(session, payment_id)
    posting = find_posting(session, payment.bank_id, f"payment:{payment.id}")
    cleared = payment.state is PaymentState.CLEARED
    return PaymentPage(
        frame=find_frame(session, payment.account_id, language),
        payment=payment,
        amount=Money(payment.amount_minor, payment.currency),
        state=_shown_state(payment, at),
        booked_at=posting.recorded_at if posting is not None else None,
        unapplied=Money(
            payment.amount_minor - payment.applied_minor if cleared else 0, payment.currency
        ),
        receipt=find_letter(session, payment.bank_id, LetterKind.RECEIPT, payment.id),
    )


def _shown_state(payment: Payment, at: datetime) -> str:
    """Return the state a person is told: open, checking, cleared, reversed or ended."""
    if payment.state is PaymentState.OPEN:
        return "open" if at < payment.expires_at else "checking"
    return {
        PaymentState.INITIATED: "checking",
        PaymentState.UNKNOWN: "checking",
        PaymentState.CAPTURED: "checking",
        PaymentState.CLEARED: "cleared",
        PaymentState.REVERSED: "reversed",
    }.get(payment.state, "ended")


def payments_page(
    session: Session, actor: Principal, account_id: UUID, language: str
) -> PaymentsPage:
    """Return what was paid on an account: here, and otherwise as the bank has booked it.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.PAYMENT_READ)
    account = get_account(session, account_id)
    receipts = _receipts(session, account.bank_id, account.id)
    here = session.scalars(
        select(Payment).where(
            Payment.bank_id == account.bank_id,
            Payment.account_id == account.id,
            Payment.state.in_((PaymentState.CLEARED, PaymentState.REVERSED)),
        )
    ).all()
    paid = [
        Paid(
            local_day(session, account.bank_id, payment.cleared_at or payment.initiated_at),
            Money(payment.amount_minor, payment.currency),
            payment,
            receipts.get(payment.id),
        )
        for payment in here
    ]
    found = itemise(
        session, account.bank_id, account.id, on=account.itemisation_on, currency=account.currency
    )
    elsewhere: dict[UUID, Paid] = {}
    for entry in found.under(Heading.PAYMENTS):
        if entry.kind is PostingKind.RECOVERY:
            before = elsewhere.get(entry.posting_id)
            amount = -entry.change if before is None else before.amount - entry.change
            elsewhere[entry.posting_id] = Paid(entry.on, amount, None, None)
    paid.extend(elsewhere.values())
    paid.sort(key=lambda one: one.on, reverse=True)
    return PaymentsPage(
        frame=find_frame(session, account_id, language),
        paid=tuple(paid),
        total=found.payments,
    )


def _receipts(session: Session, bank_id: UUID, account_id: UUID) -> dict[UUID, UUID]:
    rows = session.execute(
        select(Letter.subject_id, Letter.id).where(
            Letter.bank_id == bank_id,
            Letter.account_id == account_id,
            Letter.kind == LetterKind.RECEIPT,
        )
    )
    return {row.subject_id: row.id for row in rows if row.subject_id is not None}
