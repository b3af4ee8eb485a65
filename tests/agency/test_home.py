"""The first page: each part by its own clock, and words where there is nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.actions.permits import ask_permit
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.plans.promises import record_promise
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import reject_recovery, report_recovery
from portal.core.rules import Channel
from tests.agency.conftest import NOW
from tests.support.factories import NOON, TODAY


def test_a_new_agency_reads_what_will_stand_here(browse):
    page = browse().get("/agency/").text

    for text in (
        "No accounts are placed with you yet",
        "No promise falls due within seven days.",
        "No instalment falls due within seven days.",
        "Nothing waits for an hour to open.",
        "The bank rejected none of your recoveries.",
    ):
        assert text in page


def test_who_may_be_called_now_is_named(make, agency, browse):
    made = make.account(agency=agency)

    page = browse().get("/agency/").text

    assert f'href="/agency/accounts/{made.id}"' in page
    assert made.name in page


def test_when_nobody_may_be_called_the_next_hour_is_named(make, agency, browse, stand_still):
    for _ in range(2):
        make.account(agency=agency)
    stand_still(NOON + timedelta(hours=11))

    page = browse().get("/agency/").text.replace("\u00a0", " ")

    assert "Nobody may be called at this moment" in page
    assert "25 November 2026, 7:00 AM CST" in page
    assert "2 accounts" in page


@pytest.mark.parametrize(("days", "shown"), [(0, True), (7, True), (8, False)])
def test_promises_of_the_next_seven_days_are_named(make, agency, browse, acting_as, days, shown):
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        record_promise(
            session,
            agent,
            made.id,
            Money(45_678, "USD"),
            due_on=TODAY + timedelta(days=days),
            at=NOON,
            today=TODAY,
        )

    assert ("$456.78" in browse().get("/agency/").text) is shown


def test_a_promise_past_its_day_is_marked(make, agency, browse, acting_as, stand_still):
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        record_promise(
            session, agent, made.id, Money(100, "USD"), due_on=TODAY, at=NOON, today=TODAY
        )
    stand_still(NOON + timedelta(days=2))

    assert "Past its day" in browse().get("/agency/").text


def test_what_the_bank_rejected_is_named_with_its_reason(make, agency, browse, acting_as):
    made, agent = make.account(agency=agency), make.agent(agency)
    bank_manager = make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        recovery = report_recovery(
            session,
            agent,
            made.id,
            Money(12_345, "USD"),
            received_on=TODAY,
            recipient=Recipient.BANK,
            external_ref="X1",
            at=NOON,
            today=TODAY,
        )
    with acting_as(bank_manager) as session:
        reject_recovery(session, bank_manager, recovery.id, reason="Nothing arrived", at=NOON)

    page = browse().get("/agency/").text

    assert "$123.45" in page
    assert "Nothing arrived" in page


def test_the_figures_count_what_the_lists_do_not_show(make, agency, browse, acting_as):
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        for number in range(11):
            report_recovery(
                session,
                agent,
                made.id,
                Money(100, "USD"),
                received_on=TODAY,
                recipient=Recipient.BANK,
                external_ref=f"X{number}",
                at=NOON,
                today=TODAY,
            )

    page = browse().get("/agency/").text

    figure = page[page.index("Recoveries at the bank") :]
    assert '<dd class="dp-num">11</dd>' in figure[: figure.index("</div>")]


@pytest.mark.parametrize(("role", "told"), [(Role.AGENCY_MANAGER, True), (Role.COLLECTOR, False)])
def test_who_decides_is_told_that_a_question_waits(make, agency, browse, acting_as, role, told):
    made, asker = make.account(agency=agency), make.agent(agency, Role.COLLECTOR)
    with acting_as(asker) as session:
        ask_permit(session, asker, made.id, Channel.SMS, at=NOW)

    page = browse(role).get("/agency/").get_data(as_text=True)

    assert ("Permits to decide" in page) is told
