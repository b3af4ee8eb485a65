"""`portal rules own`: a bank's own rules listed, set, withdrawn, or looked at over a past time."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from portal.commands.support import act_as, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.actions.own_preview import Preview, preview
from portal.core.actions.own_rules import (
    BankSettings,
    list_versions,
    read_settings,
    schedule_of,
    set_rules,
    to_plain,
    withdraw,
)
from portal.core.errors import Invalid
from portal.core.parties.models import Agency, Bank
from portal.core.principal import Principal
from portal.web.own_rule_words import sentences
from portal.web.rule_titles import title_of
from portal.web.uow import transaction

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("own")
def own() -> None:
    """A bank's own rules: what it asks for beyond the law."""


@own.command("list")
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_own(bank_code: str, *, as_json: bool) -> None:
    """List the versions of a bank's own rules: in force, to come, and over."""
    with application():
        bank = find_bank(bank_code)
        with transaction(Principal.system(bank.id)) as session:
            versions = list_versions(session, bank.id)
        schedule = schedule_of(versions, clock.now().astimezone(UTC).date())
        coming = {each.version for each in schedule.coming}
        rows, lines = [], []
        for each in versions:
            state = "to come" if each.version in coming else "over"
            if schedule.in_force and schedule.in_force.version == each.version:
                state = "in force"
            rows.append(
                {
                    "version": each.version,
                    "state": state,
                    "effective_from": each.effective_from,
                    "hash": each.hash,
                    "settings": each.settings,
                }
            )
            lines.append(f"version {each.version}, {state}, from {each.effective_from}")
            lines += [f"  {each}" for each in sentences(read_settings(each.settings))]
        answer({"versions": rows}, as_json=as_json, lines=lines or ["No rules of its own."])


@own.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option("--from", "effective_from", type=_DAY, required=True, help="Such as 2026-12-01.")
@click.option("--note", default="", help="Why; the bank alone reads it.")
@click.option("--as", "email", help="E-mail of the member of the bank's staff who acts.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def set_own(
    file: Path,
    bank_code: str,
    effective_from: datetime,
    note: str,
    email: str | None,
    *,
    as_json: bool,
) -> None:
    """Put the settings of a TOML or JSON file in force as a bank's own rules from a day on."""
    with application():
        bank = find_bank(bank_code)
        actor, now = act_as(bank, email), clock.now()
        settings = _read(file)
        with transaction(actor) as session:
            made = set_rules(
                session,
                actor,
                settings,
                effective_from=effective_from.date(),
                note=note,
                at=now,
                today=now.astimezone(ZoneInfo(bank.timezone)).date(),
            )
        data = {"version": made.version, "hash": made.hash, "effective_from": made.effective_from}
        lines = [f"Version {made.version} takes effect on {made.effective_from}, {made.hash}."]
        lines += [f"  {each}" for each in sentences(settings)]
        answer({**data, "settings": to_plain(settings)}, as_json=as_json, lines=lines)


@own.command("withdraw")
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option("--from", "effective_from", type=_DAY, required=True, help="Such as 2026-12-01.")
@click.option("--note", default="", help="Why; the bank alone reads it.")
@click.option("--as", "email", help="E-mail of the member of the bank's staff who acts.")
@told_plainly
def withdraw_own(bank_code: str, effective_from: datetime, note: str, email: str | None) -> None:
    """End a bank's own rules from a day on."""
    with application():
        bank = find_bank(bank_code)
        actor, now = act_as(bank, email), clock.now()
        with transaction(actor) as session:
            made = withdraw(
                session,
                actor,
                effective_from=effective_from.date(),
                note=note,
                at=now,
                today=now.astimezone(ZoneInfo(bank.timezone)).date(),
            )
    click.echo(f"Version {made.version} asks for nothing, from {made.effective_from} on.")


@own.command("preview")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bank", "bank_code", required=True, help="The bank's code.")
@click.option("--since", type=_DAY, required=True, help="The first day, at the bank.")
@click.option("--until", type=_DAY, required=True, help="The day after the last.")
@click.option("--limit", default=20_000, show_default=True, help="Contacts looked at, at most.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def preview_own(
    file: Path, bank_code: str, since: datetime, until: datetime, limit: int, *, as_json: bool
) -> None:
    """Say what the settings of a file would have done to a bank's contacts; nothing is set."""
    with application():
        bank = find_bank(bank_code)
        actor = Principal.system(bank.id)
        with transaction(actor) as session:
            found = preview(
                session,
                actor,
                _read(file),
                since=_midnight(since, bank),
                until=_midnight(until, bank),
                limit=limit,
            )
            rows = session.execute(select(Agency.id, Agency.code)).all()
        names = {row.id: row.code for row in rows}
        data = _preview_data(found, names, bank.code)
        answer(data, as_json=as_json, lines=_preview_lines(data))


def _midnight(day: datetime, bank: Bank) -> datetime:
    return datetime.combine(day.date(), time(), ZoneInfo(bank.timezone)).astimezone(UTC)


def _read(file: Path) -> BankSettings:
    text = file.read_text("utf-8")
    try:
        raw = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise Invalid("%(file)s cannot be read: %(why)s", file=file.name, why=str(error)) from None
    return read_settings(raw)


def _preview_data(found: Preview, names: dict[Any, str], own_code: str) -> dict[str, Any]:
    return {
        "contacts": found.contacts,
        "looked_at": found.looked_at,
        "people": found.people,
        "drawn": found.is_drawn,
        "forbidden": found.forbidden,
        "forbidden_anew": found.forbidden_anew,
        "for_a_person": found.for_a_person,
        "permits": found.permits,
        "permits_denied": found.permits_denied,
        "by_rule": dict(found.by_rule),
        "by_agency": {names.get(key, own_code): count for key, count in found.by_agency.items()},
        "by_channel": {key.value: count for key, count in found.by_channel.items()},
        "by_day": {key.isoformat(): count for key, count in found.by_day.items()},
        "samples": [
            {
                "action": str(each.action_id),
                "account_ref": each.account_ref,
                "at": each.at.isoformat(),
                "rule": each.finding.rule_id,
            }
            for each in found.samples
        ],
    }


def _preview_lines(data: dict[str, Any]) -> list[str]:
    lines = [
        f"{data['looked_at']} of {data['contacts']} contacts looked at",
        f"{data['forbidden_anew']} forbidden that were not, {data['for_a_person']} for a person",
        f"{data['permits_denied']} of {data['permits']} permits denied that were not",
    ]
    lines += [f"  {rule} ({title_of(rule)}): {n}" for rule, n in data["by_rule"].items()]
    for kind in ("by_agency", "by_channel", "by_day"):
        lines += [f"  {key}: {count}" for key, count in data[kind].items()]
    return lines
