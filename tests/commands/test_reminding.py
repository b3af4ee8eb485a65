"""`portal remind`: what the pages of reminders do, from the shell."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal.cli import main
from portal.core import clock
from portal.core.actions.models import Action
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.support import reminders as ladder
from tests.support.factories import NOON


@pytest.fixture
def portal(settings, app, monkeypatch):
    """Run a command with the settings of this test run, at noon."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_ADMIN_URL", settings.database_admin_url)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.portal_data_dir))
    monkeypatch.setenv("PORTAL_ENVIRONMENT", "test")
    monkeypatch.setattr(clock, "now", lambda: NOON)

    def run(*words):
        return CliRunner().invoke(main, ["remind", *(str(word) for word in words)])

    return run


@pytest.fixture
def told(portal):
    """Run a command and return what it answers in JSON."""

    def run(*words):
        answer = portal(*words, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.output)

    return run


def test_a_ladder_is_shown_switched_on_and_run(make, portal, told):
    bank = make.account().bank

    before = told("ladder", "--bank", bank.code)
    assert (before["version"], before["running"], len(before["steps"])) == (0, False, 5)
    assert "version 1, on" in portal("ladder", "--bank", bank.code, "--on").output
    ran = told("run", "--bank", bank.code)

    assert (ran["planned"], ran["sent"], ran["failed"]) == (1, 1, 0)
    assert "nothing to do" in portal("run", "--bank", bank.code).output
    assert portal("ladder", "--bank", bank.code, "--on").exit_code == 1
    assert told("ladder", "--bank", bank.code, "--off")["running"] is False


def test_what_goes_out_on_a_day_is_foreseen_without_a_trace(make, portal, told):
    bank = make.account().bank

    off = portal("plan", "--bank", bank.code)
    portal("ladder", "--bank", bank.code, "--on")
    tomorrow = told("plan", "--bank", bank.code)
    later = told("plan", "--bank", bank.code, "--day", "2026-12-24")

    assert "2026-11-25: 1 steps would be taken or tried if the ladder were on" in off.output
    assert (tomorrow["day"], tomorrow["steps"][0]["reached"]) == ("2026-11-25", 1)
    assert later["day"] == "2026-12-24"
    assert ladder.reminders(bank) == []


def test_steps_are_set_from_the_file_the_command_prints(make, portal, told, tmp_path):
    bank = make.account().bank
    steps = told("ladder", "--bank", bank.code)
    steps["steps"] = steps["steps"][:2]
    steps["steps"][0]["after_days"] = 4
    path = tmp_path / "ladder.json"
    path.write_text(json.dumps(steps))

    set_ = told("ladder", "--bank", bank.code, "--file", path, "--on", "--from", "2026-11-24")

    assert (set_["version"], set_["running"]) == (1, True)
    assert [step["after_days"] for step in set_["steps"]] == [4, 7]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "ladder.json is not JSON"),
        ("3", "ladder.json holds no list of steps."),
        ('[{"key": "sms-1"}]', "steps-0-channel"),
        (
            '[{"key": "sms-1", "after_days": 1, "channel": "sms", "department": "legal",'
            ' "template": "bank_reminder_1", "texts": {"en": {"text": "Pay or be arrested"}}}]',
            "steps-0-texts-en: This text must not be sent as it is.",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_whole(make, portal, tmp_path, content, said):
    bank = make.account().bank
    path = tmp_path / "ladder.json"
    path.write_text(content)

    answer = portal("ladder", "--bank", bank.code, "--file", path)

    assert answer.exit_code == 1
    assert said in answer.output


def test_calls_are_listed_and_logged_by_who_made_them(make, portal, told, acting_as):
    bank = make.account().bank
    person = make.staff(bank, Role.VENDOR_MANAGER)
    analyst = make.staff(bank, Role.BANK_ANALYST)
    ladder.start(make, bank, steps=(ladder.DEFAULT_STEPS[2],))
    portal("run", "--bank", bank.code)
    (due,) = told("list", "--bank", bank.code)["reminders"]
    call = ("call", due["id"], "--bank", bank.code, "--outcome", "no_answer")

    refused = portal(*call, "--as", analyst.email)
    unclear = portal(*call, "--as", person.email, "--at", "2026-11-24T11:30")
    logged = portal(*call, "--as", person.email, "--at", "2026-11-24T11:30-05:00")
    again = portal(*call, "--as", person.email)

    assert (due["step"], due["channel"], due["due_on"]) == ("call-1", "call", "2026-11-24")
    assert (refused.exit_code, unclear.exit_code, again.exit_code) == (1, 1, 1)
    assert "Write the time with its zone" in unclear.output
    assert logged.output == "logged\n"
    assert "none" in portal("list", "--bank", bank.code).output
    with acting_as(Principal.system(bank.id)) as session:
        action = session.scalars(select(Action)).one()
        assert (action.made_by, action.made_at) == (person.id, NOON - timedelta(minutes=30))


def test_reminders_are_listed_by_how_they_stand(make, portal, told):
    bank = make.account().bank
    ladder.start(make, bank)
    portal("run", "--bank", bank.code)

    (sent,) = told("list", "--bank", bank.code, "--state", "sent")["reminders"]

    assert sent["step"] == "sms-1"
    assert sent["id"] in portal("list", "--bank", bank.code, "--state", "sent").output
    assert portal("list", "--bank", "NOBODY").exit_code == 1
