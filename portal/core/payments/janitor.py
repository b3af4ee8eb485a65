"""What is looked up when nothing was heard: payments in doubt, and events nobody handled."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.core.payments.lookup import lock_payment
from portal.core.payments.models import EventState, Payment, PaymentState, ProviderEvent
from portal.core.permissions import Permission
from portal.core.principal import Principal

DOUBT_AFTER = timedelta(minutes=5)
UNHANDLED_AFTER = timedelta(minutes=15)
_AT_ONCE = 200


def list_doubtful(session: Session, actor: Principal, *, at: datetime) -> list[UUID]:
    """Return the acting bank's payments to be looked up at the provider.

    Those whose call had no known outcome for five minutes, and those whose page is over without
    a word from the provider.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    return list(
        session.scalars(
            select(Payment.id)
            .where(
                Payment.bank_id == actor.bank_id,
                or_(
                    and_(
                        Payment.state.in_((PaymentState.INITIATED, PaymentState.UNKNOWN)),
                        Payment.initiated_at <= at - DOUBT_AFTER,
                    ),
                    and_(
                        Payment.state == PaymentState.OPEN,
                        Payment.expires_at <= at - DOUBT_AFTER,
                    ),
                ),
            )
            .order_by(Payment.initiated_at, Payment.id)
            .limit(_AT_ONCE)
        )
    )


def list_unhandled(session: Session, actor: Principal, *, at: datetime) -> list[str]:
    """Return the ids of the acting bank's events whose handling was given up."""
    actor.require(Permission.RECOVERY_VERIFY)
    return list(
        session.scalars(
            select(ProviderEvent.event_id)
            .where(
                ProviderEvent.bank_id == actor.bank_id,
                ProviderEvent.state == EventState.RECEIVED,
                ProviderEvent.received_at <= at - UNHANDLED_AFTER,
            )
            .order_by(ProviderEvent.received_at, ProviderEvent.event_id)
            .limit(_AT_ONCE)
        )
    )


def give_up(session: Session, actor: Principal, payment_id: UUID, *, at: datetime) -> Payment:
    """End a payment for which the provider has no page: nothing was asked of anybody.

    A new attempt is a new payment with a new key, since the provider may repeat an old failure
    for the old one.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    payment = lock_payment(session, payment_id)
    if payment.state in (PaymentState.INITIATED, PaymentState.UNKNOWN):
        payment.state, payment.ended_at = PaymentState.ABANDONED, at
        session.flush()
    return payment
