"""Referring accounts: choose, look at the proposal, confirm; and what became of it."""

from __future__ import annotations

from functools import partial
from typing import cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.bank import queries_proposals as proposals
from portal.bank import queries_referrals as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_referrals import make_form
from portal.bank.paging import address, read_cursor
from portal.core import clock
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.placements import refer
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


@bp.get("/referrals")
@requires(Permission.REFERRAL_READ)
def list_referrals() -> ResponseReturnValue:
    """List the referrals, newest first."""
    with transaction() as session:
        page = queries.list_referrals(session, _bank_id(), read_cursor())
    return render_template("bank/list_referrals.html", page=page, address=partial(address, ()))


@bp.get("/referrals/new")
@requires(Permission.REFERRAL_MAKE)
def new_referral() -> ResponseReturnValue:
    """Ask which accounts to refer, and how to divide them."""
    with transaction() as session:
        today = bank_today(session, _bank_id(), clock.now())
        grounds = proposals.get_grounds(session, _bank_id(), today)
    form = make_form(grounds, request.args)
    return render_template("bank/new_referral.html", grounds=grounds, form=form)


@bp.get("/referrals/proposal")
@requires(Permission.REFERRAL_MAKE)
def propose_referral() -> ResponseReturnValue:
    """Show who would get what, and who stays behind and why. Changes nothing."""
    return _show_proposal(request.args, "", status=200)


def _show_proposal(
    values: MultiDict[str, str], changed: str, *, status: int
) -> ResponseReturnValue:
    """Work the proposal out from an address or a form, or show the form with what is wrong."""
    actor = current_principal()
    with transaction() as session:
        today = bank_today(session, _bank_id(), clock.now())
        grounds = proposals.get_grounds(session, _bank_id(), today)
        form = make_form(grounds, values)
        try:
            if form.validate():
                proposal = refer.propose_referral(
                    session,
                    actor,
                    form.chosen(),
                    form.shares_by_agency(),
                    seed=form.chosen_seed,
                    today=today,
                )
                page = proposals.proposal_page(proposal, grounds)
                return render_template(
                    "bank/propose_referral.html", page=page, form=form, changed=changed
                ), status
        except Invalid as fault:
            form.form_errors.append(message_of(fault))
    return render_template("bank/new_referral.html", grounds=grounds, form=form), 422


@bp.post("/referrals/confirm")
@requires(Permission.REFERRAL_MAKE)
def confirm_referral() -> ResponseReturnValue:
    """Carry out exactly the proposal that was looked at, or show how it changed since."""
    try:
        referral_id = _make(request.form)
    except Conflict as fault:
        return _show_proposal(request.form, message_of(fault), status=409)
    if referral_id is None:
        return _show_proposal(request.form, "", status=422)
    return redirect(url_for("bank.show_referral", referral_id=referral_id), code=303)


def _make(values: MultiDict[str, str]) -> UUID | None:
    """Make the referral a form stands for; nothing when what was sent is not a whole form."""
    now = clock.now()
    with transaction() as session:
        today = bank_today(session, _bank_id(), now)
        form = make_form(proposals.get_grounds(session, _bank_id(), today), values)
        if not (form.validate() and form.shares_by_agency()):
            return None
        return refer.make_referral(
            session,
            current_principal(),
            form.chosen(),
            form.shares_by_agency(),
            seed=form.chosen_seed,
            expected=values.get("fingerprint", ""),
            at=now,
            today=today,
        ).id


@bp.get("/referrals/<uuid:referral_id>")
@requires(Permission.REFERRAL_READ)
def show_referral(referral_id: UUID) -> ResponseReturnValue:
    """Show a referral: its offers, their answers, and what came back."""
    with transaction() as session:
        page = queries.get_referral(session, _bank_id(), referral_id)
    return render_template("bank/show_referral.html", page=page)


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
