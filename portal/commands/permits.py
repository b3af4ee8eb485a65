"""`portal permits`: may this person be contacted now? Asked and decided from the shell."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agency.documents import permit_document
from portal.commands.support import act_as_agent, answer, application, told_plainly
from portal.core import clock
from portal.core.accounts.models import Account
from portal.core.actions import permits as core
from portal.core.actions.models import Permit, PermitState
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission
from portal.core.rules import Channel, Role
from portal.web.uow import transaction

CHANNELS = [each.value for each in Channel if each is not Channel.UNKNOWN]


def _who(command: Any) -> Any:
    """Add the options that name who acts."""
    for option in (
        click.option("--agency", "code", required=True, help="The agency's code."),
        click.option("--as", "email", required=True, help="E-mail of the member of its staff."),
    ):
        command = option(command)
    return command


@click.group()
def permits() -> None:
    """Ask before a contact, and see what was answered; an agency's code and a person of it act."""


@permits.command("ask")
@click.argument("account")
@click.option("--channel", required=True, type=click.Choice(CHANNELS))
@click.option("--role", default=Role.CONSUMER.value, type=click.Choice([r.value for r in Role]))
@click.option("--number", type=click.UUID, help="The id of the number or address.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@_who
@told_plainly
def ask(
    account: str,
    channel: str,
    role: str,
    number: UUID | None,
    code: str,
    email: str,
    *,
    as_json: bool,
) -> None:
    """Ask for a permit on an account, named by its id or its number."""
    # Sentences are put into words as for a page.
    with application() as app, app.test_request_context():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            permit = core.ask_permit(
                session,
                actor,
                _account_id(session, account),
                Channel(channel),
                at=clock.now(),
                role=Role(role),
                contact_point_id=number,
            )
        told = permit_document(permit)
    answer(told, as_json=as_json, lines=_lines(told))


def _account_id(session: Session, named: str) -> UUID:
    found = session.scalars(
        select(Account.id).where(Account.account_ref == named, Account.agency_id.is_not(None))
    ).all()
    if len(found) == 1:
        return found[0]
    if found:
        raise Invalid("Several banks have an account of this number. Name it by its id.")
    try:
        return UUID(named)
    except ValueError:
        raise NotFound from None


def _lines(told: dict[str, Any]) -> list[str]:
    times = [f"{name}: {told[name]}" for name in ("expires_at", "next_allowed_at") if told[name]]
    return [f"{told['permit_id']} {told['state']}", *times, *told["reasons"]]


@permits.command("list")
@click.option("--state", type=click.Choice([each.value for each in PermitState]))
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@_who
@told_plainly
def list_permits(code: str, email: str, state: str | None, *, as_json: bool) -> None:
    """List the newest permits of an agency, whatever was answered."""
    with application() as app, app.test_request_context():
        actor = act_as_agent(code, email)
        actor.require(Permission.PERMIT_READ)
        statement = select(Permit).where(Permit.agency_id == actor.agency_id)
        if state is not None:
            statement = statement.where(Permit.state == PermitState(state))
        with transaction(actor) as session:
            found = session.scalars(
                statement.order_by(Permit.asked_at.desc(), Permit.id.desc()).limit(100)
            ).all()
        rows = [permit_document(permit) for permit in found]
    lines = [
        f"{row['permit_id']} {row['asked_at']} {row['channel']} {row['state']}" for row in rows
    ]
    answer({"permits": rows}, as_json=as_json, lines=lines or ["No permits."])


@permits.command("decide")
@click.argument("permit", type=click.UUID)
@click.option("--grant/--refuse", "grants", required=True, default=None)
@click.option("--reason", required=True, help="Why; it is kept beside the permit.")
@_who
@told_plainly
def decide(permit: UUID, reason: str, code: str, email: str, *, grants: bool) -> None:
    """Decide a contact the rules leave to a person; never one's own question."""
    verb = core.grant_asked if grants else core.refuse_asked
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            decided = verb(session, actor, permit, reason=reason, at=clock.now())
    click.echo(f"{decided.state.value.capitalize()}.")


@permits.command("return")
@click.argument("permit", type=click.UUID)
@_who
@told_plainly
def give_back(permit: UUID, code: str, email: str) -> None:
    """Give a permit back unused, or withdraw a question."""
    with application():
        actor = act_as_agent(code, email)
        with transaction(actor) as session:
            core.return_permit(session, actor, permit, at=clock.now())
    click.echo("Given back.")
