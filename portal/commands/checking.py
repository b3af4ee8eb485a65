"""`portal ledger check`, `portal rules`, `portal assets`, `portal i18n`: is all as it should be?"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import click

from portal.commands.support import answer, application, told_plainly
from portal.config import ROOT
from portal.core import clock
from portal.core.ledger.check import check_ledger
from portal.core.parties.models import Bank
from portal.core.principal import Principal
from portal.core.rules import load_packs
from portal.web import assets as asset_files
from portal.web import languages
from portal.web.uow import transaction


@click.group()
def ledger() -> None:
    """Prove the books."""


@ledger.command("check")
@click.option("--bank", "bank_code", help="Only this bank; left out, every bank.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def check(bank_code: str | None, *, as_json: bool) -> None:
    """Recompute every balance from its lines, every posting's digest, and what is in clearing."""
    results = []
    with application():
        with transaction(Principal.operator_machine()) as session:
            banks = [
                (bank.id, bank.code)
                for bank in session.query(Bank).order_by(Bank.code)
                if bank_code in (None, bank.code)
            ]
        if bank_code and not banks:
            raise click.ClickException(f"No bank has the code {bank_code}.")
        for bank_id, code in banks:
            with transaction(Principal.system(bank_id)) as session:
                results.append((code, check_ledger(session, bank_id)))
    found = sum(len(report.faults) for _, report in results)
    lines = []
    for code, report in results:
        lines.append(
            f"{code}: {report.balances} balances, {report.postings} postings,"
            f" {report.lines} lines, {len(report.faults)} faults"
        )
        lines += [f"  {f.kind} {f.subject_id}: {f.fault}" for f in report.faults]
    data = {
        "faults": found,
        "banks": {
            code: {
                "balances": report.balances,
                "postings": report.postings,
                "lines": report.lines,
                "faults": [vars(fault) for fault in report.faults],
            }
            for code, report in results
        },
    }
    answer(data, as_json=as_json, lines=lines)
    if found:
        sys.exit(1)


@click.group()
def rules() -> None:
    """The compliance rules: what is in force, and whether it judges as it should."""


@rules.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@told_plainly
def test_rules(file: Path) -> None:
    """Judge every case of a vectors file; exit with 1 when one comes out otherwise."""
    from portal.core.rules import vectors

    try:
        document = json.loads(file.read_text("utf-8-sig"))
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON file: {error}") from None
    results = vectors.run(document)
    for result in results:
        click.echo(str(result))
    failed = sum(not result.passed for result in results)
    click.echo(f"{len(results) - failed} passed, {failed} failed")
    if failed:
        sys.exit(1)


@rules.command("list")
@click.option("--on", "on_text", help="The day asked about, such as 2026-11-24; default today.")
@click.argument("packs", nargs=-1, required=True)
def list_rules(packs: tuple[str, ...], on_text: str | None) -> None:
    """List the rules of packs, such as `us`, `us-ma` or `cn`, with their sources."""
    on = date.fromisoformat(on_text) if on_text else clock.now().date()
    for pack in load_packs(packs, on):
        click.echo(f"{pack.id} {pack.version} {pack.hash[:12]}")
        for rule in pack.rules:
            click.echo(f"  {rule.id}: {rule.severity}, {rule.citation}")


@click.group()
def assets() -> None:
    """Third-party front-end files."""


@assets.command("vendor")
def vendor_assets() -> None:
    """Copy the files named in static/vendor/assets.toml from npm; twice changes nothing."""
    for line in asset_files.vendor(ROOT):
        click.echo(line)


@assets.command("check")
def check_assets() -> None:
    """Compare the committed files with their manifest."""
    _finish(asset_files.check(ROOT), "The vendored files are as their manifest says.")


@click.group()
def i18n() -> None:
    """Translations."""


@i18n.command("extract")
def extract_strings() -> None:
    """Read every translatable string into the catalogues."""
    _print(languages.extract(ROOT))


@i18n.command("compile")
def compile_strings() -> None:
    """Make the catalogues the portal reads."""
    _print(languages.compile(ROOT))


@i18n.command("check")
def check_strings() -> None:
    """Name every string without its translation."""
    _finish(languages.check(ROOT), "Every string has its translations.")


def _print(result: object) -> None:
    for line in result if isinstance(result, list) else []:
        click.echo(line)


def _finish(faults: list[str], good: str) -> None:
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.ClickException(f"{len(faults)} faults.")
    click.echo(good)
