"""Sessions are rows: a random id in the cookie, its hash in the table.

A signed cookie stays valid after sign-out; a row does not. The row ends in the same transaction
that disables a person. Ids that the table does not know are never adopted.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import text
from werkzeug.datastructures import CallbackDict

from portal.core import clock, seals
from portal.core.permissions import SIDE_ROLES, Role, Side
from portal.core.principal import Principal
from portal.extensions import db

STAFF_LIMITS = (timedelta(minutes=30), timedelta(hours=12))
VISITOR_LIMITS = (timedelta(minutes=15), timedelta(hours=2))
_TOUCH_AFTER = timedelta(seconds=60)


class PortalSession(CallbackDict[str, Any], SessionMixin):
    """A visitor's session; `renew()` gives it a new id, `end()` removes it."""

    def __init__(self, data: dict[str, Any], token: str | None, created_at: datetime) -> None:
        """Wrap what the row holds."""

        def changed(_: Any) -> None:
            self.modified = True

        super().__init__(data, changed)
        self.modified = False
        self.token = token
        self.created_at = created_at
        self.seen_at: datetime | None = None
        self.old_tokens: list[str] = []
        self.ended = False

    def renew(self) -> None:
        """Change the id, as at sign-in, step-up and change of role: the old one is nobody's."""
        if self.token is not None:
            self.old_tokens.append(self.token)
        self.token = None
        self.created_at = clock.now()
        self.modified = True

    def end(self) -> None:
        """Remove the row and the cookie."""
        self.clear()
        self.ended = True

    def limits(self) -> tuple[timedelta, timedelta]:
        """Return how long this session may idle, and how long it may last."""
        user = str(self.get("_user_id", ""))
        staff = user.split(":")[0] in (Side.BANK, Side.AGENCY, Side.OPERATOR)
        return STAFF_LIMITS if staff else VISITOR_LIMITS

    def expires_at(self, now: datetime) -> datetime:
        """Return when this session ends if nothing more happens."""
        idle, whole = self.limits()
        return min(now + idle, self.created_at + whole)


class RowSessions(SessionInterface):
    """Reads and writes sessions through the doors of the database."""

    def __init__(self, *, secure: bool) -> None:
        """Name the cookie; over https the name itself forbids any other site to set it."""
        self.secure = secure
        self.cookie = "__Host-portal" if secure else "portal"

    def open_session(self, app: Flask, request: Request) -> PortalSession:
        """Return the visitor's session, or a fresh one that is stored when something is kept."""
        now = clock.now()
        token = request.cookies.get(self.cookie, "")
        if 20 <= len(token) <= 100 and request.endpoint != "static":
            with app.app_context(), db.engine.begin() as connection:
                row = connection.execute(
                    text("SELECT data, created_at, seen_at FROM doors.read_session(:hash, :now)"),
                    {"hash": seals.token_hash(token), "now": now},
                ).one_or_none()
            if row is not None:
                session = PortalSession(dict(row.data), token, row.created_at)
                session.seen_at = row.seen_at
                return session
        return PortalSession({}, None, now)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed, and keep a used session awake."""
        if not isinstance(session, PortalSession):
            return
        response.headers.add("Vary", "Cookie")
        now = clock.now()
        stale = session.seen_at is not None and now - session.seen_at > _TOUCH_AFTER
        if not (session.modified or session.ended or (stale and session.token)):
            return
        with app.app_context(), db.engine.begin() as connection:
            for token in session.old_tokens:
                _delete(connection, token)
            if session.ended or not session:
                if session.token is not None:
                    _delete(connection, session.token)
                response.delete_cookie(
                    self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax"
                )
                return
            fresh = session.token is None
            if session.token is None:
                session.token = secrets.token_urlsafe(32)
            kept = _write(connection, session, now, fresh=fresh)
        if kept and fresh:
            response.set_cookie(
                self.cookie,
                session.token,
                path="/",
                secure=self.secure,
                httponly=True,
                samesite="Lax",
            )


def _delete(connection: Any, token: str) -> None:
    connection.execute(
        text("SELECT doors.delete_session(:hash)"), {"hash": seals.token_hash(token)}
    )


def _write(connection: Any, session: PortalSession, now: datetime, *, fresh: bool) -> bool:
    org, user = _owner(session)
    values = {
        "hash": seals.token_hash(session.token or ""),
        "data": json.dumps(dict(session)),
        "org": org,
        "user": user,
        "created": session.created_at,
        "now": now,
        "expires": session.expires_at(now),
    }
    if fresh:
        statement = (
            "SELECT doors.write_session(:hash, CAST(:data AS jsonb), :org, :user, :created, :now,"
            " :expires)"
        )
        connection.execute(text(statement), values)
        return True
    # An update only: a row that was ended meanwhile must not come back.
    statement = (
        "SELECT doors.update_session(:hash, CAST(:data AS jsonb), :org, :user, :now, :expires)"
    )
    return bool(connection.execute(text(statement), values).scalar())


def _owner(session: PortalSession) -> tuple[UUID | None, UUID | None]:
    principal = parse_user_id(str(session.get("_user_id", "")))
    if principal is None:
        return None, None
    return principal.org_id or principal.home_bank_id, principal.user_id


def user_id_of(principal: Principal) -> str:
    """Return the text under which a session remembers a principal."""
    owner = principal.org_id or principal.home_bank_id
    return f"{principal.side.value}:{owner}:{principal.user_id}:{principal.role.value}"


def parse_user_id(stored: str) -> Principal | None:
    """Return the principal a session remembers, or None when it remembers nobody."""
    parts = stored.split(":")
    if len(parts) != 4:
        return None
    side, owner, user, role = parts
    if side == Side.DEBTOR:
        return Principal.debtor(UUID(owner), UUID(user))
    roles = {kind.value for kind in SIDE_ROLES.get(Side(side), ())} if side in SIDE_ROLES else set()
    if role in roles:
        return Principal.staff(Side(side), UUID(owner), UUID(user), Role(role))
    return None
