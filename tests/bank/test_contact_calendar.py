"""A person's contacts month by month: every agency, every account, every limit."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.permits import ask_permit
from portal.core.actions.service import Told, log_action
from portal.core.audit import AuditRow
from portal.core.db import uuid7
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome
from portal.web.charts import svg
from tests.bank.conftest import text_of
from tests.support.factories import NOON

AT = NOON + timedelta(hours=2)
LATER = NOON + timedelta(days=20)


@pytest.fixture(autouse=True)
def days_later(stand_still):
    """Let the bank look when the month is over."""
    stand_still(LATER)


@pytest.fixture
def call(acting_as):
    def do(agent, made, at=AT, *, channel=Channel.CALL, outcome=Outcome.NO_ANSWER, **more):
        told = Told(channel=channel, outcome=outcome, made_at=at, **more)
        with acting_as(agent) as session:
            return log_action(session, agent, made.id, told, now=LATER)

    return do


@pytest.fixture
def person(make, bank, call):
    """Return two accounts of one person with two agencies; the first was called once too often."""
    zones = ("America/New_York", "America/Los_Angeles")
    first = make.account(bank=bank, agency=make.agency(), zones=zones)
    second = make.account(person=first, agency=make.agency())
    agent = make.agent(first.agency)
    for number in range(8):
        call(agent, first, AT + timedelta(days=number // 2, hours=2 * (number % 2)))
    call(make.agent(second.agency), second, channel=Channel.SMS, outcome=Outcome.DELIVERED)
    return first, second


def test_contacts_of_all_agencies_and_accounts_stand_in_one_month(person, browse):
    page = browse().get(f"/bank/accounts/{person[1].id}/contacts?month=2026-11")

    text = text_of(page)
    assert "Contacts in November 2026" in text
    assert "2 accounts, all agencies" in text
    assert "9 attempts to reach the person in November 2026. On 1 day a limit was passed." in text
    for made in person:
        assert made.agency.name in text
        assert made.account_ref in text
    assert "24 November 2026 3 " in text


def test_each_rule_is_counted_for_each_day_and_the_day_beyond_it_marked(person, browse):
    page = browse().get(f"/bank/accounts/{person[0].id}/contacts?month=2026-11")

    text, body = text_of(page), page.get_data(as_text=True)
    assert "Call frequency, in 7 days" in text
    assert "26 November 2026 2 Phone call 2 6 of 7" in text
    assert "27 November 2026 2 Phone call 2 8 of 7 too many" in text
    # A frame and a hatch for the day, and both again in the legend.
    assert body.count(f'stroke="{svg.SERIES[5][0]}"') == 4


def test_every_contact_is_told_in_each_zone_of_the_person(person, browse):
    text = text_of(browse().get(f"/bank/accounts/{person[0].id}/contacts?month=2026-11"))

    assert "Zones on file: New York, Los Angeles" in text
    told = text.replace("\u00a0", " ")
    assert "24 November 2026, 2:00 PM EST 24 November 2026, 11:00 AM PST Phone call" in told


def test_a_month_ends_where_the_person_is(make, bank, call, browse):
    made = make.account(bank=bank, agency=make.agency())
    last = datetime.fromisoformat("2026-11-30T20:30-05:00")  # already December in UTC
    call(make.agent(made.agency), made, last)
    visitor = browse()

    november = text_of(visitor.get(f"/bank/accounts/{made.id}/contacts?month=2026-11"))
    december = text_of(visitor.get(f"/bank/accounts/{made.id}/contacts?month=2026-12"))

    assert "1 attempt to reach the person in November 2026." in november
    assert "Nobody tried to reach the person in this month" in december


@pytest.mark.parametrize("month", ["", "nonsense", "2026-13", "1999-12", "0000-01", "2026-11-24"])
def test_without_a_month_that_can_be_read_it_is_the_present_one(person, browse, month):
    page = browse().get(f"/bank/accounts/{person[0].id}/contacts?month={month}")

    assert page.status_code == 200
    assert "Contacts in December 2026" in text_of(page)


def test_a_month_to_come_is_empty(person, browse):
    page = browse().get(f"/bank/accounts/{person[0].id}/contacts?month=2027-06")

    assert page.status_code == 200
    assert "Nobody tried to reach the person in this month" in text_of(page)


def test_permits_and_what_the_person_started_are_told_apart(make, bank, call, acting_as, browse):
    made = make.account(bank=bank, agency=make.agency(), zones=())
    agent = make.agent(made.agency)
    call(agent, made, AT, direction=Direction.INBOUND, outcome=Outcome.CONVERSATION)
    known = make.account(bank=bank, agency=made.agency)
    with acting_as(agent) as session:
        ask_permit(session, agent, known.id, Channel.CALL, at=AT)
    call(agent, known, AT + timedelta(minutes=1))
    visitor = browse()

    inbound = text_of(visitor.get(f"/bank/accounts/{made.id}/contacts?month=2026-11"))
    permitted = text_of(visitor.get(f"/bank/accounts/{known.id}/contacts?month=2026-11"))

    assert "they got in touch 1 time" in inbound
    assert "0 attempts to reach the person" in inbound
    assert "no time zone on file: days where the bank is" in inbound
    assert f"{known.account_ref} yes –" in permitted


@pytest.mark.abuse("A1")
def test_another_banks_person_does_not_exist(person, make, browse):
    visitor = browse(at=make.bank())

    assert visitor.get(f"/bank/accounts/{person[0].id}/contacts").status_code == 404
    assert visitor.get(f"/bank/accounts/{person[0].id}/contacts.csv").status_code == 404
    assert visitor.get(f"/bank/accounts/{uuid7()}/contacts").status_code == 404


def test_the_month_leaves_as_csv_with_an_audit_row_on_the_account(person, acting_as, browse, bank):
    answer = browse().get(f"/bank/accounts/{person[0].id}/contacts.csv?month=2026-11")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(rows) == 9
    assert {row["Agency"] for row in rows} == {made.agency.name for made in person}
    assert [row["Breaches"] for row in rows].count("1") >= 1
    with acting_as(Principal.system(bank.id)) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.verb == "contacts.exported")).one()
    assert row.subject_id == person[0].id
    assert (row.facts["count"], row.facts["filter"]) == (9, {"month": "2026-11"})


def test_the_month_leaves_as_a_workbook_for_who_may_export(person, browse):
    address = f"/bank/accounts/{person[0].id}/contacts.xlsx?month=2026-11"

    assert browse().get(address).get_data().startswith(b"PK")
    assert browse(Role.BANK_ANALYST).get(address).status_code == 403
