"""The panel of agencies, one agency's figures, and putting another one on the panel."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.bank import charts
from portal.bank import queries_agencies as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_agencies import AgencyForm
from portal.core import clock
from portal.core.parties import service
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/agencies")
@requires(Permission.AGENCY_READ)
def list_agencies() -> ResponseReturnValue:
    """List the agencies of the panel with their first figures."""
    with transaction() as session:
        rows = queries.list_panel(session, _bank_id(), at=clock.now())
    return render_template("bank/list_agencies.html", rows=rows)


@bp.get("/agencies/<uuid:agency_id>")
@requires(Permission.AGENCY_READ)
def show_agency(agency_id: UUID) -> ResponseReturnValue:
    """Show an agency's terms and first figures, each with its n."""
    now = clock.now()
    with transaction() as session:
        today = bank_today(session, _bank_id(), now)
        page = queries.get_agency(session, _bank_id(), agency_id, at=now, today=today)
    return render_template(
        "bank/show_agency.html",
        page=page,
        today=today,
        curves=charts.liquidation_by_currency(page.curves, today),
    )


@bp.route("/agencies/new", methods=["GET", "POST"])
@requires(Permission.REFERRAL_MAKE)
def approve_agency() -> ResponseReturnValue:
    """Put an agency on the panel, on the terms of its contract."""
    form = AgencyForm()
    with transaction() as session:
        form.offer(queries.list_candidates(session, _bank_id()))
        if form.validate_on_submit():
            today = bank_today(session, _bank_id(), clock.now())
            agency_id = UUID(form.agency.data)
            service.approve_agency(session, current_principal(), agency_id, form.terms(today))
            return redirect(url_for("bank.show_agency", agency_id=agency_id), code=303)
    return render_template("bank/approve_agency.html", form=form), 422 if form.errors else 200


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
