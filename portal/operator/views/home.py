"""The first page after sign-in: what needs the operator now."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.operator import queries, queries_operations
from portal.operator.blueprint import bp
from portal.web.access import requires
from portal.web.uow import transaction


@bp.get("/")
@requires(Permission.ORGANISATION_MANAGE)
def home() -> ResponseReturnValue:
    """Show what needs this person now."""
    with transaction() as session:
        health = queries_operations.health(session, clock.now())
        organisations = queries.organisations(session, "")
    return render_template("operator/home.html", health=health, organisations=organisations)
