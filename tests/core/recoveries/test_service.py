"""Reported recoveries: pending until the bank verifies them, counted once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ledger.check import check_ledger
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, RecoveryState
from portal.core.recoveries.service import reject_recovery, report_recovery, verify_recovery
from tests.support.factories import NOON, TODAY


@pytest.fixture
def placed(make):
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency)


def _report(acting_as, agent, made, minor=10_001, **more):
    values = {
        "received_on": TODAY,
        "recipient": Recipient.AGENCY,
        "external_ref": "CHEQUE-1",
        "at": NOON,
        "today": TODAY,
    }
    with acting_as(agent) as session:
        return report_recovery(
            session, agent, made.id, Money(minor, made.currency), **{**values, **more}
        )


def _balance(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.get_one(Balance, (made.bank_id, made.id)).total_minor


def test_a_reported_recovery_changes_no_balance(acting_as, placed):
    made, agent = placed

    recovery = _report(acting_as, agent, made)

    assert recovery.state is RecoveryState.REPORTED
    assert _balance(acting_as, made) == 246_737


def test_a_verified_recovery_lowers_the_balance_and_fixes_the_fee(make, acting_as, placed):
    made, agent = placed
    recovery = _report(acting_as, agent, made)
    manager = make.vendor_manager(made.bank)

    with acting_as(manager) as session:
        verified = verify_recovery(session, manager, recovery.id, at=NOON)

    assert (verified.state, verified.fee_minor) == (RecoveryState.VERIFIED, 2_200)
    assert _balance(acting_as, made) == 246_737 - 10_001
    with acting_as(manager) as session:
        assert check_ledger(session, made.bank_id).faults == ()


def test_a_rejected_recovery_books_nothing_and_is_decided_once(make, acting_as, placed):
    made, agent = placed
    recovery = _report(acting_as, agent, made)
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        reject_recovery(session, manager, recovery.id, reason="no such cheque", at=NOON)

    with pytest.raises(Conflict), acting_as(manager) as session:
        verify_recovery(session, manager, recovery.id, at=NOON)
    assert _balance(acting_as, made) == 246_737


@pytest.mark.abuse("M19")
def test_the_same_reference_is_reported_once(acting_as, placed):
    made, agent = placed
    _report(acting_as, agent, made)

    with pytest.raises(Conflict):
        _report(acting_as, agent, made, external_ref=" CHEQUE-1 ")


@pytest.mark.parametrize(
    "change",
    [
        {"minor": 0},
        {"received_on": TODAY + timedelta(days=1)},
        {"received_on": TODAY - timedelta(days=1)},
        {"external_ref": "  "},
    ],
)
def test_a_report_that_cannot_be_is_refused_by_name(acting_as, placed, change):
    made, agent = placed

    with pytest.raises(Invalid):
        _report(acting_as, agent, made, **change)


def test_more_than_is_owed_is_not_booked(make, acting_as, placed):
    made, agent = placed
    recovery = _report(acting_as, agent, made, minor=246_738)
    manager = make.vendor_manager(made.bank)

    with pytest.raises(Conflict), acting_as(manager) as session:
        verify_recovery(session, manager, recovery.id, at=NOON)


def test_another_bank_cannot_verify(make, acting_as, placed):
    made, agent = placed
    recovery = _report(acting_as, agent, made)
    stranger = make.vendor_manager(make.bank())

    with pytest.raises(NotFound), acting_as(stranger) as session:
        verify_recovery(session, stranger, recovery.id, at=NOON)
