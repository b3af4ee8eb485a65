"""One account: may I contact now, the person in the clear, and what happened."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from portal.core.actions.service import log_call
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.plans.models import Frequency, Instalment, InstalmentState, Plan, PlanState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import reject_recovery, report_recovery
from portal.core.rules import Outcome
from tests.support.factories import NOON, TODAY

HALF_PAST_NINE = datetime.fromisoformat("2026-11-24T21:30-05:00")
MUCH_LATER = NOON + timedelta(days=10)


def show(browse, made, role=Role.AGENCY_MANAGER, **options):
    answer = browse(role, **options).get(f"/agency/accounts/{made.id}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_the_answer_to_may_i_contact_now_comes_before_everything_else(make, agency, browse):
    made = make.account(agency=agency)

    page = show(browse, made)

    assert page.index("May I contact now?") < page.index("Balance") < page.index("Letters")
    assert page.index("May I contact now?") < page.index(made.email)
    for channel in ("Phone call", "Text message", "E-mail", "Letter", "Visit"):
        assert channel in page
    assert "Yes, now" in page


def test_a_no_names_the_rule_its_source_and_the_next_time_here_and_there(
    make, agency, browse, stand_still
):
    made = make.account(agency=agency)
    stand_still(HALF_PAST_NINE)

    page = show(browse, made)

    assert "9:30 PM in New York is outside the hours allowed there, 8:00 AM–9:00 PM." in page
    assert "12 CFR 1006.6(b)(1)(i)" in page
    assert "25 November 2026, 8:00 AM EST" in page
    assert "25 November 2026, 7:00 AM CST" in page


def test_with_two_zones_the_next_time_is_told_in_both(make, agency, browse, stand_still):
    made = make.account(agency=agency, zones=("America/New_York", "America/Los_Angeles"))
    stand_still(HALF_PAST_NINE)

    page = show(browse, made)

    assert "25 November 2026, 11:00 AM EST" in page
    assert "25 November 2026, 8:00 AM PST" in page


def test_the_balance_stands_by_bucket_with_the_banks_check(make, agency, browse):
    made = make.account(agency=agency)

    page = show(browse, made)

    for text in ("$2,467.37", "$2,000.00", "$300.00", "$167.37"):
        assert text in page
    assert f"Checked by {made.bank.name} on 24 November 2026" in page


def test_contact_points_are_in_the_clear_here_and_the_look_is_on_record(
    make, agency, browse, admin
):
    made = make.account(agency=agency)

    page = show(browse, made)

    assert made.email in page
    assert made.phone[-4:] in page
    row = admin.execute(
        "SELECT chain_id, subject_id, facts FROM audit_rows"
        " WHERE verb = 'debtor.viewed' AND org_id = %s",
        [agency.id],
    ).fetchall()
    assert row == [(made.bank_id, made.debtor_id, {"account_id": str(made.id)})]


@pytest.mark.abuse("A13")
@pytest.mark.parametrize(
    "path", ["/agency/", "/agency/accounts", "/agency/recoveries", "/agency/offers"]
)
def test_no_other_page_shows_a_contact_point(make, agency, browse, path):
    made = make.account(agency=agency)

    page = browse().get(path).get_data(as_text=True)

    assert made.email not in page
    assert made.phone not in page


def test_a_call_stands_in_the_timeline_with_the_rule_it_broke(make, agency, browse, acting_as):
    made, staff = make.account(agency=agency), make.staff(agency, Role.COLLECTOR)
    agent = Principal.staff(staff.side, agency.id, staff.id, Role.COLLECTOR)
    with acting_as(agent) as session:
        log_call(
            session,
            agent,
            made.id,
            outcome=Outcome.VOICEMAIL_LEFT,
            made_at=HALF_PAST_NINE,
            now=HALF_PAST_NINE,
            note="asked for more time",
        )

    page = show(browse, made)

    assert "Phone call: Left a voicemail" in page
    assert staff.name in page
    assert "asked for more time" in page
    assert "9:30 PM in New York is outside the hours allowed there" in page
    assert page.index("Not allowed") > page.index("Timeline")


@pytest.mark.abuse("T1")
def test_an_action_written_down_later_says_so(make, agency, browse, acting_as, admin):
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        action = log_call(
            session, agent, made.id, outcome=Outcome.BUSY, made_at=NOON, now=MUCH_LATER
        )
    # The database stamps the row itself; here it is set to what a late entry would get.
    admin.execute(
        "UPDATE actions SET recorded_at = made_at + interval '3 days' WHERE id = %s", [action.id]
    )

    assert "Written down later, 27 November 2026, 11:00 AM CST" in show(browse, made)


def test_a_plan_stands_with_its_instalments(make, agency, browse, acting_as):
    made = make.account(agency=agency)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        plan = Plan(
            bank_id=made.bank_id,
            id=uuid7(),
            account_id=made.id,
            debtor_id=made.debtor_id,
            agency_id=agency.id,
            state=PlanState.ACTIVE,
            amount_minor=100_000,
            total_minor=200_000,
            currency="USD",
            frequency=Frequency.MONTHLY,
            instalment_count=2,
            starts_on=TODAY,
            created_at=NOON,
        )
        session.add(plan)
        session.flush()
        session.add_all(
            Instalment(
                bank_id=made.bank_id,
                plan_id=plan.id,
                account_id=made.id,
                debtor_id=made.debtor_id,
                agency_id=agency.id,
                number=number,
                due_on=date(2026, 11 + number, 1),
                amount_minor=100_000,
                currency="USD",
                state=state,
            )
            for number, state in ((1, InstalmentState.MISSED),)
        )

    page = show(browse, made)

    for text in ("On a plan", "Every month", "1 December 2026", "Missed", "$1,000.00"):
        assert text in page


def test_a_rejected_recovery_stands_with_the_banks_reason(make, agency, browse, acting_as):
    made, agent = make.account(agency=agency), make.agent(agency)
    bank_manager = make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        recovery = report_recovery(
            session,
            agent,
            made.id,
            Money(12_345, "USD"),
            received_on=TODAY,
            recipient=Recipient.AGENCY,
            external_ref="CHQ-1",
            at=NOON,
            today=TODAY,
        )
    with acting_as(bank_manager) as session:
        reject_recovery(session, bank_manager, recovery.id, reason="Cheque bounced", at=NOON)

    page = show(browse, made)

    for text in ("$123.45", "CHQ-1", "Rejected by the bank", "Cheque bounced"):
        assert text in page


@pytest.mark.parametrize(("role", "offered"), [(Role.COLLECTOR, True), (Role.AGENCY_ADMIN, False)])
def test_only_who_collects_is_offered_the_deeds(make, agency, browse, role, offered):
    made = make.account(agency=agency)

    page = show(browse, made, role)

    for deed in ("actions/new", "promises/new", "recoveries/new", "notices"):
        assert (f"/agency/accounts/{made.id}/{deed}" in page) is offered


def test_what_a_person_is_called_is_only_text(make, agency, browse, admin):
    made = make.account(agency=agency)
    admin.execute(
        "UPDATE debtors SET name = '<script>alert(1)</script>' WHERE id = %s", [made.debtor_id]
    )

    page = show(browse, made)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_unchecked_balance_says_so(make, agency, browse):
    made = make.account(agency=agency, verified_on=None)

    assert "Not checked by the bank" in show(browse, made)
