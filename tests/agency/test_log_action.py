"""Logging what was done through every channel, and being asked before a rule is broken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.models import Hold, HoldOwner, HoldState
from portal.core.actions.models import Action
from portal.core.db import uuid7
from portal.core.parties.models import ContactPoint
from portal.core.permissions import Role
from portal.core.rules import HoldKind
from tests.agency.conftest import NOW
from tests.support.factories import NOON

NIGHT = datetime.fromisoformat("2026-11-24T22:00-05:00")
WRITTEN = {"delivered", "undelivered", "unknown"}
SPOKEN = {
    *("conversation", "answered_dropped", "answered_terminated", "no_answer", "voicemail_left"),
    *("voicemail_full", "limited_content_message", "busy", "not_in_service"),
}
OFFERED = {
    "call": SPOKEN,
    "sms": WRITTEN,
    "email": WRITTEN,
    "letter": WRITTEN,
    "in_app": WRITTEN,
    "visit": {"conversation", "no_answer", "answered_terminated"},
}
ADDRESSES = {
    "call": "phone",
    "sms": "phone",
    "email": "email",
    "letter": "address",
    "visit": "address",
    "in_app": None,
}


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def send(browse, made):
    """Open the form of a channel and send it with some values changed; None leaves one out."""

    def send_form(channel="call", visitor=None, **changed):
        visitor = visitor or browse(Role.COLLECTOR)
        path = f"/agency/accounts/{made.id}/actions/new?channel={channel}"
        page = visitor.get(path).get_data(as_text=True)
        values = {
            "request_key": re.search(r'name="request_key"[^>]*value="([^"]+)"', page).group(1),
            "outcome": "no_answer" if channel in ("call", "visit") else "delivered",
            "direction": "outbound",
            "role": "consumer",
            "made_on": "2026-11-24",
            "made_at": "12:30",
            "zone": "America/New_York",
            **changed,
        }
        return visitor.post(path, {k: v for k, v in values.items() if v is not None})

    return send_form


@pytest.fixture
def actions(acting_as, make, agency, made):
    """Return the actions on the account as the agency sees them."""

    def read() -> list[Action]:
        with acting_as(make.agent(agency)) as session:
            return list(
                session.scalars(
                    select(Action).where(Action.account_id == made.id).order_by(Action.id)
                )
            )

    return read


@pytest.fixture
def point(acting_as, make, agency, made):
    """Return the id of a contact point of a kind."""

    def find(kind: str) -> str:
        with acting_as(make.agent(agency)) as session:
            return str(
                session.scalars(
                    select(ContactPoint.id).where(
                        ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == kind
                    )
                ).one()
            )

    return find


@pytest.fixture
def hold(acting_as, make, agency, made):
    """Put the account on hold."""

    def open_hold(received_at=NOON - timedelta(days=1)):
        agent = make.agent(agency)
        with acting_as(agent) as session:
            session.add(
                Hold(
                    bank_id=made.bank_id,
                    id=uuid7(),
                    debtor_id=made.debtor_id,
                    account_id=made.id,
                    agency_ids=[agency.id],
                    kind=HoldKind.DISPUTE,
                    state=HoldState.ACTIVE,
                    owner=HoldOwner.BANK,
                    received_at=received_at,
                    opened_side=agent.side,
                    opened_by=agent.user_id,
                )
            )

    return open_hold


@pytest.mark.parametrize("channel", OFFERED)
def test_each_channel_offers_its_own_outcomes_and_addresses(browse, made, channel, point):
    page = browse().get(f"/agency/accounts/{made.id}/actions/new?channel={channel}")
    form = page.get_data(as_text=True)

    assert set(re.findall(r'name="outcome"[^>]*value="(\w+)"', form)) == OFFERED[channel]
    kind = ADDRESSES[channel]
    for other in ("phone", "email", "address"):
        assert (f'value="{point(other)}"' in form) is (other == kind)


@pytest.mark.parametrize("channel", OFFERED)
def test_every_outcome_of_every_channel_can_be_logged(send, actions, channel):
    for number, outcome in enumerate(sorted(OFFERED[channel])):
        answer = send(channel, outcome=outcome, made_at=f"12:{30 + number}")
        assert answer.status_code == 303

    found = [(each.channel, each.outcome) for each in actions()]
    assert found == [(channel, outcome) for outcome in sorted(OFFERED[channel])]


def test_all_that_was_told_is_kept(send, actions, point):
    send(
        "sms",
        outcome="undelivered",
        direction="outbound",
        role="guarantor",
        contact_point=point("phone"),
        purpose="at_debtor_request",
        note="asked for it on the phone",
    )

    (action,) = actions()
    assert (action.target, action.purpose, str(action.contact_point_id)) == (
        "guarantor",
        "at_debtor_request",
        point("phone"),
    )
    assert action.note_sealed is not None


def test_an_unknown_channel_in_the_address_is_a_call(browse, made):
    page = browse().get(f"/agency/accounts/{made.id}/actions/new?channel=pigeon")

    assert 'value="voicemail_left"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("channel", "outcome"), [("sms", "conversation"), ("visit", "busy"), ("call", "delivered")]
)
def test_an_outcome_of_another_channel_is_refused(send, actions, channel, outcome):
    answer = send(channel, outcome=outcome)

    assert answer.status_code == 422
    assert actions() == []


def test_another_persons_number_is_not_on_the_list(make, agency, acting_as, send, actions):
    other = make.account(agency=agency)
    with acting_as(make.agent(agency)) as session:
        strange = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == other.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()

    answer = send(contact_point=str(strange))

    assert answer.status_code == 422
    assert actions() == []


def test_what_breaks_a_rule_right_now_is_shown_first_and_logged_once_confirmed(
    browse, send, actions, stand_still
):
    stand_still(NIGHT)
    visitor = browse(Role.COLLECTOR)

    asked = send(visitor=visitor, made_at="22:00")
    page = asked.get_data(as_text=True).replace("\u00a0", " ")

    assert asked.status_code == 422
    assert "This contact breaks a rule" in page
    assert "10:00 PM in New York is outside the hours allowed there" in page
    assert "12 CFR 1006.6(b)(1)(i)" in page
    assert 'name="confirm"' in page
    assert actions() == []
    done = send(visitor=visitor, made_at="22:00", confirm="y")
    assert done.status_code == 303
    assert actions()[0].breach_count == 1
    after = visitor.get(done.location).get_data(as_text=True).replace("\u00a0", " ")
    assert "It broke a rule: 10:00 PM in New York is outside the hours allowed there" in after


@pytest.mark.parametrize("made_at", ["21:40", "21:50"])
def test_what_is_over_is_logged_without_being_asked(send, actions, stand_still, made_at):
    stand_still(NIGHT + timedelta(minutes=1))

    assert send(made_at=made_at).status_code == 303
    assert actions()[0].breach_count == 1


def test_what_the_other_side_began_is_not_asked_about(send, actions, stand_still):
    stand_still(NIGHT)

    assert send(made_at="22:00", direction="inbound", outcome="conversation").status_code == 303
    assert len(actions()) == 1


def test_a_contact_within_the_rules_is_logged_at_once(send, actions):
    assert send(made_at="14:00").status_code == 303
    assert actions()[0].breach_count == 0


@pytest.mark.abuse("T1")
def test_a_contact_told_of_a_day_later_needs_a_reason(send, actions, stand_still):
    stand_still(NOW + timedelta(days=2))

    without = send(made_at="12:30")
    with_one = send(made_at="12:30", late_reason="The lines were down.")

    assert without.status_code == 422
    assert "Say why this is told now." in without.get_data(as_text=True)
    assert 'id="late_reason"' in without.get_data(as_text=True)
    assert with_one.status_code == 303
    assert [each.late_reason for each in actions()] == ["The lines were down."]


@pytest.mark.abuse("T1")
def test_a_contact_while_a_hold_stands_needs_a_reason(browse, send, actions, hold):
    hold()

    visitor = browse(Role.COLLECTOR)
    without = send(visitor=visitor, confirm="y")
    with_one = send(visitor=visitor, confirm="y", late_reason="They asked for a call.")

    assert without.status_code == 422
    assert "The account is on hold: say why it was contacted." in without.get_data(as_text=True)
    assert with_one.status_code == 303
    page = visitor.get(with_one.location).get_data(as_text=True)
    assert "Reason given: They asked for a call." in page


def test_the_timeline_says_how_whom_and_whether_it_had_been_asked_for(browse, send, made):
    visitor = browse(Role.COLLECTOR)
    send("visit", visitor=visitor, outcome="conversation", role="spouse")

    page = visitor.get(f"/agency/accounts/{made.id}").get_data(as_text=True)

    assert "Visit: Met and spoke" in page
    assert "Reached: Spouse" in page
    assert "Without a permit" in page


def test_a_breach_stands_in_the_timeline_with_its_state_and_the_way_to_explain_it(
    browse, send, made, stand_still, app
):
    stand_still(NIGHT + timedelta(minutes=30))
    visitor = browse()
    send(visitor=visitor, made_at="22:00")

    page = visitor.get(f"/agency/accounts/{made.id}").get_data(as_text=True)

    assert re.search(r"Not allowed</span> <span[^>]*>Open</span>", page)
    assert re.search(r'href="/agency/breaches/[0-9a-f-]+/explain"', page)


def test_a_letter_logged_by_hand_stands_in_the_timeline(browse, send, made):
    visitor = browse(Role.COLLECTOR)
    send("letter", visitor=visitor, made_at="12:40")

    page = visitor.get(f"/agency/accounts/{made.id}").get_data(as_text=True)

    assert "Letter: Delivered" in page


def test_the_form_begins_with_what_a_permit_was_given_for(browse, made, point):
    visitor = browse(Role.COLLECTOR)
    visitor.get(f"/agency/accounts/{made.id}")
    answer = visitor.post(
        f"/agency/accounts/{made.id}/permits",
        {"channel": "call", "contact_point": point("phone"), "role": "spouse"},
    )
    shown = visitor.get(answer.location).get_data(as_text=True)
    link = re.search(r'href="(/agency/accounts/[^"]+/actions/new[^"]*)"', shown).group(1)

    form = visitor.get(link.replace("&amp;", "&")).get_data(as_text=True)

    assert f'selected value="{point("phone")}"' in form
    assert 'selected value="spouse"' in form
    assert "You hold a permit for this" in form


def test_a_time_in_the_running_minute_is_the_instant_it_was_sent(send, actions, stand_still):
    now = NOW + timedelta(seconds=25)
    stand_still(now)

    send("letter", made_at="14:00")

    assert actions()[0].made_at == now.astimezone(UTC)
