"""`portal wishes`, `portal statements`: how a person wants to be contacted, what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from portal.commands.holds import find_account
from portal.commands.support import (
    act_as,
    act_as_agent,
    answer,
    application,
    find_bank,
    told_plainly,
)
from portal.core import clock
from portal.core.accounts import statements as core
from portal.core.accounts.said import Said
from portal.core.parties.models import ContactStatement, StatementKind
from portal.core.parties.wishes import CHANNELS, end_wishes, find_wish, set_wishes, wish_of
from portal.core.principal import Principal
from portal.core.rules import Channel, ConsentScope, Form, Place
from portal.web.uow import in_transaction, transaction

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHANNEL = click.Choice([channel.value for channel in CHANNELS])


def _whoever(command: Any) -> Any:
    """Let a member of a bank's or an agency's staff act on an account."""
    for option in (
        click.option("--as", "email", required=True, help="E-mail of who records it."),
        click.option("--agency", help="Their agency's code."),
        click.option("--bank", help="Their bank's code."),
        click.argument("account_ref"),
    ):
        command = option(command)
    return command


@click.group()
def wishes() -> None:
    """How a person wants to be contacted: it binds whoever collects."""


@wishes.command("show")
@_whoever
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def show(
    account_ref: str, bank: str | None, agency: str | None, email: str, *, as_json: bool
) -> None:
    """Show what the person of an account wishes now."""
    with application():
        actor = _actor(bank, agency, email)
        with transaction(actor) as session:
            account = find_account(session, account_ref)
            row = find_wish(session, account.bank_id, account.debtor_id)
            data = _plain(row) if row is not None else {}
    lines = [f"{name}: {value}" for name, value in data.items()]
    answer({"wishes": data}, as_json=as_json, lines=lines or ["No wishes."])


@wishes.command("set")
@_whoever
@click.option("--channel", "channels", multiple=True, type=_CHANNEL, help="Only these ways.")
@click.option("--day", "days", multiple=True, type=click.Choice(DAYS), help="Only these days.")
@click.option(
    "--from", "opens", type=click.IntRange(0, 23), help="From this hour, where they live."
)
@click.option("--until", "closes", type=click.IntRange(1, 24), help="Until this hour.")
@click.option("--weekly", type=int, help="So many contacts in a week at most.")
@click.option("--write-only", is_flag=True, help="Neither calls nor visits.")
@click.option("--no-work", is_flag=True, help="Never at work.")
@told_plainly
def set_all(
    account_ref: str,
    bank: str | None,
    agency: str | None,
    email: str,
    channels: tuple[str, ...],
    days: tuple[str, ...],
    opens: int | None,
    closes: int | None,
    weekly: int | None,
    *,
    write_only: bool,
    no_work: bool,
) -> None:
    """Record all that a person wishes; what is left out is not limited."""
    with application():
        actor, now = _actor(bank, agency, email), clock.now()

        def work(session: Session) -> None:
            set_wishes(
                session,
                actor,
                find_account(session, account_ref).debtor_id,
                at=now,
                channels={Channel(each) for each in channels} or None,
                days={DAYS.index(each) for each in days} or None,
                opens_minute=None if opens is None else opens * 60,
                closes_minute=None if closes is None else closes * 60,
                weekly_maximum=weekly,
                write_only=write_only,
                no_work=no_work,
            )

        in_transaction(actor, work)
    click.echo("Recorded.")


@wishes.command("end")
@_whoever
@told_plainly
def end(account_ref: str, bank: str | None, agency: str | None, email: str) -> None:
    """Lift every limit a person wished for."""
    with application():
        actor, now = _actor(bank, agency, email), clock.now()
        ended = in_transaction(
            actor,
            lambda session: end_wishes(
                session, actor, find_account(session, account_ref).debtor_id, at=now
            ),
        )
    click.echo("Lifted." if ended else "There were none.")


@click.group()
def statements() -> None:
    """What a person said about being contacted."""


@statements.command("list")
@_whoever
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_all(
    account_ref: str, bank: str | None, agency: str | None, email: str, *, as_json: bool
) -> None:
    """List what the person of an account said and did not take back."""
    with application():
        actor = _actor(bank, agency, email)
        with transaction(actor) as session:
            debtor_id = find_account(session, account_ref).debtor_id
            rows = [_row(row) for row in core.list_statements(session, debtor_id)]
    lines = [" ".join(value for value in row.values() if value) for row in rows]
    answer({"statements": rows}, as_json=as_json, lines=lines or ["Nothing was said."])


@statements.command("record")
@_whoever
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in StatementKind]))
@click.option("--channel", type=_CHANNEL)
@click.option("--scope", type=click.Choice([scope.value for scope in ConsentScope]))
@click.option("--place", type=click.Choice([place.value for place in Place]))
@click.option("--form", default="unknown", type=click.Choice([form.value for form in Form]))
@click.option("--received", "received_at", type=click.DateTime(["%Y-%m-%dT%H:%M%z"]))
@click.option("--only-account", is_flag=True, help="About this account alone.")
@click.option("--note", default="", help="Kept sealed.")
@told_plainly
def record(
    account_ref: str,
    bank: str | None,
    agency: str | None,
    email: str,
    kind: str,
    channel: str | None,
    scope: str | None,
    place: str | None,
    form: str,
    received_at: datetime | None,
    note: str,
    *,
    only_account: bool,
) -> None:
    """Record what a person said, with the hold it brings."""
    with application():
        actor, now = _actor(bank, agency, email), clock.now()

        def work(session: Session) -> UUID:
            account = find_account(session, account_ref)
            said = Said(
                kind=StatementKind(kind),
                received_at=received_at,
                account_id=account.id if only_account else None,
                channel=Channel(channel) if channel else None,
                scope=ConsentScope(scope) if scope else None,
                place=Place(place) if place else None,
                form=Form(form),
                note=note,
            )
            return core.record_statement(session, actor, account.debtor_id, said, at=now).id

        statement_id = in_transaction(actor, work)
    click.echo(f"Recorded: {statement_id}")


@statements.command("withdraw")
@_whoever
@click.option("--statement", required=True, type=click.UUID, help="Which one.")
@told_plainly
def withdraw(
    account_ref: str, bank: str | None, agency: str | None, email: str, statement: UUID
) -> None:
    """End something a person said; it stays on record."""
    with application():
        actor, now = _actor(bank, agency, email), clock.now()

        def work(session: Session) -> None:
            find_account(session, account_ref)
            core.withdraw_statement(session, actor, statement, at=now)

        in_transaction(actor, work)
    click.echo("Withdrawn.")


def _actor(bank: str | None, agency: str | None, email: str) -> Principal:
    if (bank is None) == (agency is None):
        raise click.UsageError("Name their --bank or their --agency.")
    if agency is not None:
        return act_as_agent(agency, email)
    return act_as(find_bank(bank or ""), email)


def _plain(row: Any) -> dict[str, Any]:
    wish = wish_of(row)
    return {
        "channels": sorted(each.value for each in wish.reached_by),
        "days": [DAYS[day] for day in sorted(wish.days or range(7))],
        "opens_minute": wish.opens_minute,
        "closes_minute": wish.closes_minute,
        "weekly_maximum": wish.weekly_maximum,
        "write_only": wish.write_only,
        "no_work": wish.no_work,
        "told_by": row.told_side.value,
        "since": row.received_at.isoformat(),
    }


def _row(row: ContactStatement) -> dict[str, str]:
    return {
        "statement": str(row.id),
        "kind": row.kind.value,
        "channel": row.channel or "",
        "form": row.form,
        "told_by": row.told_side.value,
        "received_at": row.received_at.isoformat(),
    }
