"""The way out: the session's row goes, and the browser forgets what it kept."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.auth.admit import signed_in_staff
from portal.auth.blueprint import bp
from portal.auth.forms import ConfirmForm
from portal.core.parties import sign_in as entrance
from portal.web import access
from portal.web.uow import transaction

#: Nothing the browser kept is shown again by its Back button; language and theme stay.
FORGET = '"cache", "storage"'


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    staff = signed_in_staff()
    if ConfirmForm().validate_on_submit() and staff is not None:
        with transaction(staff) as session:
            entrance.note_sign_out(session, staff)
    access.sign_out()
    target = url_for("auth.signed_out", staff=1 if staff is not None else None)
    answer = redirect(target, code=303)
    answer.headers["Clear-Site-Data"] = FORGET
    return answer


@bp.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Say that the session has ended, and where to go from here."""
    return render_template("auth/signed_out.html", staff="staff" in request.args)
