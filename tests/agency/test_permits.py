"""Permits on the agency's pages: asked, shown large, given back, left to a person, denied."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.parties.models import ContactPoint
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from tests.agency.conftest import NOW

NIGHT = datetime.fromisoformat("2026-11-24T22:00-05:00")


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def collector(make, agency, visit):
    """Return a collector with a row and a name, and their browser."""
    staff = make.staff(agency, Role.COLLECTOR)
    principal = Principal.staff(staff.side, agency.id, staff.id, Role.COLLECTOR)
    visitor = visit(principal)
    with visitor.client.session_transaction() as session:
        session["viewer"] = {"name": "T", "organisation": "T", "zone": "America/Chicago"}
    return visitor, principal, staff


@pytest.fixture
def permits(acting_as, make, agency, made):
    """Return the permits on the account, the oldest first."""

    def read() -> list[Permit]:
        with acting_as(make.agent(agency)) as session:
            return list(
                session.scalars(
                    select(Permit).where(Permit.account_id == made.id).order_by(Permit.id)
                )
            )

    return read


def ask(visitor, made, channel="call", **more):
    return visitor.post(f"/agency/accounts/{made.id}/permits", {"channel": channel, **more})


def text_of(answer) -> str:
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_a_granted_permit_is_shown_with_whom_which_number_and_until_when(
    collector, made, permits, acting_as
):
    visitor, principal, _ = collector
    with acting_as(principal) as session:
        phone = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()

    answer = ask(visitor, made, contact_point=str(phone))

    (permit,) = permits()
    assert answer.status_code == 303
    assert answer.location == f"/agency/permits/{permit.id}"
    page = text_of(visitor.get(answer.location))
    assert "You may make this contact" in page
    assert made.name in page
    assert made.phone[-4:] in page
    assert "24 November 2026, 2:10 PM EST" in page
    assert "24 November 2026, 1:10 PM CST" in page
    assert f"/agency/accounts/{made.id}/actions/new?channel=call" in page
    assert f"/agency/permits/{permit.id}/return" in page


def test_the_account_leads_with_a_button_for_each_channel_that_is_open(collector, made):
    visitor, _, _ = collector

    page = text_of(visitor.get(f"/agency/accounts/{made.id}"))
    panel = page[page.index('id="permits"') : page.index('id="timeline"')]

    assert re.findall(r'name="channel" value="(\w+)"', panel) == [
        "call",
        "sms",
        "email",
        "letter",
        "visit",
        "in_app",
    ]
    assert "Rule: read in the official text" in panel
    assert panel.count("Ask a person") == 2


def test_a_closed_channel_has_no_button_and_says_when_it_opens(browse, made, stand_still):
    stand_still(NIGHT)

    page = text_of(browse(Role.COLLECTOR).get(f"/agency/accounts/{made.id}"))
    panel = page[page.index('id="permits"') : page.index('id="timeline"')]

    assert re.findall(r'name="channel" value="(\w+)"', panel) == ["letter"]
    assert "25 November 2026, 8:00 AM EST" in panel
    assert "25 November 2026, 7:00 AM CST" in panel


def test_the_contacts_a_limit_counts_are_shown_and_those_of_others_only_counted(
    make, agency, made, acting_as, collector
):
    visitor, principal, _ = collector
    for minutes in (90, 60):
        at = NOW - timedelta(minutes=minutes)
        with acting_as(principal) as session:
            log_call(session, principal, made.id, outcome=Outcome.BUSY, made_at=at, now=NOW)
            log_call(session, principal, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=NOW)

    page = text_of(visitor.get(f"/agency/accounts/{made.id}"))

    assert "2 contacts counted" in page
    assert "24 November 2026, 11:30 AM CST</time> · Phone call · No answer" in page


def test_one_sees_ones_own_permit_on_the_account_and_a_colleague_sees_a_no(browse, collector, made):
    visitor, _, _ = collector
    ask(visitor, made)

    own = text_of(visitor.get(f"/agency/accounts/{made.id}"))
    others = text_of(browse(Role.COLLECTOR).get(f"/agency/accounts/{made.id}"))

    assert "Your permit" in own
    assert "until 24 November 2026, 1:10 PM CST" in own
    assert "From 1:10 PM" not in own
    assert "Your permit" not in others
    assert "From 1:10 PM" in others


@pytest.mark.abuse("T4")
def test_a_colleague_cannot_ask_while_a_permit_is_open_and_the_denial_is_on_record(
    browse, collector, made, permits
):
    ask(collector[0], made)
    colleague = browse(Role.COLLECTOR)

    answer = ask(colleague, made)

    page = text_of(colleague.get(answer.location))
    assert "Do not make this contact" in page
    assert "Next allowed:" in page
    assert "That it was asked and denied is on record." in page
    assert [permit.state for permit in permits()] == [PermitState.GRANTED, PermitState.DENIED]


@pytest.mark.abuse("T4")
def test_an_action_uses_the_permit_up_and_the_next_one_has_none(
    collector, made, permits, stand_still
):
    visitor, _, _ = collector
    ask(visitor, made)

    first = log(visitor, made)
    second = log(visitor, made, outcome="not_in_service")

    assert "Your permit covered it." in first
    assert "No permit was asked for it." in second
    assert [permit.state for permit in permits()] == [PermitState.USED]


@pytest.mark.abuse("T4")
@pytest.mark.parametrize(
    ("who", "channel", "after"),
    [
        ("colleague", "call", timedelta(minutes=1)),
        ("self", "letter", timedelta(minutes=1)),
        ("self", "call", timedelta(minutes=11)),
    ],
)
def test_somebody_else_another_channel_or_too_late_is_not_covered(
    browse, collector, made, permits, stand_still, who, channel, after
):
    visitor, _, _ = collector
    ask(visitor, made)
    stand_still(NOW + after)
    teller = visitor if who == "self" else browse(Role.COLLECTOR)

    page = log(teller, made, channel, at=NOW + after)

    assert "No permit was asked for it." in page
    assert [permit.state for permit in permits()] == [PermitState.GRANTED]


def log(visitor, made, channel="call", at=NOW, outcome="no_answer") -> str:
    """Log one contact made just now; return the page that follows."""
    path = f"/agency/accounts/{made.id}/actions/new?channel={channel}"
    form = visitor.get(path).get_data(as_text=True)
    key = re.search(r'name="request_key"[^>]*value="([^"]+)"', form).group(1)
    local = at.astimezone(datetime.fromisoformat("2026-11-24T12:00-05:00").tzinfo)
    outcome = "delivered" if channel == "letter" else outcome
    answer = visitor.post(
        path,
        {
            "request_key": key,
            "outcome": outcome,
            "direction": "outbound",
            "role": "consumer",
            "made_on": local.date().isoformat(),
            "made_at": f"{local:%H:%M}",
            "zone": "America/New_York",
        },
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return text_of(visitor.get(answer.location))


def test_a_permit_given_back_is_open_no_more_and_another_may_ask(browse, collector, made, permits):
    visitor, _, _ = collector
    path = ask(visitor, made).location

    answer = visitor.post(f"{path}/return")

    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    assert "given back" in text_of(visitor.get(answer.location))
    ask(browse(Role.COLLECTOR), made)
    assert [permit.state for permit in permits()] == [PermitState.RETURNED, PermitState.GRANTED]


def test_nobody_gives_back_what_somebody_else_holds(browse, collector, made):
    path = ask(collector[0], made).location
    colleague = browse()
    colleague.get(f"/agency/accounts/{made.id}")

    assert colleague.post(f"{path}/return").status_code == 404


def test_a_question_waits_in_the_managers_queue_and_is_granted_with_a_reason(
    make, agency, visit, collector, made, permits
):
    visitor, _, staff = collector
    path = ask(visitor, made, "sms").location
    waiting = text_of(visitor.get(path))
    assert "A person has to decide" in waiting
    assert "/decision" not in waiting
    manager = visit(make.agent(agency))
    queue = text_of(manager.get("/agency/permits"))
    assert made.name in queue
    assert staff.name in queue
    assert "came to be known is not on file" in queue
    manager.get(path)

    answer = manager.post(f"{path}/decision", {"answer": "grant", "reason": "The bank has it."})

    assert (answer.status_code, answer.location) == (303, "/agency/permits")
    (permit,) = permits()
    assert (permit.state, permit.decision_reason) == (PermitState.GRANTED, "The bank has it.")
    assert "You may make this contact" in text_of(visitor.get(path))


def test_a_refused_question_stands_in_the_queue_with_its_reason(
    make, agency, visit, collector, made
):
    path = ask(collector[0], made, "sms").location
    manager = visit(make.agent(agency))
    manager.get(path)

    manager.post(f"{path}/decision", {"answer": "refuse", "reason": "Write a letter instead."})

    queue = text_of(manager.get("/agency/permits"))
    assert "Write a letter instead." in queue
    assert "Refused by a person" in queue
    assert "Refused by a person" in text_of(collector[0].get(path))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"answer": "", "reason": "x"}, "Choose yes or no."),
        ({"answer": "grant", "reason": ""}, "Give a reason, at most 1000 characters."),
        ({"answer": "grant", "reason": "x" * 1001}, "Give a reason, at most 1000 characters."),
    ],
)
def test_a_decision_without_an_answer_or_a_reason_is_none(
    make, agency, visit, collector, made, permits, values, message
):
    path = ask(collector[0], made, "sms").location
    manager = visit(make.agent(agency))
    manager.get(path)

    answer = manager.post(f"{path}/decision", values)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert permits()[0].state is PermitState.ASKED


def test_who_asked_does_not_decide_and_is_told_so(browse, made, permits):
    manager = browse()
    path = ask(manager, made, "sms").location
    assert "/decision" not in text_of(manager.get(path))

    answer = manager.post(f"{path}/decision", {"answer": "grant", "reason": "I may."})

    assert answer.status_code == 422
    assert "You asked this yourself." in text_of(answer)
    assert permits()[0].state is PermitState.ASKED


def test_the_page_of_a_waiting_question_looks_again_by_itself(make, agency, visit, collector, made):
    visitor, _, _ = collector
    path = ask(visitor, made, "sms").location
    manager = visit(make.agent(agency))

    before = visitor.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
    manager.get(path)
    manager.post(f"{path}/decision", {"answer": "grant", "reason": "Yes."})
    after = visitor.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)

    assert "<html" not in before
    assert f'hx-get="{path}"' in before
    assert "hx-get" not in after
    assert "It has been decided" in after


def test_the_form_asks_for_somebody_else_and_keeps_wrong_pairs_out(
    browse, made, permits, acting_as, make, agency
):
    visitor = browse(Role.COLLECTOR)
    page = text_of(visitor.get(f"/agency/accounts/{made.id}/permits?channel=visit"))
    assert re.search(r'<input checked[^>]*value="visit"', page)
    with acting_as(make.agent(agency)) as session:
        email = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "email"
            )
        ).one()

    wrong = ask(visitor, made, "call", contact_point=str(email))
    right = ask(visitor, made, "call", role="consumer_attorney", purpose="at_debtor_request")

    assert wrong.status_code == 422
    assert "Choose a number or address that fits the channel." in text_of(wrong)
    assert right.status_code == 303
    (permit,) = permits()
    assert (permit.target, permit.purpose) == ("consumer_attorney", "at_debtor_request")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Choose how you will contact them."),
        ({"channel": "pigeon"}, "valid choice"),
        ({"channel": "unknown"}, "valid choice"),
        ({"channel": "call", "role": "creditor"}, "valid choice"),
        ({"channel": "call", "contact_point": "../etc"}, "valid choice"),
    ],
)
def test_what_cannot_be_asked_for_is_answered_at_its_field(browse, made, permits, values, message):
    visitor = browse(Role.COLLECTOR)

    answer = visitor.post(f"/agency/accounts/{made.id}/permits", values)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert permits() == []


def test_a_machine_is_answered_in_json(browse, made, permits):
    visitor = browse(Role.COLLECTOR)
    visitor.get(f"/agency/accounts/{made.id}")
    options = {
        "headers": {"Accept": "application/json", "X-CSRFToken": visitor.token},
        "json": {"channel": "call"},
    }

    answer = visitor.client.post(f"/agency/accounts/{made.id}/permits", **options)

    told = answer.get_json()
    (permit,) = permits()
    assert answer.status_code == 201
    assert told["permit_id"] == str(permit.id)
    assert (told["state"], told["verdict"]) == ("granted", "allow")
    assert told["expires_at"] == (NOW + timedelta(minutes=10)).isoformat()


def test_a_machine_is_told_the_rules_and_when_it_may_ask_again(browse, made, stand_still):
    stand_still(NIGHT)
    visitor = browse(Role.COLLECTOR)
    visitor.get(f"/agency/accounts/{made.id}")

    told = visitor.client.post(
        f"/agency/accounts/{made.id}/permits",
        data={"channel": "call", "csrf_token": visitor.token},
        headers={"Accept": "application/json"},
    ).get_json()

    assert told["verdict"] == "violation"
    assert datetime.fromisoformat(told["next_allowed_at"]) == datetime.fromisoformat(
        "2026-11-25T08:00-05:00"
    )
    (rule,) = [each for each in told["rules"] if each["verdict"] != "allow"]
    assert (rule["rule"], rule["confidence"]) == ("US-REGF-6B1-HOURS", "official")
    assert "outside the hours allowed there" in told["reasons"][0]


@pytest.mark.parametrize("body", ["[1, 2]", '"call"', "{}", '{"channel": 5}', "not json"])
def test_what_a_machine_gets_wrong_is_answered_and_never_an_error_of_ours(
    browse, made, permits, body
):
    visitor = browse(Role.COLLECTOR)
    visitor.get(f"/agency/accounts/{made.id}")

    answer = visitor.client.post(
        f"/agency/accounts/{made.id}/permits",
        data=body,
        content_type="application/json",
        headers={"Accept": "application/json", "X-CSRFToken": visitor.token},
    )

    assert answer.status_code in (400, 422)
    assert permits() == []


def test_a_machine_without_the_token_of_its_session_is_refused(browse, made, permits):
    visitor = browse(Role.COLLECTOR)
    visitor.get(f"/agency/accounts/{made.id}")

    answer = visitor.client.post(
        f"/agency/accounts/{made.id}/permits",
        data=json.dumps({"channel": "call"}),
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert permits() == []


@pytest.mark.parametrize(
    ("role", "may_ask", "may_decide"),
    [
        (Role.COLLECTOR, True, False),
        (Role.AGENCY_MANAGER, True, True),
        (Role.AGENCY_ADMIN, False, False),
    ],
)
def test_each_role_can_do_what_it_may_and_nothing_else(
    make, agency, browse, made, acting_as, role, may_ask, may_decide
):
    asker = make.agent(agency, Role.COLLECTOR)
    with acting_as(asker) as session:
        asked = ask_permit(session, asker, made.id, Channel.SMS, at=NOW)
    visitor, path = browse(role), f"/agency/permits/{asked.id}"

    assert visitor.get("/agency/permits").status_code == 200
    assert visitor.get(path).status_code == 200
    visitor.get("/agency/accounts")
    decided = visitor.post(f"{path}/decision", {"answer": "refuse", "reason": "No."})
    assert decided.status_code == (303 if may_decide else 403)
    assert ask(visitor, made).status_code == (303 if may_ask else 403)


@pytest.mark.abuse("A13")
def test_that_a_number_was_seen_on_a_permit_is_on_record(collector, made, acting_as, admin):
    visitor, principal, _ = collector
    with acting_as(principal) as session:
        phone = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()

    visitor.get(ask(visitor, made, contact_point=str(phone)).location)

    (count,) = admin.execute(
        "SELECT count(*) FROM audit_rows WHERE verb = 'debtor.viewed' AND subject_id = %s",
        [made.debtor_id],
    ).fetchone()
    assert count == 1
