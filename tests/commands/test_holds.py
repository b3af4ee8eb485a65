"""`portal holds`, `portal wishes` and `portal statements`, as an operator types them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.core.permissions import Role


@pytest.fixture
def portal(settings, app, monkeypatch):
    """Run a command with the settings of this test run."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_ADMIN_URL", settings.database_admin_url)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.portal_data_dir))
    monkeypatch.setenv("PORTAL_ENVIRONMENT", "test")

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def made(make):
    return make.account(agency=make.agency())


@pytest.fixture
def bank_words(make, made):
    """Return the options with which a vendor manager of the bank acts."""
    person = make.staff(made.bank, Role.VENDOR_MANAGER)
    return ("--bank", made.bank.code, "--as", person.email)


@pytest.fixture
def agency_words(make, made):
    """Return the options with which a collector acts."""
    person = make.staff(made.agency, Role.COLLECTOR)
    return ("--agency", made.agency.code, "--as", person.email)


def _holds(portal, bank_words, *more):
    return json.loads(portal("holds", "list", *bank_words, "--json", *more).output)["holds"]


def test_a_hold_is_opened_extended_and_released_from_the_shell(portal, made, bank_words):
    days = ("--from", "2026-12-01", "--until", "2099-01-30")

    opened = portal(
        "holds", "open", made.account_ref, *bank_words, "--kind", "breathing_space", *days
    )
    hold = _holds(portal, bank_words, "--account", made.account_ref)[0]
    longer = portal("holds", "extend", hold["hold"], *bank_words, "--until", "2099-02-28")
    again = portal("holds", "confirm", hold["hold"], *bank_words)
    released = portal("holds", "release", hold["hold"], *bank_words, "--reason", "It ended early.")

    assert opened.exit_code == 0, opened.output
    assert (hold["kind"], hold["ends_on"]) == ("breathing_space", "2099-01-30")
    assert (longer.output, released.output) == ("Extended.\n", "Released.\n")
    assert "confirmed before" in again.output
    assert _holds(portal, bank_words) == []
    assert [row["state"] for row in _holds(portal, bank_words, "--all")] == ["released"]


def test_wishes_are_recorded_shown_and_lifted_by_whoever_was_told(
    portal, made, bank_words, agency_words
):
    wish = ("--channel", "sms", "--day", "mon", "--from", "10", "--until", "12", "--weekly", "2")

    told = portal("wishes", "set", made.account_ref, *agency_words, *wish)
    shown = portal("wishes", "show", made.account_ref, *bank_words, "--json")
    lifted = portal("wishes", "end", made.account_ref, *agency_words)

    assert told.exit_code == 0, told.output
    data = json.loads(shown.output)["wishes"]
    assert (data["channels"], data["days"], data["weekly_maximum"]) == (["sms"], ["mon"], 2)
    assert (data["opens_minute"], data["closes_minute"]) == (600, 720)
    assert lifted.output == "Lifted.\n"
    assert portal("wishes", "show", made.account_ref, *bank_words).output == "No wishes.\n"


def test_what_a_person_said_is_recorded_with_its_hold_and_withdrawn(
    portal, made, bank_words, agency_words
):
    said = portal("statements", "record", made.account_ref, *agency_words, "--kind", "cease")
    told = json.loads(portal("statements", "list", made.account_ref, *bank_words, "--json").output)[
        "statements"
    ]
    gone = portal(
        "statements",
        "withdraw",
        made.account_ref,
        *agency_words,
        "--statement",
        told[0]["statement"],
    )

    assert said.exit_code == 0, said.output
    assert [row["kind"] for row in told] == ["cease"]
    assert [hold["kind"] for hold in _holds(portal, bank_words)] == ["cease"]
    assert gone.output == "Withdrawn.\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("holds", "open", "NOBODY", "{bank}", "--kind", "other"), "Not exactly one account"),
        (("holds", "open", "{ref}", "{bank}", "--kind", "breathing_space"), "first and the last"),
        (("wishes", "show", "{ref}", "--as", "x@example.com"), "--bank or their --agency"),
        (("wishes", "set", "{ref}", "{bank}", "--weekly", "99"), "between 1 and 50"),
    ],
)
def test_a_wrong_word_is_answered_with_its_cure(portal, made, bank_words, words, says):
    typed = []
    for word in words:
        typed += bank_words if word == "{bank}" else [word.replace("{ref}", made.account_ref)]

    result = portal(*typed)

    assert result.exit_code != 0
    assert says in result.output
