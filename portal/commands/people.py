"""`portal users`: who may sign in, from the shell."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.commands.support import answer, application, told_plainly
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.parties import staff as people
from portal.core.parties.models import Staff
from portal.core.parties.organisations import find_organisation_by_code, side_of
from portal.core.permissions import Role, Side
from portal.core.principal import OPERATOR_ORG, Principal
from portal.web.organisation.invitations import invitation_link, mail_invitation
from portal.web.uow import transaction

OPERATOR = "OPERATOR"
ACTOR = Principal.operator_machine()


@click.group()
def users() -> None:
    """Invite, list and disable the people of an organisation; its code, or OPERATOR."""


@users.command("invite")
@click.argument("organisation")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "zh"]))
@told_plainly
def invite(organisation: str, email: str, name: str, role: str, language: str) -> None:
    """Invite somebody; the link is mailed, and printed for whoever has no mail server yet."""
    # The link's address is built as for a page.
    with application() as app, app.test_request_context(), transaction(ACTOR) as session:
        side, org_id = _find(session, organisation)
        invitation = people.invite_staff(
            session,
            ACTOR,
            side,
            org_id,
            name=name,
            email=email,
            role=Role(role),
            now=clock.now(),
            language=language,
        )
        mail_invitation(session, invitation)
        click.echo(f"Invited. The link works once: {invitation_link(invitation)}")


@users.command("list")
@click.argument("organisation")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def list_users(organisation: str, *, as_json: bool) -> None:
    """List everybody of an organisation."""
    with application(), transaction(ACTOR) as session:
        _, org_id = _find(session, organisation)
        found = people.list_staff(session, ACTOR, org_id)
    rows = [
        {"email": one.email, "name": one.name, "role": one.role.value, "status": one.status}
        for one in found
    ]
    lines = [f"{row['email']}  {row['role']}  {row['status']}  {row['name']}" for row in rows]
    answer({"users": rows}, as_json=as_json, lines=lines or ["Nobody yet."])


@users.command("disable")
@click.argument("organisation")
@click.argument("email")
@click.option(
    "--reason", required=True, type=click.Choice([reason.value for reason in people.Reason])
)
@told_plainly
def disable(organisation: str, email: str, reason: str) -> None:
    """Shut somebody out; their sessions end at once."""
    with application(), transaction(ACTOR) as session:
        person = _person(session, organisation, email)
        people.disable_staff(session, ACTOR, person.org_id, person.id, reason=people.Reason(reason))
        click.echo(f"{person.email} is disabled, and signed out everywhere.")


@users.command("enable")
@click.argument("organisation")
@click.argument("email")
@told_plainly
def enable(organisation: str, email: str) -> None:
    """Let somebody in again."""
    with application(), transaction(ACTOR) as session:
        person = _person(session, organisation, email)
        people.enable_staff(session, ACTOR, person.org_id, person.id)
        click.echo(f"{person.email} may sign in again.")


def _find(session: Session, code: str) -> tuple[Side, UUID]:
    if code.upper() == OPERATOR:
        return Side.OPERATOR, OPERATOR_ORG
    organisation = find_organisation_by_code(session, code.upper())
    return side_of(organisation), organisation.id


def _person(session: Session, organisation: str, email: str) -> Staff:
    _, org_id = _find(session, organisation)
    person = session.scalars(
        select(Staff).where(Staff.org_id == org_id, Staff.email == email.strip().lower())
    ).one_or_none()
    if person is None:
        raise NotFound("Nobody there has this e-mail address.")
    return person
