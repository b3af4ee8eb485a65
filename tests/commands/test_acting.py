"""An agency's day from the shell: logged once, bad rows named, a broken-off run gone on with."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.actions import file_runs
from portal.core.actions.file_progress import Step
from portal.core.actions.models import Action
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.commands.test_commands import portal as portal_command
from tests.support.action_files import CALLED, NOW, day_file, receive, ref_of

portal = portal_command


@pytest.fixture(autouse=True)
def _stand_still(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr("portal.commands.support.refuse_unsafe_ground", lambda: None)


class Desk:
    """An agency's collector and one account, and a file with a good row and a bad one."""

    def __init__(self, make, tmp_path):
        self.agency = make.agency()
        self.account = make.account(agency=self.agency)
        self.person = make.staff(self.agency, Role.COLLECTOR)
        self.ref = ref_of(self.account)
        self.path = tmp_path / "day.csv"
        self.write([{"placement_ref": self.ref, "external_id": "X-1"}, {"placement_ref": "P-0"}])
        self.who = ("--agency", self.agency.code, "--as", self.person.email)
        self.bank = ("--bank", self.account.bank.code)

    def write(self, rows, **options):
        self.path.write_bytes(day_file(rows, **options))


@pytest.fixture
def desk(make, tmp_path):
    return Desk(make, tmp_path)


def _actions(acting_as, desk):
    with acting_as(Principal.system(desk.account.bank_id)) as session:
        return session.scalars(select(Action)).all()


def test_a_file_is_logged_once_and_a_second_run_changes_nothing(acting_as, portal, desk, tmp_path):
    rejects = tmp_path / "rejects.csv"
    command = ("actions", "import", desk.path, *desk.who, *desk.bank, "--json")

    first = portal(*command, "--rejects", rejects)
    second = portal(*command)

    assert first.exit_code == 0, first.output
    told = json.loads(first.output)
    assert (told["logged"], told["rejected"], told["state"]) == (1, 1, "committed")
    assert [(error["row"], error["code"]) for error in told["errors"]] == [(3, "unknown_placement")]
    assert json.loads(second.output) == {"state": "unchanged", "file": told["file"], "logged": 0}
    (action,) = _actions(acting_as, desk)
    assert (action.external_id, action.made_by) == ("X-1", desk.person.id)
    rows = list(csv.reader(io.StringIO(rejects.read_text("utf-8-sig"), newline="")))
    assert (rows[0][-2:], rows[1][0]) == (["code", "reason"], "P-0")


def test_a_dry_run_tells_which_rules_would_be_broken_and_logs_nothing(acting_as, portal, desk):
    night = CALLED.replace(hour=6).isoformat()
    desk.write([{"placement_ref": desk.ref, "at": night}, {"placement_ref": desk.ref}])

    answer = portal("actions", "import", desk.path, *desk.who, *desk.bank, "--dry-run")

    assert answer.exit_code == 0, answer.output
    assert "2 actions would be logged, 1 of them break a rule" in answer.output
    assert "US-REGF-6B1-HOURS: 1 rows" in answer.output
    assert _actions(acting_as, desk) == []


def test_times_without_a_zone_take_the_one_that_is_named(acting_as, portal, desk):
    desk.write([{"placement_ref": desk.ref, "at": "2026-11-25 12:00"}])
    command = ("actions", "import", desk.path, *desk.who, *desk.bank)

    without = portal(*command, "--dry-run")
    wrong = portal(*command, "--zone", "Nowhere/Land")
    good = portal(*command, "--zone", "America/New_York")

    assert "does not say in which time zone" in without.output
    assert wrong.exit_code == 1
    assert "Nowhere/Land cannot be Time zone of every row." in wrong.output
    assert good.exit_code == 0, good.output
    (action,) = _actions(acting_as, desk)
    assert action.made_at == CALLED


def test_a_mapping_file_names_the_columns(acting_as, portal, desk, tmp_path):
    row = {"Ref": desk.ref, "When": CALLED.isoformat(), "What": "busy"}
    desk.write([row], headings=tuple(row))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[columns]\nplacement_ref = "Ref"\nat = "When"\noutcome_code = "What"\n'
        '[constants]\nchannel = "call"\n'
    )

    answer = portal("actions", "import", desk.path, *desk.who, *desk.bank, "--mapping", mapping)

    assert answer.exit_code == 0, answer.output
    assert [action.outcome for action in _actions(acting_as, desk)] == ["busy"]


def test_a_file_whose_trailer_is_off_is_refused_and_says_so(acting_as, portal, desk):
    desk.write([{"placement_ref": desk.ref}], trailer="TRAILER,2,0")

    answer = portal("actions", "import", desk.path, *desk.who, *desk.bank)

    assert answer.exit_code == 1
    assert "refused, nothing was logged. The trailer counts 2 rows" in answer.output
    assert _actions(acting_as, desk) == []


def test_a_run_that_was_broken_off_goes_on_when_it_is_run_again(acting_as, portal, desk):
    actor = Principal.staff(desk.person.side, desk.agency.id, desk.person.id, desk.person.role)
    file_id = receive(actor, desk.account.bank_id, desk.path.read_bytes())
    with acting_as(actor) as session:
        file_runs.ask_run(session, actor, file_id, Step.COMMIT, at=NOW)

    answer = portal("actions", "import", desk.path, *desk.who, *desk.bank, "--json")

    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["file"] == str(file_id)
    assert [action.file_id for action in _actions(acting_as, desk)] == [file_id]


def test_files_are_listed_and_one_under_way_is_stopped(acting_as, portal, desk):
    actor = Principal.staff(desk.person.side, desk.agency.id, desk.person.id, desk.person.role)
    file_id = receive(actor, desk.account.bank_id, desk.path.read_bytes())
    with acting_as(actor) as session:
        file_runs.ask_run(session, actor, file_id, Step.COMMIT, at=NOW)

    stopped = portal("actions", "stop", file_id, *desk.who)
    listed = portal("actions", "files", *desk.who, "--json")

    assert stopped.output.startswith("Stopped; 0 of 0 rows")
    (row,) = json.loads(listed.output)["files"]
    assert (row["file"], row["run"], row["rows"]) == (str(file_id), "stopped", 2)


def test_the_template_is_a_table_with_a_trailer(portal):
    answer = portal("actions", "template")

    rows = list(csv.reader(io.StringIO(answer.output.removeprefix("\ufeff"), newline="")))
    assert rows[0][:2] == ["placement_ref", "at"]
    assert rows[-1] == ["TRAILER", "2", "0"]


def test_a_bank_that_places_nothing_with_the_agency_is_not_found(make, portal, desk):
    answer = portal("actions", "import", desk.path, *desk.who, "--bank", make.bank().code)

    assert answer.exit_code == 1
    assert "Not found" in answer.output
