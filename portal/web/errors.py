"""Domain error to status and page. One page, one id; the details go to the log."""

from __future__ import annotations

import secrets

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from portal.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    PermissionDenied,
    PortalError,
    Unavailable,
)

STATUSES: dict[type[PortalError], int] = {
    NotFound: 404,
    PermissionDenied: 403,
    Conflict: 409,
    Invalid: 422,
    Unavailable: 503,
}
log = structlog.get_logger()


def status_of(error: PortalError) -> int:
    """Return the HTTP status that fits an expected failure."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return 400


def message_of(error: PortalError) -> str:
    """Return the failure's sentence in the reader's language."""
    return str(gettext(error.message, **error.values) if error.values else gettext(error.message))


def _page(status: int, message: str, error_id: str = "") -> ResponseReturnValue:
    template = "error_fragment.html" if request.headers.get("HX-Request") else "error.html"
    return render_template(template, status=status, message=message, error_id=error_id), status


def _portal_error(error: PortalError) -> ResponseReturnValue:
    # A missing row and another party's row give the same bytes.
    message = gettext("Not found.") if isinstance(error, NotFound) else message_of(error)
    return _page(status_of(error), message)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status in (301, 302, 303, 304, 307, 308):
        return error.get_response()
    messages = {
        400: gettext("The request could not be read."),
        403: gettext("This is not allowed."),
        404: gettext("Not found."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("The file is larger than this portal accepts."),
        429: gettext("Too many attempts. Please wait a little."),
    }
    return _page(status, messages.get(status, gettext("Something went wrong.")))


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    log.info("csrf.refused", endpoint=request.endpoint)
    del error
    return _page(400, gettext("This page was open too long. Go back, reload it and send it again."))


def _database_gone(error: OperationalError) -> ResponseReturnValue:
    error_id = secrets.token_hex(4)
    log.error("database.unreachable", error_id=error_id, kind=type(error.orig).__name__)
    return _page(503, gettext("We cannot do this just now. Please try again soon."), error_id)


def _unexpected(error: Exception) -> ResponseReturnValue:
    error_id = secrets.token_hex(4)
    log.exception("request.failed", error_id=error_id, endpoint=request.endpoint)
    del error
    return _page(500, gettext("Something went wrong on our side. It has been noted."), error_id)


def register(app: Flask) -> None:
    """Answer every failure with the portal's own page."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_gone)
    app.register_error_handler(Exception, _unexpected)
