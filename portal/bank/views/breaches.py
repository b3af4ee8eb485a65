"""Rules that were broken: the list, one breach, and what the bank decides about it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.bank import exports, words
from portal.bank import queries_breaches as queries
from portal.bank.blueprint import bp
from portal.bank.forms_breaches import (
    FILTER_NAMES,
    BreachFilterForm,
    DecisionForm,
    ManyForm,
    RemedyForm,
    read_filter,
)
from portal.bank.paging import Page, address, read_cursor
from portal.core import clock
from portal.core.actions import breaches
from portal.core.actions.breaches import Deed
from portal.core.actions.models import BreachState
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.compliance.breach import BreachPage, get_breach
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


@bp.get("/breaches")
@requires(Permission.ACTION_READ)
def list_breaches() -> ResponseReturnValue:
    """List the rules that were broken, newest first, each in words with its citation."""
    form = read_filter()
    found = queries.BreachesPage(Page([]), {})
    with transaction() as session:
        form.offer(queries.list_choices(session, _bank_id()))
        if form.validate():
            cursor = read_cursor(datetime.fromisoformat)
            chosen = form.chosen(clock.now())
            found = queries.list_breaches(session, _bank_id(), chosen, cursor)
    return _list_page(form, found)


def _list_page(form: BreachFilterForm, found: queries.BreachesPage) -> ResponseReturnValue:
    here = partial(address, FILTER_NAMES)
    shown = form.state.data if form.state.data in list(BreachState) else ""
    return render_template(
        "bank/list_breaches.html",
        form=form,
        found=found,
        total=found.states.get(BreachState(shown), 0) if shown else found.total,
        tabs=[
            (here(state=""), _("All states"), found.total),
            *((here(state=s.value), words.label(s), found.states.get(s, 0)) for s in BreachState),
        ],
        current_tab=here(state=shown),
        address=here,
    ), 422 if form.errors else 200


@bp.get("/breaches.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_breaches(kind: str) -> ResponseReturnValue:
    """Hand over the filter's breaches as a file, and record who took how many."""
    form = read_filter()
    with transaction() as session:
        form.offer(queries.list_choices(session, _bank_id()))
        if not form.validate():
            return _list_page(form, queries.BreachesPage(Page([]), {}))
        chosen = form.chosen(clock.now())
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="breaches",
            verb="breaches.exported",
            headings=[str(label) for label in queries.EXPORTED],
            rows=queries.list_exported(session, _bank_id(), chosen),
            filters=chosen.facts(),
        )


@bp.get("/breaches/<uuid:breach_id>")
@requires(Permission.ACTION_READ)
def show_breach(breach_id: UUID) -> ResponseReturnValue:
    """Show a breach with all that led to it, what became of it, and what can be done now."""
    with transaction() as session:
        page = get_breach(session, current_principal(), breach_id)
    return render_template("bank/show_breach.html", page=page)


@bp.route("/breaches/<uuid:breach_id>/<any(uphold, waive, remedy):deed>", methods=["GET", "POST"])
@requires(Permission.BREACH_DECIDE)
def decide_breach(breach_id: UUID, deed: str) -> ResponseReturnValue:
    """Uphold a breach, waive it, or record that it was put right, with a reason that stays."""
    what = Deed(deed)
    form = RemedyForm() if what is Deed.REMEDY else DecisionForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                breaches.carry_out(
                    session,
                    current_principal(),
                    breach_id,
                    what,
                    words=form.reason.data,
                    at=clock.now(),
                )
        except (Conflict, Invalid) as fault:
            form.form_errors.append(message_of(fault))
            return _decision(breach_id, what, form), 409
        flash(_done(what), "success")
        return redirect(url_for("bank.show_breach", breach_id=breach_id), code=303)
    return _decision(breach_id, what, form), 422 if form.errors else 200


def _decision(breach_id: UUID, deed: Deed, form: DecisionForm | RemedyForm) -> str:
    with transaction() as session:
        page: BreachPage = get_breach(session, current_principal(), breach_id)
    return render_template("bank/decide_breach.html", page=page, form=form, deed=deed)


def _done(deed: Deed) -> str:
    words = {
        Deed.UPHOLD: _("The breach is upheld. The agency sees your reason."),
        Deed.WAIVE: _("The breach is waived. The agency sees your reason."),
        Deed.REMEDY: _("It is recorded that the breach was put right."),
    }
    return str(words[deed])


@bp.route("/breaches/decide/<any(uphold, waive):deed>", methods=["GET", "POST"])
@requires(Permission.BREACH_DECIDE)
def decide_breaches(deed: str) -> ResponseReturnValue:
    """Uphold or waive every undecided breach of a filter, after showing how many there are."""
    what, form, chooser, now = Deed(deed), ManyForm(), read_filter(), clock.now()
    with transaction() as session:
        chooser.offer(queries.list_choices(session, _bank_id()))
    if not chooser.validate():
        back = address(FILTER_NAMES, endpoint="bank.list_breaches", deed=None)
        return redirect(back, code=303)
    status = 200
    if form.validate_on_submit():
        try:
            with transaction() as session:
                count = breaches.decide_breaches(
                    session,
                    current_principal(),
                    chooser.chosen(now),
                    what,
                    expected=form.count,
                    reason=form.reason.data,
                    at=now,
                )
        except (Conflict, Invalid) as fault:
            form.form_errors.append(message_of(fault))
            status = 409
        else:
            flash(_done_many(what, count), "success")
            target = url_for("bank.list_breaches", kind="all", decided=now.isoformat())
            return redirect(target, code=303)
    elif form.errors:
        status = 422
    return _many_page(what, form, chooser, now), status


def _many_page(deed: Deed, form: ManyForm, chooser: BreachFilterForm, now: datetime) -> str:
    chosen = chooser.chosen(now)
    with transaction() as session:
        states = queries.count_states(session, _bank_id(), chosen)
    if chosen.state is not None:
        states = {state: count for state, count in states.items() if state is chosen.state}
    found = queries.BreachesPage(Page([]), states)
    form.expected.data = str(found.undecided)
    return render_template(
        "bank/decide_breaches.html",
        form=form,
        found=found,
        deed=deed,
        filter_words=_filter_words(chooser),
        back=address(FILTER_NAMES, endpoint="bank.list_breaches", deed=None),
        here=address(FILTER_NAMES),
    )


def _filter_words(form: BreachFilterForm) -> list[tuple[str, str]]:
    """Return what the filter binds, as the list's own labels and choices say it."""
    found = []
    for field in (form.kind, form.rule, form.agency, form.severity):
        words = {choice.value: choice.label for choice in field.choices}
        value = field.data or ""
        if value in words and (value or field is form.kind):
            found.append((field.label.text, words[value]))
    for field in (form.from_on, form.to_on):
        if field.data:
            found.append((field.label.text, field.data.isoformat()))
    if form.waiting.data is not None:
        found.append((form.waiting.label.text, str(form.waiting.data)))
    return found


def _done_many(deed: Deed, count: int) -> str:
    if deed is Deed.WAIVE:
        words = ngettext(
            "%(num)d breach is waived. It is listed below.",
            "%(num)d breaches are waived. They are listed below.",
            count,
        )
    else:
        words = ngettext(
            "%(num)d breach is upheld. It is listed below.",
            "%(num)d breaches are upheld. They are listed below.",
            count,
        )
    return str(words)
