"""Permits: asking for one, giving it back, and a decision where the rules leave it to a person."""

from __future__ import annotations

from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy.orm import Session

from portal.agency import queries_permits as queries
from portal.agency.blueprint import bp
from portal.agency.documents import permit_document
from portal.agency.forms_actions import DecisionForm, PermitForm
from portal.agency.here import viewer_zone
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.queries_points import KIND_OF, PointLine, list_points
from portal.core import audit, clock
from portal.core.actions import permits
from portal.core.actions.models import Permit, PermitState
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.rules import Channel, Purpose, Role
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, transaction


@bp.route("/accounts/<uuid:account_id>/permits", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def ask_permit(account_id: UUID) -> ResponseReturnValue:
    """Ask whether one contact may be made now; a yes reserves the person for ten minutes.

    Whoever accepts JSON alone is answered in it.
    """
    _refuse_lists()
    form = PermitForm(data=request.args.to_dict())
    points: list[PointLine] = []
    # A dialler asks all day and names no number: then the person's are not opened for it.
    if not form.is_submitted() or form.contact_point.data:
        points = _points(account_id)
    form.offer_points(points)
    if form.validate_on_submit():
        try:
            permit = _ask(account_id, form, points)
        except Invalid as refused:
            show_refusal(form, refused)
        else:
            if _wants_json():
                return jsonify(permit_document(permit)), 201
            return redirect(url_for("agency.show_permit", permit_id=permit.id), code=303)
    status = 422 if form.errors else 200
    if _wants_json():
        return jsonify({"errors": form.errors}), status
    form.offer_points(points or _points(account_id))
    with transaction() as session:
        head = account_head(session, account_id)
    return render_template("agency/ask_permit.html", head=head, form=form), status


def _points(account_id: UUID) -> list[PointLine]:
    with transaction() as session:
        head = account_head(session, account_id)
        return [each for each in list_points(session, head) if not each.is_wrong]


def _refuse_lists() -> None:
    if request.is_json and not isinstance(request.get_json(silent=True), dict):
        raise Invalid("Send one JSON object.")


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _ask(account_id: UUID, form: PermitForm, points: list[PointLine]) -> Permit:
    channel, purpose = Channel(form.channel.data), form.purpose.data or ""
    point = next((each for each in points if each.id == form.point_id), None)
    if point is not None and point.kind != KIND_OF.get(channel):
        raise Invalid("Choose a number or address that fits the channel.", field="contact_point")
    with transaction() as session:
        return permits.ask_permit(
            session,
            current_principal(),
            account_id,
            channel,
            at=clock.now(),
            role=Role(form.role.data),
            purpose=Purpose(purpose) if purpose else None,
            contact_point_id=form.point_id,
        )


@bp.get("/permits/<uuid:permit_id>")
@requires(Permission.PERMIT_READ)
def show_permit(permit_id: UUID) -> ResponseReturnValue:
    """Show one permit, large: for whom, which number, until when; or why not, and when."""
    return _show(permit_id, DecisionForm(formdata=None))


def _show(permit_id: UUID, form: DecisionForm) -> str:
    actor = current_principal()
    with transaction() as session:
        page = queries.permit_page(
            session, actor, permit_id, at=clock.now(), viewer_zone=viewer_zone()
        )
        if request.headers.get("HX-Request"):
            part: str = render_block("agency/show_permit.html", "waiting", page=page)
            return part
        if page.point is not None:
            _record_look(session, page.head)
    return render_template("agency/show_permit.html", page=page, form=form)


def _record_look(session: Session, head: AccountHead) -> None:
    """Record that somebody saw a number or address in the clear."""
    audit.record(
        session,
        current_principal(),
        "debtor.viewed",
        head.debtor_id,
        chain_id=head.bank_id,
        facts={"account_id": str(head.id)},
    )


@bp.post("/permits/<uuid:permit_id>/return")
@requires(Permission.ACTION_LOG)
def return_permit(permit_id: UUID) -> ResponseReturnValue:
    """Give a permit back unused, or withdraw a question."""
    with transaction() as session:
        permit = permits.return_permit(session, current_principal(), permit_id, at=clock.now())
    flash(_("The permit is given back. Others may ask for one now."), "success")
    return redirect(url_for("agency.show_account", account_id=permit.account_id), code=303)


@bp.post("/permits/<uuid:permit_id>/decision")
@requires(Permission.PERMIT_DECIDE)
def decide_permit(permit_id: UUID) -> ResponseReturnValue:
    """Decide, with a reason, what the rules leave to a person; never one's own question."""
    form = DecisionForm()
    if form.validate_on_submit():
        decide = permits.grant_asked if form.answer.data == "grant" else permits.refuse_asked
        try:
            with transaction() as session:
                permit = decide(
                    session,
                    current_principal(),
                    permit_id,
                    reason=form.reason.data or "",
                    at=clock.now(),
                )
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            _tell(permit)
            return redirect(url_for("agency.list_permits"), code=303)
    return _show(permit_id, form), 422


def _tell(permit: Permit) -> None:
    if permit.state is PermitState.GRANTED:
        flash(_("Granted. The permit is good for ten minutes from now."), "success")
    else:
        flash(_("Refused, and your reason is on record."), "success")


@bp.get("/permits")
@requires(Permission.PERMIT_READ)
def list_permits() -> ResponseReturnValue:
    """List what waits for a decision, what is open, and what was denied lately."""
    actor = current_principal()
    with transaction() as session:
        page = queries.list_permits(session, actor, at=clock.now())
    return render_template("agency/list_permits.html", page=page, lately=queries.LATELY.days)
