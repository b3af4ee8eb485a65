"""`portal migrate`, `portal doctor`, `portal settings`, `portal demo`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click
from sqlalchemy import create_engine, text

from portal.adapters import schema
from portal.adapters.weasyprint import fonts_ok, pango_problem
from portal.commands.support import application
from portal.config import Settings, SettingsError, load_settings
from portal.demo.loading import ensure_demo
from portal.ground import prepare
from portal.keys import load_keys

MOST_CLOCK_DIFFERENCE_SECONDS = 2


@click.command()
def migrate() -> None:
    """Bring the database up to date, as DATABASE_ADMIN_URL or on the embedded server."""
    settings = load_settings()
    if settings.database_admin_url is None:
        ground = prepare(settings)
        ground.leave()
        before, after = ground.migrated_from, ground.migrated_to
    else:
        password = _app_password(settings)
        before, after = schema.migrate(settings.database_admin_url, app_password=password)
    click.echo(f"Schema {before or 'empty'} -> {after}")


def _app_password(settings: Settings) -> str | None:
    """Give the app's role the password its login names, so that one setting is enough."""
    if settings.database_url is None:
        return None
    return schema.psycopg_url(settings.database_url).password


@click.command()
def demo() -> None:
    """Load the demo data; what is there already stays."""
    settings = load_settings()
    if settings.portal_environment == "production":
        raise SettingsError("Demo data does not go into production.")
    with application(settings):
        for line in ensure_demo():
            click.echo(line)


@click.command()
def settings() -> None:
    """List every setting, what it is for, and whether it is set."""
    current = load_settings()
    for name, field in Settings.model_fields.items():
        state = "set" if name in current.model_fields_set else "default"
        click.echo(f"{name.upper()} ({state}): {field.description}")


@click.command()
def doctor() -> None:
    """Check database, schema, roles, clock, keys, fonts and mail, and say how to mend each."""
    settings = load_settings()
    ground = prepare(settings)
    checks: list[tuple[str, Callable[[Settings], str | None]]] = [
        ("database", _check_server),
        ("schema", _check_schema),
        ("role", _check_role),
        ("clock", _check_clock),
        ("keys", _check_keys),
        ("PDF library", lambda _: pango_problem()),
        ("fonts", lambda _: None if fonts_ok() else "The letters' font lacks 您; reinstall."),
        ("mail", _check_mail),
    ]
    bad = 0
    try:
        for name, check in checks:
            fault = check(ground.settings)
            click.echo(
                f"{'ok  ' if fault is None else 'FAIL'} {name}{': ' if fault else ''}{fault or ''}"
            )
            bad += fault is not None
    finally:
        ground.leave()
    if bad:
        sys.exit(1)


def _scalar(settings: Settings, statement: str) -> object:
    engine = create_engine(schema.psycopg_url(settings.database_url or ""))
    try:
        with engine.connect() as connection:
            return connection.execute(text(statement)).scalar()
    finally:
        engine.dispose()


def _check_server(settings: Settings) -> str | None:
    version = int(str(_scalar(settings, "SHOW server_version_num")))
    if version // 10_000 < schema.MINIMUM_MAJOR:
        return f"PostgreSQL {version // 10_000} is too old; install {schema.MINIMUM_MAJOR}."
    return None


def _check_schema(settings: Settings) -> str | None:
    found = _scalar(settings, "SELECT version_num FROM schema_version")
    newest = schema.newest_version()
    return None if found == newest else f"Schema {found}, this code is {newest}: portal migrate."


def _check_role(settings: Settings) -> str | None:
    bound = _scalar(
        settings,
        "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user",
    )
    owns = _scalar(
        settings,
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE"
        " rolname = current_user)",
    )
    if bound and owns == 0:
        return None
    return "DATABASE_URL is not bound by the policies; log in as portal_app."


def _check_clock(settings: Settings) -> str | None:
    there = _scalar(settings, "SELECT clock_timestamp()")
    if not isinstance(there, datetime):
        return "The database does not tell the time."
    difference = abs((datetime.now(UTC) - there).total_seconds())
    if difference > MOST_CLOCK_DIFFERENCE_SECONDS:
        return f"This clock and the database's are {difference:.0f} s apart; set both by NTP."
    return None


def _check_keys(settings: Settings) -> str | None:
    try:
        load_keys(settings)
    except SystemExit as fault:
        return str(fault)
    return None


def _check_mail(settings: Settings) -> str | None:

    try:
        with socket.create_connection((settings.smtp_host, settings.smtp_port), 2):
            return None
    except OSError:
        return (
            f"No mail server at {settings.smtp_host}:{settings.smtp_port}; set SMTP_HOST and"
            " SMTP_PORT, or start the demo's with portal run."
        )
