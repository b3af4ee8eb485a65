"""Offers: the batches banks offer, and the agency's answer."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block

from portal.agency import queries_offers as queries
from portal.agency.blueprint import bp
from portal.agency.forms import DECLINE_TEXTS, DeclineForm
from portal.agency.here import agency_of, uuid_or_none
from portal.core import clock
from portal.core.permissions import Permission
from portal.core.placements import offers
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/offers")
@requires(Permission.OFFER_READ)
def list_offers() -> ResponseReturnValue:
    """List the offers to answer, or those answered."""
    waiting = request.args.get("view") != "answered"
    actor = current_principal()
    with transaction() as session:
        page = queries.list_offers(
            session,
            agency_of(actor),
            waiting=waiting,
            at=clock.now(),
            before=uuid_or_none(request.args.get("before", "")),
        )
    return render_template("agency/list_offers.html", page=page, waiting=waiting)


@bp.get("/offers/<uuid:offer_id>")
@requires(Permission.OFFER_READ)
def show_offer(offer_id: UUID) -> ResponseReturnValue:
    """Show one offer: its terms, and its answer or the way to give one."""
    return _show(offer_id, DeclineForm(formdata=None))


def _show(offer_id: UUID, form: DeclineForm) -> str:
    actor = current_principal()
    with transaction() as session:
        page = queries.offer_page(session, agency_of(actor), offer_id, at=clock.now())
    if request.headers.get("HX-Request"):
        part: str = render_block("agency/show_offer.html", "opening", page=page)
        return part
    return render_template(
        "agency/show_offer.html", page=page, form=form, decline_texts=DECLINE_TEXTS
    )


@bp.post("/offers/<uuid:offer_id>/accept")
@requires(Permission.OFFER_ANSWER)
def accept_offer(offer_id: UUID) -> ResponseReturnValue:
    """Accept an offer; its accounts are opened right after."""
    with transaction() as session:
        offers.accept_offer(session, current_principal(), offer_id, at=clock.now())
    flash(_("The offer is accepted. Its accounts are being opened."), "success")
    return redirect(url_for("agency.show_offer", offer_id=offer_id), code=303)


@bp.post("/offers/<uuid:offer_id>/decline")
@requires(Permission.OFFER_ANSWER)
def decline_offer(offer_id: UUID) -> ResponseReturnValue:
    """Decline an offer with a reason."""
    form = DeclineForm()
    if not form.validate_on_submit():
        return _show(offer_id, form), 422
    with transaction() as session:
        offers.decline_offer(
            session, current_principal(), offer_id, reason=form.reason.data, at=clock.now()
        )
    flash(_("The offer is declined."), "success")
    return redirect(url_for("agency.show_offer", offer_id=offer_id), code=303)
