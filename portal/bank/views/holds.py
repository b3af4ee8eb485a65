"""Holds: the list with its due dates, one hold, and opening, confirming, extending, releasing."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import exports
from portal.bank import queries_holds as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_holds import (
    ACCOUNT,
    FILTER_NAMES,
    ExtendHoldForm,
    OpenHoldForm,
    ReleaseHoldForm,
    read_filter,
)
from portal.bank.paging import address, read_cursor
from portal.bank.queries_account import AccountHead, get_head
from portal.core import clock
from portal.core.accounts import holds
from portal.core.accounts.statements import settle_hold
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.rules import HoldKind
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, in_transaction, transaction


@bp.get("/holds")
@requires(Permission.ACCOUNT_READ)
def list_holds() -> ResponseReturnValue:
    """List holds, what is due first in front."""
    form, now = read_filter(), clock.now()
    chosen = form.chosen()
    with transaction() as session:
        cursor = read_cursor(date.fromisoformat)
        found = queries.list_holds(session, _bank_id(), chosen, cursor, at=now)
    here = partial(address, FILTER_NAMES)
    return render_template(
        "bank/list_holds.html",
        form=form,
        found=found,
        total=found.overdue if chosen.overdue else found.counts[chosen.standing],
        address=here,
    )


@bp.get("/holds.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_holds(kind: str) -> ResponseReturnValue:
    """Hand over the filter's holds as a file, and record who took how many."""
    chosen = read_filter().chosen()
    with transaction() as session:
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name="holds",
            verb="holds.exported",
            headings=[str(label) for label in queries.EXPORTED],
            rows=queries.list_exported(session, _bank_id(), chosen, at=clock.now()),
            filters=chosen.facts(),
        )


@bp.get("/holds/<uuid:hold_id>")
@requires(Permission.ACCOUNT_READ)
def show_hold(hold_id: UUID) -> ResponseReturnValue:
    """Show one hold: what it stops, whose turn it is, and what became of it."""
    return render_template("bank/show_hold.html", hold=_hold(hold_id))


@bp.route("/accounts/<uuid:account_id>/holds/new", methods=["GET", "POST"])
@requires(Permission.HOLD_OPEN)
def open_hold(account_id: UUID) -> ResponseReturnValue:
    """Put an account, or its whole person, on hold."""
    now = clock.now()
    with transaction() as session:
        head = get_head(session, _bank_id(), account_id)
        today = bank_today(session, _bank_id(), now)
    form = OpenHoldForm(received_on=today)
    if form.validate_on_submit():
        actor = current_principal()
        try:
            hold_id = in_transaction(actor, lambda session: _open(session, head, form))
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The hold is open. Nobody may go on who did not see it."), "success")
            return redirect(url_for("bank.show_hold", hold_id=hold_id), code=303)
    return render_template("bank/open_hold.html", head=head, form=form), 422 if form.errors else 200


def _open(session: Session, head: AccountHead, form: OpenHoldForm) -> UUID:
    now = clock.now()
    hold = holds.open_hold(
        session,
        current_principal(),
        head.debtor.id,
        kind=HoldKind(form.kind.data),
        at=now,
        account_id=head.id if form.scope.data == ACCOUNT else None,
        received_at=form.received(now, head.bank_zone),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        ref=form.ref.data or "",
        note=form.note.data or "",
        due_on=form.due_on.data,
    )
    return hold.id


@bp.post("/holds/<uuid:hold_id>/confirm")
@requires(Permission.HOLD_RELEASE)
def confirm_hold(hold_id: UUID) -> ResponseReturnValue:
    """Take on a hold somebody else opened."""
    actor, now = current_principal(), clock.now()
    try:
        in_transaction(actor, lambda session: holds.confirm_hold(session, actor, hold_id, at=now))
    except Conflict as refused:
        flash(message_of(refused), "error")
    else:
        flash(_("The hold is confirmed. Its answer is due by the day shown."), "success")
    return _back(hold_id)


@bp.route("/holds/<uuid:hold_id>/extend", methods=["GET", "POST"])
@requires(Permission.HOLD_RELEASE)
def extend_hold(hold_id: UUID) -> ResponseReturnValue:
    """Let a hold last longer, or give its owner another day."""
    hold, form = _hold(hold_id), ExtendHoldForm()
    if form.validate_on_submit():
        actor, now = current_principal(), clock.now()
        try:
            in_transaction(
                actor,
                lambda session: holds.extend_hold(
                    session,
                    actor,
                    hold_id,
                    at=now,
                    ends_on=form.ends_on.data,
                    extension_days=form.extension_days.data,
                    due_on=form.due_on.data,
                ),
            )
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The hold is extended."), "success")
            return _back(hold_id)
    return render_template(
        "bank/extend_hold.html", hold=hold, form=form
    ), 422 if form.errors else 200


@bp.route("/holds/<uuid:hold_id>/release", methods=["GET", "POST"])
@requires(Permission.HOLD_RELEASE)
def release_hold(hold_id: UUID) -> ResponseReturnValue:
    """Release a hold with a reason, and end what was said that led to it."""
    hold, form = _hold(hold_id), ReleaseHoldForm()
    if form.validate_on_submit():
        actor, now = current_principal(), clock.now()
        try:
            in_transaction(
                actor,
                lambda session: settle_hold(
                    session,
                    actor,
                    hold_id,
                    reason=form.reason.data,
                    at=now,
                    upheld=form.decided,
                ),
            )
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The hold is released. The agencies are told."), "success")
            return _back(hold_id)
    return render_template(
        "bank/release_hold.html", hold=hold, form=form
    ), 422 if form.errors else 200


def _hold(hold_id: UUID) -> queries.OneHold:
    with transaction() as session:
        return queries.get_hold(session, _bank_id(), hold_id, at=clock.now())


def _back(hold_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("bank.show_hold", hold_id=hold_id), code=303)


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
