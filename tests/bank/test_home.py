"""The first page: what needs the bank, figures, and the way to the first referral."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from portal.core.actions.service import log_call
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.placements.models import Offer, OfferState
from portal.core.plans.models import Frequency, Plan, PlanState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery, verify_recovery
from portal.core.rules import Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON, TODAY


def _report(make, acting_as, made, minor, ref, on=TODAY):
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        return report_recovery(
            session,
            agent,
            made.id,
            Money(minor, made.currency),
            received_on=on,
            recipient=Recipient.BANK,
            external_ref=ref,
            at=NOON,
            today=on,
        ).id


def test_a_new_bank_sees_what_to_set_up_and_one_way_to_begin(browse):
    page = browse().get("/bank/")

    text = text_of(page)
    for step in (
        "Put an agency on the panel",
        "Import a file of overdue accounts",
        "Confirm the balances",
        "Set the plan policy",
        "Refer the first accounts",
    ):
        assert step in text
    assert "(done)" not in text
    assert "There are no accounts yet" in text


def test_the_list_of_steps_ticks_what_is_done_and_goes_away(make, bank, browse):
    make.panel(bank, make.agency())
    made = make.account(bank=bank)
    visitor = browse()

    before = text_of(visitor.get("/bank/"))
    make.place(made, make.agency())
    after = text_of(visitor.get("/bank/"))

    assert "Put an agency on the panel (done)" in before
    assert "Confirm the balances (done)" in before
    assert "Set the plan policy (done)" not in before
    assert "Up to the first referral" not in after


def test_what_needs_the_bank_is_listed_with_its_deadline(make, acting_as, bank, browse):
    placed = make.account(bank=bank, agency=make.agency())
    make.account(bank=bank, verified_on=None)
    _report(make, acting_as, placed, 12_345, "CHEQUE-1")
    agent = make.agent(placed.agency)
    late = NOON + timedelta(hours=10)
    with acting_as(agent) as session:
        log_call(session, agent, placed.id, outcome=Outcome.NO_ANSWER, made_at=late, now=late)
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        session.execute(
            update(Offer)
            .where(Offer.bank_id == bank.id)
            .values(state=OfferState.OFFERED, answer_by=NOON + timedelta(hours=1))
        )
        session.add(
            Plan(
                bank_id=bank.id,
                id=uuid7(),
                account_id=placed.id,
                debtor_id=placed.debtor_id,
                state=PlanState.ASKED,
                amount_minor=1_000,
                total_minor=246_737,
                currency="USD",
                frequency=Frequency.MONTHLY,
                instalment_count=247,
                starts_on=TODAY,
                answer_by=TODAY + timedelta(3),
                created_at=NOON,
            )
        )

    text = text_of(browse().get("/bank/"))

    for line in (
        f"{placed.agency.name} has not answered yet",
        "24 November 2026, 6:00 PM UTC time is over",
        f"Somebody asks for a plan on account {placed.account_ref}",
        "27 November 2026",
        "1 recovery to verify $123.45",
        "1 balance nobody confirmed",
        "1 open breach",
    ):
        assert line in text.replace("\u00a0", " ")


def test_figures_add_up_what_is_owed_and_what_came_back_in_thirty_days(
    make, acting_as, bank, browse
):
    placed = make.account(bank=bank, agency=make.agency())
    make.account(bank=bank)
    system = Principal.system(bank.id)
    recovery_id = _report(make, acting_as, placed, 10_000, "CHEQUE-1")
    with acting_as(system) as session:
        verify_recovery(session, system, recovery_id, at=NOON)

    text = text_of(browse().get("/bank/"))

    assert "Owed in total $4,834.74" in text
    assert "Recovered in 30 days $100.00" in text
    assert "Not referred 1 $2,467.37" in text
    assert "With an agency 1 $2,367.37" in text


def test_money_that_came_in_earlier_is_not_of_the_last_thirty_days(
    make, acting_as, bank, browse, stand_still
):
    placed = make.account(bank=bank, agency=make.agency())
    system = Principal.system(bank.id)
    recovery_id = _report(make, acting_as, placed, 10_000, "CHEQUE-1")
    with acting_as(system) as session:
        verify_recovery(session, system, recovery_id, at=NOON)

    stand_still(NOON + timedelta(days=29))
    on_the_last_day = text_of(browse().get("/bank/"))
    stand_still(NOON + timedelta(days=30))
    afterwards = text_of(browse().get("/bank/"))

    assert "Recovered in 30 days $100.00" in on_the_last_day
    assert "Recovered in 30 days $0.00" in afterwards


def test_an_analyst_is_offered_nothing_they_may_not_do(make, bank, browse):
    make.account(bank=bank)

    body = browse(Role.BANK_ANALYST).get("/bank/").get_data(as_text=True)

    for url in ("/bank/imports/new", "/bank/referrals/new", "/bank/agencies/new"):
        assert f'href="{url}"' not in body


def test_another_banks_figures_are_not_there(make, acting_as, browse):
    foreign = make.account(agency=make.agency())
    _report(make, acting_as, foreign, 12_345, "CHEQUE-1")

    text = text_of(browse().get("/bank/"))

    assert "There are no accounts yet" in text
    assert "$" not in text.split("What needs you")[-1]
