"""Starting a payment: committed as initiated first, then the provider is called, then it is open.

The call itself is made between two transactions, by whoever serves the request, with the payment's
id as the provider's idempotency key. Whatever is lost on the way, the payment is there to be
looked up.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import audit, faults, idempotency
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money, precision
from portal.core.parties.letter_codes import ALPHABET
from portal.core.parties.models import Bank
from portal.core.payments.lookup import (
    PURPOSE,
    find_unsettled,
    get_payment,
    lock_payment,
    refuse_wrong_page,
)
from portal.core.payments.models import UNSETTLED, Payment, PaymentState
from portal.core.permissions import Permission
from portal.core.plans.proposals import find_policy
from portal.core.ports import Checkout
from portal.core.principal import Principal

#: The provider keeps a page open for no less than 30 minutes; the rest is for repeating the call.
PAGE_LIFE = timedelta(minutes=35)
MOST_ATTEMPTS = 5


class PaymentUnderWay(Conflict):
    """Another payment of the account has been started and not finished."""

    def __init__(self, payment_id: UUID) -> None:
        super().__init__("A payment is under way already. Finish it or cancel it first.")
        self.payment_id = payment_id


@dataclass(frozen=True)
class Bounds:
    """The least and the most that can be paid on an account now."""

    least: Money
    most: Money


def payment_bounds(session: Session, account: Account, *, today: date) -> Bounds:
    """Return what can be paid: from the policy's least amount, or all if less, to what is owed."""
    balance = session.get(Balance, (account.bank_id, account.id), populate_existing=True)
    if balance is None:
        raise NotFound
    policy = find_policy(session, account.bank_id, account.currency, on=today)
    least = policy.minimum_payment_minor if policy else 10 ** precision(account.currency)
    most = balance.total_minor
    return Bounds(Money(min(least, most), account.currency), Money(most, account.currency))


def start_payment(
    session: Session,
    actor: Principal,
    account_id: UUID,
    amount: Money,
    *,
    key: str,
    at: datetime,
    today: date,
) -> Payment:
    """Write a payment down as initiated, for the person who owes, under the account's lock.

    The same key again, or the same amount while that payment is unfinished, returns that payment:
    pressed twice or in two tabs, there is one.

    Raises:
        PermissionDenied: the actor makes no payments.
        NotFound: no such account for this actor.
        Invalid: the amount is less than can be paid, or more than is owed.
        PaymentUnderWay: one of another amount, or whose page is over, was not finished.
        Conflict: five were started within the last hour.
    """
    actor.require(Permission.PAYMENT_MAKE)
    before = idempotency.claim(
        session,
        actor,
        endpoint="payment.start",
        key=key,
        request={"account": str(account_id), "amount": amount.minor, "currency": amount.currency},
    )
    if before is not None:
        return get_payment(session, UUID(before["payment_id"]))
    account = lock_account(session, account_id)
    payment = find_unsettled(session, account)
    if payment is None:
        refuse_amount(amount, payment_bounds(session, account, today=today))
        _refuse_sixth(session, account, at)
        payment = _add_payment(session, actor, account, amount, at)
    elif payment.amount_minor != amount.minor or payment.expires_at <= at:
        raise PaymentUnderWay(payment.id)
    idempotency.remember(
        session,
        actor,
        endpoint="payment.start",
        key=key,
        answer={"payment_id": str(payment.id)},
    )
    faults.point("payments.start.initiated")
    return payment


def refuse_amount(amount: Money, bounds: Bounds) -> None:
    """Let an amount pass if it can be paid now.

    Raises:
        Invalid: another currency, nothing owed, more than is owed, or too little.
    """
    if amount.currency != bounds.most.currency:
        raise Invalid("The account is in another currency.")
    if not bounds.most:
        raise Invalid("Nothing is owed on this account.")
    if amount.minor > bounds.most.minor:
        raise Invalid("That is more than you owe. Enter a smaller amount.")
    if amount.minor < bounds.least.minor:
        raise Invalid(
            "The smallest payment is %(least)s. Enter a larger amount.",
            least=bounds.least.decimal_text(),
        )


def _refuse_sixth(session: Session, account: Account, at: datetime) -> None:
    started = session.scalar(
        select(func.count())
        .select_from(Payment)
        .where(
            Payment.bank_id == account.bank_id,
            Payment.account_id == account.id,
            Payment.initiated_at > at - timedelta(hours=1),
        )
    )
    if (started or 0) >= MOST_ATTEMPTS:
        raise Conflict("Five payments were started within an hour. Please try again later.")


def _add_payment(
    session: Session, actor: Principal, account: Account, amount: Money, at: datetime
) -> Payment:
    bank = session.get(Bank, account.bank_id)
    if bank is None:
        raise NotFound
    payment = Payment(
        bank_id=account.bank_id,
        id=uuid7(),
        ref=f"P{at:%y%m%d}-" + "".join(secrets.choice(ALPHABET) for _ in range(8)),
        account_id=account.id,
        debtor_id=account.debtor_id,
        purpose=PURPOSE,
        amount_minor=amount.minor,
        currency=amount.currency,
        state=PaymentState.INITIATED,
        gateway_account=bank.payment_account,
        initiated_at=at,
        expires_at=at + PAGE_LIFE,
    )
    session.add(payment)
    session.flush()
    audit.record(session, actor, "payment.initiated", payment.id, chain_id=account.bank_id)
    return payment


def record_page(
    session: Session, actor: Principal, payment_id: UUID, checkout: Checkout
) -> Payment:
    """Write down the provider's page for a payment that waited for one.

    A payment that has moved on meanwhile is left as it is.

    Raises:
        PermissionDenied: the actor makes no payments.
        NotFound: no such payment for this actor.
        WrongPage: the page is not for this payment.
    """
    actor.require(Permission.PAYMENT_MAKE)
    payment = lock_payment(session, payment_id)
    if payment.state not in (PaymentState.INITIATED, PaymentState.UNKNOWN):
        return payment
    refuse_wrong_page(payment, checkout)
    payment.checkout_id = checkout.id
    payment.checkout_url = checkout.url
    payment.state = PaymentState.OPEN
    session.flush()
    return payment


def record_unknown(session: Session, actor: Principal, payment_id: UUID) -> Payment:
    """Write down that nobody knows what came of the call; the janitor will look it up."""
    actor.require(Permission.PAYMENT_MAKE)
    payment = lock_payment(session, payment_id)
    if payment.state is PaymentState.INITIATED:
        payment.state = PaymentState.UNKNOWN
        session.flush()
    return payment


def abandon_payment(
    session: Session, actor: Principal, payment_id: UUID, checkout: Checkout | None, *, at: datetime
) -> Payment:
    """End a payment that was cancelled, if its page at the provider is closed and unpaid.

    `checkout` is the page as it was just fetched, None when the provider has none.

    Raises:
        PermissionDenied: the actor makes no payments.
        NotFound: no such payment for this actor.
        WrongPage: the page is not for this payment.
    """
    actor.require(Permission.PAYMENT_MAKE)
    payment = lock_payment(session, payment_id)
    if checkout is not None:
        refuse_wrong_page(payment, checkout)
    if payment.state in UNSETTLED and (
        checkout is None or (not checkout.paid and checkout.status == "expired")
    ):
        payment.state, payment.ended_at = PaymentState.ABANDONED, at
        session.flush()
    return payment


def record_refusal(
    session: Session, actor: Principal, payment_id: UUID, *, at: datetime
) -> Payment:
    """Write down that the provider refused the payment: no page was opened, nothing was taken."""
    actor.require(Permission.PAYMENT_MAKE)
    payment = lock_payment(session, payment_id)
    if payment.state in (PaymentState.INITIATED, PaymentState.UNKNOWN):
        payment.state = PaymentState.FAILED
        payment.ended_at = at
        session.flush()
    return payment
