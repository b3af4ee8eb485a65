"""What a person said: in force from receipt, with the hold it brings, and whose it is to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.hold_ends import lift_own_stop
from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.holds import open_hold, release_hold
from portal.core.accounts.models import HoldState
from portal.core.accounts.said import Said
from portal.core.accounts.statements import (
    list_statements,
    open_statement_note,
    record_statement,
    settle_hold,
    withdraw_statement,
)
from portal.core.actions.contact import Deed, contact_facts, judge_contact, know_all, list_subjects
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.principal import Principal
from portal.core.rules import Channel, ConsentScope, Form, HoldKind, Place, Verdict
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
LATER = AT + timedelta(hours=1)
K = StatementKind


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


@pytest.fixture
def points(acting_as, made):
    """Return the person's contact points by their kind."""
    with acting_as(made.debtor) as session:
        rows = session.execute(select(ContactPoint.kind, ContactPoint.id)).all()
        return {row.kind: row.id for row in rows}


def _say(acting_as, actor, made, *, at=AT, **said):
    with acting_as(actor) as session:
        return record_statement(session, actor, made.debtor_id, Said(**said), at=at)


def _ask(acting_as, actor, made, channel, *, at=AT, point=None):
    with acting_as(actor) as session:
        subject = list_subjects(session, [made.id])[made.id]
        known = know_all(session, [subject], at=at)[made.bank_id, made.debtor_id]
        deed = Deed(channel=channel, at=at, contact_point_id=point)
        facts = contact_facts(subject, known, deed, made_by=actor.agency_id)
        return judge_contact(session, facts, subject)


def _codes(*arguments, **more):
    return {finding.code for finding in _ask(*arguments, **more).breaches}


def _holds(acting_as, actor, made):
    with acting_as(actor) as session:
        return [(hold.kind, hold.state) for hold in list_holds(session, debtor_id=made.debtor_id)]


def test_do_not_call_this_number_closes_calls_to_it_and_nothing_else(
    make, acting_as, made, agency, points
):
    agent = make.agent(agency)

    _say(
        acting_as,
        agent,
        made,
        kind=K.OPT_OUT,
        channel=Channel.CALL,
        contact_point_id=points["phone"],
    )

    assert "opted_out" in _codes(acting_as, agent, made, Channel.CALL, point=points["phone"])
    assert "opted_out" not in _codes(acting_as, agent, made, Channel.SMS, point=points["phone"])
    assert "opted_out" not in _codes(acting_as, agent, made, Channel.EMAIL, point=points["email"])


def test_a_number_without_a_channel_is_closed_to_all_that_reach_it(
    make, acting_as, made, agency, points
):
    agent = make.agent(agency)

    _say(acting_as, agent, made, kind=K.OPT_OUT, contact_point_id=points["phone"])

    for channel in (Channel.CALL, Channel.SMS):
        assert "opted_out" in _codes(acting_as, agent, made, channel, point=points["phone"])
    assert "opted_out_address_unknown" not in _codes(
        acting_as, agent, made, Channel.LETTER, point=points["address"]
    )


def test_a_wrong_number_is_closed_too_and_opened_again_with_it(
    make, acting_as, made, agency, points
):
    agent = make.agent(agency)

    said = _say(acting_as, agent, made, kind=K.WRONG_NUMBER, contact_point_id=points["phone"])
    closed = _codes(acting_as, agent, made, Channel.CALL, point=points["phone"])
    with acting_as(agent) as session:
        withdraw_statement(session, agent, said.id, at=LATER)

    assert said.kind is K.WRONG_NUMBER
    assert "opted_out" in closed
    assert "opted_out" not in _codes(
        acting_as, agent, made, Channel.CALL, point=points["phone"], at=LATER
    )


@pytest.mark.parametrize("form", list(Form))
def test_a_request_to_stop_holds_the_person_whatever_its_form(make, acting_as, made, agency, form):
    agent = make.agent(agency)

    _say(acting_as, agent, made, kind=K.CEASE, form=form)

    codes = _codes(acting_as, agent, made, Channel.LETTER)
    assert "on_hold" in codes
    assert ("ceased" in codes) is (form not in (Form.ORAL, Form.UNKNOWN))
    assert _holds(acting_as, agent, made) == [(HoldKind.CEASE, HoldState.OPENED)]


def test_an_attorney_is_named_under_seal_and_stands_between(make, acting_as, admin, made, agency):
    agent = make.agent(agency)

    said = _say(
        acting_as,
        agent,
        made,
        kind=K.REPRESENTATION,
        details={"attorney": True, "contact_known": True},
        note="Ms Vale of Vale and Orr, +1 212 555 0199",
    )

    assert {"represented", "on_hold"} <= _codes(acting_as, agent, made, Channel.CALL)
    stored = admin.execute(
        "SELECT detail_sealed FROM contact_statements WHERE id = %s", [said.id]
    ).fetchone()
    assert b"Vale" not in bytes(stored[0])
    with acting_as(agent) as session:
        kept = session.get_one(ContactStatement, (made.bank_id, said.id))
        assert open_statement_note(session, kept).startswith("Ms Vale")
    assert _holds(acting_as, agent, made) == [(HoldKind.ATTORNEY, HoldState.OPENED)]


def test_somebody_who_helps_without_being_an_attorney_brings_no_hold(make, acting_as, made, agency):
    _say(acting_as, make.agent(agency), made, kind=K.REPRESENTATION, details={"attorney": False})

    assert _holds(acting_as, make.agent(agency), made) == []


def test_a_dispute_holds_its_account_until_the_bank_answers_it(make, acting_as, made, agency):
    agent, manager = make.agent(agency), make.vendor_manager(made.bank)
    _say(
        acting_as,
        agent,
        made,
        kind=K.DISPUTE,
        account_id=made.id,
        form=Form.WRITING,
        details={"grounds": "paid_already"},
    )
    disputed = _codes(acting_as, agent, made, Channel.CALL)
    with acting_as(manager) as session:
        (hold,) = list_holds(session, debtor_id=made.debtor_id)

    with acting_as(manager) as session:
        settle_hold(session, manager, hold.id, reason="Proof was sent.", at=LATER, upheld=False)

    assert {"on_hold", "disputed"} <= disputed
    after = _codes(acting_as, agent, made, Channel.CALL, at=LATER + timedelta(minutes=1))
    assert not {"on_hold", "disputed"} & after


def test_a_dispute_the_person_won_leaves_a_question_for_a_person(make, acting_as, made, agency):
    agent, manager = make.agent(agency), make.vendor_manager(made.bank)
    _say(acting_as, agent, made, kind=K.DISPUTE, form=Form.WRITING)
    with acting_as(manager) as session:
        (hold,) = list_holds(session, debtor_id=made.debtor_id)
        settle_hold(session, manager, hold.id, reason="Paid in May.", at=LATER, upheld=True)

    answer = _ask(acting_as, agent, made, Channel.CALL, at=LATER + timedelta(minutes=1))

    assert answer.verdict is Verdict.REVIEW
    assert "dispute_upheld" in {finding.code for finding in answer.breaches}


def test_settling_ends_what_was_said_and_releasing_alone_does_not(make, acting_as, made, agency):
    agent, manager = make.agent(agency), make.vendor_manager(made.bank)
    _say(acting_as, agent, made, kind=K.CEASE, form=Form.WRITING)
    with acting_as(manager) as session:
        (hold,) = list_holds(session, debtor_id=made.debtor_id)
        release_hold(session, manager, hold.id, reason="A slip", at=LATER)
    released = _codes(acting_as, agent, made, Channel.CALL, at=LATER)
    with acting_as(manager) as session:
        again = open_hold(session, manager, made.debtor_id, kind=HoldKind.CEASE, at=LATER)
    with acting_as(manager) as session:
        settle_hold(session, manager, again.id, reason="They wrote anew.", at=LATER)

    assert "ceased" in released
    assert "ceased" not in _codes(acting_as, agent, made, Channel.CALL, at=LATER)


def test_a_barred_place_and_a_barred_time_deny_what_they_name(
    make, acting_as, admin, made, agency, points
):
    agent = make.agent(agency)
    admin.execute("UPDATE contact_points SET place = 'work' WHERE id = %s", [points["phone"]])

    _say(
        acting_as,
        agent,
        made,
        kind=K.BARRED_PLACE,
        place=Place.WORKPLACE,
        details={"by_employer": True},
    )
    _say(
        acting_as,
        agent,
        made,
        kind=K.BARRED_TIME,
        details={"opens": 720, "closes": 840, "days": [1]},
    )

    codes = _codes(acting_as, agent, made, Channel.CALL, point=points["phone"])
    assert {"barred_place", "barred_time"} <= codes


def test_a_leave_reopens_what_was_told_to_an_agency_but_not_what_the_person_closed(
    make, acting_as, made, agency
):
    agent = make.agent(agency)
    leave = {"kind": K.CONSENT, "scope": ConsentScope.MEDIUM, "channel": Channel.SMS}
    _say(acting_as, agent, made, kind=K.OPT_OUT, channel=Channel.SMS)
    _say(acting_as, agent, made, at=LATER, **leave)
    reopened = _codes(acting_as, agent, made, Channel.SMS, at=LATER)

    _say(acting_as, made.debtor, made, kind=K.OPT_OUT, channel=Channel.EMAIL)
    with pytest.raises(Conflict, match="own page"):
        _say(acting_as, agent, made, at=LATER, **{**leave, "channel": Channel.EMAIL})

    assert "opted_out" not in reopened


def test_a_leave_is_given_to_the_agency_that_records_it(make, acting_as, made, agency):
    agent, other = make.agent(agency), make.agency()
    leave = {"kind": K.CONSENT, "scope": ConsentScope.CALLBACK_CALLS}

    said = _say(acting_as, agent, made, **leave)

    assert said.given_to == agency.id
    with pytest.raises(Invalid, match="you alone"):
        _say(acting_as, agent, made, given_to=other.id, **leave)


@pytest.mark.abuse("T1")
def test_no_leave_is_claimed_for_the_past(make, acting_as, made, agency):
    with pytest.raises(Invalid, match="when it is recorded"):
        _say(
            acting_as,
            make.agent(agency),
            made,
            kind=K.CONSENT,
            scope=ConsentScope.CALLBACK_CALLS,
            received_at=AT - timedelta(hours=1),
        )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": K.CONSENT}, "scope"),
        ({"kind": K.CONSENT, "scope": ConsentScope.MEDIUM}, "channel"),
        ({"kind": K.CONSENT, "scope": ConsentScope.ADDRESS}, "channel"),
        (
            {"kind": K.CONSENT, "scope": ConsentScope.ADDRESS, "channel": Channel.SMS},
            "contact_point_id",
        ),
        ({"kind": K.BARRED_PLACE}, "place"),
        ({"kind": K.WRONG_NUMBER}, "contact_point_id"),
        ({"kind": K.BARRED_TIME, "details": {"opens": 5, "closes": 5}}, "opens"),
        ({"kind": K.BARRED_TIME, "details": {"days": []}}, "days"),
        ({"kind": K.CEASE, "received_at": AT + timedelta(hours=1)}, "received_on"),
        ({"kind": K.CEASE, "note": "x" * 2001}, "note"),
        ({"kind": K.CEASE, "details": {"attorney": True}}, None),
        ({"kind": K.DISPUTE, "details": {"disputed_amount": "much"}}, "disputed_amount"),
        ({"kind": K.DISPUTE, "details": {"disputed_amount": 0}}, "disputed_amount"),
    ],
)  # fmt: skip
def test_what_no_rule_could_read_is_refused_by_its_field(
    make, acting_as, made, agency, said, field
):
    with pytest.raises(Invalid) as refused:
        _say(acting_as, make.agent(agency), made, **said)

    assert refused.value.values.get("field") == field


def test_a_number_of_somebody_else_or_of_another_kind_is_refused(
    make, acting_as, made, agency, points
):
    agent, other = make.agent(agency), make.account(bank=made.bank)
    with acting_as(other.debtor) as session:
        strange = session.scalars(select(ContactPoint.id)).first()

    for said in (
        {"contact_point_id": strange},
        {"contact_point_id": points["email"], "channel": Channel.CALL},
    ):
        with pytest.raises(Invalid):
            _say(acting_as, agent, made, kind=K.OPT_OUT, **said)


def test_the_same_said_again_is_recorded_once(make, acting_as, made, agency):
    agent = make.agent(agency)

    first = _say(acting_as, agent, made, kind=K.OPT_OUT, channel=Channel.SMS)
    again = _say(acting_as, made.debtor, made, kind=K.OPT_OUT, channel=Channel.SMS, at=LATER)

    assert again.id == first.id


def test_something_received_earlier_has_what_came_after_judged_again(
    make, acting_as, admin, made, agency
):
    received = AT - timedelta(hours=5)

    _say(
        acting_as,
        make.agent(agency),
        made,
        kind=K.OPT_OUT,
        channel=Channel.SMS,
        received_at=received,
    )
    _say(acting_as, make.agent(agency), made, kind=K.CEASE, received_at=received)

    jobs = admin.execute(
        "SELECT args->>'since' FROM jobs.procrastinate_jobs WHERE task_name = 'judge_again'"
        " AND args->>'debtor_id' = %s",
        [str(made.debtor_id)],
    ).fetchall()
    assert jobs == [(received.isoformat(),)] * 2


def test_the_person_takes_back_their_own_stop_and_the_hold_goes_with_it(
    make, acting_as, admin, made, agency
):
    said = _say(acting_as, made.debtor, made, kind=K.CEASE, form=Form.ACCEPTED_ELECTRONIC)
    with acting_as(made.debtor) as session:
        withdraw_statement(session, made.debtor, said.id, at=LATER)
    jobs = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'lift_own_stop'"
        " AND args->>'debtor_id' = %s",
        [str(made.debtor_id)],
    ).fetchall()
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        lifted = lift_own_stop(session, system, made.debtor_id, at=LATER)

    assert (len(jobs), lifted) == (1, 1)
    assert not {"ceased", "on_hold"} & _codes(
        acting_as, make.agent(agency), made, Channel.CALL, at=LATER + timedelta(minutes=1)
    )


@pytest.mark.parametrize("side", ["agency", "bank"])
def test_nobody_else_withdraws_what_the_person_said_on_their_page(
    make, acting_as, made, agency, side
):
    said = _say(acting_as, made.debtor, made, kind=K.OPT_OUT, channel=Channel.CALL)
    actor = make.agent(agency) if side == "agency" else make.vendor_manager(made.bank)

    with pytest.raises(Conflict, match="own page"), acting_as(actor) as session:
        withdraw_statement(session, actor, said.id, at=LATER)


def test_an_agency_withdraws_a_slip_of_its_own_and_no_colleagues_record(
    make, acting_as, made, agency
):
    agent, colleague = make.agent(agency), make.agent(agency)
    said = _say(acting_as, agent, made, kind=K.OPT_OUT, channel=Channel.CALL)

    with pytest.raises(Conflict, match="Ask the bank"), acting_as(colleague) as session:
        withdraw_statement(session, colleague, said.id, at=LATER)
    with acting_as(agent) as session:
        withdraw_statement(session, agent, said.id, at=LATER)
    with pytest.raises(Conflict, match="withdrawn before"), acting_as(agent) as session:
        withdraw_statement(session, agent, said.id, at=LATER)


def test_strangers_neither_record_nor_see_a_statement(make, acting_as, made, agency):
    said = _say(acting_as, make.agent(agency), made, kind=K.OPT_OUT, channel=Channel.CALL)
    strangers = [
        make.agent(make.agency()),
        make.vendor_manager(make.bank()),
        make.account(bank=made.bank).debtor,
    ]

    for stranger in strangers:
        with acting_as(stranger) as session:
            assert list_statements(session, made.debtor_id) == []
        with pytest.raises(NotFound), acting_as(stranger) as session:
            withdraw_statement(session, stranger, said.id, at=LATER)
        with pytest.raises(NotFound):
            _say(acting_as, stranger, made, kind=K.CEASE)
