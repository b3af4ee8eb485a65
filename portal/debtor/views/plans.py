"""A plan: what can be managed, the answer, the check, the acceptance, and the plan as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock, idempotency, seals
from portal.core.errors import Conflict, Invalid
from portal.core.parties.attempts import network_of
from portal.core.permissions import Permission
from portal.core.plans import accept
from portal.core.plans.accept import Evidence
from portal.core.plans.ask import ask_person
from portal.core.plans.instalments import stop_plan as stop
from portal.core.rules.plans import Accepted
from portal.debtor import queries, queries_plans
from portal.debtor.blueprint import bp
from portal.debtor.forms import (
    AskForm,
    ConfirmForm,
    PlanForm,
    first_day_to_offer,
    read_ask,
    values_of,
)
from portal.debtor.queries_plans import BuilderPage, ProposalPage
from portal.debtor.show import language, show
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.shell import page_language
from portal.web.uow import current_principal, transaction

#: Which text a person accepts: the check page's sentences on misses and on stopping.
TEXT_VERSION = "accept_plan/1"


@bp.route("/accounts/<uuid:account_id>/plan/new", methods=["GET", "POST"])
@requires(Permission.PLAN_ACCEPT)
def build_plan(account_id: UUID) -> ResponseReturnValue:
    """Ask how much can be managed, how often and from when, and nothing else."""
    page, today = _builder(account_id)
    form = AskForm(currency=page.currency, **_first_values(today))
    if form.validate_on_submit():
        try:
            proposal = _proposal(account_id, values_of(form.ask), page.currency).proposal
        except (Invalid, Conflict) as error:
            form.amount.errors = [message_of(error)]
        else:
            accepted = isinstance(proposal.answer, Accepted)
            target = "debtor.accept_plan" if accepted else "debtor.plan_answer"
            return redirect(url_for(target, account_id=account_id, **values_of(form.ask)), code=303)
    return show("build_plan", page.frame, page=page, form=form, status=422 if form.errors else 200)


def _first_values(today: date) -> dict[str, object]:
    """Return what the form begins with: what was entered before, when it is to be changed."""
    given = request.args.get("starts_on", "")
    try:
        first = date.fromisoformat(given)
    except ValueError:
        first = first_day_to_offer(today)
    return {
        "amount": request.args.get("amount"),
        "frequency": request.args.get("frequency", "monthly"),
        "day": first.day,
        "month": first.month,
        "year": first.year,
    }


@bp.get("/accounts/<uuid:account_id>/plan/answer")
@requires(Permission.PLAN_ACCEPT)
def plan_answer(account_id: UUID) -> ResponseReturnValue:
    """Show the nearest plan that is a yes, or that a person answers, and by when."""
    page = _proposal_or_none(account_id)
    if page is None:
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    if isinstance(page.proposal.answer, Accepted):
        target = url_for("debtor.accept_plan", account_id=account_id, **values_of(page.asked))
        return redirect(target, code=303)
    form = PlanForm(formdata=None, key=idempotency.new_key(), **values_of(page.asked))
    return show("plan_answer", page.frame, page=page, form=form, values_of=values_of)


@bp.post("/accounts/<uuid:account_id>/plan/ask")
@requires(Permission.PLAN_ACCEPT)
def ask_for_plan(account_id: UUID) -> ResponseReturnValue:
    """Hand what was asked for to a person at the bank."""
    form, now = PlanForm(), clock.now()
    page, today = _builder(account_id)
    if not form.validate_on_submit():
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    try:
        with transaction() as session:
            ask_person(
                session,
                current_principal(),
                account_id,
                read_ask(form.data, page.currency),
                key=form.key.data or "",
                at=now,
                today=today,
            )
    except (Invalid, Conflict) as error:
        flash(message_of(error), "error")
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    return redirect(url_for("debtor.show_plan", account_id=account_id), code=303)


@bp.route("/accounts/<uuid:account_id>/plan/accept", methods=["GET", "POST"])
@requires(Permission.PLAN_ACCEPT)
def accept_plan(account_id: UUID) -> ResponseReturnValue:
    """Show the whole plan once more, and make it a plan when it is accepted."""
    if request.method == "POST":
        return _accept(account_id)
    page = _proposal_or_none(account_id)
    if page is None or not isinstance(page.proposal.answer, Accepted):
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    form = PlanForm(
        formdata=None,
        key=idempotency.new_key(),
        version=page.proposal.version,
        **values_of(page.asked),
    )
    return show("accept_plan", page.frame, page=page, form=form, values_of=values_of)


def _accept(account_id: UUID) -> ResponseReturnValue:
    form, now = PlanForm(), clock.now()
    page, today = _builder(account_id)
    if not form.validate_on_submit():
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    try:
        with transaction() as session:
            accept.accept_plan(
                session,
                current_principal(),
                account_id,
                read_ask(form.data, page.currency),
                version=form.version.data or "",
                key=form.key.data or "",
                evidence=_evidence(),
                at=now,
                today=today,
            )
    except (Invalid, Conflict) as error:
        flash(message_of(error), "error")
        target = "debtor.show_plan" if page.live_plan else "debtor.build_plan"
        return redirect(url_for(target, account_id=account_id), code=303)
    flash(gettext("Your plan is set up. Nothing is taken from you without you."), "success")
    return redirect(url_for("debtor.show_plan", account_id=account_id), code=303)


def _evidence() -> Evidence:
    return Evidence(
        network_hash=seals.lookup_hash("evidence.network", network_of(request.remote_addr)),
        text_version=TEXT_VERSION,
        language=page_language().code,
    )


@bp.get("/accounts/<uuid:account_id>/plan")
@requires(Permission.PLAN_READ)
def show_plan(account_id: UUID) -> ResponseReturnValue:
    """Show the plan: what is due next, what is paid, and every instalment."""
    with transaction() as session:
        page = queries_plans.plan_page(session, current_principal(), account_id, language())
    if page is None:
        return redirect(url_for("debtor.build_plan", account_id=account_id), code=303)
    return show("show_plan", page.frame, page=page)


@bp.route("/accounts/<uuid:account_id>/plan/stop", methods=["GET", "POST"])
@requires(Permission.PLAN_ACCEPT)
def stop_plan(account_id: UUID) -> ResponseReturnValue:
    """Say what stopping means, and stop the plan; no reason is asked."""
    form = ConfirmForm()
    with transaction() as session:
        page = queries_plans.plan_page(session, current_principal(), account_id, language())
    if page is None or not page.is_live:
        return redirect(url_for("debtor.home", account_id=account_id), code=303)
    if not form.validate_on_submit():
        return show("stop_plan", page.frame, page=page, form=form)
    with transaction() as session:
        stop(session, current_principal(), account_id)
    flash(gettext("The plan has stopped. What is left is owed as before it."), "success")
    return redirect(url_for("debtor.home", account_id=account_id), code=303)


def _builder(account_id: UUID) -> tuple[BuilderPage, date]:
    actor = current_principal()
    with transaction() as session:
        today = queries.own_day(session, actor, clock.now())
        page = queries_plans.builder_page(session, actor, account_id, language(), today=today)
    return page, today


def _proposal(account_id: UUID, values: Mapping[str, str], currency: str) -> ProposalPage:
    actor = current_principal()
    with transaction() as session:
        return queries_plans.proposal_page(
            session,
            actor,
            account_id,
            read_ask(values, currency),
            language(),
            today=queries.own_day(session, actor, clock.now()),
        )


def _proposal_or_none(account_id: UUID) -> ProposalPage | None:
    """Return the proposal the address names, or nothing when it names none that makes sense."""
    page, _ = _builder(account_id)
    try:
        return _proposal(account_id, request.args, page.currency)
    except (Invalid, Conflict) as error:
        flash(message_of(error), "error")
        return None
