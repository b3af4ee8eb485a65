"""Permits: what was denied and why, and questions the rules leave to a person."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.bank import exports, words
from portal.bank import queries_permits as queries
from portal.bank.blueprint import bp
from portal.bank.forms_permits import (
    ALL,
    FILTER_NAMES,
    AnswerForm,
    PermitFilterForm,
    read_filter,
)
from portal.bank.paging import Page, address, read_cursor
from portal.bank.permit_states import Shown
from portal.core import clock
from portal.core.actions import permits
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


@bp.get("/permits")
@requires(Permission.PERMIT_READ)
def list_permits() -> ResponseReturnValue:
    """List what was asked before contacts: first what was denied, each with the reason."""
    form, now = read_filter(), clock.now()
    found = queries.PermitsPage(Page([]), {})
    with transaction() as session:
        form.offer(queries.list_choices(session, _bank_id()))
        if form.validate():
            cursor = read_cursor(datetime.fromisoformat)
            found = queries.list_permits(session, _bank_id(), form.chosen(), cursor, now)
    return _list_page(form, found)


def _list_page(form: PermitFilterForm, found: queries.PermitsPage) -> ResponseReturnValue:
    here = partial(address, FILTER_NAMES)
    state, every = form.chosen().state, sum(found.states.values())
    return render_template(
        "bank/list_permits.html",
        form=form,
        found=found,
        total=every if state is None else found.states.get(state, 0),
        tabs=[
            *((here(state=s.value), words.label(s), found.states.get(s, 0)) for s in Shown),
            (here(state=ALL), _("All states"), every),
        ],
        current_tab=here(state=state.value if state else ALL),
        address=here,
    ), 422 if form.errors else 200


@bp.get("/permits.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_permits(kind: str) -> ResponseReturnValue:
    """Hand over the filter's permits as a file, and record who took how many."""
    form, now = read_filter(), clock.now()
    with transaction() as session:
        form.offer(queries.list_choices(session, _bank_id()))
        if not form.validate():
            return _list_page(form, queries.PermitsPage(Page([]), {}))
        chosen = form.chosen()
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="permits",
            verb="permits.exported",
            headings=[str(label) for label in queries.EXPORTED],
            rows=queries.list_exported(session, _bank_id(), chosen, now),
            filters=chosen.facts(),
        )


@bp.get("/permits/<uuid:permit_id>")
@requires(Permission.PERMIT_READ)
def show_permit(permit_id: UUID) -> ResponseReturnValue:
    """Show one question with what the rules said and all that was known."""
    with transaction() as session:
        page = queries.get_permit(session, _bank_id(), permit_id, clock.now())
    return render_template("bank/show_permit.html", page=page)


@bp.route("/permits/<uuid:permit_id>/decide", methods=["GET", "POST"])
@requires(Permission.PERMIT_DECIDE)
def decide_permit(permit_id: UUID) -> ResponseReturnValue:
    """Answer, for the bank, a question the rules leave to a person."""
    form, now, status = AnswerForm(), clock.now(), 200
    if form.validate_on_submit():
        answer = permits.grant_asked if form.answer.data == "grant" else permits.refuse_asked
        try:
            with transaction() as session:
                answer(session, current_principal(), permit_id, reason=form.reason.data, at=now)
        except (Conflict, Invalid) as fault:
            form.form_errors.append(message_of(fault))
            status = 409
        else:
            flash(_answered(form.answer.data), "success")
            return redirect(url_for("bank.show_permit", permit_id=permit_id), code=303)
    elif form.errors:
        status = 422
    with transaction() as session:
        page = queries.get_permit(session, _bank_id(), permit_id, now)
    return render_template("bank/decide_permit.html", page=page, form=form), status


def _answered(answer: str) -> str:
    if answer == "grant":
        return str(_("The contact is allowed for the next ten minutes."))
    return str(_("The contact is refused. Whoever asked sees your reason."))
