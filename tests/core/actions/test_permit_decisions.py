"""What a permit still covers when more is known: another number, the words, a later hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import ask_permit, grant_asked, return_permit
from portal.core.actions.service import Told, log_action
from portal.core.errors import Conflict
from portal.core.parties.models import ContactPoint
from portal.core.permissions import Role
from portal.core.rules import Channel, Message, Outcome
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
SOON = AT + timedelta(minutes=1)
GOOD_WORDS = Message(
    languages=("en",),
    disclosures=(("initial", "en"),),
    optout_present=True,
    optout_method="reply_stop",
    optout_clear=True,
)


@pytest.fixture
def placed(make):
    """An account placed with an agency, and a collector of it."""
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency, Role.COLLECTOR)


@pytest.fixture
def points(acting_as, placed):
    """Return the ids of the person's telephone, e-mail address and address."""
    made, agent = placed
    with acting_as(agent) as session:
        rows = session.scalars(select(ContactPoint).where(ContactPoint.debtor_id == made.debtor_id))
        return {row.kind: row.id for row in rows}


def ask(acting_as, agent, made, *, at=AT, channel=Channel.CALL, **more):
    with acting_as(agent) as session:
        return ask_permit(session, agent, made.id, channel, at=at, **more)


def grant(acting_as, manager, permit, *, at=SOON):
    with acting_as(manager) as session:
        return grant_asked(session, manager, permit.id, reason="The bank has the consent.", at=at)


def state_of(acting_as, agent, permit):
    with acting_as(agent) as session:
        return session.get_one(Permit, (permit.bank_id, permit.id)).state


def test_a_permit_for_one_number_does_not_cover_another(acting_as, placed, points):
    made, agent = placed
    ask(acting_as, agent, made, contact_point_id=points["phone"])
    told = {"channel": Channel.CALL, "outcome": Outcome.BUSY, "made_at": SOON}

    with acting_as(agent) as session:
        elsewhere = log_action(
            session, agent, made.id, Told(**told, contact_point_id=points["email"]), now=SOON
        )
        there = log_action(
            session, agent, made.id, Told(**told, contact_point_id=points["phone"]), now=SOON
        )

    assert elsewhere.permit_id is None
    assert there.permit_id is not None


def test_asking_for_another_number_gives_the_first_permit_back(acting_as, placed, points):
    made, agent = placed
    first = ask(acting_as, agent, made, contact_point_id=points["phone"])

    second = ask(acting_as, agent, made, at=SOON, contact_point_id=points["address"])

    assert second.id != first.id
    assert state_of(acting_as, agent, first) is PermitState.RETURNED


def test_words_that_break_no_rule_need_no_second_decision(acting_as, placed, points, make):
    made, agent = placed
    asked = ask(acting_as, agent, made, channel=Channel.SMS, contact_point_id=points["phone"])
    granted = grant(acting_as, make.agent(made.agency), asked)

    again = ask(
        acting_as,
        agent,
        made,
        at=SOON,
        channel=Channel.SMS,
        contact_point_id=points["phone"],
        message=GOOD_WORDS,
    )

    assert (again.id, again.state) == (granted.id, PermitState.GRANTED)


def test_words_that_break_a_rule_are_not_covered_by_a_permit_given_before(
    acting_as, placed, points, make
):
    made, agent = placed
    asked = ask(acting_as, agent, made, channel=Channel.SMS, contact_point_id=points["phone"])
    grant(acting_as, make.agent(made.agency), asked)
    silent = Message(languages=("en",), disclosures=(("initial", "en"),), optout_present=False)

    refused = ask(
        acting_as,
        agent,
        made,
        at=SOON,
        channel=Channel.SMS,
        contact_point_id=points["phone"],
        message=silent,
    )

    assert refused.state is PermitState.DENIED
    assert "optout_line_missing" in str(refused.judgement)


def test_what_a_rule_forbids_by_now_is_not_granted_any_more(acting_as, make):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency, Role.COLLECTOR)
    just_before_nine = datetime.fromisoformat("2026-11-24T20:58-05:00")
    asked = ask(acting_as, agent, made, at=just_before_nine, channel=Channel.SMS)
    assert asked.state is PermitState.ASKED

    with pytest.raises(Conflict):
        grant(acting_as, make.agent(agency), asked, at=just_before_nine + timedelta(minutes=5))

    assert state_of(acting_as, agent, asked) is PermitState.ASKED


def test_a_question_is_not_granted_while_the_asker_talks_to_the_person_otherwise(
    acting_as, placed, make
):
    made, agent = placed
    asked = ask(acting_as, agent, made, channel=Channel.SMS)
    ask(acting_as, agent, made, channel=Channel.CALL)

    with pytest.raises(Conflict):
        grant(acting_as, make.agent(made.agency), asked)


def test_the_same_question_asked_anew_takes_the_place_of_the_first(acting_as, placed):
    made, agent = placed
    first = ask(acting_as, agent, made, channel=Channel.SMS)

    second = ask(acting_as, agent, made, at=SOON, channel=Channel.SMS)

    assert second.state is PermitState.ASKED
    assert state_of(acting_as, agent, first) is PermitState.RETURNED


def test_a_question_can_be_withdrawn_by_whoever_asked_it(acting_as, placed, make):
    made, agent = placed
    asked = ask(acting_as, agent, made, channel=Channel.SMS)

    with acting_as(agent) as session:
        return_permit(session, agent, asked.id, at=SOON)

    with pytest.raises(Conflict):
        grant(acting_as, make.agent(made.agency), asked)
