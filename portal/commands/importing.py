"""`portal import`: a bank's file, from the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from portal.commands.support import act_as, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.accounts.deliveries import (
    AlreadyImported,
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.imports import ImportReport, check_file, commit_file
from portal.core.accounts.mapping import Mapping
from portal.core.accounts.rejects import as_documents, describe
from portal.web.uow import transaction


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file that maps the bank's headings; left out, the remembered or guessed mapping.",
)
@click.option("--as", "email", help="E-mail of the member of the bank's staff who acts.")
@click.option(
    "--attest", is_flag=True, help="The acting person confirms the balances (needs --as)."
)
@click.option("--dry-run", is_flag=True, help="Check everything, import nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def import_file(
    file: Path,
    bank_code: str,
    mapping_file: Path | None,
    email: str | None,
    *,
    attest: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a bank's referral file: every good row, each bad row named with its cure.

    The same file twice changes nothing. A file whose control totals differ is refused whole.
    """
    if attest and email is None:
        raise click.UsageError("--attest needs --as: a named person confirms the balances.")
    with application():
        bank = find_bank(bank_code)
        actor = act_as(bank, email)
        now = clock.now()
        today = now.astimezone(ZoneInfo(bank.timezone)).date()
        try:
            with transaction(actor) as session, file.open("rb") as source:
                kept = receive_file(session, actor, source, file_name=file.name, at=now)
                mapping = (
                    Mapping.from_toml(mapping_file.read_text("utf-8"))
                    if mapping_file
                    else remembered_mapping(session, bank.id, open_delivery(session, kept))
                )
        except AlreadyImported as repeat:
            with transaction(actor) as session:
                first = get_import(session, actor, repeat.import_id)
            data = {"state": "unchanged", "import": str(first.id), "accepted": 0, "rejected": 0}
            answer(data, as_json=as_json, lines=[str(repeat)])
            return
        with transaction(actor) as session:
            kept = get_import(session, actor, kept.id)
            if dry_run:
                report = check_file(session, actor, kept, mapping, today=today)
            else:
                report = commit_file(
                    session, actor, kept, mapping, at=now, today=today, attested=attest
                )
        data = _as_data(report, state="checked" if dry_run else "committed")
        data["import"] = str(kept.id)
        answer(data, as_json=as_json, lines=_as_lines(report, dry_run=dry_run, attested=attest))


def _as_data(report: ImportReport, *, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "file": report.file_name,
        "sha256": report.sha256,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "rows": report.rows,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "people": report.new_people + report.known_people,
        "totals": {money.currency: money.decimal_text() for money in report.sums()},
        "trailer": report.trailer,
        "errors": as_documents(report.errors),
    }


def _as_lines(report: ImportReport, *, dry_run: bool, attested: bool) -> list[str]:
    sums = ", ".join(f"{money.currency} {money.decimal_text()}" for money in report.sums())
    verb = "would be imported" if dry_run else "imported"
    lines = [
        f"{report.file_name}: {report.encoding}, {report.rows} rows",
        f"{report.accepted} accounts {verb}, {sums or 'nothing'} in total",
    ]
    if not dry_run:
        lines.append(f"{report.new_people} new people, {report.known_people} known before")
        if not attested:
            lines.append("Nobody attested the balances: do so before referring the accounts.")
    if report.rejected:
        lines.append(f"{report.rejected} rows rejected:")
        lines += [f"  row {error.row}: {describe(error)}" for error in report.errors]
    return lines
