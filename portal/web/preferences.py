"""A reader's own choices, kept in cookies: language and theme. Open to anyone."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from portal.web import shell

bp = Blueprint("preferences", __name__)
YEAR = 365 * 24 * 3600


@bp.post("/preferences/language")
def set_language() -> Response:
    """Keep the chosen language, then show the page the reader came from."""
    language = shell.language_by_code(request.form.get("language"))
    if language is None:
        abort(400)
    return _keep(shell.LANGUAGE_COOKIE, language.code)


@bp.post("/preferences/theme")
def set_theme() -> Response:
    """Keep the chosen theme, then show the page the reader came from."""
    theme = request.form.get("theme", "")
    if theme not in shell.THEMES:
        abort(400)
    return _keep(shell.THEME_COOKIE, theme)


def _keep(name: str, value: str) -> Response:
    response = redirect(own_path(request.form.get("next")), code=303)
    response.set_cookie(
        name, value, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response


def own_path(target: str | None) -> str:
    r"""Return `target` when it is a plain path on this site, else the start page.

    Browsers read `//host` and `/\host` as other sites, and drop tabs and line breaks.
    """
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return "/"
    if any(ord(char) < 33 for char in target):
        return "/"
    parts = urlsplit(target)
    return target.rstrip("?") if not parts.scheme and not parts.netloc else "/"
