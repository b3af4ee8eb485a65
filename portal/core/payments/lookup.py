"""Finding and locking payments, and telling whether a page of the provider belongs to one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.errors import Conflict, NotFound
from portal.core.payments.models import UNSETTLED, Payment
from portal.core.ports import Checkout

#: What a payment is made for; one of each may be under way on an account.
PURPOSE = "debtor"


class WrongPage(Conflict):
    """A page of the provider is not the payment's: `what` differs. Nothing is booked on it."""

    def __init__(self, what: str) -> None:
        super().__init__("The payment page does not fit this payment.")
        self.what = what


def find_unsettled(session: Session, account: Account) -> Payment | None:
    """Return the account's payment that was started and is not finished, if there is one."""
    return session.scalars(
        select(Payment).where(
            Payment.bank_id == account.bank_id,
            Payment.account_id == account.id,
            Payment.purpose == PURPOSE,
            Payment.state.in_(UNSETTLED),
        )
    ).one_or_none()


def get_payment(session: Session, payment_id: UUID) -> Payment:
    """Return a payment this principal may see.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    payment = session.scalars(select(Payment).where(Payment.id == payment_id)).one_or_none()
    if payment is None:
        raise NotFound
    return payment


def lock_payment(session: Session, payment_id: UUID) -> Payment:
    """Lock and return a payment; the account, and its plan, are locked before.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    payment = session.scalars(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise NotFound
    return payment


def refuse_wrong_page(payment: Payment, checkout: Checkout) -> None:
    """Let a page of the provider pass only if it belongs to the payment, to the last cent.

    Raises:
        WrongPage: another payment, account, currency or amount.
    """
    compared = {
        "payment": (checkout.payment_id, payment.id),
        "account": (checkout.account, payment.gateway_account),
        "currency": (checkout.amount.currency, payment.currency),
        "amount": (checkout.amount.minor, payment.amount_minor),
    }
    for what, (theirs, ours) in compared.items():
        if theirs != ours:
            raise WrongPage(what)
