"""Alembic: brings a database to the newest schema, on the administrator's connection."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
MINIMUM_MAJOR = 18


def psycopg_url(url: str) -> URL:
    """Return the address with psycopg as its driver, whatever it was written with."""
    return make_url(url).set(drivername="postgresql+psycopg")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(admin_url: str, *, app_password: str | None = None) -> tuple[str | None, str]:
    """Bring the schema up to date, and return the versions before and after.

    One migrator at a time: a second waits for the first on an advisory lock. `app_password`, when
    given, becomes the password of the app's role.
    """
    engine = create_engine(psycopg_url(admin_url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(7701)"))
            connection.commit()
            before = _version(connection)
            connection.commit()
            command.upgrade(_config(connection), "head")
            connection.commit()
            if app_password is not None:
                _set_password(connection, app_password)
            after = _version(connection)
            connection.execute(text("SELECT pg_advisory_unlock(7701)"))
            connection.commit()
    finally:
        engine.dispose()
    return before, after or ""


def _set_password(connection: Connection, password: str) -> None:
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("no connection")
    with raw.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER ROLE portal_app PASSWORD {}").format(sql.Literal(password)))
    connection.commit()


def _version(connection: Connection) -> str | None:
    exists = connection.execute(text("SELECT to_regclass('public.schema_version')")).scalar()
    if exists is None:
        return None
    return MigrationContext.configure(
        connection, opts={"version_table": "schema_version", "version_table_schema": "public"}
    ).get_current_revision()


def newest_version() -> str:
    """Return the version this code expects."""
    script = ScriptDirectory(str(MIGRATIONS))
    head = script.get_current_head()
    return head or ""
