"""The first page after sign-in."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.agency import queries_home as queries
from portal.agency.blueprint import bp
from portal.agency.here import agency_of, viewer_zone
from portal.agency.queries_permits import count_waiting
from portal.core import clock
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/")
@requires(Permission.ACCOUNT_READ)
def home() -> ResponseReturnValue:
    """Show what needs this agency now, each part by its own clock."""
    actor = current_principal()
    with transaction() as session:
        page = queries.home_page(session, agency_of(actor), at=clock.now(), zone=viewer_zone())
        questions = count_waiting(session, actor) if actor.may(Permission.PERMIT_DECIDE) else 0
    return render_template("agency/home.html", page=page, questions=questions)
