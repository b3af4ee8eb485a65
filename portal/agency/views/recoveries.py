"""Recoveries: reporting money collected, and what the bank said to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.agency import queries_recoveries as queries
from portal.agency.blueprint import bp
from portal.agency.forms import RecoveryForm
from portal.agency.here import agency_of, day_at, uuid_or_none
from portal.agency.queries_head import AccountHead, account_head
from portal.core import clock, idempotency
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.recoveries import service as recoveries
from portal.core.recoveries.models import Recipient, RecoveryState
from portal.web.access import requires
from portal.web.fields import read_amount, show_refusal
from portal.web.uow import current_principal, transaction


@bp.get("/recoveries")
@requires(Permission.RECOVERY_READ)
def list_recoveries() -> ResponseReturnValue:
    """List what this agency reported, each with what the bank said to it."""
    asked = request.args.get("state", "")
    state = RecoveryState(asked) if asked in list(RecoveryState) else None
    actor = current_principal()
    with transaction() as session:
        page = queries.list_recoveries(
            session,
            agency_of(actor),
            state=state,
            before=uuid_or_none(request.args.get("before", "")),
        )
    return render_template("agency/list_recoveries.html", page=page, state=state)


@bp.route("/accounts/<uuid:account_id>/recoveries/new", methods=["GET", "POST"])
@requires(Permission.RECOVERY_REPORT)
def report_recovery(account_id: UUID) -> ResponseReturnValue:
    """Report money collected on an account; the bank verifies it before it counts."""
    now = clock.now()
    with transaction() as session:
        head = account_head(session, account_id)
    form = RecoveryForm(received_on=day_at(now, head.bank_zone))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                _report(session, head, form, now)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The recovery is reported. The bank verifies it next."), "success")
            return redirect(url_for("agency.show_account", account_id=account_id), code=303)
    status = 422 if form.errors else 200
    return render_template("agency/report_recovery.html", head=head, form=form), status


def _report(session: Session, head: AccountHead, form: RecoveryForm, now: datetime) -> None:
    actor = current_principal()
    key = form.request_key.data or ""
    told = {
        "account": head.id,
        "amount": form.amount.data,
        "received_on": form.received_on.data,
        "recipient": form.recipient.data,
        "ref": form.external_ref.data,
    }
    endpoint = "agency.report_recovery"
    if idempotency.claim(session, actor, endpoint=endpoint, key=key, request=told):
        return
    recovery = recoveries.report_recovery(
        session,
        actor,
        head.id,
        read_amount(form.amount, head.currency),
        received_on=form.received_on.day,
        recipient=Recipient(form.recipient.data),
        external_ref=form.external_ref.data,
        at=now,
        today=day_at(now, head.bank_zone),
    )
    answer = {"recovery_id": str(recovery.id)}
    idempotency.remember(session, actor, endpoint=endpoint, key=key, answer=answer)
