"""Reminders before referral: how they stand, the calls to make, what a day to come brings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import exports
from portal.bank import queries_reminders as queries
from portal.bank import reminder_words as say
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_reminders import (
    ALL,
    FILTER_NAMES,
    CallForm,
    ReminderFilterForm,
    SwitchForm,
    read_filter,
)
from portal.bank.paging import Page, address, read_cursor
from portal.bank.queries_reminder_call import CallPage, get_call
from portal.core import audit, clock
from portal.core.actions.ladders import Ladder, find_ladder, switch_ladder
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.models_reminders import ReminderState
from portal.core.actions.permits import ask_permit
from portal.core.actions.reminder_outlook import foresee
from portal.core.actions.reminders import log_reminder_call as log_call
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.rules import Channel, Purpose
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


def _today(session: Session) -> date:
    return bank_today(session, _bank_id(), clock.now())


@bp.get("/reminders")
@requires(Permission.ACTION_READ)
def list_reminders() -> ResponseReturnValue:
    """List what the ladder asks for and did: first the calls that wait for somebody."""
    form = read_filter()
    found = queries.RemindersPage(Page([]), {})
    with transaction() as session:
        ladder = find_ladder(session, _bank_id(), _today(session))
        names = queries.name_steps(session, _bank_id(), ladder)
        form.offer(names)
        if form.validate():
            found = queries.list_reminders(
                session,
                _bank_id(),
                form.chosen(),
                read_cursor(date.fromisoformat),
                names=names,
                now=clock.now(),
            )
    return _list_page(form, found, ladder)


def _list_page(
    form: ReminderFilterForm, found: queries.RemindersPage, ladder: Ladder
) -> ResponseReturnValue:
    here = partial(address, FILTER_NAMES)
    state, every = form.chosen().state, sum(found.states.values())
    return render_template(
        "bank/list_reminders.html",
        form=form,
        found=found,
        ladder=ladder,
        steps=[(each, say.step_name(each)) for each in ladder.steps],
        state=state,
        total=every if state is None else found.states.get(state, 0),
        tabs=[
            *((here(state=s.value), say.STATES[s][0], found.states.get(s, 0)) for s in say.STATES),
            (here(state=ALL), _("All states"), every),
        ],
        current_tab=here(state=state.value if state else ALL),
        address=here,
    ), 422 if form.errors else 200


@bp.get("/reminders.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_reminders(kind: str) -> ResponseReturnValue:
    """Hand over the filter's reminders as a file, and record who took how many."""
    form = read_filter()
    with transaction() as session:
        ladder = find_ladder(session, _bank_id(), _today(session))
        names = queries.name_steps(session, _bank_id(), ladder)
        form.offer(names)
        if not form.validate():
            return _list_page(form, queries.RemindersPage(Page([]), {}), ladder)
        chosen = form.chosen()
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="reminders",
            verb="reminders.exported",
            headings=[str(label) for label in queries.EXPORTED],
            rows=queries.list_exported(session, _bank_id(), chosen, names),
            filters=chosen.facts(),
        )


@bp.get("/reminders/tomorrow")
@requires(Permission.ACTION_READ)
def preview_reminders() -> ResponseReturnValue:
    """Count what each step would bring tomorrow; nothing is written."""
    with transaction() as session:
        outlook = foresee(session, _bank_id(), _today(session) + timedelta(days=1))
    rows = [(say.step_name(each.step), say.words_of(each.step), each) for each in outlook.steps]
    return render_template("bank/preview_reminders.html", outlook=outlook, rows=rows)


@bp.post("/reminders/switch")
@requires(Permission.POLICY_SET)
def switch_reminders() -> ResponseReturnValue:
    """Let the machine take the steps from now on, or stop it."""
    form = SwitchForm()
    running = form.running.data == "on"
    if form.validate_on_submit():
        try:
            with transaction() as session:
                switch_ladder(session, current_principal(), running=running, at=clock.now())
        except (Conflict, Invalid) as refused:
            flash(message_of(refused), "danger")
        else:
            flash(
                _("The reminders are running.") if running else _("The reminders are off."),
                "success",
            )
    return redirect(url_for("bank.list_reminders"), code=303)


@bp.route("/reminders/<uuid:reminder_id>/call", methods=["GET", "POST"])
@requires(Permission.REMINDER_SEND)
def log_reminder_call(reminder_id: UUID) -> ResponseReturnValue:
    """Make a call of the ladder: see whether now, see the number, ask for a permit, log it."""
    now, form = clock.now(), CallForm()
    deed = request.form.get("do", "")
    page = _call_page(reminder_id, now, in_clear=deed == "reveal")
    form.offer(page.choices)
    if request.method == "GET":
        form.begin(now, page.zone)
    elif deed in ("reveal", "permit"):
        if not form.csrf_token.validate(form):
            return _show_call(page, form, 422)
        if deed == "permit":
            _ask(page, now)
            return redirect(url_for("bank.log_reminder_call", reminder_id=page.id), code=303)
        form = CallForm(formdata=None)
        form.offer(page.choices)
        form.begin(now, page.zone)
    elif form.validate():
        return _log(page, form, now)
    return _show_call(page, form, 422 if form.errors else 200)


def _call_page(reminder_id: UUID, now: datetime, *, in_clear: bool) -> CallPage:
    """Return the call; whoever sees the number in the clear is written down."""
    actor = current_principal()
    with transaction() as session:
        page = get_call(session, actor, reminder_id, now=now, in_clear=in_clear)
        if in_clear:
            audit.record(session, actor, "contact.revealed", page.account_id)
    return page


def _show_call(page: CallPage, form: CallForm, status: int) -> ResponseReturnValue:
    return render_template("bank/log_reminder_call.html", page=page, form=form), status


def _ask(page: CallPage, now: datetime) -> None:
    with transaction() as session:
        permit: Permit = ask_permit(
            session,
            current_principal(),
            page.account_id,
            Channel.CALL,
            at=now,
            purpose=Purpose.PAYMENT_REQUEST,
        )
        state = permit.state
    if state is PermitState.GRANTED:
        flash(_("You may call within the next ten minutes."), "success")
    elif state is PermitState.ASKED:
        flash(_("A colleague has to decide. The question waits under Permits."), "info")
    else:
        flash(_("A rule forbids this call now."), "danger")


def _log(page: CallPage, form: CallForm, now: datetime) -> ResponseReturnValue:
    try:
        with transaction() as session:
            told = form.told(page.zone, now)
            action = log_call(session, current_principal(), page.id, told, now=now)
            broken = action.breach_count
    except (Conflict, Invalid) as refused:
        show_refusal(form, refused)
        return _show_call(page, form, 409 if isinstance(refused, Conflict) else 422)
    if broken:
        flash(_("The call is logged. It broke a rule; see the account’s actions."), "warning")
    else:
        flash(_("The call is logged."), "success")
    state = ReminderState.DUE.value
    return redirect(url_for("bank.list_reminders", state=state), code=303)
