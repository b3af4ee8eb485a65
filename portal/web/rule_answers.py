"""How the rule tester answers: as a page, or to a machine as data."""

from __future__ import annotations

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from portal.core.errors import Invalid
from portal.core.rules import Pack
from portal.web.fields import show_refusal
from portal.web.rule_examples import examples, shared_link
from portal.web.rule_trial import Trial, try_case
from portal.web.rule_try import TryForm


def wants_json() -> bool:
    """Tell whether the caller asked for data, by `format=json` or by what it accepts."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return request.args.get("format") == "json" or best == "application/json"


def try_form(form: TryForm, own: Pack | None) -> Trial | None:
    """Judge the case of a form that was found valid; None, and why at the form, if it cannot be."""
    try:
        return try_case(form.case(), own)
    except Invalid as refused:
        show_refusal(form, refused)
        return None


def answer_trial(side: str, form: TryForm, trial: Trial | None) -> ResponseReturnValue:
    """Return the tester's page of a side, or what the caller's program reads."""
    status = 422 if form.errors else 200
    if wants_json():
        return jsonify(trial.as_document() if trial else {"errors": form.errors}), status
    wanted = request.args.get("rows", "")
    filled = len(form.past.entries)
    form.add_rows(int(wanted) if wanted.isdecimal() and len(wanted) < 3 else filled)
    return render_template(
        f"{side}/try_rule.html",
        form=form,
        trial=trial,
        examples=examples(form.today),
        link=shared_link() if trial else None,
        pack_endpoint=f"{side}.show_pack",
    ), status
