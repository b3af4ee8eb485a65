"""What a command stands on: settings with a database that is up and migrated."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from portal.adapters import embedded_postgres
from portal.adapters.embedded_postgres import EmbeddedServer
from portal.adapters.schema import migrate
from portal.config import Settings, SettingsError

DATABASE = "portal"


@dataclass(frozen=True)
class Ground:
    """Settings whose database answers, and the embedded server if that is what answers."""

    settings: Settings
    server: EmbeddedServer | None
    migrated_from: str | None = None
    migrated_to: str = ""

    def leave(self) -> None:
        """Give the embedded server up; it stops when nobody else uses it."""
        if self.server is not None:
            self.server.stop()

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to stand on the same ground."""
        return {
            "DATABASE_URL": self.settings.database_url or "",
            "DATABASE_ADMIN_URL": self.settings.database_admin_url or "",
        }


def prepare(settings: Settings) -> Ground:
    """Start and migrate the embedded server when no database is set; else take what is set.

    Raises:
        SettingsError: only the administrator's address is set.
    """
    if settings.database_url is not None:
        return Ground(settings, None)
    if settings.database_admin_url is not None:
        raise SettingsError(
            "DATABASE_ADMIN_URL is set and DATABASE_URL is not. Set both, or neither for the"
            " embedded server."
        )
    server = embedded_postgres.start(settings.portal_data_dir / "postgres")
    _create_database(server)
    password = _app_password(settings.portal_data_dir)
    before, after = migrate(server.admin_url(DATABASE), app_password=password)
    ready = settings.model_copy(
        update={
            "database_url": server.url("portal_app", password, DATABASE),
            "database_admin_url": server.admin_url(DATABASE),
        }
    )
    return Ground(ready, server, before, after)


def _create_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7703)")
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _app_password(data_dir: Path) -> str:
    path = data_dir / "app-password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()
