"""Promises: recording what a person promised to pay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.agency.blueprint import bp
from portal.agency.forms import PromiseForm
from portal.agency.here import day_at
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.queries_lines import PromiseLine, list_promises
from portal.core import clock, idempotency
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.plans import promises
from portal.core.plans.models import PromiseState
from portal.web.access import requires
from portal.web.fields import read_amount, show_refusal
from portal.web.uow import current_principal, transaction


@bp.route("/accounts/<uuid:account_id>/promises/new", methods=["GET", "POST"])
@requires(Permission.PROMISE_RECORD)
def record_promise(account_id: UUID) -> ResponseReturnValue:
    """Record a promise; a running one has to be replaced in so many words."""
    now = clock.now()
    with transaction() as session:
        head = account_head(session, account_id)
        running = _running(session, head)
    form = PromiseForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                _record(session, head, running, form, now)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The promise is recorded."), "success")
            return redirect(url_for("agency.show_account", account_id=account_id), code=303)
    status = 422 if form.errors else 200
    return render_template(
        "agency/record_promise.html", head=head, running=running, form=form
    ), status


def _running(session: Session, head: AccountHead) -> PromiseLine | None:
    lines = list_promises(session, head)
    return next((each for each in lines if each.state is PromiseState.ACTIVE), None)


def _record(
    session: Session,
    head: AccountHead,
    running: PromiseLine | None,
    form: PromiseForm,
    now: datetime,
) -> None:
    actor = current_principal()
    key = form.request_key.data or ""
    told = {"account": head.id, "amount": form.amount.data, "due_on": form.due_on.data}
    if idempotency.claim(session, actor, endpoint="agency.record_promise", key=key, request=told):
        return
    if running is not None and not form.replace.data:
        raise Invalid(
            "A promise is running. Say that the new one takes its place.", field="replace"
        )
    promise = promises.record_promise(
        session,
        actor,
        head.id,
        read_amount(form.amount, head.currency),
        due_on=form.due_on.day,
        at=now,
        today=day_at(now, head.bank_zone),
        replaces=running.id if running else None,
    )
    idempotency.remember(
        session,
        actor,
        endpoint="agency.record_promise",
        key=key,
        answer={"promise_id": str(promise.id)},
    )
