"""`portal rules packs`, `show` and `try`: the packs read, and a made-up contact judged by them."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import click

from portal.commands.support import answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.actions.bank_rules import find_pack
from portal.core.errors import Invalid
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind, Outcome, Pack, Purpose, Role
from portal.core.rules.pack import PACK_IDS, read_pack
from portal.core.rules.trying import TriedCase, TriedPast
from portal.web.rule_trial import Trial, try_case
from portal.web.rule_views import view_pack
from portal.web.uow import transaction

_DAY = click.DateTime(["%Y-%m-%d"])
_MINUTE = "%Y-%m-%dT%H:%M"


@click.command("packs")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, each pack whole.")
@told_plainly
def packs(*, as_json: bool) -> None:
    """List the rule packs that come with the portal."""
    found = [read_pack(pack_id) for pack_id in PACK_IDS]
    data = {"packs": [{"hash": pack.hash, **json.loads(pack.document)} for pack in found]}
    lines = [
        f"{pack.id}: {pack.jurisdiction}, version {pack.version}, {len(pack.rules)} rules,"
        f" {pack.hash[:12]}"
        for pack in found
    ]
    answer(data, as_json=as_json, lines=lines)


@click.command("show")
@click.argument("pack_id", metavar="PACK")
@click.option("--on", type=_DAY, help="The day asked about, such as 2026-11-24; default today.")
@click.option("--channel", type=click.Choice([each.value for each in Channel]))
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def show(pack_id: str, on: datetime | None, channel: str | None, *, as_json: bool) -> None:
    """Show every rule of a pack, such as `us`: where it stands, how sure it is, its numbers."""
    pack = read_pack(pack_id).in_force_on(on.date() if on else clock.now().date())
    view = view_pack(pack, channel=Channel(channel) if channel else None)
    lines = [f"{view.title}, version {view.version}, {view.hash}"]
    for rule in view.rules:
        lines += [
            f"{rule.id}: {rule.title}",
            f"  {rule.citation}; {rule.weight}; {rule.confidence}",
            f"  {rule.source}, looked at on {rule.checked_on}",
        ]
        for check in rule.checks:
            lines += [
                f"  {check.asks}",
                *(f"    {each.label}: {each.text}" for each in check.lines),
            ]
    document = {"hash": pack.hash, **json.loads(pack.document)}
    answer(document, as_json=as_json, lines=lines)


@click.command("try")
@click.option("--at", "at_text", required=True, metavar="2026-11-24T07:30", help="Time there.")
@click.option("--channel", type=click.Choice([each.value for each in Channel]), default="call")
@click.option("--country", default="US", show_default=True)
@click.option("--state", default="")
@click.option("--phone", default="", help="A number of the person; its area is a place too.")
@click.option("--zone", "zones", multiple=True, help="A zone they may be in; once for each.")
@click.option("--role", type=click.Choice([each.value for each in Role]), default="consumer")
@click.option("--purpose", type=click.Choice([each.value for each in Purpose]))
@click.option("--hold", "holds", multiple=True, type=click.Choice([e.value for e in HoldKind]))
@click.option("--opt-out", "opt_outs", multiple=True, type=click.Choice([e.value for e in Channel]))
@click.option("--write-only", is_flag=True, help="The person wants to be written to only.")
@click.option(
    "--past",
    "past",
    multiple=True,
    metavar="TIME,CHANNEL,OUTCOME[,BY]",
    help="An earlier contact, such as 2026-11-23T12:00,call,no_answer,other; once for each.",
)
@click.option("--bank", "bank_code", help="Ask this bank's own rules as well.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def try_rules(
    at_text: str, past: tuple[str, ...], bank_code: str | None, *, as_json: bool, **said: Any
) -> None:
    """Judge a made-up contact; exit status 0 says that it was judged, not that it is allowed."""
    case = TriedCase(
        at=_minute(at_text),
        channel=Channel(said["channel"]),
        country=said["country"].upper(),
        state=said["state"].upper(),
        phone=said["phone"],
        zones=said["zones"],
        role=Role(said["role"]),
        purpose=Purpose(said["purpose"]) if said["purpose"] else None,
        past=tuple(_past(text) for text in past),
        holds=tuple(HoldKind(kind) for kind in said["holds"]),
        opt_outs=tuple(Channel(channel) for channel in said["opt_outs"]),
        write_only=said["write_only"],
    )
    own = _own_pack(bank_code, case.at.date()) if bank_code else None
    trial = try_case(case, own)
    answer(trial.as_document(), as_json=as_json, lines=_trial_lines(trial))


def _own_pack(bank_code: str, on: date) -> Pack | None:
    with application():
        bank = find_bank(bank_code)
        with transaction(Principal.system(bank.id)) as session:
            return find_pack(session, bank.id, on)


def _minute(text: str) -> datetime:
    try:
        return datetime.strptime(text, _MINUTE)  # noqa: DTZ007 -- the case says where
    except ValueError:
        raise Invalid(
            "%(text)s is not a time. Write it like 2026-11-24T07:30.", text=text
        ) from None


def _past(text: str) -> TriedPast:
    parts = [part.strip() for part in text.split(",")]
    made_by = parts[3] if len(parts) > 3 else "us"
    try:
        if not 3 <= len(parts) <= 4 or made_by not in ("us", "other", "bank"):
            raise ValueError(text)
        channel, outcome = Channel(parts[1]), Outcome(parts[2])
    except ValueError:
        raise Invalid(
            "%(text)s is no earlier contact. Write TIME,CHANNEL,OUTCOME and who made it: us,"
            " other or bank.",
            text=text,
        ) from None
    return TriedPast(at=_minute(parts[0]), channel=channel, outcome=outcome, made_by=made_by)


def _trial_lines(trial: Trial) -> list[str]:
    lines = [trial.verdict, trial.where]
    if trial.next_allowed:
        lines.append(f"Allowed again: {'; '.join(trial.next_allowed)}")
    for finding in trial.against:
        lines.append(f"{finding.rule_id}: {finding.verdict}: {finding.sentence}")
        lines.append(f"  {finding.citation}")
        lines += [f"    {each.label}: {each.text}" for each in finding.lines]
    return lines
