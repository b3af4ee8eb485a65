"""The way in for staff: an address first, then what proves it. Every answer is alike for all."""

from __future__ import annotations

from datetime import datetime

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.auth import steps
from portal.auth.admit import admit, signed_in_staff, visitors_network, wait_message
from portal.auth.blueprint import bp
from portal.auth.enrol import begin_enrolling
from portal.auth.forms import CodeForm, EmailForm, PasswordForm
from portal.core import clock
from portal.core.parties import attempts, passwords
from portal.core.parties import sign_in as entrance
from portal.core.parties.sign_in import Candidate, PasswordState
from portal.web import access
from portal.web.uow import transaction


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask who it is, then go on to their organisation or to a password."""
    signed_in = signed_in_staff()
    if signed_in is not None:
        return redirect(access.take_next(signed_in), code=303)
    form = EmailForm()
    if not form.validate_on_submit():
        return render_template("auth/sign_in.html", form=form), 422 if form.errors else 200
    now = clock.now()
    with transaction(Candidate.nobody().principal) as session:
        counted = [(attempts.NAME_BY_NETWORK, visitors_network())]
        wait = attempts.count(session, counted, now=now)
        candidate = entrance.find_candidate(session, form.email.data)
    if wait:
        form.email.errors = [wait_message(wait)]
        return render_template("auth/sign_in.html", form=form), 429
    with transaction(candidate.principal) as session:
        elsewhere = entrance.uses_single_sign_on(session, candidate)
    steps.name_visitor(form.email.data, candidate, now=now)
    target = "auth.continue_to_organisation" if elsewhere else "auth.password"
    return redirect(url_for(target), code=303)


@bp.route("/sign-in/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Ask for the password; the answer to a wrong one is the same as to an unknown address."""
    now = clock.now()
    named = steps.named(now=now)
    if named is None:
        return redirect(url_for("auth.sign_in"), code=303)
    form = PasswordForm()
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("auth/password.html", form=form, email=named.email), status
    state, wait = _password_state(named, now)
    if wait:
        form.password.errors = [wait_message(wait)]
        return render_template("auth/password.html", form=form, email=named.email), 429
    if not passwords.verify_password(state.stored, form.password.data):
        with transaction(named.candidate.principal) as session:
            entrance.refuse(session, named.candidate, way="password", reason="wrong_password")
        form.password.errors = [
            gettext("This address and password do not go together. Check both and try again.")
        ]
        return render_template("auth/password.html", form=form, email=named.email), 422
    return _password_was_right(named, state, form.password.data, now)


@bp.route("/sign-in/code", methods=["GET", "POST"])
def authenticator() -> ResponseReturnValue:
    """Ask for the authenticator's code, or a recovery code, and let the person in."""
    now = clock.now()
    named = steps.named(now=now)
    if named is None or not named.proven:
        return redirect(url_for("auth.sign_in"), code=303)
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("auth/authenticator.html", form=form), 422 if form.errors else 200
    with transaction(named.candidate.principal) as session:
        answer = entrance.check_code(session, named.candidate, form.code.data, now=now)
        if answer.accepted:
            attempts.forgive(session, attempts.PASSWORD_BY_NAME, named.email)
            return admit(session, named.candidate, way="password", now=now)
    if answer.wait_seconds:
        form.code.errors = [wait_message(answer.wait_seconds)]
        return render_template("auth/authenticator.html", form=form), 429
    form.code.errors = [
        gettext("This code is not the present one. Wait for the next one and enter that.")
    ]
    return render_template("auth/authenticator.html", form=form), 422


def _password_state(named: steps.Named, now: datetime) -> tuple[PasswordState, int]:
    """Count the attempt before anything is checked, so that a burst is checked only in part."""
    counted = [
        (attempts.PASSWORD_BY_NETWORK, visitors_network()),
        (attempts.PASSWORD_BY_NAME, named.email),
        (attempts.PASSWORD_BY_SITE, "site"),
    ]
    with transaction(named.candidate.principal) as session:
        wait = attempts.count(session, counted, now=now)
        return entrance.password_state(session, named.candidate), wait


def _password_was_right(
    named: steps.Named, state: PasswordState, typed: str, now: datetime
) -> ResponseReturnValue:
    """Go on to the code; who has no authenticator yet adds one first."""
    stored = state.stored or ""
    if passwords.is_outdated(stored):
        fresh = passwords.hash_password(typed)
        with transaction(named.candidate.principal) as session:
            entrance.keep_rehashed(session, named.candidate, before=stored, after=fresh)
    steps.password_proven(now=now)
    if state.has_authenticator:
        return redirect(url_for("auth.authenticator"), code=303)
    begin_enrolling(named.candidate, now=now)
    return redirect(url_for("auth.enrol_authenticator"), code=303)
