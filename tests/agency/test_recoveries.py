"""Reporting recoveries, and the list of what became of them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.core.permissions import Role
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.recoveries.service import verify_recovery
from tests.support.factories import NOON

GOOD = {
    "amount": "150.00",
    "received_on": "2026-11-24",
    "recipient": "agency",
    "external_ref": "CHQ-77",
}


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def send(browse, made):
    """Open the form and send it with some values changed."""

    def send_form(visitor=None, key=None, **changed):
        visitor = visitor or browse(Role.COLLECTOR)
        path = f"/agency/accounts/{made.id}/recoveries/new"
        page = visitor.get(path).get_data(as_text=True)
        key = key or re.search(r'name="request_key"[^>]*value="([^"]+)"', page).group(1)
        return visitor.post(path, {**GOOD, "request_key": key, **changed})

    return send_form


@pytest.fixture
def recoveries(acting_as, make, made):
    """Return the recoveries on the account as the bank sees them."""

    def read() -> list[Recovery]:
        with acting_as(make.vendor_manager(made.bank)) as session:
            return list(session.scalars(select(Recovery).where(Recovery.account_id == made.id)))

    return read


def test_a_recovery_is_reported_and_waits_for_the_bank(send, recoveries, made, browse):
    answer = send()

    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    (recovery,) = recoveries()
    assert (recovery.amount_minor, recovery.state) == (15_000, RecoveryState.REPORTED)
    page = browse().get("/agency/recoveries").get_data(as_text=True)
    for text in (made.name, "$150.00", "CHQ-77", "Waiting for the bank", "Paid to the agency"):
        assert text in page


def test_a_verified_recovery_shows_its_fee(send, recoveries, make, made, browse, acting_as):
    send()
    bank_manager = make.vendor_manager(made.bank)
    (reported,) = recoveries()
    with acting_as(bank_manager) as session:
        verify_recovery(session, bank_manager, reported.id, at=NOON)
    visitor = browse()

    page = visitor.get("/agency/recoveries?state=verified").get_data(as_text=True)

    assert "$33.00" in page
    assert made.name not in visitor.get("/agency/recoveries?state=reported").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amount": ""}, "Enter an amount, like 150.00."),
        ({"amount": "0"}, "Enter an amount in USD, like 150.00."),
        ({"amount": "ten"}, "ten is not an amount."),
        ({"received_on": ""}, "Enter the day the money was received."),
        ({"received_on": "2026-11-25"}, "The day lies ahead."),
        ({"received_on": "2026-11-23"}, "before the account was placed with you"),
        ({"external_ref": " "}, "Enter the reference of the payment"),
        ({"external_ref": "x" * 101}, "at most 100 characters"),
        ({"recipient": ""}, "Choose who received the money."),
        ({"recipient": "platform"}, "valid choice"),
    ],
)
def test_what_cannot_be_reported_is_answered_at_its_field(send, recoveries, changed, message):
    answer = send(**changed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in page
    assert f'id="{next(iter(changed))}-error"' in page
    assert recoveries() == []


def test_a_reference_is_reported_once(send, recoveries):
    send()

    answer = send(amount="20")

    assert answer.status_code == 422
    assert "was reported before" in answer.get_data(as_text=True)
    assert len(recoveries()) == 1


def test_a_form_sent_twice_is_one_recovery(send, browse, recoveries):
    visitor = browse()

    answers = [send(visitor=visitor, key="the same key") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(recoveries()) == 1


@pytest.mark.abuse("A10")
def test_a_report_stays_when_the_account_is_gone_and_names_nobody(send, browse, made, admin):
    send()
    admin.execute("UPDATE accounts SET agency_id = NULL WHERE id = %s", [made.id])
    admin.execute("UPDATE debtors SET agency_ids = '{}' WHERE id = %s", [made.debtor_id])

    page = browse().get("/agency/recoveries").get_data(as_text=True)

    assert "Account no longer with you" in page
    assert "CHQ-77" in page
    assert made.name not in page
    assert made.account_ref not in page


def test_an_empty_list_says_how_to_begin(browse):
    visitor = browse()

    assert "You have reported no recovery yet" in visitor.get("/agency/recoveries").text
    assert "No recovery is in this state" in visitor.get("/agency/recoveries?state=verified").text
    assert visitor.get("/agency/recoveries?state=x&before=x").status_code == 200
