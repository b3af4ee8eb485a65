"""Joining by invitation: the link is opened, a password chosen, an authenticator added."""

from __future__ import annotations

from datetime import datetime

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session

from portal.auth import steps
from portal.auth.admit import admit, visitors_network, wait_message
from portal.auth.blueprint import bp
from portal.auth.enrol import begin_enrolling, enrol_page
from portal.auth.forms import CodeForm, NewPasswordForm
from portal.auth.queries import InvitationPage, invitation_page
from portal.core import clock
from portal.core.errors import Invalid
from portal.core.parties import attempts, credentials, passwords
from portal.core.parties import sign_in as entrance
from portal.core.parties.credentials import Authenticator
from portal.core.parties.models import Staff
from portal.core.parties.sign_in import Candidate
from portal.web.errors import message_of
from portal.web.uow import transaction

#: What an authenticator files the entry under.
PRODUCT_NAME = "Referral Portal"


@bp.get("/invitation/<token>")
def open_invitation(token: str) -> ResponseReturnValue:
    """Move a link's token out of the address into the session; looking uses nothing up."""
    now = clock.now()
    with transaction(Candidate.nobody().principal) as db_session:
        counted = [(attempts.INVITATION_BY_NETWORK, visitors_network())]
        wait = attempts.count(db_session, counted, now=now)
        candidate = entrance.find_invited(db_session, token, now=now) if not wait else None
    if wait:
        return render_template(
            "auth/accept_invitation.html", page=None, form=None, notice=wait_message(wait)
        ), 429
    if candidate is None:
        session.pop("invitation", None)
    elif request.method == "GET":
        steps.open_invitation(token, candidate, now=now)
    return redirect(url_for("auth.accept_invitation"), code=303)


@bp.route("/invitation", methods=["GET", "POST"])
def accept_invitation() -> ResponseReturnValue:
    """Show what one is invited to, and take a password."""
    now = clock.now()
    invited = steps.invited(now=now)
    page = None
    if invited is not None:
        with transaction(invited.candidate.principal) as db_session:
            page = invitation_page(db_session, invited.candidate, str(get_locale()))
    if invited is None or page is None:
        return render_template("auth/accept_invitation.html", page=None, form=None), 404
    form = NewPasswordForm()
    if not page.start_url and form.validate_on_submit() and _suits(form, page):
        hashed = passwords.hash_password(form.password.data)
        begin_enrolling(
            invited.candidate, now=now, password_hash=hashed, token_hash=invited.token_hash
        )
        return redirect(url_for("auth.enrol_authenticator"), code=303)
    status = 422 if form.errors else 200
    return render_template("auth/accept_invitation.html", page=page, form=form), status


@bp.route("/sign-in/authenticator/new", methods=["GET", "POST"])
def enrol_authenticator() -> ResponseReturnValue:
    """Show the code to scan, and let the person in once the authenticator shows the right one."""
    now = clock.now()
    enrolling = steps.enrolling(now=now)
    if enrolling is None:
        return redirect(url_for("auth.sign_in"), code=303)
    form = CodeForm()
    if form.validate_on_submit():
        proven = _prove(enrolling, form.code.data, now)
        if proven is not None:
            return _take_into_use(enrolling, proven, now)
        form.code.errors = [gettext("This code does not fit. Enter the one shown now.")]
    with transaction(enrolling.candidate.principal) as db_session:
        page = enrol_page(db_session, enrolling, issuer=PRODUCT_NAME)
    status = 422 if form.errors else 200
    return render_template("auth/enrol_authenticator.html", form=form, page=page), status


def _suits(form: NewPasswordForm, page: InvitationPage) -> bool:
    try:
        passwords.check_new_password(
            form.password.data,
            second_factor=True,
            about=[page.name, page.email.split("@")[0], page.organisation],
        )
    except Invalid as error:
        form.password.errors = [message_of(error)]
        return False
    return True


def _prove(enrolling: steps.Enrolling, typed: str, now: datetime) -> Authenticator | None:
    candidate = enrolling.candidate
    with transaction(candidate.principal) as db_session:
        staff = db_session.get_one(Staff, (candidate.org_id, candidate.staff_id))
        return credentials.prove_authenticator(db_session, staff, enrolling.sealed, typed, now=now)


def _take_into_use(
    enrolling: steps.Enrolling, proven: Authenticator, now: datetime
) -> ResponseReturnValue:
    """Store the authenticator, which ends all sessions; then let the person in under a new one."""
    candidate = enrolling.candidate
    with transaction(candidate.principal) as db_session:
        codes = _store(db_session, enrolling, proven, now)
        sealed = credentials.seal_for_owner(db_session, candidate, "\n".join(codes))
    with transaction(candidate.principal) as db_session:
        answer = admit(
            db_session, candidate, way="password", now=now, endpoint="auth.recovery_codes"
        )
    steps.keep_recovery_codes(sealed)
    return answer


def _store(
    db_session: Session, enrolling: steps.Enrolling, proven: Authenticator, now: datetime
) -> list[str]:
    if enrolling.password_hash is None or enrolling.token_hash is None:
        return credentials.replace_authenticator(db_session, enrolling.candidate, proven)
    return credentials.join(
        db_session,
        enrolling.candidate,
        enrolling.token_hash,
        password_hash=enrolling.password_hash,
        authenticator=proven,
        now=now,
    )
