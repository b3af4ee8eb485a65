"""The nightly judgement of promises: kept, partly kept or broken, by the money that came in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.errors import NotFound
from portal.core.parties.models import Bank
from portal.core.payments.models import Payment, PaymentState
from portal.core.permissions import Permission
from portal.core.plans.models import Promise, PromiseState
from portal.core.plans.proposals import find_policy
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState

_GRACE_DAYS = 5


def judge_promises(session: Session, actor: Principal, *, today: date) -> int:
    """Judge the acting bank's active promises as of a day; return how many were decided.

    Kept: what came in from the promise to its day and the days of grace reaches the amount, even
    before that day. Partial: the time is over and something came in. Broken: nothing did. Only
    this decides, so that it can be repeated: the same day again decides nothing new.
    """
    actor.require(Permission.RECOVERY_VERIFY)
    bank = session.get(Bank, actor.bank_id)
    if bank is None:
        raise NotFound
    active = session.scalars(
        select(Promise)
        .where(Promise.bank_id == bank.id, Promise.state == PromiseState.ACTIVE)
        .order_by(Promise.due_on, Promise.id)
        .with_for_update()
    ).all()
    return sum(_judge(session, actor, bank, promise, today) for promise in active)


def _judge(session: Session, actor: Principal, bank: Bank, promise: Promise, today: date) -> bool:
    policy = find_policy(session, promise.bank_id, promise.currency, on=today)
    grace = timedelta(days=policy.grace_days if policy else _GRACE_DAYS)
    last_on = promise.due_on + grace
    received = _received(session, bank, promise, until=min(last_on, today))
    if received >= promise.amount_minor:
        state = PromiseState.KEPT
    elif today <= last_on:
        return False
    else:
        state = PromiseState.PARTIAL if received > 0 else PromiseState.BROKEN
    promise.state = state
    session.flush()
    audit.record(
        session, actor, f"promise.{state.value}", promise.id, facts={"received": str(received)}
    )
    return True


def _received(session: Session, bank: Bank, promise: Promise, *, until: date) -> int:
    """Return what came in on the account: payments cleared here, and recoveries verified.

    Money that came through the portal is a payment and a recovery too, and counts once.
    """
    zone = ZoneInfo(bank.timezone)
    end = datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC)
    paid = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.bank_id == promise.bank_id,
            Payment.account_id == promise.account_id,
            Payment.state == PaymentState.CLEARED,
            Payment.cleared_at >= promise.made_at,
            Payment.cleared_at < end,
        )
    )
    reported = session.scalar(
        select(func.coalesce(func.sum(Recovery.amount_minor), 0)).where(
            Recovery.bank_id == promise.bank_id,
            Recovery.account_id == promise.account_id,
            Recovery.recipient != Recipient.PLATFORM,
            Recovery.state == RecoveryState.VERIFIED,
            Recovery.received_on >= promise.made_at.astimezone(zone).date(),
            Recovery.received_on <= until,
        )
    )
    return int(paid or 0) + int(reported or 0)
