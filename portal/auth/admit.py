"""Letting a proven person in, and saying no alike to everybody."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from flask import current_app, redirect, request, session, url_for
from flask_babel import get_locale, ngettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.core import faults
from portal.core.parties import sign_in
from portal.core.parties.attempts import network_of
from portal.core.parties.sign_in import Candidate, Entry
from portal.core.permissions import Side
from portal.core.principal import Principal
from portal.web import access, preferences, shell, viewer
from portal.web.fresh import note_proof

#: The point between storing a new session and letting the person's row go.
STORED = "auth.admit.stored"
STAFF_SIDES = (Side.BANK, Side.AGENCY, Side.OPERATOR)


def admit(
    db_session: Session,
    candidate: Candidate,
    *,
    way: str,
    now: datetime,
    endpoint: str | None = None,
) -> Response:
    """Let a proven person in under a new session, and send them on.

    The session's row is stored before the transaction ends, while the person's row is locked:
    whoever disables them at this moment waits, and then finds the session to end.
    """
    entry = sign_in.let_in(db_session, candidate, way=way, now=now)
    onward = access.take_next(entry.principal)
    access.sign_in(entry.principal)
    viewer.remember_viewer(
        name=entry.name,
        organisation=entry.organisation.name_in(str(get_locale())),
        zone=entry.organisation.timezone,
        language=entry.language,
    )
    note_proof()
    session["way_in"] = way
    if endpoint is not None:
        session["onward"] = onward
    response = redirect(url_for(endpoint) if endpoint else onward, code=303)
    _keep_choices(response, entry)
    app: Any = current_app
    app.session_interface.save_session(app, session, response)
    faults.point(STORED)
    return response


def signed_in_staff() -> Principal | None:
    """Return the member of staff who is signed in, if one is."""
    principal = getattr(current_user, "principal", None)
    if isinstance(principal, Principal) and principal.side in STAFF_SIDES:
        return principal
    return None


def visitors_network() -> str:
    """Return the network the visitor comes from, as attempts are counted by it."""
    return network_of(request.remote_addr)


def wait_message(seconds: int) -> str:
    """Say how long no further attempt is looked at."""
    minutes = math.ceil(seconds / 60)
    words = ngettext(
        "Too many attempts. Please try again in %(num)d minute.",
        "Too many attempts. Please try again in %(num)d minutes.",
        minutes,
    )
    return str(words)


def _keep_choices(response: Response, entry: Entry) -> None:
    """Give this browser the person's language and theme, unless it has been told others.

    What everybody starts with is nobody's choice: then the browser's own wish goes on counting.
    """
    chosen = {shell.LANGUAGE_COOKIE: entry.language, shell.THEME_COOKIE: entry.theme}
    for name, value in chosen.items():
        if name not in request.cookies and value not in (shell.LANGUAGES[0].code, "auto"):
            keep_choice(response, name, value)


def keep_choice(response: Response, name: str, value: str) -> None:
    """Keep a reader's choice in this browser for a year."""
    response.set_cookie(
        name,
        value,
        max_age=preferences.YEAR,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
