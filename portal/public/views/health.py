"""What a load balancer asks: is the process up, and can it serve?"""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from sqlalchemy import text

from portal.extensions import db
from portal.public.blueprint import bp


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer that the process is up."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Answer that the database is there and that our login is bound by its policies."""
    with db.engine.connect() as connection:
        safe = connection.execute(
            text("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user")
        ).scalar()
    return ({"status": "ok"}, 200) if safe else ({"status": "refused"}, 503)
