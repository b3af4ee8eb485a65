"""`portal actions`: an agency's day as a file, from the shell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.commands.support import act_as_agent, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.accounts.account_row import RowError
from portal.core.accounts.deliveries import AlreadyImported
from portal.core.accounts.exports import stream_csv
from portal.core.accounts.rejects import as_documents, describe, stream_rejects
from portal.core.actions import file_runs, files
from portal.core.actions.file_mapping import ActionMapping
from portal.core.actions.file_progress import Run, RunState, Step, find_run
from portal.core.actions.file_reasons import ACTION_FILE_REASONS
from portal.core.actions.file_template import HEADINGS, template_rows
from portal.core.actions.models_files import ActionFile, ActionFileState
from portal.core.principal import Principal
from portal.web.action_files import run_file
from portal.web.uow import transaction

_AT_ONCE = 2


@click.group()
def actions() -> None:
    """What an agency did, in bulk: the file, the check, the log."""


@actions.command("template")
def template() -> None:
    """Write a file to begin with to standard output: headings, two examples, the trailer."""
    click.echo(b"".join(stream_csv(HEADINGS, template_rows())), nl=False)


@actions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--agency", "code", required=True, help="The agency's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@click.option("--bank", "bank_code", required=True, help="The code of the bank the file is for.")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file that maps the agency's headings; left out, the remembered or guessed mapping.",
)
@click.option("--zone", help="Time zone of times that say none, like America/New_York.")
@click.option(
    "--rejects",
    "rejects_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the rejected rows, ready to correct.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, log nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def import_actions(
    file: Path,
    code: str,
    email: str,
    bank_code: str,
    mapping_file: Path | None,
    zone: str | None,
    rejects_file: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Log a file of actions: every good row with the rules it broke, each bad row with its cure.

    The same file twice changes nothing; a run that was broken off goes on when it is run again.
    """
    with application():
        actor, bank = act_as_agent(code, email), find_bank(bank_code)
        try:
            with transaction(actor) as session:
                file_id = _receive(session, actor, bank.id, file, mapping_file, zone)
        except AlreadyImported as repeat:
            file_id = repeat.import_id
            if dry_run or _is_logged(actor, file_id):
                data = {"state": "unchanged", "file": str(file_id), "logged": 0}
                answer(data, as_json=as_json, lines=[str(repeat)])
                return
        run = run_file(actor, file_id, Step.CHECK if dry_run else Step.COMMIT, at_once=_AT_ONCE)
        with transaction(actor) as session:
            kept = files.get_file(session, actor, file_id)
            found = files.list_rejects(session, kept)
            if rejects_file is not None:
                delivery = files.open_delivery(session, kept)
                rows = files.reject_rows(delivery, found)
                rejects_file.write_bytes(b"".join(stream_rejects(delivery, rows)))
        errors = [error for row in found.values() for error in row]
        answer(
            _as_data(kept, run, errors),
            as_json=as_json,
            lines=_as_lines(kept, run, errors, dry_run=dry_run),
        )
        if run.state is RunState.REFUSED:
            raise click.exceptions.Exit(1)


def _receive(
    session: Session,
    actor: Principal,
    bank_id: UUID,
    file: Path,
    mapping_file: Path | None,
    zone: str | None,
) -> UUID:
    """Keep a file and map its columns."""
    with file.open("rb") as source:
        kept = files.receive_file(
            session, actor, bank_id, source, file_name=file.name, at=clock.now()
        )
    delivery = files.open_delivery(session, kept)
    mapping = (
        ActionMapping.from_toml(mapping_file.read_text("utf-8"))
        if mapping_file
        else files.mapping_of(session, kept, delivery)
    )
    if zone:
        mapping = replace(mapping, constants={**mapping.constants, "zone": zone})
    files.keep_mapping(kept, delivery, mapping)
    return kept.id


def _is_logged(actor: Principal, file_id: UUID) -> bool:
    """Tell whether a file that came before was logged to its end."""
    with transaction(actor) as session:
        return files.get_file(session, actor, file_id).state is ActionFileState.COMMITTED


@actions.command("files")
@click.option("--agency", "code", required=True, help="The agency's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_files(code: str, email: str, *, as_json: bool) -> None:
    """List the files an agency uploaded, the newest first."""
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            kept = session.scalars(select(ActionFile).order_by(ActionFile.id.desc())).all()
            rows = [_as_row(each) for each in kept]
    lines = [" ".join(str(value) for value in row.values()) for row in rows]
    answer({"files": rows}, as_json=as_json, lines=lines or ["No files."])


@actions.command("stop")
@click.argument("file_id", type=click.UUID)
@click.option("--agency", "code", required=True, help="The agency's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the agency's staff.")
@told_plainly
def stop(file_id: UUID, code: str, email: str) -> None:
    """Stop logging a file after the part under way; what is logged stays."""
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            run = file_runs.stop_run(session, actor, file_id, at=clock.now())
    click.echo(f"Stopped; {run.logged} of {run.total} rows are logged.")


def _as_row(kept: ActionFile) -> dict[str, Any]:
    run = find_run(kept, Step.COMMIT) or find_run(kept, Step.CHECK)
    return {
        "file": str(kept.id),
        "name": kept.file_name,
        "state": kept.state.value,
        "run": run.state.value if run else "none",
        "rows": kept.row_count,
        "logged": run.logged if run else 0,
        "rejected": run.rejected if run else 0,
        "breaking": run.breaking if run else 0,
    }


def _as_data(kept: ActionFile, run: Run, errors: Iterable[RowError]) -> dict[str, Any]:
    return {
        **_as_row(kept),
        "encoding": kept.encoding,
        "delimiter": kept.delimiter,
        "good": run.total,
        "known": run.known,
        "late": run.late,
        "permits_used": run.permits_used,
        "permits_unfit": run.permits_unfit,
        "trailer": run.trailer,
        "rules": run.rules,
        "tidings": run.tidings,
        "refused": _refusal(run),
        "errors": as_documents(errors),
    }


def _refusal(run: Run) -> str:
    """Say why the whole file was refused, in English; empty when it was not."""
    if run.state is not RunState.REFUSED or run.fault is None:
        return ""
    code, values = run.fault
    reason = ACTION_FILE_REASONS[code]
    return f"{reason.message % values} {reason.cure % values}"


def _as_lines(
    kept: ActionFile, run: Run, errors: Iterable[RowError], *, dry_run: bool
) -> list[str]:
    if run.state is RunState.REFUSED:
        return [f"{kept.file_name}: refused, nothing was logged. {_refusal(run)}"]
    count, verb = (run.total, "would be logged") if dry_run else (run.logged, "logged")
    lines = [
        f"{kept.file_name}: {kept.encoding}, {run.rows} rows",
        f"{count} actions {verb}, {run.breaking} of them break a rule;"
        f" {run.known} were on record already",
    ]
    lines += [f"  {rule}: {rows} rows" for rule, rows in sorted(run.rules.items())]
    if run.rejected:
        lines.append(f"{run.rejected} rows rejected:")
        lines += [f"  row {error.row}: {describe(error)}" for error in errors]
    return lines
