"""Clearing: a payment the provider has taken is booked, once, in one transaction."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.errors import NotFound
from portal.core.ledger.models import Balance, Book, PostingKind
from portal.core.ledger.service import Move, allocate, lock_balance, post
from portal.core.money import Money
from portal.core.parties.models import Bank
from portal.core.payments.lookup import get_payment, lock_payment, refuse_wrong_page
from portal.core.payments.models import UNSETTLED, Payment, PaymentState
from portal.core.permissions import Permission
from portal.core.plans.instalments import pay_instalments
from portal.core.plans.proposals import lock_live_plan
from portal.core.ports import Checkout
from portal.core.principal import Principal
from portal.core.recoveries.credit import credit_payment


class Outcome(StrEnum):
    """What the provider's page made of a payment."""

    CLEARED = "cleared"
    WAITING = "waiting"
    ABANDONED = "abandoned"


def settle_checkout(
    session: Session, actor: Principal, payment_id: UUID, checkout: Checkout, *, at: datetime
) -> Outcome:
    """Bring a payment to where its page at the provider stands: cleared, waiting or abandoned.

    The page was fetched from the provider just before, outside any transaction. Events in any
    order and any number lead to the same end, since only the page decides.

    Raises:
        PermissionDenied: the actor is not the bank's machine.
        NotFound: no such payment at the acting bank.
        WrongPage: the page is not this payment's; nothing is changed.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    account = lock_account(session, get_payment(session, payment_id).account_id)
    plan = lock_live_plan(session, account.bank_id, account.id)
    del plan  # locked in its turn: account, plan, payment
    payment = lock_payment(session, payment_id)
    refuse_wrong_page(payment, checkout)
    faults.point("payments.settle.locked")
    if payment.state in (PaymentState.CLEARED, PaymentState.REVERSED):
        return Outcome.CLEARED
    if checkout.paid:
        _clear(session, actor, account, payment, checkout, at)
        return Outcome.CLEARED
    if checkout.status == "open":
        _note_page(payment, checkout)
        session.flush()
        return Outcome.WAITING
    if payment.state in UNSETTLED:
        payment.state, payment.ended_at = PaymentState.ABANDONED, at
        session.flush()
    return Outcome.ABANDONED


def _note_page(payment: Payment, checkout: Checkout) -> None:
    payment.checkout_id, payment.checkout_url = checkout.id, checkout.url
    payment.intent_id = checkout.intent_id
    if payment.state in (PaymentState.INITIATED, PaymentState.UNKNOWN):
        payment.state = PaymentState.OPEN


def _clear(
    session: Session,
    actor: Principal,
    account: Account,
    payment: Payment,
    checkout: Checkout,
    at: datetime,
) -> None:
    received_on = _local_day(session, payment.bank_id, at)
    balance = lock_balance(session, account.bank_id, account.id)
    amount = Money(payment.amount_minor, payment.currency)
    applied = _book(session, actor, balance, payment, amount, received_on)
    payment.state, payment.cleared_at, payment.ended_at = PaymentState.CLEARED, at, at
    payment.checkout_id, payment.intent_id = checkout.id, checkout.intent_id
    payment.checkout_url = None
    payment.applied_minor = applied.minor
    session.flush()
    faults.point("payments.settle.marked")
    pay_instalments(
        session, account, applied, owed_after=Money(balance.total_minor, balance.currency)
    )
    faults.point("payments.settle.instalments")
    credit_payment(
        session,
        actor,
        account,
        applied,
        payment_id=payment.id,
        payment_ref=payment.ref,
        received_on=received_on,
        at=at,
    )
    faults.point("payments.settle.credited")
    audit.record(session, actor, "payment.cleared", payment.id, chain_id=payment.bank_id)
    outbox.enqueue(
        session, "issue_receipt", bank_id=str(payment.bank_id), payment_id=str(payment.id)
    )
    faults.point("payments.settle.done")


def _local_day(session: Session, bank_id: UUID, at: datetime) -> date:
    bank = session.get(Bank, bank_id)
    if bank is None:
        raise NotFound
    return at.astimezone(ZoneInfo(bank.timezone)).date()


def _book(
    session: Session,
    actor: Principal,
    balance: Balance,
    payment: Payment,
    amount: Money,
    received_on: date,
) -> Money:
    """Book the payment through clearing to the bank, and return what it paid off.

    What is more than owed is kept as an unapplied credit. The bank is merchant of record, so the
    provider pays it directly: clearing is left again by a posting of its own.
    """
    moves, rest = allocate(balance, amount, Book.CLEARING)
    if rest:
        moves.append(Move(Book.UNAPPLIED, Book.CLEARING, rest))
    post(
        session,
        actor,
        balance,
        kind=PostingKind.PAYMENT,
        cause=f"payment:{payment.id}",
        effective_on=received_on,
        moves=moves,
    )
    faults.point("payments.settle.booked")
    post(
        session,
        actor,
        balance,
        kind=PostingKind.SETTLEMENT,
        cause=f"settlement:{payment.id}",
        effective_on=received_on,
        moves=[Move(Book.CLEARING, Book.BANK, amount)],
    )
    faults.point("payments.settle.settled")
    return amount - rest
