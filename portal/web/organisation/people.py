"""The pages about an organisation's people, the same for every side."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.errors import Conflict, NotFound
from portal.core.parties import staff as service
from portal.core.parties.staff import Reason
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fresh import needs_fresh_proof
from portal.web.organisation import queries
from portal.web.organisation.forms import ConfirmForm, InviteForm, ReasonForm, StaffForm
from portal.web.organisation.invitations import mail_invitation
from portal.web.shell import page_language
from portal.web.uow import current_principal, transaction


def org_of(actor: Principal) -> UUID:
    """Return the organisation of a member of staff.

    Raises:
        NotFound: the actor belongs to none.
    """
    if actor.org_id is None:
        raise NotFound
    return actor.org_id


def register(bp: Blueprint, side: Side) -> None:
    """Give one side's blueprint the pages about its people."""
    _register_list(bp, side)
    _register_changes(bp, side)
    _register_deeds(bp, side)


def _register_list(bp: Blueprint, side: Side) -> None:
    @bp.get("/staff")
    @requires(Permission.STAFF_READ)
    def staff() -> ResponseReturnValue:
        """Show who works here, and how each of them signs in."""
        actor = current_principal()
        with transaction() as session:
            page = queries.staff_page(session, actor, org_of(actor))
        return render_template(f"{side.value}/staff.html", page=page)

    @bp.route("/staff/invite", methods=["GET", "POST"])
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def invite_staff() -> ResponseReturnValue:
        """Invite somebody; the link goes to them by e-mail."""
        actor = current_principal()
        form = InviteForm(language=page_language().code)
        form.offer_roles(side)
        if form.validate_on_submit() and _invite(form, actor, side):
            return redirect(url_for(f"{side.value}.staff"), code=303)
        status = 422 if form.errors else 200
        return render_template(f"{side.value}/invite_staff.html", form=form), status


def _register_changes(bp: Blueprint, side: Side) -> None:
    @bp.route("/staff/<uuid:staff_id>", methods=["GET", "POST"])
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def edit_staff(staff_id: UUID) -> ResponseReturnValue:
        """Change a person's name or role; with a new role they sign in again."""
        actor = current_principal()
        with transaction() as session:
            member = queries.staff_member(session, actor, org_of(actor), staff_id)
        form = StaffForm(name=member.name, role=member.role)
        form.offer_roles(side)
        if form.validate_on_submit() and _change(form, actor, staff_id):
            return redirect(url_for(f"{side.value}.staff"), code=303)
        status = 422 if form.errors else 200
        page = render_template(f"{side.value}/edit_staff.html", form=form, member=member)
        return page, status

    @bp.route("/staff/<uuid:staff_id>/disable", methods=["GET", "POST"])
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def disable_staff(staff_id: UUID) -> ResponseReturnValue:
        """Ask for the reason, then shut a person out at once."""
        actor = current_principal()
        form = ReasonForm()
        chosen = Reason(form.reason.data) if form.validate_on_submit() else None
        with transaction() as session:
            member = queries.staff_member(session, actor, org_of(actor), staff_id)
            if chosen is not None:
                service.disable_staff(session, actor, member.org_id, staff_id, reason=chosen)
        if chosen is not None:
            flash(gettext("%(name)s is shut out.", name=member.name), "success")
            return redirect(url_for(f"{side.value}.staff"), code=303)
        status = 422 if form.errors else 200
        page = render_template(f"{side.value}/disable_staff.html", form=form, member=member)
        return page, status

    @bp.route("/staff/<uuid:staff_id>/reset", methods=["GET", "POST"])
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def reset_staff(staff_id: UUID) -> ResponseReturnValue:
        """Ask for the reason, then let a person start over with a new invitation."""
        actor = current_principal()
        form = ReasonForm()
        chosen = Reason(form.reason.data) if form.validate_on_submit() else None
        with transaction() as session:
            member = queries.staff_member(session, actor, org_of(actor), staff_id)
            if chosen is not None:
                invitation = service.reset_sign_in(
                    session, actor, member.org_id, staff_id, reason=chosen, now=clock.now()
                )
                mail_invitation(session, invitation)
        if chosen is not None:
            flash(gettext("%(name)s is invited anew.", name=member.name), "success")
            return redirect(url_for(f"{side.value}.staff"), code=303)
        status = 422 if form.errors else 200
        page = render_template(f"{side.value}/reset_staff.html", form=form, member=member)
        return page, status


def _register_deeds(bp: Blueprint, side: Side) -> None:
    @bp.post("/staff/<uuid:staff_id>/invitation")
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def resend_invitation(staff_id: UUID) -> ResponseReturnValue:
        """Send a fresh link; the earlier one ends."""
        actor = current_principal()
        if ConfirmForm().validate_on_submit():
            with transaction() as session:
                invitation = service.resend_invitation(
                    session, actor, org_of(actor), staff_id, now=clock.now()
                )
                mail_invitation(session, invitation)
            flash(gettext("A new link is on its way. The earlier one has ended."), "success")
        return redirect(url_for(f"{side.value}.staff"), code=303)

    @bp.post("/staff/<uuid:staff_id>/enable")
    @requires(Permission.STAFF_MANAGE)
    @needs_fresh_proof
    def enable_staff(staff_id: UUID) -> ResponseReturnValue:
        """Let a disabled person in again."""
        actor = current_principal()
        if ConfirmForm().validate_on_submit():
            with transaction() as session:
                person = service.enable_staff(session, actor, org_of(actor), staff_id)
            flash(gettext("%(name)s may sign in again.", name=person.name), "success")
        return redirect(url_for(f"{side.value}.staff"), code=303)


def _invite(form: InviteForm, actor: Principal, side: Side) -> bool:
    try:
        with transaction() as session:
            invitation = service.invite_staff(
                session,
                actor,
                side,
                org_of(actor),
                name=form.name.data,
                email=form.email.data,
                role=form.role.data,
                language=form.language.data,
                now=clock.now(),
            )
            mail_invitation(session, invitation)
    except Conflict as error:
        form.email.errors = [message_of(error)]
        return False
    flash(gettext("An invitation is on its way to %(email)s.", email=form.email.data), "success")
    return True


def _change(form: StaffForm, actor: Principal, staff_id: UUID) -> bool:
    try:
        with transaction() as session:
            service.change_staff(
                session,
                actor,
                org_of(actor),
                staff_id,
                name=form.name.data,
                role=form.role.data,
            )
    except Conflict as error:
        form.role.errors = [message_of(error)]
        return False
    flash(gettext("Saved."), "success")
    return True
