"""The installation's own row: whether this database is a demo, and how far its clock is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from portal.core import clock
from portal.core.errors import Unavailable
from portal.extensions import db

#: Two clocks further apart than this decide contact hours and codes differently.
MOST_CLOCK_DIFFERENCE = timedelta(seconds=2)
MINIMUM_MAJOR = 18


def adopt_demo_clock() -> None:
    """Move this process's clock as the database says; only a demo database ever moves it."""
    with db.engine.connect() as connection:
        row = connection.execute(text("SELECT demo, clock_shift FROM installation")).one()
    clock.shift_by(row.clock_shift if row.demo else timedelta(0))


def is_demo() -> bool:
    """Tell whether this database holds demo data."""
    with db.engine.connect() as connection:
        return bool(connection.execute(text("SELECT demo FROM installation")).scalar())


def refuse_unsafe_ground() -> None:
    """Refuse to serve on a database that does not bind us, is too old, or tells another time.

    Raises:
        Unavailable: the login skips or owns what policies guard, the server is older than 18, or
            the two clocks differ; the message says how to mend it.
    """
    with db.engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT r.rolsuper OR r.rolbypassrls AS skips,"
                " EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid) AS owns,"
                " current_setting('server_version_num')::int / 10000 AS major,"
                " clock_timestamp() AS told FROM pg_roles r WHERE r.rolname = current_user"
            )
        ).one()
    if row.skips or row.owns:
        raise Unavailable("DATABASE_URL is not bound by the policies; log in as portal_app.")
    if row.major < MINIMUM_MAJOR:
        raise Unavailable("The database is too old. PostgreSQL 18 or newer is needed.")
    if abs(datetime.now(UTC) - row.told) > MOST_CLOCK_DIFFERENCE:
        raise Unavailable("This clock and the database's differ. Set both by NTP.")
