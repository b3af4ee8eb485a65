"""The nightly judgement of promises, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.core.db import uuid7
from portal.core.payments.models import Payment, PaymentState
from portal.core.payments.promises import judge_promises
from portal.core.plans.models import Promise, PromiseState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from tests.support.factories import NOON, TODAY

DUE = TODAY + timedelta(days=7)
GRACE = timedelta(days=5)


def _promise(acting_as, made, minor=10_000):
    promise = Promise(
        bank_id=made.bank_id,
        id=uuid7(),
        account_id=made.id,
        debtor_id=made.debtor_id,
        placement_id=made.placement_id,
        agency_id=made.agency.id,
        made_by_agency_id=made.agency.id,
        amount_minor=minor,
        currency="USD",
        due_on=DUE,
        made_at=NOON,
        recorded_by=uuid7(),
    )
    with acting_as(Principal.system(made.bank_id)) as session:
        session.add(promise)
    return promise


def _paid(acting_as, made, minor, at, state=PaymentState.CLEARED):
    cleared = state in (PaymentState.CLEARED, PaymentState.REVERSED)
    with acting_as(Principal.system(made.bank_id)) as session:
        session.add(
            Payment(
                bank_id=made.bank_id,
                id=uuid7(),
                ref=f"P-{uuid7().hex[:12]}-{minor}",
                account_id=made.id,
                debtor_id=made.debtor_id,
                purpose=f"test-{uuid7().hex}",
                amount_minor=minor,
                currency="USD",
                state=state,
                gateway_account="acct_test",
                initiated_at=at,
                expires_at=at,
                cleared_at=at if cleared else None,
            )
        )


def _recovered(acting_as, made, minor, on, state, recipient):
    with acting_as(Principal.system(made.bank_id)) as session:
        session.add(
            Recovery(
                bank_id=made.bank_id,
                id=uuid7(),
                account_id=made.id,
                debtor_id=made.debtor_id,
                placement_id=made.placement_id,
                agency_id=made.agency.id,
                recipient=recipient,
                external_ref=uuid7().hex,
                amount_minor=minor,
                currency="USD",
                received_on=on,
                state=state,
                fee_bps=2_200,
                reported_by=uuid7(),
                reported_at=NOON,
            )
        )


def _judge(acting_as, made, promise, today):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        decided = judge_promises(session, system, today=today)
    with acting_as(system) as session:
        state = session.get_one(Promise, (promise.bank_id, promise.id)).state
    return decided, state


@pytest.fixture
def made(make):
    return make.account(agency=make.agency())


@pytest.mark.parametrize(
    ("paid_minor", "paid_at", "today", "state"),
    [
        # Kept as soon as enough has come in, before its day or in the days of grace.
        (10_000, NOON, TODAY, PromiseState.KEPT),
        (10_000, NOON + timedelta(days=7), DUE, PromiseState.KEPT),
        (10_000, NOON + timedelta(days=12), DUE + GRACE, PromiseState.KEPT),
        (12_000, NOON, TODAY, PromiseState.KEPT),
        # One cent short is not enough, and is judged only when the time is over.
        (9_999, NOON, DUE + GRACE, PromiseState.ACTIVE),
        (9_999, NOON, DUE + GRACE + timedelta(days=1), PromiseState.PARTIAL),
        # What came too late, or before the promise, does not count.
        (10_000, NOON + timedelta(days=13), DUE + GRACE + timedelta(days=1), PromiseState.BROKEN),
        (10_000, NOON - timedelta(seconds=1), DUE + GRACE + timedelta(days=1), PromiseState.BROKEN),
        (0, NOON, DUE + GRACE, PromiseState.ACTIVE),
        (0, NOON, DUE + GRACE + timedelta(days=1), PromiseState.BROKEN),
    ],
)
def test_a_promise_is_judged_by_what_came_in_until_its_day_and_the_days_of_grace(
    acting_as, made, paid_minor, paid_at, today, state
):
    promise = _promise(acting_as, made)
    if paid_minor:
        _paid(acting_as, made, paid_minor, paid_at)

    decided, found = _judge(acting_as, made, promise, today)

    assert found is state
    assert decided == (0 if state is PromiseState.ACTIVE else 1)


def test_the_last_day_of_grace_ends_at_midnight_where_the_bank_is(acting_as, made):
    promise = _promise(acting_as, made)
    last_day = DUE + GRACE
    before_midnight = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(
        days=1, hours=4, minutes=59
    )
    _paid(acting_as, made, 10_000, before_midnight)

    assert _judge(acting_as, made, promise, last_day)[1] is PromiseState.KEPT


@pytest.mark.parametrize("state", [PaymentState.OPEN, PaymentState.FAILED, PaymentState.REVERSED])
def test_money_that_did_not_come_to_stay_does_not_count(acting_as, made, state):
    promise = _promise(acting_as, made)
    _paid(acting_as, made, 10_000, NOON, state)

    assert _judge(acting_as, made, promise, date(2027, 1, 1))[1] is PromiseState.BROKEN


@pytest.mark.parametrize(
    ("recipient", "state", "found"),
    [
        (Recipient.AGENCY, RecoveryState.VERIFIED, PromiseState.KEPT),
        (Recipient.BANK, RecoveryState.VERIFIED, PromiseState.KEPT),
        (Recipient.AGENCY, RecoveryState.REPORTED, PromiseState.BROKEN),
        (Recipient.AGENCY, RecoveryState.REJECTED, PromiseState.BROKEN),
        # A payment made here is a recovery too, and counts as the payment.
        (Recipient.PLATFORM, RecoveryState.VERIFIED, PromiseState.BROKEN),
    ],
)
def test_money_paid_elsewhere_counts_once_the_bank_has_verified_it(
    acting_as, made, recipient, state, found
):
    promise = _promise(acting_as, made)
    _recovered(acting_as, made, 10_000, DUE, state, recipient)

    assert _judge(acting_as, made, promise, date(2027, 1, 1))[1] is found


def test_judging_the_same_day_again_decides_nothing_new(acting_as, made):
    promise = _promise(acting_as, made)
    day = DUE + GRACE + timedelta(days=1)
    first = _judge(acting_as, made, promise, day)

    again = _judge(acting_as, made, promise, day)

    assert (first, again) == ((1, PromiseState.BROKEN), (0, PromiseState.BROKEN))


def test_another_banks_promises_are_not_judged(acting_as, make, made):
    promise = _promise(acting_as, made)
    other = Principal.system(make.bank().id)

    with acting_as(other) as session:
        assert judge_promises(session, other, today=date(2027, 1, 1)) == 0
    with acting_as(Principal.system(made.bank_id)) as session:
        assert session.get_one(Promise, (promise.bank_id, promise.id)).state is PromiseState.ACTIVE
