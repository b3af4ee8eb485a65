"""The receipt for a cleared payment, written from what was booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.errors import Conflict
from portal.core.ledger.models import OWED_BOOKS, Book, LedgerLine
from portal.core.ledger.service import find_posting
from portal.core.money import Money
from portal.core.payments.lookup import get_payment
from portal.core.payments.models import Payment, PaymentState
from portal.core.permissions import Permission
from portal.core.placements.letters import (
    Document,
    LetterFacts,
    find_letter,
    gather_facts,
    store_letter,
)
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.models import Instalment
from portal.core.plans.proposals import find_live_plan
from portal.core.principal import Principal


@dataclass(frozen=True)
class ReceiptFacts(LetterFacts):
    """What a receipt states beside: the payment, what it paid off, what was and is owed."""

    payment: Payment
    paid_off: dict[Book, Money]
    owed_before: Money
    owed_after: Money
    next_instalment: Instalment | None


ComposeReceipt = Callable[[ReceiptFacts], Document]


def issue_receipt(
    session: Session,
    actor: Principal,
    payment_id: UUID,
    *,
    compose: ComposeReceipt,
    at: datetime,
) -> Letter:
    """Write the receipt of a cleared payment; a repeat returns the one that was written.

    Raises:
        PermissionDenied: the actor issues no letters.
        NotFound: no such payment for this actor.
        Conflict: the payment is not cleared.
    """
    actor.require(Permission.LETTER_ISSUE)
    payment = get_payment(session, payment_id)
    written = find_letter(session, payment.bank_id, LetterKind.RECEIPT, payment.id)
    if written is not None:
        return written
    if payment.state is not PaymentState.CLEARED:
        raise Conflict("There is no receipt for a payment that is not cleared.")
    facts = _facts(session, payment, at)
    return store_letter(
        session,
        facts,
        compose(facts),
        kind=LetterKind.RECEIPT,
        subject_id=payment.id,
        issued_by=actor.user_id,
    )


def _facts(session: Session, payment: Payment, at: datetime) -> ReceiptFacts:
    account = get_account(session, payment.account_id)
    common = gather_facts(session, account, at=at)
    paid_off = _paid_off(session, payment)
    # What was owed then, not now: the entries up to and with this payment's.
    booked = find_posting(session, payment.bank_id, f"payment:{payment.id}")
    if booked is None:
        raise Conflict("This payment is not booked yet.")
    after = sum(
        (entry.change for entry in common.itemisation.entries if entry.posting_id <= booked.id),
        start=Money.zero(payment.currency),
    )
    applied = Money(payment.applied_minor, payment.currency)
    return ReceiptFacts(
        **vars(common),
        payment=payment,
        paid_off=paid_off,
        owed_before=after + applied,
        owed_after=after,
        next_instalment=_next_instalment(session, payment),
    )


def _paid_off(session: Session, payment: Payment) -> dict[Book, Money]:
    posting = find_posting(session, payment.bank_id, f"payment:{payment.id}")
    paid = dict.fromkeys(OWED_BOOKS, Money.zero(payment.currency))
    if posting is None:
        return paid
    lines = session.scalars(
        select(LedgerLine)
        .where(LedgerLine.bank_id == payment.bank_id, LedgerLine.posting_id == posting.id)
        .order_by(LedgerLine.id)
    )
    for line in lines:
        if line.from_book in paid:
            paid[line.from_book] += Money(line.amount_minor, line.currency)
    return paid


def _next_instalment(session: Session, payment: Payment) -> Instalment | None:
    plan = find_live_plan(session, payment.bank_id, payment.account_id)
    if plan is None:
        return None
    return session.scalars(
        select(Instalment)
        .where(
            Instalment.bank_id == plan.bank_id,
            Instalment.plan_id == plan.id,
            Instalment.state.in_(("due", "part_paid")),
        )
        .order_by(Instalment.number)
        .limit(1)
    ).one_or_none()
