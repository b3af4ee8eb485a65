"""The command line, as an operator types it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.core import clock
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.permissions import Role, Side
from portal.core.placements.models import Placement
from portal.core.principal import Principal
from portal.core.recoveries.models import Recipient
from portal.core.recoveries.service import report_recovery
from tests.support.referral_files import real_file, spoiled_copy


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
def us_file(tmp_path):
    path = tmp_path / "us.csv"
    path.write_bytes(real_file())
    return path


def test_the_us_file_is_imported_to_the_cent_and_a_second_run_changes_nothing(
    portal, make, us_file
):
    bank = make.bank()

    first = portal("import", us_file, "--bank", bank.code, "--json")
    second = portal("import", us_file, "--bank", bank.code, "--json")

    assert first.exit_code == 0, first.output
    told = json.loads(first.output)
    assert (told["accepted"], told["rejected"], told["people"]) == (3130, 0, 2881)
    assert told["totals"] == {"USD": "197038144.00"}
    assert json.loads(second.output)["state"] == "unchanged"
    proof = portal("ledger", "check", "--bank", bank.code, "--json")
    assert proof.exit_code == 0
    assert json.loads(proof.output)["banks"][bank.code]["lines"] == 9390


def test_a_spoiled_copy_has_each_bad_row_reported(portal, make, tmp_path):
    spoiled, bank = spoiled_copy(), make.bank()
    path = tmp_path / "spoiled.csv"
    path.write_bytes(spoiled.data)

    told = json.loads(portal("import", path, "--bank", bank.code, "--json").output)

    rows = {error["row"] for error in told["errors"]}
    assert rows == set(spoiled.rejected)
    assert all(error["message"] for error in told["errors"])


def test_a_dry_run_imports_nothing(portal, make, us_file):
    bank = make.bank()

    dry = portal("import", us_file, "--bank", bank.code, "--dry-run")
    wet = portal("import", us_file, "--bank", bank.code, "--json")

    assert "3130 accounts would be imported" in dry.output
    assert json.loads(wet.output)["accepted"] == 3130


def test_accounts_are_referred_by_share_from_the_shell(portal, make, us_file):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)
    make.account(bank=bank, verified_on=None)

    result = portal(
        "refer",
        "--bank",
        bank.code,
        "--share",
        f"{agency.code}=100",
        "--seed",
        "1",
        "--dry-run",
        "--json",
    )

    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["left_out"] == {"not_verified": 1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "{file}", "--bank", "NOWHERE"), "No bank has the code NOWHERE"),
        (("import", "{file}", "--bank", "X", "--attest"), "--attest needs --as"),
        (("ledger", "check", "--bank", "NOWHERE"), "No bank has the code NOWHERE"),
    ],
)
def test_a_wrong_word_is_answered_by_name(portal, us_file, words, says):
    result = portal(*(word.replace("{file}", str(us_file)) for word in words))

    assert result.exit_code != 0
    assert says in result.output


def test_help_lists_every_command(portal):
    text = portal("--help").output

    for name in ("run", "demo", "migrate", "doctor", "import", "refer", "rules", "ledger", "jobs"):
        assert f"  {name} " in text


def test_a_wrong_setting_stops_the_start_with_its_name_and_the_cure(monkeypatch):
    monkeypatch.setenv("PORTAL_PORT", "seventy")

    result = CliRunner().invoke(main, ["settings"])

    assert result.exit_code != 0
    assert "PORTAL_PORT" in str(result.exception) + result.output


def test_a_real_key_and_the_sandbox_cannot_meet(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_x")
    monkeypatch.setenv("PAYMENT_SANDBOX", "true")

    result = CliRunner().invoke(main, ["settings"])

    assert result.exit_code != 0
    assert "PAYMENT_SANDBOX and STRIPE_SECRET_KEY" in str(result.exception) + result.output


def test_people_are_invited_listed_disabled_and_enabled(portal, make):
    bank = make.bank()
    email = f"vendor@{bank.code.lower()}.example"
    invited = portal(
        "users", "invite", bank.code, email, "--name", "A Person", "--role", "vendor_manager"
    )
    make.staff(bank, Role.BANK_ADMIN)

    disabled = portal("users", "disable", bank.code, email, "--reason", "left")
    listed = json.loads(portal("users", "list", bank.code, "--json").output)["users"]
    enabled = portal("users", "enable", bank.code, email)

    assert invited.exit_code == 0, invited.output
    assert "/invitation/" in invited.output
    assert disabled.exit_code == 0, disabled.output
    assert {one["email"]: one["status"] for one in listed}[email] == "disabled"
    assert enabled.exit_code == 0, enabled.output


def test_an_offer_is_accepted_and_a_recovery_verified_from_the_shell(portal, make, acting_as):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)
    made = make.account(bank=bank)
    manager = make.staff(agency, Role.AGENCY_MANAGER)
    vendor = make.staff(bank, Role.VENDOR_MANAGER)
    with acting_as(Principal.system(bank.id)) as session:
        balance = session.get_one(Balance, (bank.id, made.id))
        balance.verified_as_of = clock.now().date()
    share = f"{agency.code}=100"
    referred = portal("refer", "--bank", bank.code, "--share", share, "--seed", "1")
    asks = ("--agency", agency.code, "--as", manager.email)
    offer = json.loads(portal("offers", "list", *asks, "--json").output)["offers"][0]

    accepted = portal("offers", "accept", offer["offer"], *asks)

    assert referred.exit_code == 0, referred.output
    assert "1 accounts are open" in accepted.output
    agent = Principal.staff(Side.AGENCY, agency.id, manager.id, Role.AGENCY_MANAGER)
    with acting_as(agent) as session:
        placement = session.scalars(select(Placement)).one()
        recovery = report_recovery(
            session,
            agent,
            made.id,
            Money(500, "USD"),
            received_on=placement.term_start,
            recipient=Recipient.AGENCY,
            external_ref="SHELL-1",
            at=clock.now(),
            today=placement.term_start,
        )
    told = ("--bank", bank.code, "--as", vendor.email)
    verified = portal("recoveries", "verify", recovery.id, *told)
    waiting = json.loads(portal("recoveries", "list", "--bank", bank.code, "--json").output)
    assert verified.output == "Verified.\n"
    assert waiting["recoveries"] == []
