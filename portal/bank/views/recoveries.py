"""Recoveries agencies report: looked at, then verified or rejected."""

from __future__ import annotations

from functools import partial
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from portal.bank import queries_recoveries as queries
from portal.bank import words
from portal.bank.blueprint import bp
from portal.bank.paging import address, read_cursor
from portal.core import clock
from portal.core.errors import Conflict
from portal.core.permissions import Permission
from portal.core.recoveries import service
from portal.core.recoveries.models import RecoveryState
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction

TABS = (RecoveryState.REPORTED, RecoveryState.VERIFIED, RecoveryState.REJECTED)


class VerifyForm(FlaskForm):  # type: ignore[misc]
    """The decision to verify; carries nothing but its token."""


class RejectForm(FlaskForm):  # type: ignore[misc]
    """Why a recovery is not accepted."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[
            DataRequired(_l("Say why, so that the agency can put it right.")),
            Length(max=500, message=_l("Shorten the reason to 500 characters.")),
        ],
    )


@bp.get("/recoveries")
@requires(Permission.RECOVERY_READ)
def list_recoveries() -> ResponseReturnValue:
    """List recoveries: those to verify, verified and rejected."""
    bank_id = _bank_id()
    named = request.args.get("state", "")
    state = RecoveryState(named) if named in TABS else RecoveryState.REPORTED
    with transaction() as session:
        counts = queries.count_recoveries(session, bank_id)
        page = queries.list_recoveries(session, bank_id, state, read_cursor(UUID))
    return render_template(
        "bank/list_recoveries.html",
        page=page,
        state=state,
        here=counts[state],
        tabs=[(address((), state=one), words.label(one), counts[one].count) for one in TABS],
        current_tab=address((), state=state),
        address=partial(address, ("state",)),
    )


@bp.route("/recoveries/<uuid:recovery_id>/verify", methods=["GET", "POST"])
@requires(Permission.RECOVERY_VERIFY)
def verify_recovery(recovery_id: UUID) -> ResponseReturnValue:
    """Look at a reported recovery with what it does to the balance, then verify it."""
    form = VerifyForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                service.verify_recovery(session, current_principal(), recovery_id, at=clock.now())
        except Conflict as fault:
            form.form_errors.append(message_of(fault))
        else:
            flash(_("The recovery is verified and booked."), "success")
            return redirect(url_for("bank.list_recoveries"), code=303)
    with transaction() as session:
        line, owed = queries.get_recovery(session, _bank_id(), recovery_id)
    return render_template(
        "bank/verify_recovery.html", line=line, owed=owed, form=form
    ), 409 if form.errors else 200


@bp.route("/recoveries/<uuid:recovery_id>/reject", methods=["GET", "POST"])
@requires(Permission.RECOVERY_VERIFY)
def reject_recovery(recovery_id: UUID) -> ResponseReturnValue:
    """Reject a reported recovery with a reason; nothing is booked."""
    form = RejectForm()
    status = 200
    if form.validate_on_submit():
        try:
            with transaction() as session:
                service.reject_recovery(
                    session,
                    current_principal(),
                    recovery_id,
                    reason=form.reason.data,
                    at=clock.now(),
                )
        except Conflict as fault:
            form.form_errors.append(message_of(fault))
            status = 409
        else:
            flash(_("The recovery is rejected. The agency sees your reason."), "success")
            return redirect(url_for("bank.list_recoveries"), code=303)
    elif form.errors:
        status = 422
    with transaction() as session:
        line, owed = queries.get_recovery(session, _bank_id(), recovery_id)
    return render_template("bank/reject_recovery.html", line=line, owed=owed, form=form), status


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
