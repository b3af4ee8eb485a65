"""One's own profile: language and look, password, authenticator, recovery codes, other sessions."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from wtforms import Field

from portal.auth import steps
from portal.auth.admit import (
    admit,
    keep_choice,
    signed_in_staff,
    visitors_network,
    wait_message,
)
from portal.auth.blueprint import bp
from portal.auth.enrol import begin_enrolling
from portal.auth.forms import (
    ChangePasswordForm,
    CodeForm,
    ConfirmForm,
    PasswordForm,
    PreferencesForm,
)
from portal.auth.queries import ProfilePage, profile_page
from portal.core import clock
from portal.core.errors import Invalid, NotFound
from portal.core.parties import attempts, credentials, passwords
from portal.core.parties import sign_in as entrance
from portal.core.parties.models import Staff
from portal.core.parties.sign_in import Candidate
from portal.core.principal import Principal
from portal.web import shell
from portal.web.access import signed_in_only
from portal.web.errors import message_of
from portal.web.uow import transaction


@bp.route("/profile", methods=["GET", "POST"])
@signed_in_only
def profile() -> ResponseReturnValue:
    """Show one's own profile, and keep how one wants the pages."""
    actor = _staff()
    page = _page(actor)
    form = PreferencesForm(language=page.language, theme=page.theme)
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("auth/profile.html", page=page, form=form), status
    with transaction(actor) as db_session:
        credentials.keep_preferences(
            db_session, actor, language=form.language.data, theme=form.theme.data
        )
    answer = redirect(url_for("auth.profile"), code=303)
    keep_choice(answer, shell.LANGUAGE_COOKIE, form.language.data)
    keep_choice(answer, shell.THEME_COOKIE, form.theme.data)
    return answer


@bp.route("/profile/password", methods=["GET", "POST"])
@signed_in_only
def change_password() -> ResponseReturnValue:
    """Change one's password; every other session of the person ends."""
    actor = _staff()
    page = _with_password(actor)
    form = ChangePasswordForm()
    now = clock.now()
    stored = None
    if form.validate_on_submit():
        stored = _check_present(form.present, actor, page.email, now)
    if stored is None or not _suits(form.password, page):
        status = 422 if form.errors else 200
        return render_template("auth/change_password.html", page=page, form=form), status
    fresh = passwords.hash_password(form.password.data)
    with transaction(actor) as db_session:
        credentials.change_password(db_session, actor, before=stored, after_hash=fresh)
    flash(gettext("Your password is changed. Your other sessions have ended."), "success")
    return _begin_anew(actor, way="password", now=now)


@bp.route("/profile/authenticator", methods=["GET", "POST"])
@signed_in_only
def change_authenticator() -> ResponseReturnValue:
    """Ask for the password, then go on to add another authenticator."""
    actor = _staff()
    page = _with_password(actor)
    form = PasswordForm()
    now = clock.now()
    stored = None
    if form.validate_on_submit():
        stored = _check_present(form.password, actor, page.email, now)
    if stored is None:
        status = 422 if form.errors else 200
        return render_template("auth/change_authenticator.html", page=page, form=form), status
    begin_enrolling(_self(actor), now=now)
    return redirect(url_for("auth.enrol_authenticator"), code=303)


@bp.route("/profile/recovery-codes/new", methods=["GET", "POST"])
@signed_in_only
def renew_recovery_codes() -> ResponseReturnValue:
    """Take a code from the authenticator, then replace the recovery codes."""
    actor = _staff()
    _with_password(actor)
    form = CodeForm()
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("auth/renew_recovery_codes.html", form=form), status
    with transaction(actor) as db_session:
        answer = entrance.check_code(db_session, _self(actor), form.code.data, now=clock.now())
        if answer.accepted:
            codes = credentials.renew_recovery_codes(db_session, actor)
            sealed = credentials.seal_for_owner(db_session, _self(actor), "\n".join(codes))
            steps.keep_recovery_codes(sealed)
            return redirect(url_for("auth.recovery_codes"), code=303)
    form.code.errors = [
        wait_message(answer.wait_seconds)
        if answer.wait_seconds
        else gettext("This code is not the present one. Wait for the next one and enter that.")
    ]
    return render_template("auth/renew_recovery_codes.html", form=form), 422


@bp.route("/recovery-codes", methods=["GET", "POST"])
@signed_in_only
def recovery_codes() -> ResponseReturnValue:
    """Show fresh recovery codes until their owner has noted them, and never again."""
    actor = _staff()
    sealed = steps.recovery_codes()
    if sealed is None:
        return redirect(url_for("auth.profile"), code=303)
    form = ConfirmForm()
    if form.validate_on_submit():
        steps.end_recovery_codes()
        return redirect(session.pop("onward", url_for("auth.profile")), code=303)
    with transaction(actor) as db_session:
        codes = credentials.open_for_owner(db_session, _self(actor), sealed).split("\n")
    return render_template("auth/recovery_codes.html", codes=codes, form=form)


@bp.post("/profile/end-other-sessions")
@signed_in_only
def end_other_sessions() -> ResponseReturnValue:
    """End every session of this person but the present one, which goes on under a new id."""
    actor = _staff()
    way = str(session.get("way_in", "password"))
    with transaction(actor) as db_session:
        entrance.end_own_sessions(db_session, actor)
    flash(gettext("Your other sessions have ended."), "success")
    return _begin_anew(actor, way=way, now=clock.now())


def _staff() -> Principal:
    actor = signed_in_staff()
    if actor is None:
        raise NotFound
    return actor


def _self(actor: Principal) -> Candidate:
    if actor.org_id is None:
        raise NotFound
    return Candidate(actor.org_id, actor.user_id, actor.side)


def _begin_anew(actor: Principal, *, way: str, now: datetime) -> ResponseReturnValue:
    """Go on under a new session, after all sessions of the person have ended."""
    with transaction(actor) as db_session:
        return admit(db_session, _self(actor), way=way, now=now, endpoint="auth.profile")


def _page(actor: Principal) -> ProfilePage:
    with transaction(actor) as db_session:
        return profile_page(db_session, actor, str(get_locale()))


def _with_password(actor: Principal) -> ProfilePage:
    page = _page(actor)
    if not page.has_password:
        raise NotFound
    return page


def _check_present(field: Field, actor: Principal, email: str, now: datetime) -> str | None:
    """Return the stored hash if the present password is right; tries count as at the door."""
    counted = [
        (attempts.PASSWORD_BY_NETWORK, visitors_network()),
        (attempts.PASSWORD_BY_NAME, email),
    ]
    with transaction(actor) as db_session:
        wait = attempts.count(db_session, counted, now=now)
        staff = db_session.get_one(Staff, (actor.org_id, actor.user_id))
        stored = staff.password_hash
    if wait:
        field.errors = [wait_message(wait)]
        return None
    if not passwords.verify_password(stored, field.data):
        field.errors = [gettext("This is not your present password.")]
        return None
    with transaction(actor) as db_session:
        attempts.forgive(db_session, attempts.PASSWORD_BY_NAME, email)
    return stored


def _suits(field: Field, page: ProfilePage) -> bool:
    try:
        passwords.check_new_password(
            field.data,
            second_factor=True,
            about=[page.name, page.email.split("@")[0], page.organisation],
        )
    except Invalid as error:
        field.errors = [message_of(error)]
        return False
    return True
