"""Paying: an amount, a check, the provider's page, and how the payment stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from portal.core import clock, idempotency, outbox
from portal.core.errors import Conflict, Invalid, PortalError, Unavailable
from portal.core.money import Money, parse_money
from portal.core.payments import start
from portal.core.payments.lookup import get_payment
from portal.core.payments.models import Payment, PaymentState
from portal.core.payments.start import PaymentUnderWay
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.debtor import queries, queries_payments
from portal.debtor.blueprint import bp
from portal.debtor.forms import AmountForm, ConfirmForm, PayForm
from portal.debtor.queries_payments import PayPage
from portal.debtor.show import language, show
from portal.web import payments as provider
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


@bp.route("/accounts/<uuid:account_id>/pay", methods=["GET", "POST"])
@requires(Permission.PAYMENT_MAKE)
def pay(account_id: UUID) -> ResponseReturnValue:
    """Ask how much is to be paid."""
    page = _pay_page(account_id)
    form = AmountForm(currency=page.currency, amount=request.args.get("amount"))
    if form.validate_on_submit() and _is_within(form, page):
        target = url_for(
            "debtor.check_payment", account_id=account_id, amount=form.money.decimal_text()
        )
        return redirect(target, code=303)
    return show("pay", page.frame, page=page, form=form, status=422 if form.errors else 200)


@bp.route("/accounts/<uuid:account_id>/pay/check", methods=["GET", "POST"])
@requires(Permission.PAYMENT_MAKE)
def check_payment(account_id: UUID) -> ResponseReturnValue:
    """Show what is about to be paid, then start the payment and go to the provider's page.

    The same form sent twice is one payment; its key is made when the page is shown.
    """
    page = _pay_page(account_id)
    form = PayForm(currency=page.currency, amount=request.args.get("amount"))
    if request.method == "GET":
        form.key.data = idempotency.new_key()
        try:
            form.money = parse_money(form.amount.data or "", page.currency)
        except Invalid:
            return redirect(url_for("debtor.pay", account_id=account_id), code=303)
        if not _is_within(form, page):
            return show("pay", page.frame, page=page, form=form, status=422)
        return show("check_payment", page.frame, page=page, form=form)
    if not form.validate_on_submit():
        return show("pay", page.frame, page=page, form=form, status=422)
    try:
        return _start(account_id, form.money, form.key.data or "")
    except PaymentUnderWay as error:
        flash(message_of(error), "warning")
        return redirect(url_for("debtor.show_payment", payment_id=error.payment_id), code=303)
    except (Invalid, Conflict, Unavailable) as error:
        form.amount.errors = [message_of(error)]
        return show("pay", page.frame, page=page, form=form, status=422)


def _start(account_id: UUID, amount: Money, key: str) -> ResponseReturnValue:
    actor, now = current_principal(), clock.now()
    with transaction() as db_session:
        today = queries.own_day(db_session, actor, now)
        payment = start.start_payment(
            db_session, actor, account_id, amount, key=key, at=now, today=today
        )
    if payment.state in (PaymentState.INITIATED, PaymentState.UNKNOWN):
        payment = _open(actor, payment, now)
    if payment.state is PaymentState.OPEN and payment.checkout_url:
        return redirect(payment.checkout_url, code=303)
    return redirect(url_for("debtor.show_payment", payment_id=payment.id), code=303)


def _open(actor: Principal, payment: Payment, now: datetime) -> Payment:
    base_url = current_app.config["PORTAL_SETTINGS"].portal_base_url.rstrip("/")
    return provider.open_page(
        actor,
        payment,
        back_to=base_url + url_for("debtor.return_from_payment", payment_id=payment.id),
        cancel_to=base_url + url_for("debtor.show_payment", payment_id=payment.id),
        locale=str(get_locale()),
        at=now,
    )


@bp.get("/payments/<uuid:payment_id>/return")
@requires(Permission.PAYMENT_READ)
def return_from_payment(payment_id: UUID) -> ResponseReturnValue:
    """Take the person back from the provider's page; what came of it is read from our record.

    The address proves nothing. It is a reason to ask the provider now instead of later.
    """
    with transaction() as db_session:
        payment = get_payment(db_session, payment_id)
        if payment.state is PaymentState.OPEN:
            outbox.enqueue(
                db_session,
                "look_up_payment",
                lock=f"payment:{payment.id}",
                bank_id=str(payment.bank_id),
                payment_id=str(payment.id),
            )
    session["returned_from"] = str(payment_id)
    return redirect(url_for("debtor.show_payment", payment_id=payment_id), code=303)


@bp.get("/payments/<uuid:payment_id>")
@requires(Permission.PAYMENT_READ)
def show_payment(payment_id: UUID) -> ResponseReturnValue:
    """Show how a payment stands, with times; "still waiting" is said plainly."""
    actor = current_principal()
    with transaction() as db_session:
        page = queries_payments.payment_page(
            db_session, actor, payment_id, language(), at=clock.now()
        )
    returned = session.get("returned_from") == str(payment_id)
    return show("show_payment", page.frame, page=page, returned=returned)


@bp.route("/payments/<uuid:payment_id>/cancel", methods=["GET", "POST"])
@requires(Permission.PAYMENT_MAKE)
def cancel_payment(payment_id: UUID) -> ResponseReturnValue:
    """Cancel a payment that was not finished, so that another can be started."""
    actor, form, now = current_principal(), ConfirmForm(), clock.now()
    with transaction() as db_session:
        payment = get_payment(db_session, payment_id)
        page = queries_payments.payment_page(db_session, actor, payment_id, language(), at=now)
    if not form.validate_on_submit():
        return show("cancel_payment", page.frame, page=page, form=form)
    try:
        provider.cancel_page(actor, payment, at=now)
    except PortalError as error:
        flash(message_of(error), "error")
    else:
        session.pop("returned_from", None)
        flash(gettext("The payment is cancelled if it was not paid before."), "success")
    return redirect(url_for("debtor.show_payment", payment_id=payment_id), code=303)


@bp.get("/accounts/<uuid:account_id>/payments")
@requires(Permission.PAYMENT_READ)
def list_payments(account_id: UUID) -> ResponseReturnValue:
    """Show what was paid, with its receipts."""
    actor = current_principal()
    with transaction() as db_session:
        page = queries_payments.payments_page(db_session, actor, account_id, language())
    return show("list_payments", page.frame, page=page)


def _pay_page(account_id: UUID) -> PayPage:
    actor = current_principal()
    with transaction() as db_session:
        return queries_payments.pay_page(db_session, actor, account_id, language(), at=clock.now())


def _is_within(form: AmountForm, page: PayPage) -> bool:
    """Tell whether an amount can be paid now, and say so at the field when it cannot."""
    try:
        start.refuse_amount(form.money, page.bounds)
    except Invalid as error:
        form.amount.errors = [message_of(error)]
        return False
    return True
