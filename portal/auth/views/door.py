"""The way in for a person with a letter: its code, one fact, a passcode.

Before that is proven, no page shows a name, a bank or an amount.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from portal.auth import door_steps as steps
from portal.auth.admit import keep_choice, visitors_network
from portal.auth.blueprint import bp
from portal.auth.door_steps import AtTheDoor
from portal.auth.door_words import DoorWords
from portal.auth.forms_door import (
    BirthForm,
    ContactForm,
    KeptCodeForm,
    LastDigitsForm,
    LetterCodeForm,
    PasscodeForm,
)
from portal.core import clock
from portal.core.errors import Invalid
from portal.core.parties import letter_codes, passcodes, proof
from portal.core.parties.passcodes import Choice
from portal.core.parties.persons import get_debtor
from portal.core.parties.proof import Fact, Step
from portal.core.principal import Principal
from portal.web import access, shell, viewer
from portal.web.uow import transaction

log = structlog.get_logger()
_STATUS = {Step.MISSED: 422, Step.SPENT: 422, Step.PAUSED: 429}


@bp.get("/l/<code>")
def enter_code_from_letter(code: str) -> ResponseReturnValue:
    """Move a letter's code out of the address; opening the link uses nothing up."""
    try:
        steps.keep_letter(proof.code_hash(letter_codes.read_code(code)))
    except Invalid:
        steps.forget_letter()
    return redirect(url_for("auth.enter_code"), code=303)


@bp.route("/enter", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    """Take the code on the letter, typed or kept from the letter's link."""
    kept = steps.kept_letter()
    if request.args.get("type") or "code" in request.form:
        kept = None
    form: FlaskForm = LetterCodeForm() if kept is None else KeptCodeForm()
    if not form.validate_on_submit():
        return _page("enter_code", form, kept=kept is not None)
    hashed = kept or proof.code_hash(letter_codes.read_code(form.code.data))
    with transaction(proof.NOBODY) as db_session:
        answer = proof.try_code(db_session, hashed, network=visitors_network(), at=clock.now())
    if answer.visit is not None:
        steps.step_in(answer.visit)
        return redirect(url_for("auth.confirm_person"), code=303)
    if answer.site_paused:
        log.error("door.site_paused")
    steps.forget_letter()
    form = LetterCodeForm(formdata=request.form if kept is None else None)
    form.code.errors = [_code_refusal(answer.step)]
    return _page("enter_code", form, kept=False, status=_STATUS[answer.step])


def _code_refusal(step: Step) -> str:
    if step is Step.PAUSED:
        words = gettext(
            "Too many attempts. Please wait 15 minutes, or call the number on the letter."
        )
    else:
        words = gettext(
            "We do not know this code, or it is no longer valid. Check it, or call the number on"
            " the letter."
        )
    return str(words)


@bp.route("/enter/person", methods=["GET", "POST"])
def confirm_person() -> ResponseReturnValue:
    """Ask for one fact: a date of birth, or the last four digits of a number."""
    door = steps.at_the_door()
    if door is None:
        return redirect(url_for("auth.enter_code"), code=303)
    by_digits = request.args.get("fact") == "digits"
    form: FlaskForm = LastDigitsForm() if by_digits else BirthForm()
    if not form.validate_on_submit():
        return _page("confirm_person", form, by_digits=by_digits)
    fact = Fact(last_digits=form.last_digits) if by_digits else Fact(birth=form.born_on)
    with transaction(door.visit.principal) as db_session:
        step = proof.try_fact(
            db_session, door.visit, fact, network=visitors_network(), at=clock.now()
        )
    if step is Step.PASSED:
        steps.fact_given()
        return redirect(url_for("auth.choose_contact"), code=303)
    if step is Step.SPENT:
        return _turned_away()
    field = form.digits if by_digits else form.day
    field.errors = [
        gettext("Too many attempts. Please wait an hour, or call the number on the letter.")
        if step is Step.PAUSED
        else gettext("That does not match our record for this letter. Check it and try again.")
    ]
    return _page("confirm_person", form, by_digits=by_digits, status=_STATUS[step])


@bp.route("/enter/contact", methods=["GET", "POST"])
def choose_contact() -> ResponseReturnValue:
    """Let the person choose where the passcode goes, masked, and send it."""
    door = steps.at_the_door()
    if door is None or not door.fact_given:
        return redirect(url_for("auth.confirm_person"), code=303)
    now = clock.now()
    with transaction(door.visit.principal) as db_session:
        choices = passcodes.contact_choices(db_session, door.visit, at=now)
    if not choices:
        return redirect(url_for("auth.cannot_use"), code=303)
    form = ContactForm()
    form.contact.choices = [SelectChoice(str(one.id), contact_label(one)) for one in choices]
    if not form.validate_on_submit():
        return _page("choose_contact", form, choices=choices)
    contact_id = UUID(form.contact.data)
    with transaction(door.visit.principal) as db_session:
        step = passcodes.send_passcode(
            db_session, door.visit, contact_id, browser=door.browser, at=now, words=DoorWords()
        )
    if step is Step.PAUSED:
        form.contact.errors = [
            gettext(
                "No more codes can be sent now. Please wait an hour, or call the number on the"
                " letter."
            )
        ]
        return _page("choose_contact", form, choices=choices, status=429)
    steps.passcode_sent(contact_id)
    return redirect(url_for("auth.enter_passcode"), code=303)


@bp.route("/enter/passcode", methods=["GET", "POST"])
def enter_passcode() -> ResponseReturnValue:
    """Take the passcode, and let the person in."""
    door = steps.at_the_door()
    if door is None or door.contact_id is None:
        return redirect(url_for("auth.choose_contact"), code=303)
    now = clock.now()
    form = PasscodeForm()
    if not form.validate_on_submit():
        return _passcode_page(door, form, now)
    with transaction(door.visit.principal) as db_session:
        step = passcodes.try_passcode(
            db_session,
            door.visit,
            form.digits,
            browser=door.browser,
            network=visitors_network(),
            at=now,
        )
        if step is Step.PASSED:
            return _let_in(door, get_debtor(db_session, door.visit.bank_id, door.visit.debtor_id))
    form.passcode.errors = [
        gettext("This code cannot be used any more. Ask for a new one.")
        if step is Step.SPENT
        else gettext("This is not the code we sent. Check the newest message and try again.")
    ]
    return _passcode_page(door, form, now, status=_STATUS[step])


@bp.get("/enter/other-ways")
def cannot_use() -> ResponseReturnValue:
    """Say what else a person can do who has none of these telephones or mailboxes any more."""
    return render_template("auth/cannot_use.html")


def _let_in(door: AtTheDoor, debtor: Any) -> Response:
    """Start the person's own session, and keep for the frame what no page has to look up."""
    principal = Principal.debtor(door.visit.bank_id, door.visit.debtor_id)
    onward = access.take_next(principal)
    access.sign_in(principal)
    viewer.remember_viewer(
        name="",
        organisation="",
        zone=debtor.zones[0] if debtor.zones else "UTC",
        language=debtor.language,
    )
    session["account_id"] = str(door.visit.account_id)
    response = redirect(onward, code=303)
    known = shell.language_by_code(debtor.language)
    if known is not None and shell.LANGUAGE_COOKIE not in request.cookies:
        keep_choice(response, shell.LANGUAGE_COOKIE, known.code)
    return response


def contact_label(choice: Choice) -> str:
    """Return how a contact point is named: the way, and enough of it to recognise it."""
    if choice.kind == "phone":
        return str(gettext("Text message to %(where)s", where=choice.masked))
    return str(gettext("E-mail to %(where)s", where=choice.masked))


def _turned_away() -> ResponseReturnValue:
    """Answer for a code that was voided by misses: nothing can be tried on it any more."""
    steps.leave()
    form = LetterCodeForm(formdata=None)
    form.code.errors = [_code_refusal(Step.MISSED)]
    return _page("enter_code", form, kept=False, status=422)


def _passcode_page(
    door: AtTheDoor, form: PasscodeForm, now: datetime, status: int | None = None
) -> ResponseReturnValue:
    with transaction(door.visit.principal) as db_session:
        choices = passcodes.contact_choices(db_session, door.visit, at=now)
    sent_to = next((one for one in choices if one.id == door.contact_id), None)
    return _page(
        "enter_passcode",
        form,
        sent_to=sent_to,
        where=contact_label(sent_to) if sent_to is not None else "",
        status=status,
    )


def _page(
    name: str, form: FlaskForm, status: int | None = None, **context: object
) -> ResponseReturnValue:
    return (
        render_template(f"auth/{name}.html", form=form, **context),
        status or (422 if form.errors else 200),
    )
