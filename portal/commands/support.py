"""What commands share: the ground, the application, how they answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import click
from flask import Flask
from sqlalchemy import select

from portal.app import JOB_TIMEOUTS, create_app
from portal.config import Settings, load_settings
from portal.core import clock
from portal.core.errors import NotFound, PortalError
from portal.core.parties.models import Agency, Bank, Staff
from portal.core.parties.organisations import find_organisation_by_code
from portal.core.parties.service import find_bank_by_code
from portal.core.permissions import Side
from portal.core.principal import Principal
from portal.extensions import db
from portal.ground import Ground, prepare
from portal.web.installation import adopt_demo_clock, refuse_unsafe_ground
from portal.web.uow import transaction

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def application(settings: Settings | None = None) -> Iterator[Flask]:
    """Stand on the ground with the whole application, until the block is left."""
    ground: Ground = prepare(settings or load_settings())
    try:
        app = create_app(ground.settings, timeouts=JOB_TIMEOUTS)
        with app.app_context():
            try:
                refuse_unsafe_ground()
                adopt_demo_clock()
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()
    finally:
        ground.leave()


def told_plainly(command: F) -> F:
    """Turn an expected failure into its sentence and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except PortalError as error:
            raise click.ClickException(str(error)) from None

    return cast(F, run)


def find_bank(code: str) -> Bank:
    """Return the bank with this code.

    Raises:
        NotFound: there is none.
    """
    with transaction(Principal.operator_machine()) as session:
        return find_bank_by_code(session, code.upper())


def act_as(bank: Bank, email: str | None) -> Principal:
    """Return a member of the bank's staff by e-mail, or the bank's machine when none is named.

    Raises:
        NotFound: nobody active at the bank has this e-mail.
    """
    if email is None:
        return Principal.system(bank.id)
    with transaction(Principal.machine_of(bank.id)) as session:
        person = (
            session.query(Staff)
            .filter_by(org_id=bank.id, email=email.strip().lower(), status="active")
            .one_or_none()
        )
    if person is None:
        raise NotFound("Nobody active at %(bank)s has this e-mail address.", bank=bank.name)
    return Principal.staff(Side.BANK, bank.id, person.id, person.role)


def act_as_agent(code: str, email: str) -> Principal:
    """Return a member of an agency's staff by e-mail.

    Raises:
        NotFound: no such agency, or nobody active there has this e-mail.
    """
    with transaction(Principal.operator_machine()) as session:
        agency = find_organisation_by_code(session, code.upper())
        person = session.scalars(
            select(Staff).where(
                Staff.org_id == agency.id,
                Staff.email == email.strip().lower(),
                Staff.status == "active",
            )
        ).one_or_none()
    if not isinstance(agency, Agency) or person is None:
        raise NotFound("Nobody active at this agency has this e-mail address.")
    return Principal.staff(Side.AGENCY, agency.id, person.id, person.role)


def answer(data: dict[str, Any], *, as_json: bool, lines: list[str]) -> None:
    """Print a command's result, for a machine or for a person."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        for line in lines:
            click.echo(line)


__all__ = ["act_as", "act_as_agent", "answer", "application", "clock", "find_bank", "told_plainly"]
