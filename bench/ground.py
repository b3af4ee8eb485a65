"""A database of its own for measuring, on the embedded server or the one that is set."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from portal.adapters import embedded_postgres
from portal.adapters.schema import MIGRATIONS, migrate
from portal.app import JOB_TIMEOUTS, create_app
from portal.config import ROOT, Settings
from tests.support.database import Database


@dataclass(frozen=True)
class BenchGround:
    """The application on a durable server, as in production, with a fresh database."""

    app: Flask
    settings: Settings
    database: Database


@contextmanager
def bench_ground() -> Iterator[BenchGround]:
    """Make the database, and remove it afterwards."""
    server = None
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if admin_url is None:
        server = embedded_postgres.start(ROOT / ".portal" / "bench")
        admin_url = server.admin_url()
    database = Database.clone(admin_url, MIGRATIONS, migrate)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                _env_file=None,
                portal_environment="test",
                database_url=database.app_url,
                database_admin_url=database.admin_url,
                portal_data_dir=Path(folder),
                portal_base_url="http://127.0.0.1",
            )
            app = create_app(settings, timeouts=JOB_TIMEOUTS)
            with app.app_context():
                yield BenchGround(app, settings, database)
    finally:
        database.drop()
        if server is not None:
            server.stop()
