"""The plan policy: what the bank accepts without asking a person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.bank import queries_plan_policies as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_plan_policies import PolicyForm, prefill
from portal.core import clock
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.plans.policies import set_plan_policy
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


@bp.get("/plan-policy")
@requires(Permission.PLAN_READ)
def show_plan_policy() -> ResponseReturnValue:
    """Show the policy in force for each currency, those to come and those before."""
    with transaction() as session:
        today = bank_today(session, _bank_id(), clock.now())
        page = queries.get_policies(session, _bank_id(), today)
    return render_template("bank/show_plan_policy.html", page=page)


@bp.route("/plan-policy/edit", methods=["GET", "POST"])
@requires(Permission.POLICY_SET)
def edit_plan_policy() -> ResponseReturnValue:
    """Set a policy from a day on; what was in force before stays on record."""
    form = PolicyForm()
    try:
        with transaction() as session:
            today = bank_today(session, _bank_id(), clock.now())
            page = queries.get_policies(session, _bank_id(), today)
            form.offer(page.currencies)
            if form.validate_on_submit():
                set_plan_policy(
                    session,
                    current_principal(),
                    form.terms(),
                    effective_from=cast(date, form.effective_from.data),
                    today=today,
                )
                flash(_("The policy is set."), "success")
                return redirect(url_for("bank.show_plan_policy"), code=303)
    except (Conflict, Invalid) as fault:
        form.form_errors.append(message_of(fault))
    if request.method == "GET":
        currency = request.args.get("currency", "")
        current = page.in_force(currency)
        first_day = today + timedelta(days=1) if page.begins(currency, today) else today
        prefill(form, current, currency or page.currencies[0], first_day)
    return render_template("bank/edit_plan_policy.html", form=form), 422 if form.errors else 200


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
