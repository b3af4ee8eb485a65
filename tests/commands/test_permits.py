"""`portal permits`, as an agency's own system or an operator types it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.core import clock
from portal.core.permissions import Role
from tests.support.factories import NOON


@pytest.fixture
def portal(settings, app, monkeypatch):
    """Run a command with the settings of this test run, at an hour when calls are allowed."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_ADMIN_URL", settings.database_admin_url)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.portal_data_dir))
    monkeypatch.setenv("PORTAL_ENVIRONMENT", "test")
    monkeypatch.setattr(clock, "now", lambda: NOON)

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def as_staff(make, agency):
    """Name a new member of the agency's staff, as the options do."""

    def options(role: Role = Role.COLLECTOR) -> list[str]:
        return ["--agency", agency.code, "--as", make.staff(agency, role).email]

    return options


def test_a_permit_is_asked_for_by_account_number_and_listed(portal, make, agency, as_staff):
    made, who = make.account(agency=agency), as_staff()

    asked = portal("permits", "ask", made.account_ref, "--channel", "call", "--json", *who)
    listed = portal("permits", "list", "--json", *who)

    told = json.loads(asked.output)
    assert (asked.exit_code, told["state"], told["verdict"]) == (0, "granted", "allow")
    assert [each["permit_id"] for each in json.loads(listed.output)["permits"]] == [
        told["permit_id"]
    ]


def test_a_denial_says_the_rule_and_the_next_time(portal, make, agency, as_staff, monkeypatch):
    made = make.account(agency=agency)
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(hour=3))

    asked = portal("permits", "ask", made.id, "--channel", "call", *as_staff())

    assert asked.exit_code == 0
    assert "denied" in asked.output
    assert "next_allowed_at: 2026-11-24T13:00:00+00:00" in asked.output
    assert "outside the hours allowed there" in asked.output


def test_a_question_is_decided_by_a_manager_and_never_by_whoever_asked(
    portal, make, agency, as_staff
):
    made, manager, other = make.account(agency=agency), as_staff(Role.AGENCY_MANAGER), as_staff()
    told = json.loads(
        portal("permits", "ask", made.id, "--channel", "sms", "--json", *manager).output
    )
    decide = ["permits", "decide", told["permit_id"], "--grant", "--reason", "The bank has it."]

    own, collector = portal(*decide, *manager), portal(*decide, *other)
    decided = portal(*decide, *as_staff(Role.AGENCY_MANAGER))

    assert told["state"] == "asked"
    assert (own.exit_code, collector.exit_code) == (1, 1)
    assert "Somebody else has to decide" in own.output
    assert (decided.exit_code, decided.output) == (0, "Granted.\n")


def test_a_permit_is_given_back(portal, make, agency, as_staff):
    made, who = make.account(agency=agency), as_staff()
    told = json.loads(
        portal("permits", "ask", made.id, "--channel", "letter", "--json", *who).output
    )

    first = portal("permits", "return", told["permit_id"], *who)
    again = portal("permits", "return", told["permit_id"], *who)
    listed = portal("permits", "list", "--state", "returned", *who)

    assert (first.exit_code, first.output) == (0, "Given back.\n")
    assert again.exit_code == 1
    assert told["permit_id"] in listed.output


@pytest.mark.parametrize("named", ["ACC-nobody", "01a21067-1c04-74c1-ac2f-b48a9dbd495f"])
def test_an_account_that_is_not_the_agencys_is_not_found(portal, make, as_staff, named):
    make.account(agency=make.agency())

    answer = portal("permits", "ask", named, "--channel", "call", *as_staff())

    assert answer.exit_code == 1
    assert "Not found." in answer.output
