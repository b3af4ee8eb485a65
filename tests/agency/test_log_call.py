"""Logging a call: told in the person's zone, recorded once, with the rules it broke."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Action
from portal.core.permissions import Role
from portal.core.placements.models import Placement
from tests.support.factories import NOON

GOOD = {
    "outcome": "no_answer",
    "direction": "outbound",
    "role": "consumer",
    "made_on": "2026-11-24",
    "made_at": "12:30",
    "zone": "America/New_York",
}


def key_of(page: str) -> str:
    return re.search(r'name="request_key"[^>]*value="([^"]+)"', page).group(1)


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def send(browse, made):
    """Open the form and send it with some values changed; None leaves a field out."""

    def send_form(visitor=None, key=None, **changed):
        visitor = visitor or browse(Role.COLLECTOR)
        path = f"/agency/accounts/{made.id}/calls/new"
        page = visitor.get(path).get_data(as_text=True)
        values = {**GOOD, "request_key": key or key_of(page), **changed}
        return visitor.post(path, {k: v for k, v in values.items() if v is not None})

    return send_form


@pytest.fixture
def actions(acting_as, make, agency, made):
    """Return the actions on the account as the agency sees them."""

    def read() -> list[Action]:
        with acting_as(make.agent(agency)) as session:
            return list(session.scalars(select(Action).where(Action.account_id == made.id)))

    return read


def test_the_form_proposes_the_present_minute_where_the_person_is(browse, made):
    page = browse().get(f"/agency/accounts/{made.id}/calls/new").get_data(as_text=True)

    assert 'value="2026-11-24"' in page
    assert 'value="14:00"' in page
    assert "As the clock shows it in New York." in page


def test_a_call_is_logged_at_the_instant_the_persons_clock_showed(send, actions, made):
    answer = send(note="will call back")

    assert answer.status_code == 303
    assert answer.location == f"/agency/accounts/{made.id}"
    (action,) = actions()
    assert action.made_at == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    assert (action.outcome, action.direction, action.target) == (
        "no_answer",
        "outbound",
        "consumer",
    )


def test_a_call_in_the_running_minute_was_made_now(send, actions, stand_still):
    now = NOON + timedelta(hours=2, seconds=40)
    stand_still(now)

    send(made_at="14:00")

    assert actions()[0].made_at == now


def test_a_call_in_the_minute_of_the_placement_counts_from_it(send, actions, made, admin):
    placed_at = NOON + timedelta(seconds=20)
    admin.execute(
        "UPDATE placements SET accepted_at = %s WHERE id = %s", [placed_at, made.placement_id]
    )

    assert send(made_at="12:00").status_code == 303
    assert actions()[0].made_at == placed_at


def test_a_call_that_broke_a_rule_is_logged_and_the_page_says_so(
    browse, send, actions, stand_still, made
):
    stand_still(datetime.fromisoformat("2026-11-24T22:00-05:00"))
    visitor = browse()

    answer = send(visitor=visitor, made_at="21:30")

    assert answer.status_code == 303
    assert actions()[0].breach_count == 1
    page = visitor.get(answer.location).get_data(as_text=True)
    assert "It broke a rule: 9:30" in page
    assert "outside the hours allowed there" in page


def test_the_page_warns_before_a_call_that_would_break_a_rule(browse, made, stand_still):
    stand_still(datetime.fromisoformat("2026-11-24T21:30-05:00"))

    page = browse().get(f"/agency/accounts/{made.id}/calls/new").get_data(as_text=True)

    assert "A contact this way now would break a rule" in page
    assert "Next allowed: 25 November 2026, 8:00\u00a0AM EST" in page


def test_a_form_sent_twice_is_one_call(browse, send, actions, made):
    visitor = browse()
    page = visitor.get(f"/agency/accounts/{made.id}/calls/new").get_data(as_text=True)
    key = key_of(page)

    answers = [send(visitor=visitor, key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(actions()) == 1


def test_a_form_sent_many_times_at_once_is_one_call(make, agency, visit, actions, made):
    agent, path = make.agent(agency), f"/agency/accounts/{made.id}/calls/new"
    visitors = [visit(agent) for _ in range(6)]
    for visitor in visitors:
        visitor.get(path)
    values = {**GOOD, "request_key": "the same key"}

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(lambda visitor: visitor.post(path, values), visitors))

    assert {answer.status_code for answer in answers} == {303}
    assert len(actions()) == 1


def test_the_same_key_with_another_call_is_refused_by_name(browse, send, actions):
    visitor = browse()
    send(visitor=visitor, key="the same key")

    answer = send(visitor=visitor, key="the same key", outcome="busy")

    assert answer.status_code == 422
    assert "This was sent before with other values" in answer.get_data(as_text=True)
    assert len(actions()) == 1


@pytest.mark.parametrize(
    ("changed", "message", "field"),
    [
        ({"outcome": None}, "Choose how the contact ended.", "outcome"),
        ({"outcome": "delivered"}, "valid choice", "outcome"),
        ({"direction": "sideways"}, "valid choice", "direction"),
        ({"role": "creditor"}, "valid choice", "role"),
        ({"made_on": ""}, "Enter the day of the contact.", "made_on"),
        ({"made_on": "24/11/2026"}, "Enter a day, like 2026-11-24.", "made_on"),
        ({"made_at": ""}, "Enter the time of the contact.", "made_at"),
        ({"made_at": "25:00"}, "Enter a time, like 14:30.", "made_at"),
        ({"made_on": "2026-11-25"}, "The action lies in the future.", "made_on"),
        ({"made_at": "11:59"}, "before the account was placed with you", "made_on"),
        ({"zone": "Europe/Berlin"}, "valid choice", "zone"),
        ({"note": "x" * 2001}, "Shorten the note to 2000 characters.", "note"),
    ],
)
def test_what_cannot_be_is_answered_at_its_field_and_keeps_what_was_typed(
    send, actions, changed, message, field
):
    answer = send(**changed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in page
    assert "There is a problem" in page
    assert f'id="{field}-error"' in page or field == "zone"
    assert "<title>Error:" in page
    assert actions() == []


@pytest.mark.abuse("T2")
def test_a_time_shown_twice_asks_which_one_and_takes_the_answer(
    send, actions, stand_still, made, acting_as, admin
):
    stand_still(datetime(2026, 11, 2, 17, tzinfo=UTC))
    admin.execute(
        "UPDATE placements SET accepted_at = '2026-10-01' WHERE id = %s", [made.placement_id]
    )
    told = {"made_on": "2026-11-01", "made_at": "01:30", "late_reason": "The lines were down."}

    asked = send(**told)

    assert asked.status_code == 422
    assert "showed this time twice" in asked.get_data(as_text=True)
    assert 'name="which"' in asked.get_data(as_text=True)
    assert send(**told, which="second").status_code == 303
    assert actions()[0].made_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.abuse("T2")
def test_a_time_the_clocks_skipped_never_was(send, stand_still, made, admin):
    stand_still(datetime(2027, 3, 15, 17, tzinfo=UTC))

    answer = send(made_on="2027-03-14", made_at="02:30")

    assert answer.status_code == 422
    assert "never showed this time" in answer.get_data(as_text=True)


def test_with_two_zones_the_teller_says_which_clock(make, agency, browse, acting_as):
    made = make.account(agency=agency, zones=("America/New_York", "America/Los_Angeles"))
    visitor = browse()
    path = f"/agency/accounts/{made.id}/calls/new"
    page = visitor.get(path).get_data(as_text=True)

    visitor.post(
        path,
        {**GOOD, "request_key": key_of(page), "made_at": "10:30", "zone": "America/Los_Angeles"},
    )

    with acting_as(make.agent(agency)) as session:
        (action,) = session.scalars(select(Action).where(Action.account_id == made.id))
    assert action.made_at == datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def test_without_a_zone_on_file_the_readers_own_clock_counts(make, agency, browse):
    made = make.account(agency=agency, zones=())

    page = browse().get(f"/agency/accounts/{made.id}/calls/new").get_data(as_text=True)

    assert "As the clock shows it in Chicago." in page


@pytest.mark.abuse("B10")
def test_fields_the_form_does_not_have_change_nothing(send, actions, make, acting_as, made):
    other = make.agency()

    send(agency_id=str(other.id), bank_id=str(other.id), breach_count="0", made_by=str(other.id))

    (action,) = actions()
    assert action.agency_id != other.id
    assert action.made_by != other.id
    with acting_as(make.vendor_manager(made.bank)) as session:
        assert session.get_one(Placement, (made.bank_id, made.placement_id)).agency_id != other.id


def test_who_does_not_collect_gets_no_form(browse, made):
    answer = browse(Role.AGENCY_ADMIN).get(f"/agency/accounts/{made.id}/calls/new")

    assert answer.status_code == 403
