"""The compliance console's first page: how it stands, over time, by rule and by agency."""

from __future__ import annotations

from functools import partial
from typing import cast
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.bank import exports
from portal.bank import queries_agency_conduct as conduct
from portal.bank import queries_breach_counts as counting
from portal.bank import queries_compliance as queries
from portal.bank.blueprint import bp
from portal.bank.charts_compliance import breaches_by_day, spark
from portal.bank.forms_compliance import PERIOD_NAMES, PeriodForm, read_period_form
from portal.bank.paging import address
from portal.core import clock
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


@bp.get("/compliance")
@requires(Permission.ACTION_READ)
def compliance() -> ResponseReturnValue:
    """Show what waits, how often rules were broken and by whom, and whether permits are asked."""
    form = read_period_form()
    page = _overview(form)
    return render_template(
        "bank/compliance.html",
        form=form,
        page=page,
        figure=breaches_by_day(page.counts, page.period),
        sparks={each.agency_id: spark(each) for each in page.agencies},
        address=partial(address, PERIOD_NAMES),
    ), 422 if form.errors else 200


def _overview(form: PeriodForm) -> queries.Overview:
    is_good, now = form.validate(), clock.now()
    from_on, to_on = (form.from_on.data, form.to_on.data) if is_good else (None, None)
    waited = form.days.data if is_good and form.days.data is not None else queries.USUAL_WAIT
    form.days.data = waited
    with transaction() as session:
        period = counting.read_period(session, _bank_id(), from_on, to_on, now)
        return queries.get_overview(session, _bank_id(), period, waited=waited, now=now)


@bp.get("/compliance/breaches.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_breach_counts(kind: str) -> ResponseReturnValue:
    """Hand over how often each rule was broken on each day by each agency."""
    page = _overview(read_period_form())
    names = {each.agency_id: each.name for each in page.agencies}
    with transaction() as session:
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="breaches-by-day",
            verb="breaches.exported",
            headings=[str(label) for label in counting.COUNTED],
            rows=counting.counted_rows(page.counts, names),
            filters=_days(page),
        )


@bp.get("/compliance/agencies.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_conduct(kind: str) -> ResponseReturnValue:
    """Hand over what each agency did in the period, with its permits and its breaches."""
    page = _overview(read_period_form())
    with transaction() as session:
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="conduct-by-agency",
            verb="breaches.exported",
            headings=[str(label) for label in conduct.FIGURES],
            rows=conduct.figure_rows(page.agencies),
            filters=_days(page),
        )


def _days(page: queries.Overview) -> dict[str, str]:
    return {"from_on": page.period.from_on.isoformat(), "to_on": page.period.to_on.isoformat()}
