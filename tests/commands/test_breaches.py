"""`portal breaches`, `portal rules replay` and `portal permits answer`, as operators type them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.core import clock
from portal.core.actions.models import Breach, BreachEvent, BreachState, Permit, PermitState
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import Told, log_action
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from tests.support.factories import NOON

LATE = datetime.fromisoformat("2026-11-24T21:30-05:00")
LATER = NOON + timedelta(days=5)


@pytest.fixture
def portal(settings, app, monkeypatch):
    """Run a command with the settings of this test run, some days after the calls."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_ADMIN_URL", settings.database_admin_url)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.portal_data_dir))
    monkeypatch.setenv("PORTAL_ENVIRONMENT", "test")
    monkeypatch.setattr(clock, "now", lambda: LATER)

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def broken(make, acting_as):
    """Return an account on which two calls came too late."""
    made = make.account(agency=make.agency())
    agent = make.agent(made.agency)
    for day in range(2):
        at = LATE + timedelta(days=day)
        told = Told(channel=Channel.CALL, outcome=Outcome.BUSY, made_at=at)
        with acting_as(agent) as session:
            log_action(session, agent, made.id, told, now=LATER)
    return made


@pytest.fixture
def bank_staff(make, broken):
    """Name a vendor manager of the bank, as the options do."""
    person = make.staff(broken.bank, Role.VENDOR_MANAGER)
    return ["--bank", broken.bank.code, "--as", person.email]


@pytest.fixture
def agency_staff(make, broken):
    """Name a manager of the agency, as the options do."""
    person = make.staff(broken.agency, Role.AGENCY_MANAGER)
    return ["--agency", broken.agency.code, "--as", person.email]


def _listed(portal, made, *more):
    told = portal("breaches", "list", "--bank", made.bank.code, "--json", *more)
    assert told.exit_code == 0, told.output
    return json.loads(told.output)["breaches"]


def test_breaches_are_listed_in_words_newest_first(portal, broken):
    rows = _listed(portal, broken)

    assert [row["made_at"][:10] for row in rows] == ["2026-11-26", "2026-11-25"]
    assert "is outside the hours allowed there" in rows[0]["sentence"]
    assert rows[0]["rule"] == "US-REGF-6B1-HOURS"
    assert rows[0]["account"] == broken.account_ref
    plain = portal("breaches", "list", "--bank", broken.bank.code)
    assert plain.output.count("US-REGF-6B1-HOURS") == 2


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--state", "open"], 2),
        (["--state", "waived"], 0),
        (["--kind", "review"], 0),
        (["--kind", "all"], 2),
        (["--rule", "US-REGF-14B-FREQ"], 0),
        (["--from", "2026-11-25"], 1),
        (["--to", "2026-11-23"], 0),
    ],
)
def test_each_option_chooses_what_it_says(portal, broken, options, found):
    assert len(_listed(portal, broken, *options)) == found


def test_an_agencys_breaches_are_chosen_by_its_code(portal, make, broken):
    assert len(_listed(portal, broken, "--agency", broken.agency.code)) == 2
    assert _listed(portal, broken, "--agency", make.agency().code) == []


def test_a_breach_is_explained_upheld_and_put_right_from_the_shell(
    portal, broken, acting_as, bank_staff, agency_staff
):
    breach = _listed(portal, broken)[0]["breach"]

    told = [
        portal("breaches", "explain", breach, "--text", "A wrong clock.", *agency_staff),
        portal("breaches", "uphold", breach, "--reason", "Set it.", *bank_staff),
        portal("breaches", "remedy", breach, "--what", "It is set.", *agency_staff),
    ]
    again = portal("breaches", "waive", breach, "--reason", "Late.", *bank_staff)

    assert [each.output for each in told] == ["Explained.\n", "Upheld.\n", "Put right.\n"]
    assert again.exit_code == 1
    assert "This breach has been put right." in again.output
    with acting_as(Principal.system(broken.bank_id)) as session:
        events = session.scalars(select(BreachEvent).order_by(BreachEvent.id)).all()
        assert [event.to_state.value for event in events] == ["explained", "upheld", "remedied"]
        assert all(event.by_name for event in events)


def test_a_bank_may_waive_and_record_what_was_put_right(portal, broken, bank_staff):
    first, second = (row["breach"] for row in _listed(portal, broken))

    assert portal("breaches", "waive", first, "--reason", "A test.", *bank_staff).exit_code == 0
    assert portal("breaches", "uphold", second, "--reason", "Late.", *bank_staff).exit_code == 0
    assert portal("breaches", "remedy", second, "--what", "Done.", *bank_staff).exit_code == 0


def test_who_puts_a_breach_right_has_to_be_named_and_only_once(
    portal, broken, bank_staff, agency_staff
):
    breach = _listed(portal, broken)[0]["breach"]

    neither = portal("breaches", "remedy", breach, "--what", "x", *bank_staff[2:])
    both = portal("breaches", "remedy", breach, "--what", "x", *bank_staff, *agency_staff[:2])

    for told in (neither, both):
        assert told.exit_code == 2
        assert "Name the bank with --bank, or the agency with --agency." in told.output


@pytest.mark.abuse("A1")
def test_a_stranger_finds_no_breach(portal, make, broken):
    breach, other = _listed(portal, broken)[0]["breach"], make.bank()
    person = make.staff(other, Role.VENDOR_MANAGER)

    told = portal(
        *("breaches", "waive", breach, "--reason", "Mine?", "--bank", other.code),
        *("--as", person.email),
    )

    assert told.exit_code == 1
    assert "Not found." in told.output


def test_many_are_decided_if_as_many_match_as_expected(portal, broken, acting_as, bank_staff):
    filters = ["--rule", "US-REGF-6B1-HOURS", "--reason", "A test day."]

    wrong = portal("breaches", "decide-all", "waive", "--expected", 3, *filters, *bank_staff)
    right = portal("breaches", "decide-all", "waive", "--expected", 2, *filters, *bank_staff)

    assert wrong.exit_code == 1
    assert "2 match now instead of 3" in wrong.output
    assert right.output == "2 decided.\n"
    with acting_as(Principal.system(broken.bank_id)) as session:
        assert set(session.scalars(select(Breach.state))) == {BreachState.WAIVED}


# Replay


def test_replay_says_how_many_and_differs_in_nothing(portal, broken):
    told = portal("rules", "replay", "--bank", broken.bank.code)

    assert (told.exit_code, told.output) == (0, "2 replayed, 0 differ\n")


@pytest.mark.abuse("T8")
def test_replay_names_each_difference_and_ends_with_status_one(portal, broken, admin):
    admin.execute(
        "UPDATE judgements SET verdict = 'allow', rules = '{}' WHERE id ="
        " (SELECT id FROM judgements WHERE bank_id = %s ORDER BY id LIMIT 1)",
        (broken.bank_id,),
    )

    told = portal("rules", "replay", "--bank", broken.bank.code)
    newest = portal("rules", "replay", "--bank", broken.bank.code, "--limit", 1)

    assert told.exit_code == 1
    first, last = told.output.splitlines()
    assert first.startswith(f"{broken.bank.code} action ")
    assert first.endswith("was allow (no rule), now violation (US-REGF-6B1-HOURS)")
    assert last == "2 replayed, 1 differ"
    assert newest.output == "1 replayed, 0 differ\n"


def test_replay_goes_through_every_bank_when_none_is_named(portal, broken):
    told = portal("rules", "replay", "--limit", 1)

    assert told.exit_code in (0, 1)
    assert " replayed, " in told.output.splitlines()[-1]


def test_replay_of_a_bank_nobody_knows_says_so(portal):
    told = portal("rules", "replay", "--bank", "NOBODY")

    assert told.exit_code == 1
    assert "Error:" in told.output


# A bank's answer to a question


@pytest.mark.parametrize(
    ("flag", "state", "words"),
    [
        ("--grant", PermitState.GRANTED, "Granted, for ten minutes.\n"),
        ("--refuse", PermitState.REFUSED, "Refused.\n"),
    ],
)
def test_a_bank_answers_a_question_from_the_shell(portal, make, acting_as, flag, state, words):
    made = make.account(agency=make.agency(), zones=())
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        asked = ask_permit(session, agent, made.id, Channel.CALL, at=LATER)
    person = make.staff(made.bank, Role.VENDOR_MANAGER)
    who = ["--bank", made.bank.code, "--as", person.email]

    told = portal("permits", "answer", asked.id, flag, "--reason", "She wrote today.", *who)

    assert told.output == words
    with acting_as(Principal.system(made.bank_id)) as session:
        assert session.get_one(Permit, (made.bank_id, asked.id)).state is state
