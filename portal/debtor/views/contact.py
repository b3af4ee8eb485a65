"""How a person may be contacted: seen, changed, stopped altogether, and allowed again."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.core import clock
from portal.core.accounts.said import Said
from portal.core.accounts.statements import record_statement, withdraw_statement
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.models import StatementKind
from portal.core.parties.wishes import end_wishes, set_wishes
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.core.rules import Form
from portal.debtor.blueprint import bp
from portal.debtor.forms import ConfirmForm
from portal.debtor.queries_contact import ContactPage, contact_page
from portal.debtor.show import language, show
from portal.web.access import requires
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, in_transaction, transaction
from portal.web.wish_form import WishForm


@bp.get("/accounts/<uuid:account_id>/contact")
@requires(Permission.ACCOUNT_READ)
def show_contact(account_id: UUID) -> ResponseReturnValue:
    """Show how the person may be contacted now, and by whose word."""
    page = _page(account_id)
    rows = [
        (
            line.label,
            line.text,
            url_for("debtor.edit_contact", account_id=account_id, _anchor=line.name),
        )
        for line in page.lines
    ]
    return show("show_contact", page.frame, page=page, rows=rows)


@bp.route("/accounts/<uuid:account_id>/contact/edit", methods=["GET", "POST"])
@requires(Permission.WISH_SET)
def edit_contact(account_id: UUID) -> ResponseReturnValue:
    """Let the person choose ways, days and hours, and how often at most."""
    page = _page(account_id)
    form = WishForm(page.wish)
    if form.validate_on_submit():
        try:
            _set(form)
        except (Invalid, Conflict) as refused:
            show_refusal(form, refused)
        else:
            flash(gettext("Saved. Everybody who collects from you has to keep to this."), "success")
            return _back(account_id)
    return show(
        "edit_contact", page.frame, page=page, form=form, status=422 if form.errors else 200
    )


@bp.post("/accounts/<uuid:account_id>/contact/clear")
@requires(Permission.WISH_SET)
def clear_contact(account_id: UUID) -> ResponseReturnValue:
    """Lift every limit the person had set."""
    _page(account_id)
    actor, now = current_principal(), clock.now()
    in_transaction(actor, lambda session: end_wishes(session, actor, _person(actor), at=now))
    flash(gettext("Your limits are lifted. What the law says still holds."), "success")
    return _back(account_id)


@bp.route("/accounts/<uuid:account_id>/contact/stop", methods=["GET", "POST"])
@requires(Permission.WISH_SET)
def stop_contact(account_id: UUID) -> ResponseReturnValue:
    """Say what stopping all contact means, and stop it; no reason is asked."""
    page, form = _page(account_id), ConfirmForm()
    if page.stop is not None and not page.stop.is_being_lifted:
        return _back(account_id)
    if not form.validate_on_submit():
        return show("stop_contact", page.frame, page=page, form=form)
    actor, now = current_principal(), clock.now()
    said = Said(kind=StatementKind.CEASE, form=Form.ACCEPTED_ELECTRONIC)
    in_transaction(
        actor, lambda session: record_statement(session, actor, _person(actor), said, at=now)
    )
    flash(gettext("All contact has stopped. You can allow it again here at any time."), "success")
    return _back(account_id)


@bp.route("/accounts/<uuid:account_id>/contact/allow", methods=["GET", "POST"])
@requires(Permission.WISH_SET)
def allow_contact(account_id: UUID) -> ResponseReturnValue:
    """Let the person take back their own stop."""
    page, form = _page(account_id), ConfirmForm()
    if page.stop is None or page.stop.statement_id is None:
        return _back(account_id)
    if not form.validate_on_submit():
        return show("allow_contact", page.frame, page=page, form=form)
    actor, now, statement_id = current_principal(), clock.now(), page.stop.statement_id
    in_transaction(actor, lambda session: withdraw_statement(session, actor, statement_id, at=now))
    flash(gettext("You allow contact again. It takes effect within a minute."), "success")
    return _back(account_id)


def _page(account_id: UUID) -> ContactPage:
    with transaction() as session:
        return contact_page(session, current_principal(), account_id, language(), at=clock.now())


def _set(form: WishForm) -> None:
    actor, now = current_principal(), clock.now()
    in_transaction(
        actor, lambda session: set_wishes(session, actor, _person(actor), at=now, **form.wish)
    )


def _person(actor: Principal) -> UUID:
    if actor.debtor_id is None:
        raise NotFound
    return actor.debtor_id


def _back(account_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("debtor.show_contact", account_id=account_id), code=303)
