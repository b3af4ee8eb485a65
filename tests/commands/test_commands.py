"""The command line, as an operator types it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
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
