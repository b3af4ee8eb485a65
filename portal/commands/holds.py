"""`portal holds`: a bank's holds, listed, opened, confirmed, extended and released."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.commands.support import act_as, answer, application, find_bank, told_plainly
from portal.core import clock
from portal.core.accounts import holds as core
from portal.core.accounts.hold_kinds import kinds_of_hold
from portal.core.accounts.hold_reading import list_holds, standing_on
from portal.core.accounts.models import Account, Hold, HoldState
from portal.core.accounts.statements import settle_hold
from portal.core.errors import NotFound
from portal.core.rules import HoldKind
from portal.web.uow import in_transaction, transaction

_KINDS = click.Choice([kind.value for kind in kinds_of_hold()])
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def holds() -> None:
    """Reasons why nobody contacts, charges or recalls."""


@holds.command("list")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", help="E-mail of the member of the bank's staff who looks.")
@click.option("--kind", type=_KINDS, help="Only this kind.")
@click.option("--account", "ref", help="Only what is on this account or its person.")
@click.option("--overdue", is_flag=True, help="Only those whose day has passed.")
@click.option("--all", "everything", is_flag=True, help="Also the released ones.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_all(
    code: str,
    email: str | None,
    kind: str | None,
    ref: str | None,
    *,
    overdue: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """List holds, what is due first in front."""
    with application():
        bank = find_bank(code)
        actor, now = act_as(bank, email), clock.now()
        today = now.astimezone(ZoneInfo(bank.timezone)).date()
        states = tuple(HoldState) if everything else (HoldState.OPENED, HoldState.ACTIVE)
        with transaction(actor) as session:
            account = find_account(session, ref) if ref else None
            found = list_holds(
                session,
                debtor_id=account.debtor_id if account else None,
                account_id=account.id if account else None,
                kind=HoldKind(kind) if kind else None,
                states=states,
                due_before=today if overdue else None,
                limit=10_000,
            )
            rows = [_row(hold, today) for hold in found]
    lines = [" ".join(str(value) for value in row.values() if value) for row in rows]
    answer({"holds": rows}, as_json=as_json, lines=lines or ["No holds."])


@holds.command("open")
@click.argument("account_ref")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@click.option("--kind", required=True, type=_KINDS, help="Why.")
@click.option("--only-account", is_flag=True, help="Not the whole person: this account alone.")
@click.option("--received", "received_at", type=click.DateTime(["%Y-%m-%dT%H:%M%z"]))
@click.option("--from", "starts_on", type=_DAY, help="First day.")
@click.option("--until", "ends_on", type=_DAY, help="Last day.")
@click.option("--due", "due_on", type=_DAY, help="To be looked at by.")
@click.option("--ref", default="", help="Reference.")
@click.option("--note", default="", help="Kept sealed.")
@told_plainly
def open_one(
    account_ref: str,
    code: str,
    email: str,
    kind: str,
    received_at: datetime | None,
    starts_on: datetime | None,
    ends_on: datetime | None,
    due_on: datetime | None,
    ref: str,
    note: str,
    *,
    only_account: bool,
) -> None:
    """Put the person of an account on hold, or the account alone."""
    with application():
        actor, now = act_as(find_bank(code), email), clock.now()

        def work(session: Session) -> UUID:
            account = find_account(session, account_ref)
            return core.open_hold(
                session,
                actor,
                account.debtor_id,
                kind=HoldKind(kind),
                account_id=account.id if only_account else None,
                at=now,
                received_at=received_at,
                starts_on=_day(starts_on),
                ends_on=_day(ends_on),
                due_on=_day(due_on),
                ref=ref,
                note=note,
            ).id

        hold_id = in_transaction(actor, work)
    click.echo(f"On hold: {hold_id}")


@holds.command("confirm")
@click.argument("hold", type=click.UUID)
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@told_plainly
def confirm(hold: UUID, code: str, email: str) -> None:
    """Take on a hold that somebody else opened."""
    with application():
        actor, now = act_as(find_bank(code), email), clock.now()
        in_transaction(actor, lambda session: core.confirm_hold(session, actor, hold, at=now))
    click.echo("Confirmed.")


@holds.command("extend")
@click.argument("hold", type=click.UUID)
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@click.option("--until", "ends_on", type=_DAY, help="A later last day.")
@click.option("--days", type=int, help="Days added to those the rule gives.")
@click.option("--due", "due_on", type=_DAY, help="Another day to be looked at by.")
@told_plainly
def extend(
    hold: UUID,
    code: str,
    email: str,
    ends_on: datetime | None,
    days: int | None,
    due_on: datetime | None,
) -> None:
    """Let a hold last longer, or give its owner another day."""
    with application():
        actor, now = act_as(find_bank(code), email), clock.now()
        in_transaction(
            actor,
            lambda session: core.extend_hold(
                session,
                actor,
                hold,
                at=now,
                ends_on=_day(ends_on),
                extension_days=days,
                due_on=_day(due_on),
            ),
        )
    click.echo("Extended.")


@holds.command("release")
@click.argument("hold", type=click.UUID)
@click.option("--reason", required=True, help="Why it ends; it stays on record.")
@click.option("--upheld/--not-upheld", default=None, help="Of a dispute: was the person right?")
@click.option("--bank", "code", required=True, help="The bank's code.")
@click.option("--as", "email", required=True, help="E-mail of the member of the bank's staff.")
@told_plainly
def release(hold: UUID, reason: str, upheld: bool | None, code: str, email: str) -> None:
    """Release a hold, and end what was said that led to it."""
    with application():
        actor, now = act_as(find_bank(code), email), clock.now()
        in_transaction(
            actor,
            lambda session: settle_hold(session, actor, hold, reason=reason, at=now, upheld=upheld),
        )
    click.echo("Released.")


def find_account(session: Session, ref: str) -> Account:
    """Return the account with a number, as far as the actor sees it.

    Raises:
        NotFound: there is none, or an agency has several, from different banks.
    """
    found = session.scalars(select(Account).where(Account.account_ref == ref).limit(2)).all()
    if len(found) != 1:
        raise NotFound("Not exactly one account has the number %(ref)s.", ref=ref)
    return found[0]


def _day(value: datetime | None) -> date | None:
    return None if value is None else value.date()


def _row(hold: Hold, today: date) -> dict[str, str]:
    return {
        "hold": str(hold.id),
        "kind": hold.kind.value,
        "state": standing_on(hold, today).value,
        "owner": hold.owner.value,
        "due_on": hold.due_on.isoformat() if hold.due_on else "",
        "ends_on": hold.ends_on.isoformat() if hold.ends_on else "",
        "received_at": hold.received_at.isoformat(),
        "account_id": str(hold.account_id) if hold.account_id else "",
        "debtor_id": str(hold.debtor_id),
    }
