"""Recoveries agencies report: listed by state, verified once, or rejected with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.core.db import uuid7
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from portal.core.recoveries.service import report_recovery
from tests.bank.conftest import bare, text_of
from tests.support.factories import NOON, TODAY


@pytest.fixture
def placed(make, bank):
    """Return an account of this test's bank, placed with an agency."""
    return make.account(bank=bank, agency=make.agency())


def _report(make, acting_as, made, minor=10_001, ref="CHEQUE-1"):
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        return report_recovery(
            session,
            agent,
            made.id,
            Money(minor, made.currency),
            received_on=TODAY,
            recipient=Recipient.BANK,
            external_ref=ref,
            at=NOON,
            today=TODAY,
        ).id


def _state(acting_as, made, recovery_id):
    with acting_as(Principal.system(made.bank_id)) as session:
        recovery = session.get_one(Recovery, (made.bank_id, recovery_id))
        balance = session.get_one(Balance, (made.bank_id, made.id))
        return recovery.state, balance.total_minor, recovery.fee_minor, recovery.reason


def test_what_waits_is_listed_with_its_sum_and_its_fee_to_be(make, acting_as, placed, browse):
    _report(make, acting_as, placed)
    _report(make, acting_as, placed, 5_000, "CHEQUE-2")

    text = text_of(browse().get("/bank/recoveries"))

    assert "To verify 2" in text
    assert "2 recoveries $150.01" in text
    assert f"{placed.account_ref} {placed.name} {placed.agency.name} $100.01 $22.00 22%" in text
    assert "Paid to the bank CHEQUE-1" in text


def test_verifying_shows_what_it_does_and_then_does_it_once(make, acting_as, placed, browse):
    recovery_id = _report(make, acting_as, placed)
    visitor = browse()
    url = f"/bank/recoveries/{recovery_id}/verify"

    looked = text_of(visitor.get(url))
    before = _state(acting_as, placed, recovery_id)
    answer = visitor.post(url)
    listed = text_of(visitor.get("/bank/recoveries"))
    again = visitor.post(url)

    assert "Balance now $2,467.37 Balance after it $2,367.36 Fee due $22.00 22%" in looked
    assert before == (RecoveryState.REPORTED, 246_737, 0, "")
    assert answer.status_code == 303
    assert answer.location == "/bank/recoveries"
    assert "The recovery is verified and booked." in listed
    assert again.status_code == 409
    assert "This recovery was decided already" in text_of(again)
    assert _state(acting_as, placed, recovery_id) == (RecoveryState.VERIFIED, 236_736, 2_200, "")


def test_more_than_is_owed_is_not_verified(make, acting_as, placed, browse):
    recovery_id = _report(make, acting_as, placed, 246_738)
    visitor = browse()
    url = f"/bank/recoveries/{recovery_id}/verify"

    looked = visitor.get(url)
    answer = visitor.post(url)

    assert "This is more than is owed" in text_of(looked)
    assert answer.status_code == 409
    assert "This is more than is owed." in text_of(answer)
    assert _state(acting_as, placed, recovery_id)[:2] == (RecoveryState.REPORTED, 246_737)


def test_rejecting_takes_a_reason_and_books_nothing(make, acting_as, placed, browse):
    recovery_id = _report(make, acting_as, placed)
    visitor = browse()
    url = f"/bank/recoveries/{recovery_id}/reject"

    without = visitor.post(url, {"reason": ""})
    blank = visitor.post(url, {"reason": "   "})
    long = visitor.post(url, {"reason": "x" * 501})
    answer = visitor.post(url, {"reason": "No such deposit."})

    for page in (without, blank):
        assert page.status_code == 422
        assert "Say why, so that the agency can put it right." in text_of(page)
        assert "Reject a recovery of $100.01" in text_of(page)
    assert long.status_code == 422
    assert "x" * 501 in long.get_data(as_text=True)
    assert answer.status_code == 303
    assert _state(acting_as, placed, recovery_id) == (
        RecoveryState.REJECTED,
        246_737,
        0,
        "No such deposit.",
    )
    assert "No such deposit." in text_of(visitor.get("/bank/recoveries?state=rejected"))
    assert visitor.post(url, {"reason": "Again."}).status_code == 409


def test_tabs_hold_what_was_decided_and_by_whom(make, acting_as, placed, browse):
    recovery_id = _report(make, acting_as, placed)
    visitor = browse()
    visitor.post(f"/bank/recoveries/{recovery_id}/verify")

    verified = text_of(visitor.get("/bank/recoveries?state=verified"))

    assert "Verified 1" in verified
    assert "CHEQUE-1" in verified
    assert "CanaryStaff" in verified.split("CHEQUE-1")[1]
    assert "No recovery waits for you" in text_of(visitor.get("/bank/recoveries?state=nonsense"))


def test_an_analyst_looks_and_decides_nothing(make, acting_as, placed, browse):
    recovery_id = _report(make, acting_as, placed)
    visitor = browse(Role.BANK_ANALYST)

    listed = visitor.get("/bank/recoveries")

    assert listed.status_code == 200
    assert "/verify" not in listed.get_data(as_text=True)
    for deed in ("verify", "reject"):
        url = f"/bank/recoveries/{recovery_id}/{deed}"
        assert visitor.get(url).status_code == 403
        assert visitor.post(url, {"reason": "x"}).status_code == 403
    assert _state(acting_as, placed, recovery_id)[0] is RecoveryState.REPORTED


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("deed", ["verify", "reject"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_banks_recovery_answers_like_one_that_never_existed(
    make, acting_as, browse, deed, method
):
    foreign = make.account(agency=make.agency())
    recovery_id, never = _report(make, acting_as, foreign), uuid7()
    visitor = browse()
    data = {"data": {"reason": "x"}} if method == "post" else {}

    theirs = getattr(visitor, method)(f"/bank/recoveries/{recovery_id}/{deed}", **data)
    nobodys = getattr(visitor, method)(f"/bank/recoveries/{never}/{deed}", **data)

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, recovery_id) == bare(nobodys, never)
    assert _state(acting_as, foreign, recovery_id)[0] is RecoveryState.REPORTED
    with acting_as(make.vendor_manager(foreign.bank)) as session:
        assert session.scalars(select(Recovery.decided_by)).one() is None
