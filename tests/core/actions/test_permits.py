"""Permits: one use, ten minutes, one collector and channel, and one at a time on a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.core.actions.models import Breach, BreachEvent, BreachState, Permit, PermitState
from portal.core.actions.permits import (
    ask_permit,
    grant_asked,
    refuse_asked,
    return_permit,
)
from portal.core.actions.service import Told, log_action, log_call
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.permissions import Role
from portal.core.rules import Channel, Outcome, Verdict
from portal.web.uow import transaction
from tests.support.factories import NOON
from tests.support.parallel import at_once

AT = NOON + timedelta(hours=1)


def _ask(acting_as, agent, made, *, at=AT, channel=Channel.CALL):
    with acting_as(agent) as session:
        return ask_permit(session, agent, made.id, channel, at=at)


def _log(acting_as, agent, made, *, at, channel=Channel.CALL, outcome=Outcome.NO_ANSWER):
    told = Told(channel=channel, outcome=outcome, made_at=at)
    with acting_as(agent) as session:
        return log_action(session, agent, made.id, told, now=at + timedelta(minutes=30))


@pytest.fixture
def placed(make):
    """An account placed with an agency, and two collectors of it."""
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency), make.agent(agency)


def test_a_permit_is_granted_for_ten_minutes_with_the_facts_and_packs_behind_it(acting_as, placed):
    made, agent, _ = placed

    permit = _ask(acting_as, agent, made)

    assert permit.state is PermitState.GRANTED
    assert permit.expires_at == AT + timedelta(minutes=10)
    assert {pack["id"] for pack in permit.packs} == {"portal", "us"}
    assert permit.facts["channel"] == "call"
    assert permit.judgement["verdict"] == "allow"


def test_a_refused_permit_says_when_and_is_kept(acting_as, placed):
    made, agent, _ = placed
    before_eight = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)

    permit = _ask(acting_as, agent, made, at=before_eight)

    assert permit.state is PermitState.DENIED
    assert permit.next_allowed_at == datetime(2026, 11, 25, 13, 0, tzinfo=UTC)
    assert permit.granted_at is None


def test_asking_again_returns_the_permit_one_holds(acting_as, placed):
    made, agent, _ = placed

    first = _ask(acting_as, agent, made)
    again = _ask(acting_as, agent, made, at=AT + timedelta(minutes=3))

    assert again.id == first.id
    assert again.expires_at == first.expires_at


@pytest.mark.abuse("T4")
def test_a_permit_is_used_once_by_whoever_asked_for_that_channel_in_time(acting_as, placed):
    made, agent, colleague = placed
    permit = _ask(acting_as, agent, made)
    at = AT + timedelta(minutes=2)

    by_colleague = _log(acting_as, colleague, made, at=at)
    other_channel = _log(acting_as, agent, made, at=at, channel=Channel.LETTER)
    too_late = _log(acting_as, agent, made, at=AT + timedelta(minutes=11))
    used = _log(acting_as, agent, made, at=at)
    again = _log(acting_as, agent, made, at=at + timedelta(minutes=1))

    without = [by_colleague, other_channel, too_late, again]
    assert [action.permit_id for action in without] == [None] * 4
    assert used.permit_id == permit.id
    with acting_as(agent) as session:
        kept = session.get_one(Permit, (made.bank_id, permit.id))
        assert (kept.state, kept.action_id) == (PermitState.USED, used.id)


def test_two_collectors_do_not_contact_a_person_at_the_same_time(acting_as, placed):
    made, agent, colleague = placed
    _ask(acting_as, agent, made)

    second = _ask(acting_as, colleague, made, at=AT + timedelta(minutes=1))

    assert second.state is PermitState.DENIED
    assert second.next_allowed_at == AT + timedelta(minutes=10)
    assert [f["code"] for f in second.judgement["findings"] if f["verdict"] != "allow"] == [
        "permit_held"
    ]


def test_another_agency_of_the_same_person_waits_too_and_learns_nothing_of_the_first(
    acting_as, make, placed
):
    made, agent, _ = placed
    agency = make.agency()
    other = make.account(person=made, agency=agency)
    stranger = make.agent(agency)
    permit = _ask(acting_as, agent, made)

    refused = _ask(acting_as, stranger, other, at=AT + timedelta(minutes=1))

    assert refused.state is PermitState.DENIED
    text = str(refused.judgement) + str(refused.facts)
    for secret in (permit.id, made.id, agent.agency_id, agent.user_id):
        assert str(secret) not in text


def test_calls_of_all_agencies_count_where_the_rule_pools_them(acting_as, make):
    one, two = make.agency(), make.agency()
    first = make.account(agency=one, country="CN", state="", zones=("Asia/Shanghai",))
    second = make.account(person=first, agency=two)
    noon = datetime.fromisoformat("2026-11-26T12:00+08:00")
    caller, other = make.agent(one), make.agent(two)
    for hour in range(3):
        _log(
            acting_as,
            caller,
            first,
            at=noon + timedelta(hours=hour),
            outcome=Outcome.CONVERSATION,
        )

    permit = _ask(acting_as, other, second, at=noon + timedelta(hours=4))

    assert permit.state is PermitState.DENIED
    assert "CN-GBT45251-CALLS3" in str(permit.judgement)
    assert permit.next_allowed_at == datetime.fromisoformat("2026-11-27T08:00+08:00")


def test_a_permit_given_back_lets_the_next_collector_in(acting_as, placed):
    made, agent, colleague = placed
    permit = _ask(acting_as, agent, made)

    with acting_as(agent) as session:
        return_permit(session, agent, permit.id, at=AT + timedelta(minutes=1))
    second = _ask(acting_as, colleague, made, at=AT + timedelta(minutes=1))

    assert second.state is PermitState.GRANTED
    with pytest.raises(NotFound), acting_as(colleague) as session:
        return_permit(session, colleague, permit.id, at=AT)
    with pytest.raises(Conflict), acting_as(agent) as session:
        return_permit(session, agent, permit.id, at=AT)


def test_a_permit_that_ran_out_is_in_nobodys_way(acting_as, placed):
    made, agent, colleague = placed
    _ask(acting_as, agent, made)

    assert _ask(acting_as, colleague, made, at=AT + timedelta(minutes=10)).state is (
        PermitState.GRANTED
    )


def test_a_question_left_to_a_person_is_decided_by_somebody_else_with_a_reason(acting_as, make):
    agency = make.agency()
    made = make.account(agency=agency, zones=())
    agent, manager = make.agent(agency, Role.COLLECTOR), make.agent(agency)
    asked = _ask(acting_as, agent, made)
    assert (asked.state, asked.verdict) == (PermitState.ASKED, Verdict.REVIEW)

    with pytest.raises(PermissionDenied), acting_as(agent) as session:
        grant_asked(session, agent, asked.id, reason="I may", at=AT)
    with pytest.raises(Invalid), acting_as(manager) as session:
        grant_asked(session, manager, asked.id, reason=" ", at=AT)
    decided_at = AT + timedelta(minutes=5)
    with acting_as(manager) as session:
        granted = grant_asked(session, manager, asked.id, reason="They live here", at=decided_at)

    assert granted.state is PermitState.GRANTED
    assert granted.expires_at == decided_at + timedelta(minutes=10)
    assert granted.decided_by == manager.user_id
    with pytest.raises(Conflict), acting_as(manager) as session:
        refuse_asked(session, manager, asked.id, reason="No", at=AT)


def test_who_asked_does_not_decide(acting_as, make):
    agency = make.agency()
    made, manager = make.account(agency=agency, zones=()), make.agent(agency)
    asked = _ask(acting_as, manager, made)

    with pytest.raises(Conflict), acting_as(manager) as session:
        grant_asked(session, manager, asked.id, reason="I say so", at=AT)


def test_what_a_rule_forbids_nobody_can_grant(acting_as, placed, make):
    made, agent, _ = placed
    denied = _ask(acting_as, agent, made, at=datetime(2026, 11, 25, 12, 30, tzinfo=UTC))
    manager = make.vendor_manager(made.bank)

    with pytest.raises(Conflict), acting_as(manager) as session:
        grant_asked(session, manager, denied.id, reason="Just once", at=AT)


def test_a_strange_account_cannot_be_asked_about(acting_as, make, placed):
    made, _, _ = placed
    stranger = make.agent(make.agency())

    with pytest.raises(NotFound):
        _ask(acting_as, stranger, made)
    with pytest.raises(NotFound):
        _ask(acting_as, make.vendor_manager(make.bank()), made)


@pytest.mark.abuse("T3")
def test_of_fifty_who_ask_for_the_last_call_one_gets_it(app, acting_as, make):
    agency = make.agency()
    made = make.account(agency=agency)
    first = make.agent(agency)
    for day in range(6):
        with acting_as(first) as session:
            at = AT + timedelta(days=day)
            log_call(session, first, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=AT + DAYS)
    collectors = [make.agent(agency, Role.COLLECTOR) for _ in range(50)]
    at = AT + timedelta(days=5, hours=2)

    def ask(number: int) -> PermitState:
        actor = collectors[number]
        with transaction(actor) as session:
            return ask_permit(session, actor, made.id, Channel.CALL, at=at).state

    states = at_once(app, 50, ask)

    assert sorted(states) == [PermitState.DENIED] * 49 + [PermitState.GRANTED]
    with acting_as(first) as session:
        granted = select(func.count()).where(
            Permit.debtor_id == made.debtor_id, Permit.state == PermitState.GRANTED
        )
        assert session.scalar(granted) == 1


DAYS = timedelta(days=10)


def test_after_the_last_call_is_made_no_permit_is_left(acting_as, placed):
    made, agent, _ = placed
    for hour in range(7):
        _log(acting_as, agent, made, at=AT + timedelta(hours=hour))

    denied = _ask(acting_as, agent, made, at=AT + timedelta(hours=7))

    assert denied.state is PermitState.DENIED
    assert "US-REGF-14B-FREQ" in str(denied.judgement)


@pytest.mark.parametrize(
    ("by_bank", "state"), [(True, BreachState.WAIVED), (False, BreachState.EXPLAINED)]
)
def test_what_a_person_decided_beforehand_is_no_open_breach_afterwards(
    acting_as, make, by_bank, state
):
    agency = make.agency()
    made = make.account(agency=agency, zones=())
    agent = make.agent(agency, Role.COLLECTOR)
    decider = make.vendor_manager(made.bank) if by_bank else make.agent(agency)
    asked = _ask(acting_as, agent, made)
    with acting_as(decider) as session:
        grant_asked(session, decider, asked.id, reason="They live in this town", at=AT)

    action = _log(acting_as, agent, made, at=AT + timedelta(minutes=2))

    assert action.permit_id == asked.id
    with acting_as(agent) as session:
        found = session.scalars(select(Breach).where(Breach.action_id == action.id)).all()
        assert {breach.state for breach in found} == {state}
        reasons = session.scalars(
            select(BreachEvent.reason).where(BreachEvent.account_id == made.id)
        ).all()
        assert set(reasons) == {"They live in this town"}
