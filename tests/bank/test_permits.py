"""Permits on the bank's side: what was denied and why, and questions it answers itself."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import ask_permit, return_permit
from portal.core.actions.service import Told, log_action
from portal.core.audit import AuditRow
from portal.core.parties.locks import lock_person, void_permits
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
#: Half past seven in the morning in New York.
EARLY = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


@pytest.fixture
def ask(acting_as):
    def do(agent, made, at=AT, channel=Channel.CALL):
        with acting_as(agent) as session:
            return ask_permit(session, agent, made.id, channel, at=at)

    return do


@pytest.fixture
def denied(make, bank, ask):
    """Return an account on which a call and a text were denied, too early in the morning."""
    made = make.account(bank=bank, agency=make.agency())
    agent = make.agent(made.agency)
    ask(agent, made, EARLY)
    ask(agent, made, EARLY + timedelta(days=1), Channel.SMS)
    return made


@pytest.fixture
def asked(make, bank, ask):
    """Return a question nobody's rules answer: where the person is, nobody knows."""
    made = make.account(bank=bank, agency=make.agency(), zones=())
    return ask(make.agent(made.agency), made), made


def test_the_list_begins_with_what_was_denied_each_with_its_reason(denied, browse):
    page = browse().get("/bank/permits")

    text = text_of(page).replace("\u00a0", " ")
    assert "7:30 AM in New York is outside the hours allowed there, 8:00 AM–9:00 PM." in text
    assert "US-REGF-6B1-HOURS" in text
    assert "Allowed again from 25 November 2026, 1:00 PM UTC" in text
    assert "Denied by a rule 2" in text
    assert "2 of 2" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("state=all", 2),
        ("state=granted", 0),
        ("state=nonsense", 2),
        ("channel=sms", 1),
        ("channel=smoke", 2),
        ("rule=US-REGF-6B1-HOURS", 2),
        ("rule=US-REGF-14B-FREQ", 0),
        ("rule=%24%22%5D", 0),
        ("from_on=2026-11-26", 1),
        ("to_on=2026-11-25", 1),
        ("agency=bank", 0),
        ("agency={agency}", 2),
        ("agency=nonsense", 2),
        ("after=nonsense", 2),
    ],
)
def test_each_filter_finds_what_it_says(denied, browse, query, found):
    page = browse().get(f"/bank/permits?{query.format(agency=denied.agency.id)}")

    assert page.status_code == 200
    assert page.get_data(as_text=True).count(f"/bank/accounts/{denied.id}") == found


def test_a_day_that_is_none_is_answered_by_name(denied, browse):
    page = browse().get("/bank/permits?from_on=yesterday")

    assert page.status_code == 422
    assert "Enter a day, like 2026-11-24." in text_of(page)


def test_a_permit_that_ran_out_unused_has_lapsed_and_an_open_one_has_not(
    make, bank, ask, browse, stand_still
):
    made = make.account(bank=bank, agency=make.agency())
    ask(make.agent(made.agency), made)

    stand_still(AT + timedelta(minutes=9))
    open_one = text_of(browse().get("/bank/permits?state=granted"))
    stand_still(AT + timedelta(minutes=10))
    lapsed = text_of(browse().get("/bank/permits?state=lapsed"))

    assert "Granted 1" in open_one
    assert "Lapsed 0" in open_one
    assert "Granted 0" in lapsed
    assert "Lapsed 1" in lapsed
    assert made.account_ref in lapsed


def test_used_returned_and_void_permits_say_why(make, bank, ask, acting_as, browse):
    agents = []
    for _ in range(3):
        made = make.account(bank=bank, agency=make.agency())
        agents.append((make.agent(made.agency), made))
    permits = [ask(agent, made) for agent, made in agents]
    told = Told(channel=Channel.CALL, outcome=Outcome.NO_ANSWER, made_at=AT)
    with acting_as(agents[0][0]) as session:
        log_action(session, agents[0][0], agents[0][1].id, told, now=AT)
    with acting_as(agents[1][0]) as session:
        return_permit(session, agents[1][0], permits[1].id, at=AT)
    with acting_as(Principal.system(bank.id)) as session:
        lock_person(session, bank.id, agents[2][1].debtor_id)
        void_permits(session, bank.id, agents[2][1].debtor_id, at=AT, why="hold opened")

    text = text_of(browse().get("/bank/permits?state=all"))

    assert "Used 1" in text
    assert "Given back by whoever held it." in text
    assert "A hold was opened." in text


def test_one_permit_shows_what_was_known_and_the_packs_that_were_asked(denied, acting_as, browse):
    with acting_as(Principal.system(denied.bank_id)) as session:
        permit = session.scalars(select(Permit).order_by(Permit.id)).first()

    text = text_of(browse().get(f"/bank/permits/{permit.id}")).replace("\u00a0", " ")

    for shown in (
        denied.name,
        "Time zones on file New York",
        "Contacts on record before it 0",
        "Allowed again from 25 November 2026, 1:00 PM UTC",
        permit.packs[0]["hash"],
        "New York 25 November 2026, 7:30 AM EST",
    ):
        assert shown in text, shown


# Questions for a person


def test_a_question_is_granted_for_ten_minutes_with_the_reason_kept(asked, acting_as, browse):
    permit, made = asked
    visitor = browse()

    shown = visitor.get(f"/bank/permits/{permit.id}/decide")
    answer = visitor.post(
        f"/bank/permits/{permit.id}/decide",
        {"answer": "grant", "reason": "He wrote this morning from New York."},
    )

    assert made.name in text_of(shown)
    assert "Nothing on file says where the person is" in text_of(shown)
    assert answer.headers["Location"] == f"/bank/permits/{permit.id}"
    with acting_as(Principal.system(permit.bank_id)) as session:
        kept = session.get_one(Permit, (permit.bank_id, permit.id))
        assert kept.state is PermitState.GRANTED
        assert kept.decision_reason == "He wrote this morning from New York."
        assert kept.decided_side is Side.BANK
    text = text_of(visitor.get(f"/bank/permits/{permit.id}"))
    assert "He wrote this morning from New York." in text
    assert "The contact is allowed for the next ten minutes." in text


def test_a_question_is_refused_and_its_reason_stands_in_the_list(asked, browse):
    permit, made = asked
    visitor = browse()

    visitor.post(
        f"/bank/permits/{permit.id}/decide", {"answer": "refuse", "reason": "Find the zone first."}
    )
    text = text_of(visitor.get("/bank/permits?state=refused"))

    assert made.account_ref in text
    assert "Bank: Find the zone first." in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "Yes."}, "Choose yes or no."),
        ({"answer": "grant"}, "Say why. It stays on record with your name."),
        ({"answer": "maybe", "reason": "Yes."}, "Not a valid choice."),
    ],
)
def test_an_answer_that_is_none_is_asked_for_again(asked, acting_as, browse, fields, words):
    permit, _ = asked

    page = browse().post(f"/bank/permits/{permit.id}/decide", fields)

    assert page.status_code == 422
    assert words in text_of(page)
    with acting_as(Principal.system(permit.bank_id)) as session:
        assert session.get_one(Permit, (permit.bank_id, permit.id)).state is PermitState.ASKED


def test_a_question_answered_already_is_not_answered_again(asked, browse):
    permit, _ = asked
    visitor = browse()
    answer = {"answer": "refuse", "reason": "No."}
    visitor.post(f"/bank/permits/{permit.id}/decide", answer)

    page = visitor.post(f"/bank/permits/{permit.id}/decide", answer)

    assert page.status_code == 409
    assert "This question has been answered." in text_of(page)


def test_who_may_not_decide_is_shown_the_question_and_no_way_to_answer(asked, browse):
    permit, _ = asked
    visitor = browse(Role.BANK_ANALYST)

    page = visitor.get(f"/bank/permits/{permit.id}")

    assert page.status_code == 200
    assert "/decide" not in page.get_data(as_text=True)
    assert visitor.get(f"/bank/permits/{permit.id}/decide").status_code == 403


@pytest.mark.abuse("A1")
def test_another_banks_permit_does_not_exist(asked, make, browse):
    permit, made = asked
    visitor = browse(at=make.bank())

    assert visitor.get(f"/bank/permits/{permit.id}").status_code == 404
    assert visitor.get(f"/bank/permits/{permit.id}/decide").status_code == 404
    assert made.account_ref not in text_of(visitor.get("/bank/permits?state=all"))


# Exports


def test_the_list_leaves_as_csv_with_an_audit_row(denied, acting_as, browse, bank):
    answer = browse().get("/bank/permits.csv?channel=sms")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["Rules"].split(", ")[0] for row in rows] == ["US-REGF-6B1-HOURS"]
    assert rows[0]["State"] == "Denied by a rule"
    with acting_as(Principal.system(bank.id)) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.verb == "permits.exported")).one()
    assert (row.facts["count"], row.facts["filter"]) == (1, {"state": "denied", "channel": "sms"})


def test_the_list_leaves_as_a_workbook_for_who_may_export(denied, browse):
    assert browse().get("/bank/permits.xlsx").get_data().startswith(b"PK")
    assert browse(Role.BANK_ANALYST).get("/bank/permits.xlsx").status_code == 403
