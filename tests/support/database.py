"""One database per test process, cloned from a template that was migrated once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url


@dataclass(frozen=True)
class Database:
    """The addresses of a test database: the administrator's and the application's."""

    server_url: str
    admin_url: str
    app_url: str
    name: str

    @classmethod
    def clone(
        cls,
        server_url: str,
        migrations: Path,
        migrate: Callable[..., object],
        *,
        suffix: str = "",
    ) -> Database:
        """Clone the migrated template, making it first if no process has.

        A process that needs a second database gives it a suffix.
        """
        template = f"portal_template_{_digest(migrations)}"
        # Fixed for a server, since every run on it shares the one role.
        password = hashlib.sha256(f"portal tests {server_url}".encode()).hexdigest()
        name = f"portal_test_{os.getpid()}{suffix}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(7702)")
            exists = connection.execute(
                "SELECT datistemplate FROM pg_database WHERE datname = %s", [template]
            ).fetchone()
            if exists is None or not exists[0]:
                _drop(connection, template)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
                migrate(_url(server_url, template), app_password=password)
                connection.execute(
                    sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(template))
                )
            _drop(connection, name)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            connection.execute("SELECT pg_advisory_unlock(7702)")
        app = make_url(_url(server_url, name)).set(username="portal_app", password=password)
        return cls(
            server_url=server_url,
            admin_url=_url(server_url, name),
            app_url=app.render_as_string(hide_password=False),
            name=name,
        )

    def drop(self) -> None:
        """Remove the database."""
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            _drop(connection, self.name)


def _digest(migrations: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(migrations.rglob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def _url(server_url: str, name: str) -> str:
    url = make_url(server_url).set(database=name, drivername="postgresql")
    return url.render_as_string(hide_password=False)
