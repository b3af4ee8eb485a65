"""Breaches on the agency's side: its own alone, explained once, put right when upheld."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.agency import queries_breaches
from portal.core.actions.breaches import uphold_breach
from portal.core.actions.models import Breach, BreachState
from portal.core.actions.service import Told, log_action
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON

LATE = datetime.fromisoformat("2026-11-24T21:30-05:00")
LATER = NOON + timedelta(days=9)


@pytest.fixture
def call(acting_as):
    def do(agent, made, at=LATE, *, outcome=Outcome.NO_ANSWER):
        told = Told(channel=Channel.CALL, outcome=outcome, made_at=at)
        with acting_as(agent) as session:
            action = log_action(session, agent, made.id, told, now=LATER)
            rows = session.scalars(select(Breach).where(Breach.action_id == action.id)).all()
            return rows[0] if rows else None

    return do


@pytest.fixture
def breach(make, agency, call):
    """Return a breach of this agency and the account it was made on."""
    made = make.account(agency=agency)
    return call(make.agent(agency), made), made


def _state(acting_as, found):
    with acting_as(Principal.system(found.bank_id)) as session:
        return session.get_one(Breach, (found.bank_id, found.id)).state


def test_the_list_begins_with_what_has_to_be_explained(breach, browse):
    found, made = breach

    page = browse().get("/agency/breaches")

    text = text_of(page).replace("\u00a0", " ")
    assert "9:30 PM in New York is outside the hours allowed there, 8:00 AM–9:00 PM." in text
    assert made.bank.name in text
    assert made.account_ref in text
    assert "Open 1" in text
    assert f"/agency/breaches/{found.id}/explain" in page.get_data(as_text=True)


def test_an_explanation_is_sent_once_and_stands_with_its_name(
    breach, make, agency, visit, acting_as
):
    found, _ = breach
    person = make.staff(agency, Role.AGENCY_MANAGER)
    visitor = visit(Principal.staff(person.side, person.org_id, person.id, person.role))

    shown = visitor.get(f"/agency/breaches/{found.id}/explain")
    first = visitor.post(f"/agency/breaches/{found.id}/explain", {"reason": "A wrong clock."})
    again = visitor.post(f"/agency/breaches/{found.id}/explain", {"reason": "Another story."})
    text = text_of(visitor.get(f"/agency/breaches/{found.id}"))

    assert "12 CFR 1006.6(b)(1)(i)" in text_of(shown)
    assert first.headers["Location"] == f"/agency/breaches/{found.id}"
    assert again.status_code == 409
    assert "This breach has been explained and waits for the bank." in text_of(again)
    assert f"{person.name} · {agency.name} A wrong clock." in text
    assert "Another story." not in text
    assert _state(acting_as, found) is BreachState.EXPLAINED


def test_an_explanation_needs_words(breach, browse, acting_as):
    found, _ = breach

    page = browse().post(f"/agency/breaches/{found.id}/explain", {"reason": " "})

    assert page.status_code == 422
    assert "Say how it came about. The bank reads it." in text_of(page)
    assert _state(acting_as, found) is BreachState.OPEN


def test_an_upheld_breach_is_put_right_with_what_was_done(breach, make, browse, acting_as):
    found, made = breach
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        uphold_breach(session, manager, found.id, reason="Hours are hours.", at=LATER)
    visitor = browse()

    page = text_of(visitor.get(f"/agency/breaches/{found.id}"))
    explain = text_of(visitor.get(f"/agency/breaches/{found.id}/explain"))
    answer = visitor.post(f"/agency/breaches/{found.id}/remedy", {"reason": "Clocks are set."})

    assert "Hours are hours." in page
    assert "Say what was done" in page
    assert "Nothing can be said to this breach now. It is in this state: Upheld." in explain
    assert answer.status_code == 303
    assert _state(acting_as, found) is BreachState.REMEDIED


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("path", ["", "/explain", "/remedy"])
def test_another_agencys_breach_does_not_exist(make, call, browse, path, acting_as):
    stranger = make.agency()
    found = call(make.agent(stranger), make.account(agency=stranger))
    visitor = browse()

    assert visitor.get(f"/agency/breaches/{found.id}{path}").status_code == 404
    if path:
        visitor.get("/agency/breaches")
        answer = visitor.post(f"/agency/breaches/{found.id}{path}", {"reason": "Mine?"})
        assert answer.status_code == 404
    assert "No breach is in this state" in text_of(visitor.get("/agency/breaches"))
    assert _state(acting_as, found) is BreachState.OPEN


@pytest.mark.abuse("A1")
def test_what_an_earlier_agency_or_the_bank_broke_on_the_account_is_not_this_agencys(
    make, agency, call, browse, admin
):
    made = make.account(agency=make.agency())
    earlier = call(make.agent(made.agency), made)
    by_bank = call(make.vendor_manager(made.bank), made)
    for table in ("actions", "breaches", "judgements"):
        admin.execute(
            f"UPDATE {table} SET agency_id = %s WHERE account_id = %s", (agency.id, made.id)
        )
    visitor = browse()

    assert "No breach is in this state" in text_of(visitor.get("/agency/breaches?state=all"))
    for found in (earlier, by_bank):
        assert visitor.get(f"/agency/breaches/{found.id}").status_code == 404


def test_contacts_of_others_that_were_counted_are_told_without_saying_whose(
    make, agency, call, browse
):
    other = make.agency()
    first = make.account(agency=other, country="CN", state="", zones=("Asia/Shanghai",))
    mine = make.account(person=first, agency=agency)
    noon = datetime.fromisoformat("2026-11-26T12:00+08:00")
    for hour in range(3):
        at = noon + timedelta(hours=hour)
        call(make.agent(other), first, at, outcome=Outcome.CONVERSATION)
    found = call(make.agent(agency), mine, noon + timedelta(hours=5), outcome=Outcome.CONVERSATION)

    text = text_of(browse().get(f"/agency/breaches/{found.id}"))

    assert "Answered call number 4 to this person within 1 day" in text
    assert text.count("Another agency") == 3
    assert other.name not in text
    assert first.account_ref not in text


def test_a_collector_sees_breaches_and_may_not_answer_for_them(breach, browse):
    found, _ = breach
    visitor = browse(Role.COLLECTOR)

    page = visitor.get("/agency/breaches")

    assert page.status_code == 200
    assert "/explain" not in page.get_data(as_text=True)
    assert "/explain" not in visitor.get(f"/agency/breaches/{found.id}").get_data(as_text=True)
    assert visitor.get(f"/agency/breaches/{found.id}/explain").status_code == 403


def test_pages_go_on_by_key(make, agency, call, browse, monkeypatch):
    monkeypatch.setattr(queries_breaches, "PAGE", 2)
    made, agent = make.account(agency=agency), make.agent(agency)
    for day in range(3):
        call(agent, made, LATE + timedelta(days=day))
    visitor = browse()

    first = visitor.get("/agency/breaches").get_data(as_text=True)
    link = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = visitor.get(link).get_data(as_text=True)

    assert first.count("/explain") == 2
    assert second.count("/explain") == 1
    assert visitor.get("/agency/breaches?before=nonsense").status_code == 200


def test_each_state_has_its_tab_with_its_count(breach, make, agency, call, browse, acting_as):
    found, made = breach
    call(make.agent(agency), made, LATE + timedelta(days=1))
    with acting_as(Principal.system(found.bank_id)) as session:
        session.execute(
            update(Breach).where(Breach.id == found.id).values(state=BreachState.WAIVED)
        )
    visitor = browse()

    text = text_of(visitor.get("/agency/breaches?state=waived"))

    assert "Open 1" in text
    assert "Waived 1" in text
    assert "All states 2" in text
    assert "1 of 1" in text


def test_home_says_how_many_have_to_be_explained(breach, browse):
    page = browse().get("/agency/")

    assert "Breaches to explain 1" in text_of(page)
    assert 'href="/agency/breaches"' in page.get_data(as_text=True)
