"""The stage for all tests: a real PostgreSQL, the portal's own role, a closed network."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.adapters import embedded_postgres
from portal.adapters.schema import MIGRATIONS, migrate
from portal.app import create_app, make_gateways
from portal.config import ROOT, Settings
from portal.core.principal import Principal
from portal.extensions import db
from portal.web.gateways import Gateways
from portal.web.uow import transaction
from tests.support.database import Database
from tests.support.factories import Factory
from tests.support.outbox import MemoryOutbox
from tests.support.sign_in import Visitor

ActingAs = Callable[[Principal], AbstractContextManager[Session]]


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(
            ("127.", "::1", "localhost")
        ):
            raise OSError(f"a test tried to reach {address[0]}")
        real(self, address)  # type: ignore[arg-type]

    socket.socket.connect = connect  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Give this process a database of its own, cloned from a migrated template."""
    server = None
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if admin_url is None:
        server = embedded_postgres.start(ROOT / ".portal" / "test", durable=False)
        admin_url = server.admin_url()
    database = Database.clone(admin_url, MIGRATIONS, migrate)
    yield database
    database.drop()
    if server is not None:
        server.stop()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for keys and other files of this run."""
    return tmp_path_factory.mktemp("portal")


@pytest.fixture(scope="session")
def settings(database: Database, data_dir: Path) -> Settings:
    """Return settings as a deployment would have them, for tests."""
    return Settings(
        _env_file=None,
        portal_environment="test",
        database_url=database.app_url,
        database_admin_url=database.admin_url,
        portal_data_dir=data_dir,
        portal_base_url="http://localhost",
        oidc_allow_loopback=True,
    )


@pytest.fixture(scope="session")
def outbox() -> MemoryOutbox:
    """Return what was mailed and texted in this run."""
    return MemoryOutbox()


@pytest.fixture(scope="session")
def app(settings: Settings, outbox: MemoryOutbox) -> Iterator[Flask]:
    """Return the whole application; only mail and texts go to memory."""
    application = create_app(settings)
    real = make_gateways(application, settings)
    application.extensions["portal.gateways"] = Gateways(
        payments=real.payments, letters=real.letters, mailer=outbox, texter=outbox.texts
    )
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _application_context(request: pytest.FixtureRequest) -> Iterator[None]:
    """Push an application context for tests that use the application."""
    if "app" not in request.fixturenames:
        yield
        return
    application: Flask = request.getfixturevalue("app")
    with application.app_context():
        yield
        db.session.remove()


@pytest.fixture
def engine(app: Flask) -> Engine:
    """Return the application's engine, logged in as portal_app."""
    return db.engine


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    """Return a superuser's connection to the test's database, committing each statement."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def acting_as(app: Flask) -> ActingAs:
    """Open a transaction as a principal: `with acting_as(agent) as session`."""
    return transaction


@pytest.fixture
def make(app: Flask) -> Factory:
    """Return the factory; everything it makes belongs to parties of this test alone."""
    return Factory()


@pytest.fixture
def visit(app: Flask) -> Callable[[Principal | None], Visitor]:
    """Return a browser-like client signed in as a principal, or as nobody."""
    return lambda principal=None: Visitor(app, principal)
