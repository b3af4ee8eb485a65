"""Rule packs, the tester and a bank's own rules, as an operator types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.actions.own_rules import list_versions
from portal.core.actions.service import log_call
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Outcome
from portal.core.rules.pack import PACK_IDS, read_pack
from tests.commands.test_commands import portal  # noqa: F401 -- a fixture
from tests.support.factories import NOON

SETTINGS = """
rest_days = 2

[[caps]]
channels = ["call"]
most = 1
days = 7

[[days_off]]
on = 2026-12-25
name = "Christmas Day"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(SETTINGS)
    return path


def test_packs_are_listed_and_shown(portal):  # noqa: F811
    listed = portal("rules", "packs")
    whole = json.loads(portal("rules", "packs", "--json").output)
    shown = portal("rules", "show", "us", "--channel", "letter")

    assert [line.split(":")[0] for line in listed.output.splitlines()] == list(PACK_IDS)
    assert [pack["hash"] for pack in whole["packs"]] == [read_pack(p).hash for p in PACK_IDS]
    assert "US-REGF-6C-CEASE: Refusal to pay or request to cease" in shown.output
    assert "12 CFR 1006.6(c)" in shown.output
    assert "US-REGF-6B1-HOURS" not in shown.output


def test_a_pack_is_shown_as_in_force_on_a_day(portal):  # noqa: F811
    before = portal("rules", "show", "us", "--on", "2021-11-29")

    assert before.exit_code == 0
    assert "US-REGF-6B1-HOURS" not in before.output


def test_a_contact_is_tried(portal):  # noqa: F811
    where = ("--state", "CA", "--phone", "+1 212 555 0100")
    result = portal("rules", "try", "--at", "2026-11-24T07:30", *where)
    told = json.loads(portal("rules", "try", "--at", "2026-11-24T07:30", *where, "--json").output)

    assert result.exit_code == 0
    assert result.output.startswith("Not allowed\n")
    assert "Allowed again: 24 November 2026, 8:00" in result.output
    assert "US-REGF-6B1-HOURS: Not allowed: 7:30" in result.output
    assert told["judgement"]["verdict"] == "violation"


def test_earlier_contacts_and_holds_count(portal):  # noqa: F811
    past = [
        part
        for day in range(18, 25)
        for part in ("--past", f"2026-11-{day}T09:00,call,no_answer,us")
    ]

    eighth = portal("rules", "try", "--at", "2026-11-24T12:00", "--zone", "America/Chicago", *past)
    held = portal("rules", "try", "--at", "2026-11-24T12:00", "--state", "NY", "--hold", "dispute")

    assert "Call number 8 about this debt within 7 days. The limit is 7." in eighth.output
    assert "Counted: earlier contacts 1, 2, 3, 4, 5, 6, 7" in eighth.output
    assert "The account is on hold" in held.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "mars"), "There is no rule pack mars."),
        (("try", "--at", "noon"), "noon is not a time. Write it like 2026-11-24T07:30."),
        (("try", "--at", "2026-11-24T12:00", "--zone", "Mars"), "Mars is not a time zone."),
        (("try", "--at", "2026-11-24T12:00", "--past", "x"), "x is no earlier contact."),
        (
            ("try", "--at", "2026-11-24T12:00", "--past", "2026-11-23T12:00,call,no_answer,them"),
            "is no earlier contact.",
        ),
        (("try", "--at", "2026-11-24T12:00", "--bank", "NOWHERE"), "No bank has the code NOWHERE"),
    ],
)
def test_a_wrong_word_is_answered_by_name(portal, words, says):  # noqa: F811
    result = portal("rules", *words)

    assert result.exit_code != 0
    assert says in result.output


def test_own_rules_are_set_listed_tried_and_withdrawn(portal, make, acting_as, file):  # noqa: F811
    bank = make.bank()
    person = make.staff(bank, Role.VENDOR_MANAGER)
    told = ("--bank", bank.code)
    start = datetime.now(UTC).date() + timedelta(days=3)

    made = portal("rules", "own", "set", file, *told, "--from", start, "--as", person.email)
    listed = json.loads(portal("rules", "own", "list", *told, "--json").output)
    noon = f"{start}T12:00"
    tried = portal(
        *("rules", "try", "--at", noon, "--state", "NY", *told),
        *("--past", f"{start}T10:00,call,no_answer,other"),
    )
    end = start + timedelta(days=1)
    over = portal("rules", "own", "withdraw", *told, "--from", end, "--note", "Over.")

    assert made.exit_code == 0, made.output
    assert f"Version 1 takes effect on {start}" in made.output
    assert "  Phone call: at most 1 contact in 7 days." in made.output
    assert listed["versions"][0]["settings"]["rest_days"] == 2
    assert "BANK-CAP-1: Against guidance: Contact number 2 within 7 days" in tried.output
    assert over.output == f"Version 2 asks for nothing, from {end} on.\n"
    lines = portal("rules", "own", "list", *told).output
    assert "version 2, to come" in lines
    with acting_as(Principal.system(bank.id)) as session:
        assert [each.made_by for each in list_versions(session, bank.id)][1] == person.id


def test_a_bank_without_own_rules_is_said_to_have_none(portal, make):  # noqa: F811
    assert portal("rules", "own", "list", "--bank", make.bank().code).output == (
        "No rules of its own.\n"
    )


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("balance_days = 0\nlimit = 3", "own.toml", "balance_days: Enter a whole number from 1"),
        ("balance_days = 0\nlimit = 3", "own.toml", "limit: There is no such setting."),
        ("= 3", "own.toml", "own.toml cannot be read"),
        ("{", "own.json", "own.json cannot be read"),
        ("[]", "own.json", "This has to be a table of settings."),
    ],
)
def test_a_file_that_cannot_be_used_has_each_fault_named(
    portal,  # noqa: F811
    make,
    tmp_path,
    content,
    name,
    says,
):
    path = tmp_path / name
    path.write_text(content)

    result = portal("rules", "own", "set", path, "--bank", make.bank().code, "--from", "2099-01-01")

    assert result.exit_code == 1
    assert says in result.output


def test_only_who_sets_policies_sets_rules_from_the_shell(portal, make, file):  # noqa: F811
    bank = make.bank()
    analyst = make.staff(bank, Role.BANK_ANALYST)

    result = portal(
        *("rules", "own", "set", file, "--bank", bank.code),
        *("--from", "2099-01-01", "--as", analyst.email),
    )

    assert result.exit_code == 1
    assert "Your role does not allow this." in result.output


def test_a_past_time_is_looked_at_with_a_draft(portal, make, acting_as, file):  # noqa: F811
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for hours in (1, 2, 3):
        at = NOON + timedelta(hours=hours)
        with acting_as(agent) as session:
            log_call(session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=at)
    span = ("--bank", made.bank.code, "--since", "2026-11-24", "--until", "2026-11-25")

    said = portal("rules", "own", "preview", file, *span)
    assert said.exit_code == 0, said.output
    told = json.loads(portal("rules", "own", "preview", file, *span, "--json").output)

    assert "3 of 3 contacts looked at" in said.output
    assert "2 forbidden that were not, 0 for a person" in said.output
    assert "  BANK-CAP-1 (The bank's own limit): 2" in said.output
    assert told["by_agency"] == {agency.code: 2}
    assert told["by_day"] == {"2026-11-24": 2}
    assert [sample["account_ref"] for sample in told["samples"]] == [made.account_ref] * 2
