"""The first page after sign-in."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.debtor.blueprint import bp
from portal.web.access import requires


@bp.get("/")
@requires(Permission.ACCOUNT_READ)
def home() -> ResponseReturnValue:
    """Show what needs this person now."""
    return render_template("debtor/home.html")
