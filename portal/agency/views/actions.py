"""Logging what was done on an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.agency.blueprint import bp
from portal.agency.forms import CallForm
from portal.agency.here import viewer_zone
from portal.agency.queries_call import call_page
from portal.agency.queries_head import AccountHead
from portal.core import clock, idempotency
from portal.core.actions import service as actions
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.rules import Direction, Outcome, Role
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, transaction


@bp.route("/accounts/<uuid:account_id>/calls/new", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def log_call(account_id: UUID) -> ResponseReturnValue:
    """Log one call, then show the account with any breach flagged."""
    now = clock.now()
    with transaction() as session:
        page = call_page(session, account_id, at=now, viewer_zone=viewer_zone())
    form = CallForm()
    form.offer_zones(page.zones, now)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                breaches = _log(session, page.head, form, now)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            _tell(breaches)
            return redirect(url_for("agency.show_account", account_id=account_id), code=303)
    status = 422 if form.errors else 200
    return render_template("agency/log_call.html", page=page, form=form), status


def _log(session: Session, head: AccountHead, form: CallForm, now: datetime) -> int:
    """Log the call once, however often the form is sent; return how many rules it broke."""
    actor = current_principal()
    key = form.request_key.data or ""
    told = {
        name: field.data
        for name, field in form._fields.items()
        if name not in ("csrf_token", "request_key")
    }
    told["account_id"] = head.id
    before = idempotency.claim(session, actor, endpoint="agency.log_call", key=key, request=told)
    if before is not None:
        return int(before["breaches"])
    action = actions.log_call(
        session,
        actor,
        head.id,
        outcome=Outcome(form.outcome.data),
        direction=Direction(form.direction.data),
        role=Role(form.role.data),
        made_at=form.instant(now=now, earliest=head.placed_at),
        now=now,
        note=form.note.data or "",
    )
    idempotency.remember(
        session,
        actor,
        endpoint="agency.log_call",
        key=key,
        answer={"action_id": str(action.id), "breaches": action.breach_count},
    )
    return action.breach_count


def _tell(breaches: int) -> None:
    if breaches:
        flash(_("The call is logged. It broke a rule: see the timeline below."), "warning")
    else:
        flash(_("The call is logged."), "success")
