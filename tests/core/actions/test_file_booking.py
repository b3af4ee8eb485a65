"""Logging a file's rows: judged by all that is on record, each once, nothing half done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core import faults
from portal.core.accounts.models import Account
from portal.core.actions import file_booking, files
from portal.core.actions.file_writing import IdsTaken
from portal.core.actions.models import Action, Breach, KeptJudgement, PermitState
from portal.core.actions.permits import ask_permit, get_permit, grant_asked
from portal.core.actions.rejudging import judge_again, replay
from portal.core.actions.service import Told, log_action, log_call, open_note
from portal.core.audit import AuditRow
from portal.core.db import uuid7
from portal.core.errors import PermissionDenied
from portal.core.parties.locks import lock_person
from portal.core.permissions import Role
from portal.core.placements.models import Placement, PlacementState
from portal.core.principal import Principal, bind_principal
from portal.core.rules import Channel, Outcome
from portal.extensions import db
from tests.support.action_files import (
    CALLED,
    NOW,
    book,
    codes_of,
    day_file,
    plan,
    plan_of,
    receive,
    ref_of,
)
from tests.support.factories import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MUCH_LATER = NOON + timedelta(days=30)
AT_NIGHT = datetime.fromisoformat("2026-11-25T22:30-05:00")


@pytest.fixture(autouse=True)
def _no_fault_is_left():
    yield
    faults.disarm_all()


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def agent(make, agency):
    return make.agent(agency)


def _calls(ref, *instants, **cells):
    return [{"placement_ref": ref, "at": at.isoformat(), **cells} for at in instants]


def _book_part(acting_as, actor, file_id, part, **more):
    with acting_as(actor) as session:
        kept = files.get_file(session, actor, file_id)
        return file_booking.book_part(session, actor, kept, part, now=NOW, **more)


def _actions(acting_as, principal, made):
    with acting_as(principal) as session:
        return session.scalars(
            select(Action).where(Action.account_id == made.id).order_by(Action.made_at)
        ).all()


def _breaches(acting_as, principal, made):
    with acting_as(principal) as session:
        rows = session.scalars(
            select(Breach).where(Breach.account_id == made.id).order_by(Breach.rule_id, Breach.id)
        )
        return [(breach.rule_id, breach.code, breach.state.value) for breach in rows]


def test_rows_become_actions_with_all_they_say(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    row = {
        "placement_ref": ref_of(made),
        "collector_ref": "C-7",
        "note": "will call back",
        "external_id": "X-1",
        "contact": made.phone,
        "purpose": "payment_request",
    }

    booked = book(agent, made.bank_id, day_file([row]))

    (action,) = _actions(acting_as, agent, made)
    assert (booked.logged, booked.known, booked.rejected) == (1, 0, [])
    assert (action.channel, action.outcome, action.target) == ("call", "no_answer", "consumer")
    assert (action.collector_ref, action.external_id) == ("C-7", "X-1")
    assert (action.made_at, action.made_by) == (CALLED, agent.user_id)
    assert action.contact_point_id is not None
    assert action.file_id is not None
    assert action.purpose == "payment_request"
    with acting_as(agent) as session:
        kept = session.get_one(Action, (made.bank_id, action.id))
        assert open_note(session, kept) == "will call back"
        account = session.get_one(Account, (made.bank_id, made.id))
        assert account.last_action_at == CALLED
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        assert placement.state is PlacementState.WORKING
        assert placement.first_action_at == CALLED
    with acting_as(Principal.system(made.bank_id)) as session:
        audited = session.scalars(
            select(AuditRow.facts).where(AuditRow.verb == "action-file.logged")
        ).one()
    assert audited == {"actions": 1, "breaking": 0}


def test_a_file_and_the_same_calls_one_by_one_are_judged_alike(make, acting_as, agency, agent):
    one_by_one, in_a_file = (make.account(agency=agency) for _ in range(2))
    instants = [CALLED + number * 2 * HOUR for number in range(9)]

    for at in instants:
        with acting_as(agent) as session:
            log_call(
                session,
                agent,
                one_by_one.id,
                outcome=Outcome.NO_ANSWER,
                made_at=at,
                now=MUCH_LATER,
            )
    book(
        agent,
        in_a_file.bank_id,
        day_file(_calls(ref_of(in_a_file), *reversed(instants))),
        now=MUCH_LATER,
    )

    told = [_judged(acting_as, agent, made) for made in (one_by_one, in_a_file)]
    assert told[0] == told[1]
    assert [rules for _at, _verdict, rules in told[0] if rules]


def _judged(acting_as, agent, made):
    actions = _actions(acting_as, agent, made)
    with acting_as(agent) as session:
        kept = {
            each.action_id: each
            for each in session.scalars(
                select(KeptJudgement).where(KeptJudgement.account_id == made.id)
            )
        }
        assert {each.number for each in kept.values()} == {1}
    return [
        (action.made_at, action.judgement["verdict"], kept[action.id].rules) for action in actions
    ]


def test_kept_judgements_of_a_file_replay_to_the_same_answers(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    instants = [CALLED + number * HOUR for number in range(12)]
    book(agent, made.bank_id, day_file(_calls(ref_of(made), *instants)), now=MUCH_LATER)
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        found = replay(session, system, limit=100)

    assert len(found) == 12
    assert all(each.is_same for each in found)


@pytest.mark.abuse("T1")
def test_a_row_that_arrives_late_turns_a_later_call_of_another_agency_into_a_breach(
    make, acting_as, agency, agent, admin
):
    first, other = make.account(agency=agency), make.agency()
    # The same person has a second account, with another agency.
    second = make.account(bank=first.bank, agency=other)
    _same_person(admin, first, second)
    later_agent = make.agent(other)
    with acting_as(later_agent) as session:
        later = log_call(
            session,
            later_agent,
            second.id,
            outcome=Outcome.NO_ANSWER,
            made_at=CALLED + 8 * HOUR,
            now=NOW,
        )
    assert later.breach_count == 0
    busy = [CALLED + number * HOUR / 4 for number in range(7)]

    book(agent, first.bank_id, day_file(_calls(ref_of(first), *busy, outcome_code="busy")))

    (asked,) = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'judge_again'"
        " AND args ->> 'debtor_id' = %s",
        [str(first.debtor_id)],
    ).fetchall()
    assert asked[0]["since"] == CALLED.isoformat()
    system = Principal.system(first.bank_id)
    with acting_as(system) as session:
        changed = judge_again(
            session, system, first.debtor_id, since=CALLED, now=NOW, cause="late_row"
        )
    assert changed == 1
    manager = make.vendor_manager(first.bank)
    with acting_as(manager) as session:
        seen = session.scalars(select(Action).where(Action.id == later.id)).one()
        kept = session.scalars(
            select(KeptJudgement)
            .where(KeptJudgement.action_id == later.id)
            .order_by(KeptJudgement.number)
        ).all()
    assert [(each.number, each.cause) for each in kept] == [(1, "logged"), (2, "late_row")]
    assert len(kept[1].facts["history"]) == 7
    assert seen.judgement["number"] == 2


def test_a_late_row_of_the_same_agency_makes_the_eighth_call_one_too_many(
    make, acting_as, agency, agent, admin
):
    made = make.account(agency=agency)
    ref = ref_of(made)
    calls = [CALLED + number // 2 * DAY + number % 2 * 3 * HOUR for number in range(8)]
    book(agent, made.bank_id, day_file(_calls(ref, *calls[1:])), now=MUCH_LATER)
    assert _breaches(acting_as, agent, made) == []

    book(agent, made.bank_id, day_file(_calls(ref, calls[0])), now=MUCH_LATER)

    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        judge_again(session, system, made.debtor_id, since=calls[0], now=NOW, cause="late_row")
    expected = [("US-REGF-14B-FREQ", "too_many_calls", "open")]
    assert _breaches(acting_as, make.vendor_manager(made.bank), made) == expected


def _same_person(admin, first, second):
    for table in ("accounts", "balances", "placements"):
        admin.execute(
            f"UPDATE {table} SET debtor_id = %s WHERE bank_id = %s AND debtor_id = %s",
            [first.debtor_id, first.bank_id, second.debtor_id],
        )
    admin.execute(
        "UPDATE debtors SET agency_ids = agency_ids || (SELECT agency_ids FROM debtors"
        " WHERE bank_id = %s AND id = %s) WHERE bank_id = %s AND id = %s",
        [first.bank_id, second.debtor_id, first.bank_id, first.debtor_id],
    )


def test_a_call_at_night_is_logged_with_the_rule_it_broke_for_the_bank_to_see(
    make, acting_as, agency, agent
):
    made = make.account(agency=agency)

    booked = book(agent, made.bank_id, day_file(_calls(ref_of(made), AT_NIGHT)))

    assert (booked.breaking, booked.rules) == (1, {"US-REGF-6B1-HOURS": 1})
    expected = [("US-REGF-6B1-HOURS", "outside_window", "open")]
    assert _breaches(acting_as, make.vendor_manager(made.bank), made) == expected
    (action,) = _actions(acting_as, agent, made)
    assert action.breach_count == 1
    with acting_as(agent) as session:
        placement = session.get_one(Placement, (made.bank_id, made.placement_id))
        assert placement.state is PlacementState.ACCEPTED


@pytest.mark.abuse("F4")
def test_rows_sent_again_in_another_file_are_logged_once(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    ref = ref_of(made)
    without_ids = _calls(ref, CALLED, CALLED + HOUR)
    with_id = _calls(ref, CALLED + 2 * HOUR, external_id="X-1")

    book(agent, made.bank_id, day_file(without_ids + with_id))
    again = plan_of(
        agent, made.bank_id, day_file([*without_ids, *with_id, *_calls(ref, CALLED + 3 * HOUR)])
    )

    assert (again.known, again.good, again.rejected) == (3, 1, [])
    assert len(_actions(acting_as, agent, made)) == 3


def test_an_id_on_record_with_other_content_is_rejected(make, agency, agent):
    made = make.account(agency=agency)
    ref = ref_of(made)
    book(agent, made.bank_id, day_file(_calls(ref, CALLED, external_id="X-1")))

    found = plan_of(
        agent,
        made.bank_id,
        day_file(_calls(ref, CALLED, external_id="X-1", outcome_code="busy")),
    )

    assert codes_of(found) == {2: {"known_otherwise"}}


def test_an_action_logged_by_hand_meanwhile_is_left_alone(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    file_id = receive(
        agent, made.bank_id, day_file(_calls(ref_of(made), CALLED, external_id="X-1"))
    )
    with acting_as(agent) as session:
        found = plan(session, agent, file_id)
    with acting_as(agent) as session:
        told = Told(
            channel=Channel.CALL,
            outcome=Outcome.NO_ANSWER,
            made_at=CALLED,
            external_id="X-1",
        )
        log_action(session, agent, made.id, told, now=NOW)

    booked = _book_part(acting_as, agent, file_id, found.parts[0])

    assert (booked.logged, booked.known) == (0, 1)
    assert len(_actions(acting_as, agent, made)) == 1


@pytest.mark.abuse("A10")
def test_an_account_that_moves_on_between_check_and_log_is_rejected_then(
    make, acting_as, agency, agent
):
    made, stays = (make.account(agency=agency, bank=bank) for bank in [make.bank()] * 2)
    data = day_file([*_calls(ref_of(made), CALLED), *_calls(ref_of(stays), CALLED)])
    file_id = receive(agent, made.bank_id, data)
    with acting_as(agent) as session:
        found = plan(session, agent, file_id)
    with acting_as(Principal.system(made.bank_id)) as session:
        ended = session.get_one(Placement, (made.bank_id, made.placement_id))
        ended.state, ended.ended_at = PlacementState.RETURNED, NOW
        account = session.get_one(Account, (made.bank_id, made.id))
        account.agency_id = account.placement_id = None

    booked = _book_part(acting_as, agent, file_id, found.parts[0])

    assert booked.logged == 1
    assert [error.code for row in booked.rejected for error in row.errors] == ["placement_over"]


@pytest.mark.abuse("A6")
def test_an_id_used_on_an_account_out_of_sight_is_not_dropped_unseen(
    make, acting_as, agency, agent, admin
):
    gone, here = (make.account(agency=agency, bank=bank) for bank in [make.bank()] * 2)
    book(agent, gone.bank_id, day_file(_calls(ref_of(gone), CALLED, external_id="X-1")))
    admin.execute("UPDATE actions SET agency_id = NULL WHERE account_id = %s", [gone.id])
    rows = [*_calls(ref_of(here), CALLED, external_id="X-1"), *_calls(ref_of(here), CALLED + HOUR)]
    file_id = receive(agent, gone.bank_id, day_file(rows))
    with acting_as(agent) as session:
        part = plan(session, agent, file_id).parts[0]

    with pytest.raises(IdsTaken) as refused:
        _book_part(acting_as, agent, file_id, part)
    assert _actions(acting_as, agent, here) == []
    booked = _book_part(acting_as, agent, file_id, part, taken=refused.value.keys)

    assert refused.value.keys == {"X-1"}
    assert booked.logged == 1
    assert [error.code for row in booked.rejected for error in row.errors] == ["id_taken"]


def test_a_permit_named_in_a_row_is_used_up_when_it_fits(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    collector = make.agent(agency, Role.COLLECTOR)
    with acting_as(collector) as session:
        permit = ask_permit(session, collector, made.id, Channel.CALL, at=CALLED)
        assert permit.state is PermitState.GRANTED
    ref = ref_of(made)
    rows = [
        *_calls(ref, CALLED + timedelta(minutes=3), permit_ref=str(permit.id)),
        *_calls(ref, CALLED + timedelta(minutes=5), permit_ref=str(permit.id)),
        *_calls(ref, CALLED + HOUR, permit_ref=str(uuid7())),
    ]

    booked = book(agent, made.bank_id, day_file(rows))

    actions = _actions(acting_as, agent, made)
    assert (booked.permits_used, booked.permits_unfit) == (1, 2)
    assert [action.permit_id for action in actions] == [permit.id, None, None]
    with acting_as(agent) as session:
        used = get_permit(session, permit.id)
        assert (used.state, used.action_id) == (PermitState.USED, actions[0].id)


@pytest.mark.abuse("T4")
@pytest.mark.parametrize(
    "cells",
    [
        {"channel": "sms", "outcome_code": "delivered"},
        {"direction": "inbound"},
        {"target": "spouse"},
        {"at": (CALLED + timedelta(minutes=11)).isoformat()},
        {"at": (CALLED - timedelta(minutes=2)).isoformat()},
    ],
    ids=["another channel", "the other way", "another person", "too late", "too early"],
)
def test_a_permit_for_something_else_is_left_as_it_is(make, acting_as, agency, agent, cells):
    made = make.account(agency=agency)
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=CALLED)
    row = {"placement_ref": ref_of(made), "permit_ref": str(permit.id), **cells}

    booked = book(agent, made.bank_id, day_file([row]))

    assert (booked.logged, booked.permits_used, booked.permits_unfit) == (1, 0, 1)
    with acting_as(agent) as session:
        assert get_permit(session, permit.id).state is PermitState.GRANTED


def test_what_a_person_decided_beforehand_is_settled_for_a_row_that_names_the_permit(
    make, acting_as, agency, agent
):
    made = make.account(agency=agency, zones=())
    manager = make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        asked = ask_permit(session, agent, made.id, Channel.CALL, at=CALLED)
    with acting_as(manager) as session:
        grant_asked(session, manager, asked.id, reason="They live in this town", at=CALLED)
    row = {"placement_ref": ref_of(made), "permit_ref": str(asked.id)}

    booked = book(agent, made.bank_id, day_file([row]))

    assert booked.permits_used == 1
    assert {state for _rule, _code, state in _breaches(acting_as, agent, made)} == {"waived"}


def test_a_permit_for_another_number_is_left_as_it_is(make, acting_as, agency, agent, admin):
    made = make.account(agency=agency)
    other = _second_phone(admin, made)
    with acting_as(agent) as session:
        permit = ask_permit(
            session, agent, made.id, Channel.CALL, at=CALLED, contact_point_id=other
        )
        assert permit.state is PermitState.GRANTED
    row = {"placement_ref": ref_of(made), "permit_ref": str(permit.id), "contact": made.phone}

    booked = book(agent, made.bank_id, day_file([row]))

    assert (booked.permits_used, booked.permits_unfit) == (0, 1)


def _second_phone(admin, made):
    """Give a person a second number, and return its id."""
    point_id = uuid7()
    admin.execute(
        "INSERT INTO contact_points (bank_id, id, debtor_id, kind, value_sealed, value_index,"
        " agency_ids) SELECT bank_id, %s, debtor_id, kind, value_sealed, %s, agency_ids"
        " FROM contact_points WHERE debtor_id = %s AND kind = 'phone'",
        [point_id, point_id.bytes, made.debtor_id],
    )
    return point_id


def test_a_permit_for_another_account_is_left_as_it_is(make, acting_as, agency, agent):
    made, other = (make.account(agency=agency, bank=bank) for bank in [make.bank()] * 2)
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, other.id, Channel.CALL, at=CALLED)
    row = {"placement_ref": ref_of(made), "permit_ref": str(permit.id)}

    booked = book(agent, made.bank_id, day_file([row]))

    assert (booked.permits_used, booked.permits_unfit) == (0, 1)


@pytest.mark.abuse("T3")
def test_the_people_of_a_part_are_locked_while_it_is_judged(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    refused = []

    def try_their_lock():
        with Session(db.engine) as session, session.begin():
            bind_principal(session, agent)
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            try:
                lock_person(session, made.bank_id, made.debtor_id)
            except OperationalError as error:
                refused.append(error)
                session.rollback()

    faults.arm("action_file.judged", try_their_lock)
    book(agent, made.bank_id, day_file(_calls(ref_of(made), CALLED)))

    assert len(refused) == 1


def test_another_agencys_permit_is_no_permit(make, acting_as, agency, agent):
    made, theirs = (make.account(bank=bank) for bank in [make.bank()] * 2)
    make.place(made, agency)
    other = make.agency()
    make.place(theirs, other)
    stranger = make.agent(other)
    with acting_as(stranger) as session:
        permit = ask_permit(session, stranger, theirs.id, Channel.CALL, at=CALLED)
    row = {"placement_ref": ref_of(made), "permit_ref": str(permit.id)}

    booked = book(agent, made.bank_id, day_file([row]))

    assert (booked.permits_used, booked.permits_unfit) == (0, 1)


@pytest.mark.parametrize("point", ["action_file.judged", "action_file.written"])
def test_what_breaks_half_way_leaves_nothing_of_the_part(make, acting_as, agency, agent, point):
    class Broken(Exception):
        pass

    def break_down():
        raise Broken

    made = make.account(agency=agency)
    file_id = receive(agent, made.bank_id, day_file(_calls(ref_of(made), CALLED, AT_NIGHT)))
    with acting_as(agent) as session:
        part = plan(session, agent, file_id).parts[0]
    faults.arm(point, break_down)

    with pytest.raises(Broken):
        _book_part(acting_as, agent, file_id, part)

    with acting_as(agent) as session:
        for table in (Action, Breach, KeptJudgement):
            mine = select(func.count()).where(table.account_id == made.id)
            assert session.scalar(mine) == 0
        account = session.get_one(Account, (made.bank_id, made.id))
        assert account.last_action_at is None


def test_an_administrator_of_an_agency_uploads_nothing(make, agency, agent):
    made, clerk = make.account(agency=agency), make.agent(agency, Role.AGENCY_ADMIN)

    with pytest.raises(PermissionDenied):
        receive(clerk, made.bank_id, day_file(_calls(ref_of(made), CALLED)))


def test_an_administrator_of_an_agency_logs_nothing(make, acting_as, agency, agent):
    made = make.account(agency=agency)
    file_id = receive(agent, made.bank_id, day_file(_calls(ref_of(made), CALLED)))
    with acting_as(agent) as session:
        part = plan(session, agent, file_id).parts[0]
    clerk = make.agent(agency, Role.AGENCY_ADMIN)

    with pytest.raises(PermissionDenied):
        _book_part(acting_as, clerk, file_id, part)
