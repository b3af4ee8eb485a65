"""Rules this agency broke: the list, one breach, and what the agency says to it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agency import queries_breaches as queries
from portal.agency.blueprint import bp
from portal.agency.forms_breaches import ExplainForm, RemedyForm
from portal.agency.here import agency_of, uuid_or_none
from portal.core import clock
from portal.core.actions import breaches
from portal.core.actions.breaches import Deed
from portal.core.actions.models import BreachState
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.compliance.breach import get_breach
from portal.web.errors import message_of
from portal.web.labels import label
from portal.web.uow import current_principal, transaction

ALL = "all"


@bp.get("/breaches")
@requires(Permission.ACTION_READ)
def list_breaches() -> ResponseReturnValue:
    """List what the agency's actions broke, first what has to be explained."""
    asked = request.args.get("state", "")
    state = BreachState(asked) if asked in list(BreachState) else BreachState.OPEN
    chosen = None if asked == ALL else state
    with transaction() as session:
        page = queries.list_breaches(
            session,
            agency_of(current_principal()),
            state=chosen,
            before=uuid_or_none(request.args.get("before", "")),
        )
    shown = chosen.value if chosen else ALL
    tabs = [
        *((_address(each.value), label(each), page.states.get(each, 0)) for each in BreachState),
        (_address(ALL), _("All states"), page.total),
    ]
    return render_template(
        "agency/list_breaches.html",
        page=page,
        tabs=tabs,
        here=_address(shown),
        next_url=_address(shown, before=page.before) if page.before else None,
        total=page.total if chosen is None else page.states.get(chosen, 0),
    )


def _address(state: str, before: str | None = None) -> str:
    return url_for("agency.list_breaches", state=state, before=before)


@bp.get("/breaches/<uuid:breach_id>")
@requires(Permission.ACTION_READ)
def show_breach(breach_id: UUID) -> ResponseReturnValue:
    """Show a breach with all that led to it and what became of it."""
    with transaction() as session:
        page = get_breach(session, current_principal(), breach_id)
    return render_template("agency/show_breach.html", page=page)


@bp.route("/breaches/<uuid:breach_id>/explain", methods=["GET", "POST"])
@requires(Permission.BREACH_EXPLAIN)
def explain_breach(breach_id: UUID) -> ResponseReturnValue:
    """Say how a breach came about; the bank decides next."""
    done = _("The bank sees your explanation and decides next.")
    return _say(breach_id, Deed.EXPLAIN, ExplainForm(), done)


@bp.route("/breaches/<uuid:breach_id>/remedy", methods=["GET", "POST"])
@requires(Permission.BREACH_EXPLAIN)
def remedy_breach(breach_id: UUID) -> ResponseReturnValue:
    """Say what was done to put an upheld breach right."""
    return _say(breach_id, Deed.REMEDY, RemedyForm(), _("The bank sees what you did."))


def _say(
    breach_id: UUID, deed: Deed, form: ExplainForm | RemedyForm, done: str
) -> ResponseReturnValue:
    status = 200
    actor = current_principal()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                breaches.carry_out(
                    session, actor, breach_id, deed, words=form.reason.data, at=clock.now()
                )
        except (Conflict, Invalid) as fault:
            form.form_errors.append(message_of(fault))
            status = 409
        else:
            flash(done, "success")
            return redirect(url_for("agency.show_breach", breach_id=breach_id), code=303)
    elif form.errors:
        status = 422
    with transaction() as session:
        page = get_breach(session, actor, breach_id)
    template = "agency/explain_breach.html" if deed is Deed.EXPLAIN else "agency/remedy_breach.html"
    return render_template(template, page=page, form=form), status
