"""The bank's own rules: what holds, the editor, the look back at a month, and taking effect."""

from __future__ import annotations

from datetime import UTC
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import queries_own_rules as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_own_rules import (
    EffectForm,
    OwnRulesForm,
    form_of,
    read_draft,
    with_rows_changed,
    write_draft,
)
from portal.core import clock
from portal.core.actions.own_rules import (
    BankSettings,
    list_versions,
    set_rules,
    withdraw,
)
from portal.core.errors import Conflict, Invalid
from portal.core.parties.models import Bank
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.own_rule_words import change
from portal.web.rule_answers import wants_json
from portal.web.uow import current_principal, transaction


@bp.get("/compliance/own-rules")
@requires(Permission.ACTION_READ)
def list_own_rules() -> ResponseReturnValue:
    """Show the version in force, those to come, and every one before with what it changed."""
    with transaction() as session:
        if wants_json():
            return jsonify(_documents(session))
        on = clock.now().astimezone(UTC).date()
        page = queries.own_rules_page(session, _bank_id(), on)
    return render_template("bank/list_own_rules.html", page=page)


def _documents(session: Session) -> dict[str, object]:
    return {
        "versions": [
            {
                "version": each.version,
                "hash": each.hash,
                "effective_from": each.effective_from.isoformat(),
                "made_at": each.made_at.isoformat(),
                "note": each.note,
                "settings": each.settings,
                "pack": each.document,
            }
            for each in list_versions(session, _bank_id())
        ]
    }


@bp.route("/compliance/own-rules/edit", methods=["GET", "POST"])
@requires(Permission.POLICY_SET)
def edit_own_rules() -> ResponseReturnValue:
    """Write a draft: buttons add and remove rows, the last one leads to what it would have done."""
    with transaction() as session:
        start = _start(session)
    if request.method == "GET":
        settings = start.settings
        if text := request.args.get("draft"):
            settings = read_draft(text)
        return render_template("bank/edit_own_rules.html", form=form_of(settings), start=start)
    form = OwnRulesForm()
    if not form.validate():
        return render_template("bank/edit_own_rules.html", form=form, start=start), 422
    changed = with_rows_changed(form, request.form.get("do", ""))
    if changed is not None:
        return render_template("bank/edit_own_rules.html", form=changed, start=start)
    draft = form.settings()
    if draft is None:
        return render_template("bank/edit_own_rules.html", form=form, start=start), 422
    based_on = request.form.get("based_on", type=int)
    address = url_for("bank.preview_own_rules", draft=write_draft(draft), based_on=based_on)
    return redirect(address, code=303)


@bp.route("/compliance/own-rules/preview", methods=["GET", "POST"])
@requires(Permission.POLICY_SET)
def preview_own_rules() -> ResponseReturnValue:
    """Show what a draft would have done to a month that is over; let it take effect on a day."""
    text = request.args.get("draft", "")
    draft = read_draft(text)
    form = EffectForm()
    with transaction() as session:
        start = _start(session)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                _set(session, form, draft)
        except (Conflict, Invalid) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The bank's own rules are set."), "success")
            return redirect(url_for("bank.list_own_rules"), code=303)
    return _preview_page(form, draft, text, start), 422 if form.errors else 200


def _preview_page(form: EffectForm, draft: BankSettings, text: str, start: queries.Start) -> str:
    now = clock.now()
    with transaction() as session:
        zone = ZoneInfo(session.get_one(Bank, _bank_id()).timezone)
        months = queries.months(now.astimezone(zone).date(), zone)
        asked = request.args.get("month")
        month = next((each for each in months if each.key == asked), months[0])
        page = queries.preview_page(session, current_principal(), draft, month)
        beside = queries.beside(session, _bank_id(), draft, now.astimezone(UTC).date())
    if request.method == "GET":
        form.effective_from.data = start.first_day
    return render_template(
        "bank/preview_own_rules.html",
        form=form,
        page=page,
        month=month,
        months=months,
        draft=text,
        change=change(start.settings, draft),
        beside=beside,
        start=start,
        based_on=_based_on(),
    )


def _set(session: Session, form: EffectForm, draft: BankSettings) -> None:
    now = clock.now()
    set_rules(
        session,
        current_principal(),
        draft,
        effective_from=form.effective_from.day,
        note=form.note.data or "",
        at=now,
        today=bank_today(session, _bank_id(), now),
        based_on=_based_on(),
    )


def _based_on() -> int | None:
    """Return the newest version there was when the draft was begun."""
    return request.args.get("based_on", type=int)


@bp.route("/compliance/own-rules/withdraw", methods=["GET", "POST"])
@requires(Permission.POLICY_SET)
def withdraw_own_rules() -> ResponseReturnValue:
    """End the bank's own rules from a day on, by a version that asks for nothing."""
    form = EffectForm()
    with transaction() as session:
        start = _start(session)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                now = clock.now()
                withdraw(
                    session,
                    current_principal(),
                    effective_from=form.effective_from.day,
                    note=form.note.data or "",
                    at=now,
                    today=bank_today(session, _bank_id(), now),
                    based_on=request.form.get("based_on", type=int),
                )
        except (Conflict, Invalid) as refused:
            show_refusal(form, refused)
        else:
            flash(_("The bank's own rules end on that day."), "success")
            return redirect(url_for("bank.list_own_rules"), code=303)
    if request.method == "GET":
        form.effective_from.data = start.first_day
    status = 422 if form.errors else 200
    return render_template("bank/withdraw_own_rules.html", form=form, start=start), status


def _start(session: Session) -> queries.Start:
    now = clock.now()
    today = bank_today(session, _bank_id(), now)
    return queries.start_from(session, _bank_id(), at=now, today=today)


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
