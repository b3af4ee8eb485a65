"""Judging again: a late row changes what it must and nothing else; stored decisions replay."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions import judging
from portal.core.actions.models import Action, Breach, BreachEvent, BreachState, KeptJudgement
from portal.core.actions.permits import ask_permit
from portal.core.actions.rejudging import judge_again, replay
from portal.core.actions.service import Told, log_action
from portal.core.errors import Conflict
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome, Verdict
from portal.jobs.judging import judge_again as job
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
NOW = NOON + timedelta(days=20)


def _log(acting_as, agent, made, at, *, outcome=Outcome.NO_ANSWER, external_id=None):
    told = Told(channel=Channel.CALL, outcome=outcome, made_at=at, external_id=external_id)
    with acting_as(agent) as session:
        return log_action(session, agent, made.id, told, now=NOW)


def _judge_again(acting_as, made):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        return judge_again(session, system, made.debtor_id, since=NOON, now=NOW, cause="late_row")


def _breaches(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        rows = session.execute(
            select(Action.made_at, Breach.rule_id, Breach.state)
            .join(Breach, Breach.action_id == Action.id)
            .where(Action.debtor_id == made.debtor_id)
        )
        return sorted((row.made_at, row.rule_id, row.state.value) for row in rows)


@pytest.fixture
def placed(make):
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency)


def test_a_call_told_of_late_makes_a_later_one_the_eighth(acting_as, placed):
    made, agent = placed
    for day in range(6):
        _log(acting_as, agent, made, AT + timedelta(days=day))
    last = _log(acting_as, agent, made, AT + timedelta(days=5, hours=3))
    assert _breaches(acting_as, made) == []

    _log(acting_as, agent, made, AT + timedelta(days=2, hours=2))
    changed = _judge_again(acting_as, made)

    found = _breaches(acting_as, made)
    assert found == [(last.made_at, "US-REGF-14B-FREQ", "open")]
    assert changed == 4
    with acting_as(agent) as session:
        kept = session.scalars(
            select(KeptJudgement)
            .where(KeptJudgement.action_id == last.id)
            .order_by(KeptJudgement.number)
        ).all()
        assert [(each.number, each.cause) for each in kept] == [(1, "logged"), (2, "late_row")]
        assert kept[1].verdict is Verdict.PRESUMED_VIOLATION
        assert session.get_one(Action, (made.bank_id, last.id)).breach_count == 1


def test_judging_again_twice_changes_nothing_more(acting_as, placed):
    made, agent = placed
    for hour in range(3):
        _log(acting_as, agent, made, AT + timedelta(hours=hour))

    assert _judge_again(acting_as, made) == 0


def test_a_breach_that_later_knowledge_takes_away_is_cleared_with_its_history(
    acting_as, placed, admin
):
    made, agent = placed
    _log(acting_as, agent, made, AT, outcome=Outcome.CONVERSATION)
    second = _log(acting_as, agent, made, AT + timedelta(days=1))
    assert [rule for _, rule, _ in _breaches(acting_as, made)] == ["US-REGF-14B-FREQ"]

    # A consent to more calls, given in that conversation, reaches the record a day later.
    admin.execute(
        "INSERT INTO contact_statements (bank_id, debtor_id, kind, scope, given_to, received_at,"
        " told_side, told_by) VALUES (%s, %s, 'consent', 'callback_calls', %s, %s, 'agency', %s)",
        (
            made.bank_id,
            made.debtor_id,
            agent.agency_id,
            AT + timedelta(minutes=1),
            agent.user_id,
        ),
    )
    _judge_again(acting_as, made)

    assert _breaches(acting_as, made) == [(second.made_at, "US-REGF-14B-FREQ", "cleared")]
    with acting_as(agent) as session:
        event = session.scalars(select(BreachEvent).where(BreachEvent.account_id == made.id)).one()
        assert (event.from_state, event.to_state) == (BreachState.OPEN, BreachState.CLEARED)
        assert event.reason != ""


def test_a_row_of_one_agency_changes_the_verdict_on_anothers(acting_as, make):
    one, two = make.agency(), make.agency()
    first = make.account(agency=one, country="CN", state="", zones=("Asia/Shanghai",))
    second = make.account(person=first, agency=two)
    noon = datetime.fromisoformat("2026-11-26T12:00+08:00")
    caller, other = make.agent(one), make.agent(two)
    for hour in range(2):
        _log(
            acting_as,
            caller,
            first,
            noon + timedelta(hours=hour),
            outcome=Outcome.CONVERSATION,
        )
    theirs = _log(acting_as, other, second, noon + timedelta(hours=5), outcome=Outcome.CONVERSATION)
    assert theirs.breach_count == 0

    _log(acting_as, caller, first, noon + timedelta(hours=3), outcome=Outcome.CONVERSATION)
    _judge_again(acting_as, first)

    assert _breaches(acting_as, second) == [(theirs.made_at, "CN-GBT45251-CALLS3", "open")]


def test_a_late_row_asks_the_worker_to_judge_again(acting_as, placed, app):
    made, agent = placed
    _log(acting_as, agent, made, AT + timedelta(hours=4))
    late = _log(acting_as, agent, made, AT, outcome=Outcome.CONVERSATION)

    job(str(made.bank_id), str(made.debtor_id), late.made_at.isoformat())

    found = _breaches(acting_as, made)
    assert [(at, rule) for at, rule, _ in found] == [(AT + timedelta(hours=4), "US-REGF-14B-FREQ")]


def test_every_order_of_arrival_comes_to_the_same_breaches(acting_as, make):
    calls = [
        (AT, Outcome.CONVERSATION),
        (AT + timedelta(hours=2), Outcome.NO_ANSWER),
        (AT + timedelta(days=7), Outcome.VOICEMAIL_LEFT),
        (AT + timedelta(days=7, hours=10), Outcome.NO_ANSWER),
    ]
    outcomes = set()
    for order in itertools.permutations(range(4)):
        agency = make.agency()
        made, agent = make.account(agency=agency), make.agent(agency)
        for index in order:
            at, outcome = calls[index]
            _log(acting_as, agent, made, at, outcome=outcome)
        _judge_again(acting_as, made)
        standing = tuple(
            (at, rule) for at, rule, state in _breaches(acting_as, made) if state == "open"
        )
        outcomes.add(standing)

    assert outcomes == {
        (
            (calls[1][0], "US-REGF-14B-FREQ"),
            (calls[3][0], "US-REGF-6B1-HOURS"),
        )
    }


def test_the_same_action_told_twice_is_one(acting_as, placed):
    made, agent = placed

    first = _log(acting_as, agent, made, AT, external_id="call-1")
    again = _log(acting_as, agent, made, AT, external_id="call-1")

    assert again.id == first.id
    with pytest.raises(Conflict):
        _log(acting_as, agent, made, AT, external_id="call-1", outcome=Outcome.BUSY)


@pytest.mark.abuse("T8")
def test_stored_decisions_replay_to_the_same_answers_and_a_changed_fact_shows(
    acting_as, make, admin
):
    agency = make.agency()
    bank = make.bank()
    agent = make.agent(agency)
    for zones, country, state in (
        (("America/New_York", "America/Los_Angeles"), "US", "NY"),
        (("Asia/Shanghai",), "CN", ""),
        ((), "GB", ""),
    ):
        made = make.account(bank=bank, agency=agency, zones=zones, country=country, state=state)
        for hours in range(0, 48, 5):
            _log(acting_as, agent, made, AT + timedelta(hours=hours))
            with acting_as(agent) as session:
                ask_permit(
                    session, agent, made.id, Channel.CALL, at=AT + timedelta(hours=hours + 1)
                )
    manager = make.vendor_manager(bank)

    with acting_as(manager) as session:
        replays = replay(session, manager, limit=100)
    assert len(replays) == 60
    assert {each.was for each in replays} >= {"allow", "violation", "review"}
    assert [each for each in replays if not each.is_same] == []

    at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC).isoformat()
    admin.execute(
        "UPDATE judgements SET facts = jsonb_set(facts, '{at}', to_jsonb(%s::text))"
        " WHERE bank_id = %s AND verdict = 'allow'",
        (at, bank.id),
    )
    with acting_as(manager) as session:
        differing = [each for each in replay(session, manager, limit=100) if not each.is_same]
    assert {each.kind for each in differing} == {"action"}


def test_of_two_calls_in_one_minute_the_later_one_is_too_many(acting_as, placed):
    made, agent = placed
    for day in range(6):
        _log(acting_as, agent, made, AT + timedelta(days=day))
    at = AT + timedelta(days=5, hours=3)
    seventh = _log(acting_as, agent, made, at)
    eighth = _log(acting_as, agent, made, at)

    _judge_again(acting_as, made)

    with acting_as(agent) as session:
        counts = {
            action.id: action.breach_count
            for action in session.scalars(select(Action).where(Action.made_at == at))
        }
    assert counts[seventh.id] == 0
    assert counts[eighth.id] > 0


def test_a_pack_first_met_in_a_transaction_that_was_taken_back_is_kept_by_the_next(
    acting_as, make, monkeypatch, admin
):
    monkeypatch.setattr(judging, "_kept_packs", set())
    agency = make.agency()
    made = make.account(agency=agency, country="AU", state="", zones=("Australia/Hobart",))
    agent = make.agent(agency)
    admin.execute("DELETE FROM doors.rule_packs WHERE document ->> 'id' = 'au'")

    with acting_as(agent) as session:
        ask_permit(session, agent, made.id, Channel.CALL, at=AT)
        session.rollback()
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=AT)

    kept = {row[0] for row in admin.execute("SELECT hash FROM doors.rule_packs").fetchall()}
    assert {pack["hash"] for pack in permit.packs} <= kept
