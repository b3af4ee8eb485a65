"""Banks and agencies: made, changed, suspended, and their first administrators invited."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.errors import Conflict
from portal.core.parties import organisations as service
from portal.core.parties import staff as people
from portal.core.parties.service import create_agency, create_bank
from portal.core.parties.staff import ADMINISTRATORS, Reason
from portal.core.permissions import Permission, Side
from portal.operator import queries
from portal.operator.blueprint import bp
from portal.operator.forms import (
    AdministratorForm,
    ConfirmForm,
    NewOrganisationForm,
    OrganisationForm,
)
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fresh import needs_fresh_proof
from portal.web.organisation.forms import ReasonForm
from portal.web.organisation.invitations import mail_invitation
from portal.web.shell import page_language
from portal.web.uow import current_principal, transaction

_ONE = "/organisations/<any(bank, agency):kind>/<uuid:org_id>"


@bp.get("/organisations")
@requires(Permission.ORGANISATION_MANAGE)
def organisations() -> ResponseReturnValue:
    """List banks and agencies."""
    search = request.args.get("q", "").strip()[:100]
    with transaction() as session:
        rows = queries.organisations(session, search)
    return render_template("operator/organisations.html", rows=rows, search=search)


@bp.route("/organisations/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE)
@needs_fresh_proof
def create_organisation() -> ResponseReturnValue:
    """Make a bank or an agency."""
    form = NewOrganisationForm()
    form.offer_countries()
    if form.validate_on_submit():
        try:
            return redirect(_create(form), code=303)
        except Conflict as error:
            form.code.errors = [message_of(error)]
    status = 422 if form.errors else 200
    return render_template("operator/create_organisation.html", form=form), status


@bp.get(_ONE)
@requires(Permission.ORGANISATION_MANAGE)
def show_organisation(kind: str, org_id: UUID) -> ResponseReturnValue:
    """Show one organisation and who administers it."""
    with transaction() as session:
        page = queries.organisation_page(session, Side(kind), org_id)
    return render_template("operator/show_organisation.html", page=page)


@bp.route(f"{_ONE}/edit", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE)
@needs_fresh_proof
def edit_organisation(kind: str, org_id: UUID) -> ResponseReturnValue:
    """Change what is known of an organisation."""
    actor = current_principal()
    with transaction() as session:
        page = queries.organisation_page(session, Side(kind), org_id)
        form = OrganisationForm(obj=page)
        if form.validate_on_submit():
            service.change_organisation(session, actor, Side(kind), org_id, form.changes())
            flash(gettext("Saved."), "success")
            return redirect(_address(Side(kind), org_id), code=303)
    status = 422 if form.errors else 200
    return render_template("operator/edit_organisation.html", form=form, page=page), status


@bp.route(f"{_ONE}/suspend", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_MANAGE)
@needs_fresh_proof
def suspend_organisation(kind: str, org_id: UUID) -> ResponseReturnValue:
    """Ask, then shut out everybody who works for an organisation."""
    form = ConfirmForm()
    with transaction() as session:
        page = queries.organisation_page(session, Side(kind), org_id)
        if form.validate_on_submit():
            service.suspend_organisation(session, current_principal(), Side(kind), org_id)
            flash(gettext("%(name)s is suspended.", name=page.name), "success")
            return redirect(_address(Side(kind), org_id), code=303)
    return render_template("operator/suspend_organisation.html", form=form, page=page)


@bp.post(f"{_ONE}/resume")
@requires(Permission.ORGANISATION_MANAGE)
@needs_fresh_proof
def resume_organisation(kind: str, org_id: UUID) -> ResponseReturnValue:
    """Let the people of a suspended organisation in again."""
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            service.resume_organisation(session, current_principal(), Side(kind), org_id)
        flash(gettext("Its people may sign in again."), "success")
    return redirect(_address(Side(kind), org_id), code=303)


@bp.route(f"{_ONE}/administrators/invite", methods=["GET", "POST"])
@requires(Permission.STAFF_MANAGE)
@needs_fresh_proof
def invite_administrator(kind: str, org_id: UUID) -> ResponseReturnValue:
    """Invite somebody who lets the others of the organisation in."""
    form = AdministratorForm(language=page_language().code)
    with transaction() as session:
        page = queries.organisation_page(session, Side(kind), org_id)
    if form.validate_on_submit():
        try:
            _invite(form, Side(kind), org_id)
            return redirect(_address(Side(kind), org_id), code=303)
        except Conflict as error:
            form.email.errors = [message_of(error)]
    status = 422 if form.errors else 200
    return render_template("operator/invite_administrator.html", form=form, page=page), status


@bp.post(f"{_ONE}/administrators/<uuid:staff_id>/invitation")
@requires(Permission.STAFF_MANAGE)
@needs_fresh_proof
def reinvite_administrator(kind: str, org_id: UUID, staff_id: UUID) -> ResponseReturnValue:
    """Send an invited administrator a fresh link."""
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            invitation = people.resend_invitation(
                session, current_principal(), org_id, staff_id, now=clock.now()
            )
            mail_invitation(session, invitation)
        flash(gettext("A new link is on its way. The earlier one has ended."), "success")
    return redirect(_address(Side(kind), org_id), code=303)


@bp.route(f"{_ONE}/administrators/<uuid:staff_id>/reset", methods=["GET", "POST"])
@requires(Permission.STAFF_MANAGE)
@needs_fresh_proof
def reset_administrator(kind: str, org_id: UUID, staff_id: UUID) -> ResponseReturnValue:
    """Let an administrator start over: who lost everything has nobody else to ask."""
    actor = current_principal()
    form = ReasonForm()
    with transaction() as session:
        page = queries.organisation_page(session, Side(kind), org_id)
        person = people.get_staff(session, actor, org_id, staff_id)
        if form.validate_on_submit():
            reason = Reason(form.reason.data)
            invitation = people.reset_sign_in(
                session, actor, org_id, staff_id, reason=reason, now=clock.now()
            )
            mail_invitation(session, invitation)
            flash(gettext("%(name)s is invited anew.", name=person.name), "success")
            return redirect(_address(Side(kind), org_id), code=303)
    status = 422 if form.errors else 200
    rendered = render_template(
        "operator/reset_administrator.html", form=form, page=page, name=person.name
    )
    return rendered, status


def _address(side: Side, org_id: UUID) -> str:
    return url_for("operator.show_organisation", kind=side.value, org_id=org_id)


def _create(form: NewOrganisationForm) -> str:
    actor = current_principal()
    with transaction() as session:
        if form.kind.data == Side.BANK:
            made_id = create_bank(session, actor, form.details()).id
        else:
            made_id = create_agency(session, actor, form.details()).id
    flash(gettext("Created. Invite its first administrator now."), "success")
    return _address(Side(form.kind.data), made_id)


def _invite(form: AdministratorForm, side: Side, org_id: UUID) -> None:
    with transaction() as session:
        invitation = people.invite_staff(
            session,
            current_principal(),
            side,
            org_id,
            name=form.name.data,
            email=form.email.data,
            role=ADMINISTRATORS[side],
            language=form.language.data,
            now=clock.now(),
        )
        mail_invitation(session, invitation)
    flash(gettext("An invitation is on its way to %(email)s.", email=form.email.data), "success")
