"""The ladder of reminders: its steps with their words, and the editor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import queries_reminder_ladder as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_reminder_ladder import LadderForm, form_of_steps, with_rows_changed
from portal.core import clock
from portal.core.actions.ladder import LadderStep
from portal.core.actions.ladder_words import StepText, bank_of, check_own_texts
from portal.core.actions.ladders import WordsOfLadderRefused, set_ladder
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.reminder_making import ReminderMaker
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


def _maker() -> ReminderMaker:
    return ReminderMaker(current_app.config["PORTAL_SETTINGS"].portal_base_url)


@bp.get("/reminders/ladder")
@requires(Permission.ACTION_READ)
def show_reminder_ladder() -> ResponseReturnValue:
    """Show each step with what it says in every language, and the versions before."""
    with transaction() as session:
        today = bank_today(session, _bank_id(), clock.now())
        page = queries.ladder_page(session, _bank_id(), _maker(), today=today)
    return render_template("bank/show_reminder_ladder.html", page=page)


@bp.route("/reminders/ladder/edit", methods=["GET", "POST"])
@requires(Permission.POLICY_SET)
def edit_reminder_ladder() -> ResponseReturnValue:
    """Write steps: buttons add and remove rows or check the words, the last one sets them."""
    with transaction() as session:
        today = bank_today(session, _bank_id(), clock.now())
        start = queries.start_from(session, _bank_id(), today)
    if request.method == "GET":
        return _show(form_of_steps(start.ladder.steps, today), start)
    form = LadderForm()
    if not form.csrf_token.validate(form):
        form.problems.append(("", _("This page was open too long. Send it again.")))
        return _show(form, start, status=422)
    deed = request.form.get("do", "")
    changed = with_rows_changed(form, deed, start.used)
    if changed is not None:
        return _show(changed, start)
    steps = form.ladder()
    if steps is None:
        return _show(form, start, status=422)
    if deed == "check":
        return _show(form, start, _check(steps))
    return _save(form, start, steps)


def _check(steps: Sequence[LadderStep]) -> list[StepText]:
    """Check own texts filled as they would be shown to people at the bank's own place."""
    maker = _maker()
    with transaction() as session:
        bank = bank_of(session, _bank_id())
        on = bank_today(session, bank.id, clock.now())

        def values(step: LadderStep, language: str) -> Mapping[str, str]:
            return maker.sample_values(bank, step, language, on=on)

        return check_own_texts(session, bank, steps, on=on, values=values)


def _save(
    form: LadderForm, start: queries.LadderStart, steps: Sequence[LadderStep]
) -> ResponseReturnValue:
    if not form.validate():
        return _show(form, start, status=422)
    try:
        with transaction() as session:
            _set(session, form, steps)
    except WordsOfLadderRefused as refused:
        form.show_words(refused)
        return _show(form, start, _check(steps), status=422)
    except (Conflict, Invalid) as refused:
        show_refusal(form, refused)
        return _show(form, start, status=409 if isinstance(refused, Conflict) else 422)
    flash(_("The ladder is set."), "success")
    return redirect(url_for("bank.show_reminder_ladder"), code=303)


def _set(session: Session, form: LadderForm, steps: Sequence[LadderStep]) -> None:
    set_ladder(
        session,
        current_principal(),
        steps,
        running=queries.is_running_on(session, _bank_id(), form.effective_from.day),
        effective_from=form.effective_from.day,
        at=clock.now(),
        based_on=request.form.get("based_on", type=int),
    )


def _show(
    form: LadderForm,
    start: queries.LadderStart,
    texts: Sequence[StepText] | None = None,
    *,
    status: int = 200,
) -> ResponseReturnValue:
    return render_template(
        "bank/edit_reminder_ladder.html",
        form=form,
        start=start,
        checked=None if texts is None else queries.by_step(texts),
        named=queries.names_consequence(texts or ()),
    ), status
