"""Writing to a person from the portal: a text message or an e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.agency.blueprint import bp
from portal.agency.drafts import Begun, begin
from portal.agency.forms_messages import MessageForm
from portal.agency.here import agency_of, viewer_zone
from portal.agency.queries_message import CheckPage, MessagePage, check_page, message_page
from portal.agency.views.actions import channel_tabs
from portal.core import clock, idempotency
from portal.core.actions.messages import CHANNELS, Draft, check_message, send_message
from portal.core.actions.models import PermitState
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, transaction

_ENDPOINT = "agency.write_message"


@dataclass(frozen=True)
class _Answer:
    """What came of pressing send: the permit's state, and where it is shown."""

    state: PermitState
    permit_id: UUID


@bp.route("/accounts/<uuid:account_id>/messages/new", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def write_message(account_id: UUID) -> ResponseReturnValue:
    """Write a message, see what stands against it, and send it if nothing does."""
    now = clock.now()
    page = _page(account_id, now)
    form = _form(page)
    check, answer = None, None
    if form.validate_on_submit():
        draft = form.draft(page.channel)
        try:
            with transaction() as session:
                checked = check_message(session, current_principal(), account_id, draft, at=now)
            check = check_page(checked, draft.text, page.head, viewer_zone())
            if request.form.get("step") == "send":
                answer = _send(page, form, draft, now)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        if answer is not None and answer.state is PermitState.GRANTED:
            flash(_("The message is on its way. It is logged, and your permit is used."), "success")
            return redirect(url_for("agency.show_account", account_id=account_id), code=303)
    return _show(page, form, check, answer)


def _page(account_id: UUID, now: datetime) -> MessagePage:
    asked = request.args.get("channel", "")
    channel = next((each for each in CHANNELS if each.value == asked), CHANNELS[0])
    actor = current_principal()
    with transaction() as session:
        return message_page(
            session,
            actor,
            account_id,
            channel,
            agency_id=agency_of(actor),
            language=request.args.get("language", ""),
            at=now,
        )


def _form(page: MessagePage) -> MessageForm:
    """Return the form; a new one begins with the template the address names."""
    form = MessageForm()
    form.offer(page.points)
    if form.is_submitted():
        return form
    begun, template = Begun(), request.args.get("template", "")
    if any(each.id == template for each in page.beginnings):
        begun = begin(page.facts, template, page.jurisdictions)
    form.text.data, form.subject.data = begun.text, begun.subject
    form.mandate_code.data, form.language.data = begun.mandate_code, page.language
    form.purpose.data = begun.purpose or form.purpose.data
    if page.held is not None:
        form.contact_point.data = str(page.held.contact_point_id or "")
    return form


def _send(page: MessagePage, form: MessageForm, draft: Draft, now: datetime) -> _Answer:
    """Send the message once, however often the form is sent."""
    with transaction() as session:
        answer = _send_once(session, page, form, draft, now)
    # A message that did not leave may be sent again from the same page, once it is decided.
    form.request_key.data = idempotency.new_key()
    return answer


def _send_once(
    session: Session, page: MessagePage, form: MessageForm, draft: Draft, now: datetime
) -> _Answer:
    actor, key = current_principal(), form.request_key.data or ""
    typed = {
        "account_id": page.head.id,
        "channel": draft.channel.value,
        "contact_point": draft.contact_point_id,
        "language": draft.language,
        "purpose": form.purpose.data,
        "text": draft.whole,
        "confirmed": sorted(draft.confirmed),
    }
    before = idempotency.claim(session, actor, endpoint=_ENDPOINT, key=key, request=typed)
    if before is not None:
        return _Answer(PermitState(before["state"]), UUID(before["permit_id"]))
    sent = send_message(session, actor, page.head.id, draft, at=now)
    state = PermitState.GRANTED if sent.action is not None else sent.permit.state
    kept = {"state": state.value, "permit_id": str(sent.permit.id)}
    idempotency.remember(session, actor, endpoint=_ENDPOINT, key=key, answer=kept)
    return _Answer(state, sent.permit.id)


def _show(
    page: MessagePage, form: MessageForm, check: CheckPage | None, answer: _Answer | None
) -> ResponseReturnValue:
    status = 422 if form.errors or (answer and answer.state is PermitState.DENIED) else 200
    tabs = channel_tabs(_ENDPOINT, page.head.id, CHANNELS)
    return render_template(
        "agency/write_message.html", page=page, form=form, check=check, answer=answer, tabs=tabs
    ), status
