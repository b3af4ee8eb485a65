"""The page on which a promise is recorded."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.core.permissions import Role
from portal.core.plans.models import Promise, PromiseState

GOOD = {"amount": "500", "due_on": "2026-12-01"}


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def send(browse, made):
    """Open the form and send it with some values changed."""

    def send_form(visitor=None, key=None, **changed):
        visitor = visitor or browse(Role.COLLECTOR)
        path = f"/agency/accounts/{made.id}/promises/new"
        page = visitor.get(path).get_data(as_text=True)
        key = key or re.search(r'name="request_key"[^>]*value="([^"]+)"', page).group(1)
        return visitor.post(path, {**GOOD, "request_key": key, **changed})

    return send_form


@pytest.fixture
def promises(acting_as, make, agency, made):
    """Return amount and state of the account's promises, the oldest first."""

    def read():
        with acting_as(make.agent(agency)) as session:
            rows = session.scalars(
                select(Promise).where(Promise.account_id == made.id).order_by(Promise.id)
            )
            return [(row.amount_minor, row.state) for row in rows]

    return read


@pytest.mark.parametrize(
    ("typed", "minor"), [("500", 50_000), ("1,500.50", 150_050), ("$2,467.37", 246_737)]
)
def test_a_promise_is_recorded_as_people_write_amounts(send, promises, made, typed, minor):
    answer = send(amount=typed)

    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    assert promises() == [(minor, PromiseState.ACTIVE)]


def test_the_account_then_shows_the_promise(send, browse, made):
    send()

    page = browse().get(f"/agency/accounts/{made.id}").get_data(as_text=True)

    assert "Promised $500.00 by 1 December 2026" in page


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amount": ""}, "Enter an amount, like 150.00."),
        ({"amount": "lots"}, "lots is not an amount. Write it like 1234.50."),
        ({"amount": "-5"}, "-5 is negative."),
        ({"amount": "0"}, "Enter an amount in USD, like 150.00."),
        ({"amount": "2467.38"}, "This is more than is owed. Enter at most 2467.37 USD."),
        ({"amount": "1.999"}, "more decimals than USD has"),
        ({"due_on": ""}, "Enter the day it is to be paid by."),
        ({"due_on": "1 Dec"}, "Enter a day, like 2026-11-24."),
        ({"due_on": "2026-11-23"}, "cannot be in the past"),
        ({"due_on": "2027-01-24"}, "A promise is due within 60 days."),
    ],
)
def test_what_cannot_be_promised_is_answered_at_its_field(send, promises, changed, message):
    answer = send(**changed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in page
    assert f'id="{next(iter(changed))}-error"' in page
    assert promises() == []


def test_a_running_promise_is_replaced_only_in_so_many_words(send, promises):
    send()

    refused = send(amount="100")
    accepted = send(amount="100", replace="y")

    assert refused.status_code == 422
    assert "Say that the new one takes its place." in refused.get_data(as_text=True)
    assert accepted.status_code == 303
    assert promises() == [(50_000, PromiseState.SUPERSEDED), (10_000, PromiseState.ACTIVE)]


def test_a_form_sent_twice_is_one_promise(send, browse, promises):
    visitor = browse()

    answers = [send(visitor=visitor, key="the same key") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert promises() == [(50_000, PromiseState.ACTIVE)]


def test_the_day_is_counted_where_the_bank_is(make, agency, browse, stand_still):
    bank = make.bank(country="CN", timezone="Asia/Shanghai")
    made = make.account(
        bank=bank, agency=agency, country="CN", state="", currency="CNY", zones=("Asia/Shanghai",)
    )
    visitor = browse()
    path = f"/agency/accounts/{made.id}/promises/new"
    page = visitor.get(path).get_data(as_text=True)
    key = re.search(r'name="request_key"[^>]*value="([^"]+)"', page).group(1)

    answer = visitor.post(path, {"amount": "5", "due_on": "2026-11-24", "request_key": key})

    assert answer.status_code == 422
    assert "cannot be in the past" in answer.get_data(as_text=True)
