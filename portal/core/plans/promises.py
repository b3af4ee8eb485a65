"""Promises: a dated amount a person named to an agency; at most one of them runs per account."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.plans.models import Promise, PromiseState
from portal.core.principal import Principal

#: A promise further ahead is a plan: it wants the bank's policy and the person's own acceptance.
MOST_DAYS_AHEAD = 60


def record_promise(
    session: Session,
    actor: Principal,
    account_id: UUID,
    amount: Money,
    *,
    due_on: date,
    at: datetime,
    today: date,
    replaces: UUID | None = None,
) -> Promise:
    """Record what a person promised to pay, and by when. Only the nightly monitor judges it.

    `replaces` names the running promise that this one takes the place of: a second promise never
    ends the first unsaid. The account stays locked until commit.

    Raises:
        PermissionDenied: the actor records no promises.
        NotFound: no such account is placed with the actor's agency.
        Invalid: nothing, another currency, more than is owed, or a day past or too far ahead.
        Conflict: another promise is running, or the one to replace is not running any more.
    """
    actor.require(Permission.PROMISE_RECORD)
    account = lock_account(session, account_id)
    if account.agency_id is None:
        raise NotFound
    _check_amount(session, account, amount)
    _check_day(due_on, today)
    _end_running(session, actor, account, replaces)
    promise = Promise(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        placement_id=account.placement_id,
        agency_id=account.agency_id,
        made_by_agency_id=account.agency_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        due_on=due_on,
        state=PromiseState.ACTIVE,
        made_at=at,
        recorded_by=actor.user_id,
    )
    session.add(promise)
    session.flush()
    audit.record(session, actor, "promise.recorded", promise.id, chain_id=account.bank_id)
    return promise


def find_running_promise(session: Session, bank_id: UUID, account_id: UUID) -> Promise | None:
    """Return the one promise of an account that is neither judged nor replaced."""
    return session.scalars(
        select(Promise).where(
            Promise.bank_id == bank_id,
            Promise.account_id == account_id,
            Promise.state == PromiseState.ACTIVE,
        )
    ).one_or_none()


def _check_amount(session: Session, account: Account, amount: Money) -> None:
    if amount.minor <= 0 or amount.currency != account.currency:
        raise Invalid(
            "Enter an amount in %(currency)s, like 150.00.",
            currency=account.currency,
            field="amount",
        )
    owed = session.scalar(
        select(Balance.total_minor).where(
            Balance.bank_id == account.bank_id, Balance.account_id == account.id
        )
    )
    if amount.minor > (owed or 0):
        most = Money(owed or 0, account.currency).decimal_text()
        raise Invalid(
            "This is more than is owed. Enter at most %(amount)s %(currency)s.",
            amount=most,
            currency=account.currency,
            field="amount",
        )


def _check_day(due_on: date, today: date) -> None:
    if due_on < today:
        raise Invalid(
            "The day of a promise cannot be in the past. Enter today or a later day.",
            field="due_on",
        )
    if due_on > today + timedelta(days=MOST_DAYS_AHEAD):
        raise Invalid(
            "A promise is due within %(days)d days. For longer, offer a plan.",
            days=MOST_DAYS_AHEAD,
            field="due_on",
        )


def _end_running(
    session: Session, actor: Principal, account: Account, replaces: UUID | None
) -> None:
    running = find_running_promise(session, account.bank_id, account.id)
    if (running.id if running else None) != replaces:
        raise Conflict("Another promise is running on this account. Look at it, then replace it.")
    if running is None:
        return
    running.state = PromiseState.SUPERSEDED
    # The index allows one running promise: the old one has to end before the new one begins.
    session.flush()
    audit.record(session, actor, "promise.superseded", running.id, chain_id=account.bank_id)
