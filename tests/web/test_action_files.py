"""Whole runs over a file of actions: to the end, stopped, killed half way, taken up again."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, faults
from portal.core.accounts.deliveries import AlreadyImported
from portal.core.actions import file_plan, file_runs, files
from portal.core.actions.file_mapping import ActionMapping
from portal.core.actions.file_progress import Run, RunState, Step, find_run
from portal.core.actions.models import Action, Breach, KeptJudgement
from portal.core.actions.models_files import ActionFile, ActionFileState
from portal.core.errors import Conflict
from portal.core.permissions import Role
from portal.core.principal import Principal, bind_principal
from portal.extensions import db
from portal.jobs.action_files import run_action_file
from portal.web import action_files
from portal.web.action_files import run_file
from tests.support.action_files import CALLED, NOW, day_file, receive, ref_of, rejects_of
from tests.support.crash import log_file_in_process
from tests.support.parallel import at_once

HOUR = timedelta(hours=1)
AT_NIGHT = CALLED + 10 * HOUR


@pytest.fixture(autouse=True)
def _stand_still(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    faults.disarm_all()


class Desk:
    """An agency with five people of a bank, and a file about them: some rows bad, some at night."""

    def __init__(self, make):
        self.bank, self.agency = make.bank(), make.agency()
        self.people = [make.account(bank=self.bank, agency=self.agency) for _ in range(5)]
        self.agent = make.agent(self.agency)
        self.data = day_file(
            [
                row
                for made in self.people
                for row in (
                    {"placement_ref": ref_of(made), "at": CALLED.isoformat(), "note": "rang"},
                    {"placement_ref": ref_of(made), "at": AT_NIGHT.isoformat()},
                )
            ]
            + [{"placement_ref": "P-nobody"}]
        )

    def receive(self, data=None):
        return receive(self.agent, self.bank.id, data or self.data)


@pytest.fixture
def desk(make):
    return Desk(make)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(file_plan, "PART_ROWS", 2)


def _found(acting_as, desk, file_id):
    """Return the file's run, how many actions are on record, and what else there is of them."""
    with acting_as(desk.agent) as session:
        kept = files.get_file(session, desk.agent, file_id)
        actions = session.scalars(select(Action).where(Action.file_id == file_id)).all()
        judged = session.scalars(select(KeptJudgement.action_id)).all()
        broken = session.scalars(select(Breach.action_id)).all()
    assert sorted(judged) == sorted(action.id for action in actions)
    assert len(broken) == sum(action.breach_count for action in actions)
    return kept, find_run(kept, Step.COMMIT), actions


def _is_whole(acting_as, desk, file_id):
    kept, run, actions = _found(acting_as, desk, file_id)
    assert kept.state is ActionFileState.COMMITTED
    assert (run.state, run.rows, run.logged, run.rejected) == (RunState.DONE, 11, 10, 1)
    assert run.known == 0
    assert (run.breaking, run.rules) == (5, {"US-REGF-6B1-HOURS": 5})
    assert (run.first_at, run.last_at) == (CALLED, AT_NIGHT)
    assert len(actions) == len({(action.account_id, action.made_at) for action in actions}) == 10
    assert rejects_of(desk.agent, file_id) == {12: {"unknown_placement"}}


def test_a_file_is_checked_without_a_trace_and_then_logged(acting_as, desk):
    file_id = desk.receive()

    check = run_file(desk.agent, file_id, Step.CHECK)
    kept, _none, actions = _found(acting_as, desk, file_id)

    assert (check.total, check.rejected, check.breaking) == (10, 1, 5)
    assert check.rules == {"US-REGF-6B1-HOURS": 5}
    assert kept.state is ActionFileState.CHECKED
    assert actions == []
    run_file(desk.agent, file_id, Step.COMMIT)
    _is_whole(acting_as, desk, file_id)


def test_a_file_in_many_parts_comes_out_as_in_one(acting_as, desk, small_parts):
    file_id = desk.receive()

    run_file(desk.agent, file_id, Step.COMMIT)

    _is_whole(acting_as, desk, file_id)


def test_parts_may_be_under_way_side_by_side(acting_as, desk, small_parts):
    file_id = desk.receive()

    run_file(desk.agent, file_id, Step.COMMIT, at_once=2)

    _is_whole(acting_as, desk, file_id)


@pytest.mark.abuse("F4")
@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("action_file.opened", 1),
        ("action_file.judged", 1),
        ("action_file.written", 3),
        ("action_file.part", 2),
        ("action_file.part", 5),
    ],
)
def test_a_file_whose_process_was_killed_is_logged_once_when_it_is_run_again(
    acting_as, desk, settings, point, nth
):
    file_id = desk.receive()
    options = {"at": NOW, "part_rows": 2}

    killed = log_file_in_process(settings, desk.agent, file_id, **options, kill_at=point, nth=nth)
    _kept, half, actions = _found(acting_as, desk, file_id)
    again = log_file_in_process(settings, desk.agent, file_id, **options)

    assert (killed, again) == (-9, 0)
    whole_parts = 0 if point == "action_file.opened" else nth - 1
    assert len(actions) == 2 * whole_parts
    assert (half.logged if half else 0) == 2 * whole_parts
    _is_whole(acting_as, desk, file_id)


@pytest.mark.abuse("F4")
def test_the_same_bytes_are_refused_and_lead_to_the_first_time(desk):
    first = desk.receive()
    second = desk.receive()
    run_file(desk.agent, first, Step.COMMIT)

    for again in (lambda: run_file(desk.agent, second, Step.COMMIT), desk.receive):
        with pytest.raises(AlreadyImported) as refused:
            again()
        assert refused.value.import_id == first


def test_a_run_that_is_stopped_keeps_what_it_logged_and_goes_on_later(acting_as, desk, small_parts):
    file_id = desk.receive()
    with acting_as(desk.agent) as session:
        file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=NOW)
    parts = []

    def stop_after_two():
        parts.append(1)
        if len(parts) == 2:
            _stop_from_another_connection(desk, file_id)

    faults.arm("action_file.judged", stop_after_two)
    stopped = run_file(desk.agent, file_id, Step.COMMIT)
    faults.disarm_all()
    _kept, run, actions = _found(acting_as, desk, file_id)

    assert stopped.state is RunState.STOPPED
    assert (len(actions), run.logged) == (4, 4)
    with acting_as(desk.agent) as session:
        file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=NOW)
    run_file(desk.agent, file_id, Step.COMMIT)
    _is_whole(acting_as, desk, file_id)


def test_nothing_is_logged_after_a_stop_that_comes_between_two_parts(acting_as, desk, small_parts):
    file_id = desk.receive()
    with acting_as(desk.agent) as session:
        file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=NOW)
    with acting_as(desk.agent) as session:
        plan = file_runs.open_run(session, desk.agent, file_id, Step.COMMIT, now=NOW)
    with acting_as(desk.agent) as session:
        file_runs.stop_run(session, desk.agent, file_id, at=NOW)

    with acting_as(desk.agent) as session:
        goes_on = file_runs.commit_part(session, desk.agent, file_id, plan.parts[0], now=NOW)

    assert not goes_on
    assert _found(acting_as, desk, file_id)[2] == []


def _stop_from_another_connection(desk, file_id):
    with Session(db.engine) as session, session.begin():
        bind_principal(session, desk.agent)
        file_runs.stop_run(session, desk.agent, file_id, at=NOW)


def test_what_is_under_way_is_not_begun_a_second_time(acting_as, desk):
    file_id = desk.receive()
    with acting_as(desk.agent) as session:
        file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=NOW)

    with acting_as(desk.agent) as session, pytest.raises(Conflict):
        file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=NOW)
    with acting_as(desk.agent) as session:
        late = NOW + timedelta(minutes=2)
        taken_up = file_runs.ask_run(session, desk.agent, file_id, Step.COMMIT, at=late)

    assert taken_up.state is RunState.WAITING


def test_a_file_without_a_good_row_logs_nothing_and_says_so(acting_as, desk):
    file_id = desk.receive(day_file([{"placement_ref": "P-nobody"}]))

    with pytest.raises(Conflict, match="No row of this file can be logged"):
        run_file(desk.agent, file_id, Step.COMMIT)

    with acting_as(desk.agent) as session:
        assert files.get_file(session, desk.agent, file_id).state is ActionFileState.UPLOADED


def test_a_file_whose_trailer_is_off_is_refused_whole(acting_as, desk):
    data = day_file([{"placement_ref": ref_of(desk.people[0])}], trailer="TRAILER,2,0")
    file_id = desk.receive(data)

    run = run_file(desk.agent, file_id, Step.CHECK)

    assert (run.state, run.fault) == (
        RunState.REFUSED,
        ["trailer_count", {"stated": 2, "found": 1}],
    )
    with acting_as(desk.agent) as session:
        assert files.get_file(session, desk.agent, file_id).state is ActionFileState.REFUSED


def test_a_taken_id_costs_its_own_row_alone(acting_as, desk, admin):
    gone, here = desk.people[:2]
    row = {"placement_ref": ref_of(gone), "external_id": "X-1"}
    run_file(desk.agent, desk.receive(day_file([row])), Step.COMMIT)
    admin.execute("UPDATE actions SET agency_id = NULL WHERE account_id = %s", [gone.id])
    rows = [
        {"placement_ref": ref_of(here), "external_id": "X-1"},
        {"placement_ref": ref_of(here), "external_id": "X-2", "outcome_code": "busy"},
    ]
    file_id = desk.receive(day_file(rows))

    run = run_file(desk.agent, file_id, Step.COMMIT)

    assert (run.logged, run.rejected) == (1, 1)
    assert rejects_of(desk.agent, file_id) == {2: {"id_taken"}}


@pytest.mark.abuse("A9")
def test_the_job_acts_as_who_asked_and_stops_when_they_have_left(acting_as, make, desk):
    person = make.staff(desk.agency, Role.COLLECTOR)
    desk.agent = Principal.staff(person.side, desk.agency.id, person.id, Role.COLLECTOR)
    file_id, other_id = desk.receive(), desk.receive(desk.data + b"\r\n")
    asked = {"agency_id": str(desk.agency.id), "user_id": str(person.id), "step": "commit"}

    run_action_file(**asked, file_id=str(file_id))
    with acting_as(Principal.operator_machine()) as session:
        session.merge(person).status = "disabled"
    run_action_file(**asked, file_id=str(other_id))

    _kept, run, actions = _found(acting_as, desk, file_id)
    assert run.state is RunState.DONE
    assert {action.made_by for action in actions} == {person.id}
    with acting_as(desk.agent) as session:
        failed = find_run(files.get_file(session, desk.agent, other_id), Step.COMMIT)
    assert failed.state is RunState.FAILED
    assert failed.fault[0].startswith("Whoever asked for this no longer works here.")


def test_a_mapping_is_remembered_for_the_next_file_with_its_headings(acting_as, desk):
    odd = ("Ref", "When", "How", "What")
    row = {"Ref": ref_of(desk.people[0]), "When": CALLED.isoformat(), "How": "call", "What": "busy"}
    first = desk.receive(day_file([row], headings=odd))
    chosen = dict(zip(("placement_ref", "at", "channel", "outcome_code"), odd, strict=True))
    with acting_as(desk.agent) as session:
        kept = files.get_file(session, desk.agent, first)
        files.keep_mapping(kept, files.open_delivery(session, kept), ActionMapping(chosen))
    run_file(desk.agent, first, Step.COMMIT)

    row["What"] = "no answer"
    second = desk.receive(day_file([row], headings=odd))

    with acting_as(desk.agent) as session:
        kept = files.get_file(session, desk.agent, second)
        assert kept.mapping["columns"] == chosen


def test_the_bank_sees_that_a_file_came_and_nothing_that_is_in_it(acting_as, make, desk, admin):
    file_id = desk.receive()
    run_file(desk.agent, file_id, Step.COMMIT)
    manager = make.vendor_manager(desk.bank)

    with acting_as(manager) as session:
        seen = session.scalars(select(ActionFile).where(ActionFile.id == file_id)).one()
        pieces = admin.execute(
            "SELECT sealed FROM action_file_chunks WHERE file_id = %s", [file_id]
        ).fetchall()

    assert "P-nobody" not in str(seen.report)
    assert pieces
    assert all(b"P-nobody" not in bytes(piece) for (piece,) in pieces)


def test_garbage_is_looked_for_again_after_a_run_whatever_happened(desk):
    file_id = desk.receive(day_file([{"placement_ref": "P-nobody"}]))

    with pytest.raises(Conflict):
        run_file(desk.agent, file_id, Step.COMMIT)

    assert gc.isenabled()
    assert action_files.SMALL_FILE == 5_000
    assert Run(RunState.WAITING, NOW, NOW).is_open


@pytest.mark.abuse("F4")
def test_two_files_with_the_same_rows_at_once_log_each_action_once(app, acting_as, desk):
    file_ids = [desk.receive(), desk.receive(desk.data + b"\r\n")]

    runs = at_once(app, 2, lambda number: run_file(desk.agent, file_ids[number], Step.COMMIT))

    with acting_as(desk.agent) as session:
        actions = session.scalars(select(Action)).all()
    assert len(actions) == 10
    # Whoever comes second may find nothing left to log, which its own answer says.
    done = [run for run in runs if not isinstance(run, Conflict)]
    assert sum(run.logged for run in done) == 10
    assert sum(run.known for run in done) in (0, 10)
