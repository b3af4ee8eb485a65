"""The installation's own row: whether this database is a demo, and how far its clock is moved."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from portal.core import clock
from portal.extensions import db


def adopt_demo_clock() -> None:
    """Move this process's clock as the database says; only a demo database ever moves it."""
    with db.engine.connect() as connection:
        row = connection.execute(text("SELECT demo, clock_shift FROM installation")).one()
    clock.shift_by(row.clock_shift if row.demo else timedelta(0))


def is_demo() -> bool:
    """Tell whether this database holds demo data."""
    with db.engine.connect() as connection:
        return bool(connection.execute(text("SELECT demo FROM installation")).scalar())
