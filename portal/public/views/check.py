"""Checking whether an agency really works for a bank, for anyone, without a word about a debt."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.parties.attempts import network_of
from portal.core.parties.letter_codes import read_code
from portal.core.parties.proof import NOBODY, Step
from portal.core.placements.notices import try_mandate
from portal.public import queries
from portal.public.blueprint import bp
from portal.public.forms import CheckForm
from portal.web.shell import page_language
from portal.web.uow import transaction


@bp.route("/check", methods=["GET", "POST"])
def check_letter() -> ResponseReturnValue:
    """Answer by the code on a letter who works for whom this very second."""
    form = CheckForm()
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("public/check_letter.html", form=form), status
    now = clock.now()
    with transaction(NOBODY) as session:
        answer = try_mandate(
            session,
            read_code(form.code.data),
            network=network_of(request.remote_addr),
            at=now,
        )
        found = (
            queries.mandate_page(session, answer.mandate, page_language().locale)
            if answer.mandate is not None
            else None
        )
    if found is not None:
        return render_template("public/check_letter.html", form=form, found=found, checked_at=now)
    if answer.step is Step.PAUSED:
        form.code.errors = [gettext("Too many attempts. Please wait 15 minutes and try again.")]
        return render_template("public/check_letter.html", form=form), 429
    form.code.errors = [gettext("This code is not valid now. Nobody may collect with it.")]
    return render_template("public/check_letter.html", form=form, not_valid=True), 422
