"""`portal remind`: a bank's own reminders before referral, from the shell."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import and_, select

from portal.commands.support import act_as, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.accounts.models import Account
from portal.core.actions.ladder import LadderStep, to_plain
from portal.core.actions.ladder_reading import read_steps
from portal.core.actions.ladders import find_ladder, local_day, set_ladder, switch_ladder
from portal.core.actions.models_reminders import Reminder, ReminderState
from portal.core.actions.reminder_outlook import foresee
from portal.core.actions.reminders import log_reminder_call
from portal.core.actions.service import Told
from portal.core.errors import Invalid
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from portal.jobs.reminders import run_ladder
from portal.web.uow import transaction

bank_option = click.option("--bank", "bank_code", required=True, help="The bank's code.")
_SHOWN = ("id", "due_on", "account", "step", "reason")
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
as_option = click.option("--as", "email", help="E-mail of the member of the bank's staff who acts.")


@click.group()
def remind() -> None:
    """A bank's own reminders, calls and formal demands before it refers."""


@remind.command("plan")
@bank_option
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Left out, tomorrow.")
@json_option
@told_plainly
def plan(bank_code: str, day: datetime | None, *, as_json: bool) -> None:
    """Show what would go out on a day, by step; nothing is written."""
    with application():
        bank = find_bank(bank_code)
        on = day.date() if day else local_day(bank, clock.now()) + timedelta(days=1)
        with transaction(Principal.system(bank.id)) as session:
            found = foresee(session, bank.id, on)
        steps = [
            {**_brief(each.step), "reached": each.reached, "waiting": each.waiting}
            for each in found.steps
        ]
        data = {"day": on, "running": found.ladder.is_running, "steps": steps}
        head = f"{on}: {found.total} steps would be taken or tried"
        lines = [head if found.ladder.is_running else f"{head} if the ladder were on; it is off"]
        lines += [
            f"  {each['key']}: {each['reached']} reached, {each['waiting']} waiting"
            for each in steps
        ]
        answer(data, as_json=as_json, lines=lines)


@remind.command("run")
@bank_option
@json_option
@told_plainly
def run(bank_code: str, *, as_json: bool) -> None:
    """Plan and take the steps reached now, as the worker does every five minutes."""
    with application():
        bank = find_bank(bank_code)
        ran = run_ladder(bank.id)
        tried = {state.value: ran.tried[state.value] for state in ReminderState}
        data = {"planned": ran.planned, "closed": ran.closed, "failed": ran.failed, **tried}
        line = ", ".join(f"{count} {name}" for name, count in data.items() if count)
        answer(data, as_json=as_json, lines=[line or "nothing to do"])


@remind.command("ladder")
@bank_option
@click.option("--on", "switch", flag_value="on", help="Let the machine take the steps.")
@click.option("--off", "switch", flag_value="off", help="Stop it.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Steps to set, as JSON in the form that --json prints.",
)
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Day --file holds from; today."
)
@as_option
@json_option
@told_plainly
def ladder(
    bank_code: str,
    switch: str | None,
    path: Path | None,
    since: datetime | None,
    email: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the steps that hold today, set others, or switch them on and off."""
    with application():
        bank = find_bank(bank_code)
        actor, now = act_as(bank, email), clock.now()
        today = local_day(bank, now)
        if path is not None:
            _set(actor, path, since.date() if since else today, switch, now)
        elif switch is not None:
            with transaction(actor) as session:
                switch_ladder(session, actor, running=switch == "on", at=now)
        with transaction(actor) as session:
            found = find_ladder(session, bank.id, today)
        data = {
            "version": found.version,
            "running": found.is_running,
            "effective_from": found.effective_from,
            "steps": to_plain(found.steps),
        }
        state = "on" if found.is_running else "off"
        lines = [f"version {found.version}, {state}"]
        lines += [
            f"  day {step.after_days}: {step.key}, {step.channel}, {step.department}"
            for step in found.steps
        ]
        answer(data, as_json=as_json, lines=lines)


def _set(actor: Principal, path: Path, day: date, switch: str | None, now: datetime) -> None:
    steps = read_steps(_read(path))
    with transaction(actor) as session:
        before = find_ladder(session, actor.bank_id or actor.user_id, day)
        set_ladder(
            session,
            actor,
            steps,
            running=before.is_running if switch is None else switch == "on",
            effective_from=day,
            at=now,
        )


def _read(path: Path) -> list[Any]:
    try:
        raw = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Invalid("%(path)s is not JSON: %(why)s", path=path.name, why=str(error)) from error
    steps = raw.get("steps") if isinstance(raw, dict) else raw
    if not isinstance(steps, list):
        raise Invalid("%(path)s holds no list of steps.", path=path.name)
    return steps


@remind.command("list")
@bank_option
@click.option(
    "--state",
    default=ReminderState.DUE.value,
    show_default=True,
    type=click.Choice([state.value for state in ReminderState]),
    help="How they stand; due are the calls to make.",
)
@json_option
@told_plainly
def list_reminders(bank_code: str, state: str, *, as_json: bool) -> None:
    """List reminders by how they stand, the oldest first."""
    with application():
        bank = find_bank(bank_code)
        with transaction(Principal.system(bank.id)) as session:
            rows = session.execute(
                select(Reminder, Account.account_ref)
                .join(
                    Account,
                    and_(Account.bank_id == Reminder.bank_id, Account.id == Reminder.account_id),
                )
                .where(Reminder.bank_id == bank.id, Reminder.state == state)
                .order_by(Reminder.due_on, Reminder.id)
            ).all()
        found = [
            {
                "id": str(row.Reminder.id),
                "account": row.account_ref,
                "step": row.Reminder.step,
                "channel": row.Reminder.channel.value,
                "due_on": row.Reminder.due_on,
                "reason": row.Reminder.reason,
                "next_try_at": row.Reminder.next_try_at,
            }
            for row in rows
        ]
        lines = [" ".join(str(each[name]) for name in _SHOWN).rstrip() for each in found]
        answer({"reminders": found}, as_json=as_json, lines=lines or ["none"])


@remind.command("call")
@click.argument("reminder", type=click.UUID)
@bank_option
@click.option(
    "--outcome",
    required=True,
    type=click.Choice([each.value for each in Outcome]),
    help="How it ended.",
)
@click.option("--at", "made_at", help="When, with its zone; left out, now.")
@click.option("--note", default="", help="Kept sealed with the call.")
@as_option
@told_plainly
def call(
    reminder: UUID, bank_code: str, outcome: str, made_at: str | None, note: str, email: str | None
) -> None:
    """Log the call that REMINDER asks for."""
    with application():
        bank = find_bank(bank_code)
        actor, now = act_as(bank, email), clock.now()
        told = Told(
            channel=Channel.CALL,
            outcome=Outcome(outcome),
            made_at=_instant(made_at) if made_at else now,
            note=note,
        )
        with transaction(actor) as session:
            action = log_reminder_call(session, actor, reminder, told, now=now)
            broken = action.breach_count
        click.echo(f"logged, {broken} rules broken" if broken else "logged")


def _instant(text: str) -> datetime:
    unclear = Invalid("Write the time with its zone, like 2026-11-24T14:30-05:00.")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise unclear from None
    if found.tzinfo is None:
        raise unclear
    return found


def _brief(step: LadderStep) -> dict[str, Any]:
    return {
        "key": step.key,
        "after_days": step.after_days,
        "channel": step.channel.value,
        "department": step.department.value,
    }
