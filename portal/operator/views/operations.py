"""Jobs, deliveries and health: whether the portal runs, without looking into anybody's data."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.parties import operations
from portal.core.permissions import Permission
from portal.operator import queries_operations as queries
from portal.operator.blueprint import bp
from portal.operator.forms import ConfirmForm
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/jobs")
@requires(Permission.ORGANISATION_MANAGE)
def jobs() -> ResponseReturnValue:
    """Show the queue by task, and what failed."""
    before = request.args.get("before", type=int)
    with transaction() as session:
        page = queries.jobs_page(session, before)
    return render_template("operator/jobs.html", page=page)


@bp.post("/jobs/<int:job_id>/retry")
@requires(Permission.ORGANISATION_MANAGE)
def retry_job(job_id: int) -> ResponseReturnValue:
    """Run a failed job once more."""
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            task = operations.retry_failed_job(
                session, current_principal(), job_id, now=clock.now()
            )
        flash(gettext("%(task)s runs again.", task=task), "success")
    return redirect(url_for("operator.jobs"), code=303)


@bp.get("/deliveries")
@requires(Permission.ORGANISATION_MANAGE)
def deliveries() -> ResponseReturnValue:
    """Show messages as they leave: of whom and how, never to whom and what."""
    before = _instant(request.args.get("before")) or clock.now()
    with transaction() as session:
        page = queries.deliveries_page(session, before)
    return render_template("operator/deliveries.html", page=page)


@bp.get("/health")
@requires(Permission.ORGANISATION_MANAGE)
def health() -> ResponseReturnValue:
    """Show how the parts the portal stands on are doing."""
    with transaction() as session:
        found = queries.health(session, clock.now())
    return render_template("operator/health.html", health=found)


def _instant(typed: str | None) -> datetime | None:
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        abort(404)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
