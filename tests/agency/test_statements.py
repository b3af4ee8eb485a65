"""The person said…: written down once, binding everybody, and seen on the account's page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.agency.queries_head import account_head
from portal.agency.queries_person import known_of_person
from portal.agency.sayings import SAYINGS
from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.holds import open_hold
from portal.core.accounts.statements import list_statements
from portal.core.parties.models import ContactPoint, StatementKind
from portal.core.parties.wishes import find_wish, set_wishes
from portal.core.permissions import Role
from portal.core.rules import Channel, ConsentScope, Form, HoldKind
from tests.agency.conftest import NOW

#: One in the afternoon in Chicago, where the test's collector works: an hour before now.
GOOD = {"form": "oral", "received_on": "2026-11-24", "received_at": "12:00", "note": ""}


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def points(acting_as, made):
    with acting_as(made.debtor) as session:
        rows = session.execute(select(ContactPoint.kind, ContactPoint.id)).all()
        return {row.kind: row.id for row in rows}


def _path(made, said=""):
    path = f"/agency/accounts/{made.id}/statements/new"
    return f"{path}?said={said}" if said else path


def _said(acting_as, made):
    with acting_as(made.debtor) as session:
        return list_statements(session, made.debtor_id)


def _known(make, acting_as, agency, made, role=Role.COLLECTOR, agent=None):
    agent = agent or make.agent(agency, role)
    with acting_as(agent) as session:
        return known_of_person(session, agent, account_head(session, made.id), at=NOW)


def test_everything_a_person_may_say_is_offered(browse, made):
    page = browse(Role.COLLECTOR).get(_path(made)).get_data(as_text=True)

    for code in SAYINGS:
        assert f"?said={code}" in page
    assert f"/agency/accounts/{made.id}/wishes" in page


@pytest.mark.parametrize("said", list(SAYINGS))
def test_each_has_a_form_of_its_own(browse, made, said):
    answer = browse(Role.COLLECTOR).get(_path(made, said))

    assert answer.status_code == 200
    assert "How did they say it?" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("said", "typed", "kind", "hold"),
    [
        ("stop", {}, StatementKind.CEASE, HoldKind.CEASE),
        ("speaker", {"speaker": "attorney"}, StatementKind.REPRESENTATION, HoldKind.ATTORNEY),
        ("speaker", {"speaker": "other"}, StatementKind.REPRESENTATION, None),
        ("dispute", {"grounds": "wrong_amount"}, StatementKind.DISPUTE, HoldKind.DISPUTE),
        ("place", {"place": "workplace"}, StatementKind.BARRED_PLACE, None),
        ("hardship", {}, None, HoldKind.HARDSHIP),
        ("bereavement", {}, None, HoldKind.BEREAVEMENT),
        ("bankruptcy", {"ref": "26-10451"}, None, HoldKind.BANKRUPTCY),
        ("complaint", {}, None, HoldKind.COMPLAINT),
        (
            "breathing_space",
            {"starts_on": "2026-11-24", "ends_on": "2027-01-22"},
            None,
            HoldKind.BREATHING_SPACE,
        ),
    ],
)
def test_what_was_said_is_on_record_with_the_hold_it_brings(
    browse, acting_as, made, said, typed, kind, hold
):
    answer = browse(Role.COLLECTOR).post(_path(made, said), {**GOOD, **typed})

    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    assert [row.kind for row in _said(acting_as, made)] == ([kind] if kind else [])
    with acting_as(made.debtor) as session:
        holds = list_holds(session)
    assert [each.kind for each in holds] == ([hold] if hold else [])
    assert all(each.received_at == datetime.fromisoformat("2026-11-24T18:00Z") for each in holds)


def test_a_number_is_closed_to_the_way_chosen(browse, acting_as, made, points):
    browse(Role.COLLECTOR).post(_path(made, "closed"), {**GOOD, "what": f"sms:{points['phone']}"})

    (row,) = _said(acting_as, made)
    assert (row.channel, row.contact_point_id, row.form) == ("sms", points["phone"], "oral")


def test_a_wrong_number_is_written_down_and_closed(browse, acting_as, made, points):
    browse(Role.COLLECTOR).post(
        _path(made, "wrong"), {**GOOD, "contact_point_id": str(points["phone"])}
    )

    kinds = sorted((row.kind.value, row.channel) for row in _said(acting_as, made) if row.channel)
    assert kinds == [("opt_out", "call"), ("opt_out", "sms")]
    assert StatementKind.WRONG_NUMBER in {row.kind for row in _said(acting_as, made)}


def test_a_dispute_is_about_the_account_and_its_amount(browse, acting_as, made):
    browse(Role.COLLECTOR).post(
        _path(made, "dispute"),
        {
            **GOOD,
            "about": "account",
            "grounds": "paid_already",
            "disputed_amount": "150.00",
            "asks_original_creditor": "y",
        },
    )

    (row,) = _said(acting_as, made)
    assert row.account_id == made.id
    assert row.details == {
        "grounds": "paid_already",
        "disputed_amount": 15_000,
        "asks_original_creditor": True,
    }


def test_a_leave_counts_from_now_for_this_agency(browse, acting_as, agency, made):
    now = {**GOOD, "received_at": "13:00"}

    browse(Role.COLLECTOR).post(_path(made, "leave"), {**now, "what": "callback:"})
    late = browse(Role.COLLECTOR).post(_path(made, "leave"), {**GOOD, "what": "sms:"})

    (row,) = _said(acting_as, made)
    assert (row.given_to, row.scope) == (agency.id, ConsentScope.CALLBACK_CALLS)
    assert late.status_code == 422
    assert "Leave counts from when it is recorded" in late.get_data(as_text=True)


@pytest.mark.parametrize(
    ("said", "typed", "says"),
    [
        ("stop", {"received_on": "2026-11-25"}, "This lies in the future"),
        ("stop", {"received_on": ""}, "Enter the day they said it."),
        ("stop", {"received_on": "2026-03-08", "received_at": "02:30"}, "never showed this time"),
        ("dispute", {"grounds": "other", "disputed_amount": "lots"}, "is not an amount"),
        ("breathing_space", {}, "Enter the first day."),
        ("hardship", {"note": "x" * 2001}, "Shorten the note"),
        ("closed", {"what": "sms:nonsense"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_told_with_its_cure(browse, acting_as, made, said, typed, says):
    answer = browse(Role.COLLECTOR).post(_path(made, said), {**GOOD, **typed})

    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert _said(acting_as, made) == []


def test_wishes_are_written_down_and_never_beyond_the_persons_own(browse, acting_as, made):
    ways = {"channels": ["sms"], "days": ["0", "1", "2", "3", "4", "5", "6"]}
    path = f"/agency/accounts/{made.id}/wishes"
    with acting_as(made.debtor) as session:
        set_wishes(
            session, made.debtor, made.debtor_id, channels={Channel.SMS, Channel.EMAIL}, at=NOW
        )

    looser = browse(Role.COLLECTOR).post(path, {**ways, "channels": ["sms", "call"]})
    tighter = browse(Role.COLLECTOR).post(path, ways)

    assert looser.status_code == 422
    assert "The person set this on their own page" in looser.get_data(as_text=True)
    assert tighter.status_code == 303
    with acting_as(made.debtor) as session:
        assert find_wish(session, made.bank_id, made.debtor_id).channels == ["sms"]


def test_the_panel_shows_wishes_holds_and_statements_whoever_recorded_them(
    make, acting_as, browse, agency, made
):
    manager = make.vendor_manager(made.bank)
    with acting_as(made.debtor) as session:
        set_wishes(session, made.debtor, made.debtor_id, write_only=True, at=NOW)
    with acting_as(manager) as session:
        open_hold(
            session, manager, made.debtor_id, kind=HoldKind.LITIGATION, at=NOW, note="for the bank"
        )
    browse(Role.COLLECTOR).post(_path(made, "stop"), {**GOOD, "note": "said it twice"})

    known = _known(make, acting_as, agency, made)

    assert [line.text for line in known.wishes] == [
        "Text messages, e-mail, letters, and messages on these pages"
    ]
    assert {(line.name, line.note) for line in known.held} == {
        ("Before a court", ""),
        ("Asked to stop", "said it twice"),
    }
    (said,) = known.said
    assert (said.text, said.how, said.note, said.may_withdraw) == (
        "Stop contacting me",
        "By word of mouth",
        "",
        False,
    )
    assert known.may_record


def test_a_hold_whose_days_are_over_is_no_longer_shown(make, acting_as, agency, made):
    manager = make.vendor_manager(made.bank)
    today = NOW.date()
    with acting_as(manager) as session:
        open_hold(
            session,
            manager,
            made.debtor_id,
            kind=HoldKind.BREATHING_SPACE,
            starts_on=today - timedelta(days=9),
            ends_on=today - timedelta(days=1),
            received_at=NOW - timedelta(days=9),
            at=NOW - timedelta(days=8),
        )

    assert _known(make, acting_as, agency, made).held == ()


def test_who_only_administers_records_nothing(make, acting_as, browse, agency, made):
    admin = browse(Role.AGENCY_ADMIN)

    assert admin.get(_path(made)).status_code == 403
    assert not _known(make, acting_as, agency, made, role=Role.AGENCY_ADMIN).may_record


def test_a_slip_is_withdrawn_by_whoever_made_it_and_by_no_colleague(
    browse, acting_as, made, points
):
    collector, colleague = browse(Role.COLLECTOR), browse(Role.COLLECTOR)
    collector.post(_path(made, "closed"), {**GOOD, "what": "call:"})
    (row,) = _said(acting_as, made)
    path = f"/agency/accounts/{made.id}/statements/{row.id}/withdraw"

    colleague.get(_path(made))
    colleague.post(path)
    kept = _said(acting_as, made)
    answer = collector.post(path)

    assert len(kept) == 1
    assert (answer.status_code, answer.location) == (303, f"/agency/accounts/{made.id}")
    assert _said(acting_as, made) == []


def test_another_agencys_account_does_not_exist(make, browse, made):
    other = make.account(agency=make.agency())

    visitor = browse(Role.COLLECTOR)
    for path in (_path(other), _path(other, "stop"), f"/agency/accounts/{other.id}/wishes"):
        assert visitor.get(path).status_code == 404


def test_forms_of_saying_are_those_the_rules_know(browse, made):
    page = browse(Role.COLLECTOR).get(_path(made, "stop")).get_data(as_text=True)

    for form in Form:
        assert (f'value="{form.value}"' in page) is (form is not Form.UNKNOWN)
