"""Logging what was done on an account, through every channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.agency.blueprint import bp
from portal.agency.forms_actions import OUTCOMES, ActionForm
from portal.agency.here import viewer_zone
from portal.agency.permits import reason_found
from portal.agency.queries_action import ActionPage, Logged, action_page, logged_action
from portal.core import clock, idempotency
from portal.core.actions.foresee import foresee_action, needs_reason
from portal.core.actions.service import Told, log_action
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.rules import Channel, Direction, Judgement, Verdict
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.labels import label
from portal.web.uow import current_principal, transaction

#: A contact made no longer ago than this may still be going on.
JUST_NOW = timedelta(minutes=10)
_ENDPOINT = "agency.log_action"


class _Unconfirmed(Invalid):
    """A contact that breaks a rule is about to be logged, and nobody has said that it happened."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(
            "This breaks a rule. If it has happened, say so and log it; if not, do not make it.",
            field="confirm",
        )
        self.judgement = judgement


@bp.route("/accounts/<uuid:account_id>/calls/new", methods=["GET", "POST"], endpoint="log_action")
@bp.route("/accounts/<uuid:account_id>/actions/new", methods=["GET", "POST"], endpoint="log_action")
@requires(Permission.ACTION_LOG)
def log_one(account_id: UUID) -> ResponseReturnValue:
    """Log one action, then show the account and say what the rules say of it.

    The address of calls is older and goes on working.
    """
    now, channel, actor = clock.now(), _channel(), current_principal()
    with transaction() as session:
        page = action_page(session, actor, account_id, channel, at=now, viewer_zone=viewer_zone())
    form, judgement = _form(page, now), None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                logged = _log(session, page, form, now)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
            judgement = refused.judgement if isinstance(refused, _Unconfirmed) else None
        else:
            _tell(logged)
            return redirect(url_for("agency.show_account", account_id=account_id), code=303)
    reasons = [reason_found(each) for each in judgement.breaches] if judgement else []
    status = 422 if form.errors else 200
    tabs = channel_tabs(_ENDPOINT, account_id, tuple(OUTCOMES))
    return render_template(
        "agency/log_action.html", page=page, form=form, broken=reasons, tabs=tabs
    ), status


def channel_tabs(
    endpoint: str, account_id: UUID, channels: tuple[Channel, ...]
) -> list[tuple[str, str]]:
    """Return the same page for each channel, as tabs: its address and its name."""
    return [
        (url_for(endpoint, account_id=account_id, channel=each.value), label(each))
        for each in channels
    ]


def _channel() -> Channel:
    """Return the channel the address names; a call where it names none that is logged here."""
    asked = request.args.get("channel", "")
    return next((each for each in OUTCOMES if each.value == asked), Channel.CALL)


def _form(page: ActionPage, now: datetime) -> ActionForm:
    """Return the form; a new one begins with what the address or the permit one holds names."""
    form = ActionForm()
    form.offer(page.channel, page.points, page.zones, now)
    if not form.is_submitted():
        form.role.data = request.args.get("role", form.role.data)
        form.contact_point.data = request.args.get("contact_point", _only_point(page))
    return form


def _only_point(page: ActionPage) -> str:
    if page.held is not None:
        return str(page.held.contact_point_id or "")
    return str(page.points[0].id) if len(page.points) == 1 else ""


def _log(session: Session, page: ActionPage, form: ActionForm, now: datetime) -> Logged:
    """Log the action once, however often the form is sent."""
    actor, key = current_principal(), form.request_key.data or ""
    typed = {
        name: field.data
        for name, field in form._fields.items()
        if name not in ("csrf_token", "request_key", "confirm")
    }
    typed |= {"account_id": page.head.id, "channel": page.channel.value}
    before = idempotency.claim(session, actor, endpoint=_ENDPOINT, key=key, request=typed)
    if before is not None:
        return logged_action(session, page.head, UUID(before["action_id"]))
    told = form.told(page.channel, now=now, earliest=page.head.placed_at)
    if needs_reason(told, now=now, has_hold=page.has_hold) and not told.late_reason:
        raise Invalid("Say why this is told now.", field="late_reason")
    _ask_to_confirm(session, page, form, told, now)
    action = log_action(session, actor, page.head.id, told, now=now)
    answer = {"action_id": str(action.id)}
    idempotency.remember(session, actor, endpoint=_ENDPOINT, key=key, answer=answer)
    return logged_action(session, page.head, action.id)


def _ask_to_confirm(
    session: Session, page: ActionPage, form: ActionForm, told: Told, now: datetime
) -> None:
    """Show what a contact that may still be going on would break, before it is logged."""
    is_ours = told.direction is Direction.OUTBOUND
    if form.confirm.data or not is_ours or now - told.made_at > JUST_NOW:
        return
    judgement = foresee_action(session, current_principal(), page.head.id, told)
    # What the rules leave to a person was decided, where a permit was granted for it.
    was_decided = page.held is not None and judgement.verdict is Verdict.REVIEW
    if judgement.breaches and not was_decided:
        raise _Unconfirmed(judgement)


def _tell(logged: Logged) -> None:
    """Say that it is logged, whether a permit covered it, and each rule it broke."""
    channel = label(logged.channel)
    if logged.has_permit:
        flash(_("Logged: %(channel)s. Your permit covered it.", channel=channel), "success")
    elif logged.is_outbound:
        flash(_("Logged: %(channel)s. No permit was asked for it.", channel=channel), "warning")
    else:
        flash(_("Logged: %(channel)s.", channel=channel), "success")
    for reason in logged.breaches:
        said = {"sentence": reason.sentence, "citation": reason.citation}
        flash(_("It broke a rule: %(sentence)s (%(citation)s)", **said), "warning")
