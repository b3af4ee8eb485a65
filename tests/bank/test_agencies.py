"""The panel and an agency's page: terms, figures with their n, and putting an agency on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core.actions.models import Action, Breach
from portal.core.db import uuid7
from portal.core.money import Money
from portal.core.parties.models import PanelMember
from portal.core.permissions import Role
from portal.core.placements.models import Placement
from portal.core.plans.models import Promise, PromiseState
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery, verify_recovery
from tests.bank.conftest import bare, text_of
from tests.support.factories import NOON, TODAY

TERMS = {
    "fee": "22.5",
    "term_days": "180",
    "tail_days": "30",
    "answer_hours": "48",
    "capacity": "500",
    "places": "us, cn",
    "languages": "en,zh",
}


@pytest.fixture
def worked(make, acting_as, bank):
    """Return an account of 10,000.00 whose agency got 95 days of term and brought 450.00 back."""
    made = make.account(bank=bank, agency=make.agency(), principal=1_000_000, interest=0, fees=0)
    system, agent = Principal.system(bank.id), make.agent(made.agency)
    with acting_as(system) as session:
        session.execute(
            update(Placement)
            .where(Placement.bank_id == bank.id)
            .values(term_start=TODAY - timedelta(95), accepted_at=NOON - timedelta(95))
        )
        actions = [_action(made, number) for number in range(4)]
        session.add_all(actions)
        session.flush()
        session.add(_breach(made, actions[0].id))
        session.add_all(_promise(made, state) for state in ("kept", "kept", "broken"))
    for days, minor in ((90, 15_000), (60, 20_000), (10, 10_000)):
        with acting_as(agent) as session:
            recovery = report_recovery(
                session,
                agent,
                made.id,
                Money(minor, "USD"),
                received_on=TODAY - timedelta(days),
                recipient=Recipient.BANK,
                external_ref=f"CHEQUE-{days}",
                at=NOON,
                today=TODAY,
            )
        with acting_as(system) as session:
            verify_recovery(session, system, recovery.id, at=NOON)
    return made


def _owner(made):
    return {
        "bank_id": made.bank_id,
        "id": uuid7(),
        "account_id": made.id,
        "debtor_id": made.debtor_id,
        "agency_id": made.agency.id,
        "made_by_agency_id": made.agency.id,
    }


def _action(made, number):
    return Action(
        **_owner(made),
        placement_id=made.placement_id,
        made_by=uuid7(),
        channel="call",
        direction="outbound",
        outcome="conversation" if number == 0 else "no_answer",
        made_at=NOON - timedelta(days=90),
    )


def _breach(made, action_id):
    return Breach(
        **_owner(made),
        action_id=action_id,
        rule_id="US-REGF-6B1-HOURS",
        code="outside_window",
        citation="12 CFR 1006.6(b)(1)(i)",
        severity="hard",
        verdict="violation",
        facts={},
        pack="us",
        pack_version="1",
        pack_hash="0",
        found_at=NOON,
    )


def _promise(made, state):
    return Promise(
        **_owner(made),
        placement_id=made.placement_id,
        amount_minor=10_000,
        currency="USD",
        due_on=TODAY,
        state=PromiseState(state),
        made_at=NOON,
        recorded_by=uuid7(),
    )


def test_every_figure_says_what_it_is_a_part_of(worked, browse):
    text = text_of(browse().get(f"/bank/agencies/{worked.agency.id}"))

    for shown in (
        "Placed $10,000.00 1 account",
        "Recovered, net $450.00",
        "Liquidation 4.5% net of placed, n = 1 accounts",
        "Fee due $99.00",
        "Offers accepted accepted ÷ offered; what waits does not count 100% 1 1",
        "Tried by day 10 accounts with an attempt in ten days ÷ accounts 100% 1 1",
        "Spoke with the person conversations ÷ attempts 25% 1 4",
        "Promises kept kept ÷ (kept + in part + not kept) 66.67% 2 3",
        "attempts that broke a contact rule ÷ attempts × 10,000 2,500 1 4",
    ):
        assert shown in text


def test_the_curve_is_drawn_with_its_finding_in_words_and_its_numbers(worked, browse):
    page = browse().get(f"/bank/agencies/{worked.agency.id}")

    text = text_of(page)
    assert "$450.00 of $10,000.00 came back by 24 November 2026 (n = 1 accounts in one batch)." in (
        text
    )
    assert "1 1.5% · $150.00 2 3.5% · $350.00 3 4.5% · $450.00 4 4.5% · $450.00, still running" in (
        text
    )
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="dp-chart"' in page.get_data(as_text=True)


def test_an_agency_without_data_says_no_data_and_never_zero_per_cent(make, bank, browse):
    agency = make.agency()
    make.panel(bank, agency)
    visitor = browse()

    page = text_of(visitor.get(f"/bank/agencies/{agency.id}"))
    listed = text_of(visitor.get("/bank/agencies"))

    assert "0%" not in page.replace("100%", "")
    assert page.count("no data") >= 6
    assert "No account is or was with this agency yet" in page
    assert (
        f"{agency.name} 22% · 180 days On the panel – – – no data no data no data 10,000" in listed
    )


def test_the_list_and_the_page_show_the_same_figures(worked, browse):
    listed = text_of(browse().get("/bank/agencies"))

    figures = "On the panel 1 $10,000.00 $450.00 4.5% 66.67% n 3 2,500 n 4"
    assert f"{worked.agency.name} 22% · 180 days {figures}" in listed


def test_the_terms_of_the_contract_are_shown(make, bank, browse):
    agency = make.agency()
    make.panel(bank, agency, tail_days=30, places=["US"], languages=["en", "zh"])

    text = text_of(browse().get(f"/bank/agencies/{agency.id}"))

    assert "Fee 22% of what is recovered" in text
    assert "Term 180 days and 30 days after it for late money" in text
    assert "Room 0 of 10,000 taken" in text
    assert "Languages it speaks English, Chinese" in text


def test_an_agency_is_put_on_the_panel_with_its_terms(make, acting_as, bank, browse):
    agency = make.agency()
    visitor = browse()

    form = visitor.get("/bank/agencies/new")
    answer = visitor.post("/bank/agencies/new", {"agency": str(agency.id), **TERMS})

    assert agency.name in text_of(form)
    assert answer.status_code == 303
    assert answer.location == f"/bank/agencies/{agency.id}"
    with acting_as(Principal.system(bank.id)) as session:
        member = session.get_one(PanelMember, (bank.id, agency.id))
    assert (member.fee_bps, member.term_days, member.tail_days) == (2250, 180, 30)
    assert (member.answer_hours, member.capacity, member.approved_on) == (48, 500, TODAY)
    assert (member.places, member.languages) == (["US", "CN"], ["en", "zh"])
    assert agency.name not in text_of(visitor.get("/bank/agencies/new"))


def test_an_agency_is_put_on_a_panel_once(make, bank, browse):
    agency = make.agency()
    make.panel(bank, agency)

    page = browse().post("/bank/agencies/new", {"agency": str(agency.id), **TERMS})

    assert page.status_code == 422
    assert "Choose the agency." in text_of(page)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("agency", "", "Choose the agency."),
        ("agency", "nonsense", "Choose the agency."),
        ("fee", "", "Enter a percentage from 0 to 100, like 22.5."),
        ("fee", "101", "Enter a percentage from 0 to 100, like 22.5."),
        ("fee", "22.555", "Enter a percentage from 0 to 100, like 22.5."),
        ("fee", "-1", "Enter a percentage from 0 to 100, like 22.5."),
        ("fee", "２２", "Enter a percentage from 0 to 100, like 22.5."),
        ("term_days", "0", "Enter a whole number from 1 to 1096."),
        ("term_days", "1097", "Enter a whole number from 1 to 1096."),
        ("tail_days", "367", "Enter a whole number from 0 to 366."),
        ("answer_hours", "721", "Enter a whole number from 1 to 720."),
        ("capacity", "many", "Enter a whole number from 0 to 10000000."),
        ("places", "USA", "Enter codes of two letters with commas between them."),
        ("languages", "en-US", "Enter codes of two letters with commas between them."),
    ],
)
def test_terms_that_make_no_sense_are_answered_by_name(
    make, acting_as, bank, browse, field, value, said
):
    agency = make.agency()
    values = {"agency": str(agency.id), **TERMS, field: value}

    page = browse().post("/bank/agencies/new", values)

    assert page.status_code == 422
    assert said in text_of(page)
    with acting_as(Principal.system(bank.id)) as session:
        assert session.get(PanelMember, (bank.id, agency.id)) is None


def test_an_analyst_sees_the_panel_and_adds_nobody(make, bank, browse):
    make.panel(bank, make.agency())
    visitor = browse(Role.BANK_ANALYST)

    assert "Put an agency on the panel" not in text_of(visitor.get("/bank/agencies"))
    assert visitor.get("/bank/agencies/new").status_code == 403
    assert visitor.post("/bank/agencies/new", TERMS).status_code == 403


@pytest.mark.abuse("A1")
def test_an_agency_of_another_panel_answers_like_one_that_never_existed(make, browse):
    agency, never = make.agency(), uuid7()
    make.panel(make.bank(), agency)
    visitor = browse()

    theirs = visitor.get(f"/bank/agencies/{agency.id}")
    nobodys = visitor.get(f"/bank/agencies/{never}")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, agency.id) == bare(nobodys, never)


@pytest.mark.abuse("A1")
def test_figures_know_nothing_of_the_agencys_work_for_others(make, worked, browse):
    other = make.bank()
    make.panel(other, worked.agency)

    text = text_of(browse(at=other).get(f"/bank/agencies/{worked.agency.id}"))

    assert "No account is or was with this agency yet" in text
    assert "$450.00" not in text
