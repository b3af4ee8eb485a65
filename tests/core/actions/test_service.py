"""Logging actions: always recorded, judged by what was known, seen by whom it concerns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.contact import may_contact, may_contact_by_channel
from portal.core.actions.models import Action, Breach
from portal.core.actions.service import log_call, open_note
from portal.core.errors import Invalid, NotFound, PermissionDenied
from portal.core.permissions import Role
from portal.core.placements.models import Placement, PlacementState
from portal.core.rules import Channel, Outcome, Verdict
from tests.support.factories import NOON

LATE = datetime.fromisoformat("2026-11-24T21:30-05:00")
MUCH_LATER = NOON + timedelta(days=10)


def _log(
    acting_as, agent, made, *, at=NOON + timedelta(hours=1), outcome=Outcome.NO_ANSWER, **more
):
    with acting_as(agent) as session:
        return log_call(
            session, agent, made.id, outcome=outcome, made_at=at, now=MUCH_LATER, **more
        )


def _breaches(acting_as, principal, made):
    with acting_as(principal) as session:
        rows = session.scalars(select(Breach).where(Breach.account_id == made.id))
        return [(breach.rule_id, breach.code) for breach in rows]


def test_a_late_call_is_logged_with_the_rule_it_broke(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)

    action = _log(acting_as, agent, made, at=LATE)

    assert action.breach_count == 1
    expected = [("US-REGF-6B1-HOURS", "outside_window")]
    assert _breaches(acting_as, agent, made) == expected
    assert _breaches(acting_as, make.vendor_manager(made.bank), made) == expected


def test_a_call_within_the_rules_breaks_none_and_starts_the_work(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)

    action = _log(acting_as, agent, made)

    assert action.breach_count == 0
    with acting_as(agent) as session:
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        assert placement.state is PlacementState.WORKING


def test_the_eighth_call_in_seven_days_is_presumed_too_many(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)

    for day in range(7):
        _log(acting_as, agent, made, at=NOON + timedelta(hours=1, days=day))
    last = _log(acting_as, agent, made, at=NOON + timedelta(hours=3, days=6))

    assert ("US-REGF-14B-FREQ", "too_many_calls") in _breaches(acting_as, agent, made)
    assert last.judgement["verdict"] == Verdict.PRESUMED_VIOLATION


def test_both_zones_have_to_be_awake(make, acting_as):
    agency = make.agency()
    made = make.account(agency=agency, zones=("America/New_York", "America/Los_Angeles"))
    agent = make.agent(agency)
    half_past_eight_in_new_york = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)

    with acting_as(agent) as session:
        answer = may_contact(session, [made.id], Channel.CALL, at=half_past_eight_in_new_york)

    assert not answer[made.id].is_allowed
    assert answer[made.id].next_allowed_at == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)


def test_without_a_zone_a_person_decides(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency, zones=()), make.agent(agency)

    with acting_as(agent) as session:
        answer = may_contact(session, [made.id], Channel.CALL, at=NOON)

    assert answer[made.id].verdict is Verdict.REVIEW


def test_a_chinese_debtor_is_not_called_after_ten_at_night(make, acting_as):
    agency = make.agency()
    made = make.account(agency=agency, country="CN", state="", zones=("Asia/Shanghai",))
    agent = make.agent(agency)
    ten_past_ten_pm = datetime.fromisoformat("2026-11-25T22:10+08:00")

    with acting_as(agent) as session:
        answers = may_contact_by_channel(session, made.id, at=ten_past_ten_pm)

    assert not answers[Channel.CALL].is_allowed
    assert answers[Channel.CALL].next_allowed_at == datetime.fromisoformat("2026-11-26T08:00+08:00")


def test_another_agencys_account_does_not_exist(make, acting_as):
    made, stranger = make.account(agency=make.agency()), make.agent(make.agency())

    with pytest.raises(NotFound), acting_as(stranger) as session:
        log_call(
            session, stranger, made.id, outcome=Outcome.NO_ANSWER, made_at=NOON, now=MUCH_LATER
        )
    with acting_as(stranger) as session:
        assert may_contact(session, [made.id], Channel.CALL, at=NOON) == {}


def test_an_administrator_of_an_agency_logs_no_calls(make, acting_as):
    agency = make.agency()
    made, admin = make.account(agency=agency), make.agent(agency, Role.AGENCY_ADMIN)

    with pytest.raises(PermissionDenied), acting_as(admin) as session:
        log_call(session, admin, made.id, outcome=Outcome.NO_ANSWER, made_at=NOON, now=MUCH_LATER)


@pytest.mark.abuse("T1")
@pytest.mark.parametrize("at", [MUCH_LATER + timedelta(hours=1), NOON - timedelta(days=1)])
def test_a_call_in_the_future_or_before_the_placement_is_refused_by_name(make, acting_as, at):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)

    with pytest.raises(Invalid):
        _log(acting_as, agent, made, at=at)


def test_a_note_is_sealed_in_the_table_and_open_to_the_agency_that_wrote_it(make, acting_as, admin):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)

    action = _log(acting_as, agent, made, note="asked for more time, ill since May")

    stored = admin.execute("SELECT note_sealed FROM actions WHERE id = %s", [action.id]).fetchone()
    assert b"ill since May" not in bytes(stored[0])
    with acting_as(agent) as session:
        kept = session.get_one(Action, (made.bank_id, action.id))
        assert open_note(session, kept) == "asked for more time, ill since May"
