"""What a person said about being contacted: written down, and withdrawn when it was a slip."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agency.blueprint import bp
from portal.agency.forms_statements import Ground, SaidForm
from portal.agency.here import viewer_zone
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.sayings import SAYINGS, Saying, write_down
from portal.core import clock
from portal.core.accounts.statements import withdraw_statement
from portal.core.errors import Conflict, Invalid
from portal.core.parties.persons import get_debtor, open_contacts
from portal.core.parties.wishes import Wish, find_wish, set_wishes, wish_of
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.fields import show_refusal
from portal.web.uow import current_principal, in_transaction, transaction
from portal.web.wish_form import WishForm


@bp.route("/accounts/<uuid:account_id>/statements/new", methods=["GET", "POST"])
@requires(Permission.WISH_SET)
def record_statement(account_id: UUID) -> ResponseReturnValue:
    """Choose what the person said, and write it down: it binds every agency at once."""
    ground = _ground(account_id)
    saying = SAYINGS.get(request.args.get("said", ""))
    if saying is None:
        return render_template("agency/record_statement.html", head=ground.head, sayings=SAYINGS)
    form = saying.form(ground)
    if form.validate_on_submit() and _is_written_down(saying, form):
        flash(_("It is written down and binds everybody from now on."), "success")
        return _back(account_id)
    return render_template(
        "agency/record_statement.html", head=ground.head, saying=saying, form=form
    ), 422 if form.errors else 200


def _ground(account_id: UUID) -> Ground:
    with transaction() as session:
        head = account_head(session, account_id)
        contacts = open_contacts(session, get_debtor(session, head.bank_id, head.debtor_id))
    return Ground(head, contacts, viewer_zone(), clock.now())


def _is_written_down(saying: Saying, form: SaidForm) -> bool:
    actor, now = current_principal(), form.ground.now
    try:
        in_transaction(actor, lambda session: write_down(session, actor, saying, form, at=now))
    except (Invalid, Conflict) as refused:
        show_refusal(form, refused)
        return False
    return True


@bp.route("/accounts/<uuid:account_id>/wishes", methods=["GET", "POST"])
@requires(Permission.WISH_SET)
def record_wishes(account_id: UUID) -> ResponseReturnValue:
    """Write down how the person wants to be contacted; what they set themselves stays closed."""
    with transaction() as session:
        head = account_head(session, account_id)
        row = find_wish(session, head.bank_id, head.debtor_id)
    form = WishForm(Wish() if row is None else wish_of(row))
    if form.validate_on_submit() and _are_set(head, form):
        flash(_("It is written down and binds everybody from now on."), "success")
        return _back(account_id)
    return render_template(
        "agency/record_wishes.html", head=head, form=form
    ), 422 if form.errors else 200


def _are_set(head: AccountHead, form: WishForm) -> bool:
    actor, now = current_principal(), clock.now()
    try:
        in_transaction(
            actor,
            lambda session: set_wishes(session, actor, head.debtor_id, at=now, **form.wish),
        )
    except (Invalid, Conflict) as refused:
        show_refusal(form, refused)
        return False
    return True


@bp.post("/accounts/<uuid:account_id>/statements/<uuid:statement_id>/withdraw")
@requires(Permission.WISH_SET)
def withdraw(account_id: UUID, statement_id: UUID) -> ResponseReturnValue:
    """End something that was written down: a leave, or a slip of one's own."""
    with transaction() as session:
        account_head(session, account_id)
    actor, now = current_principal(), clock.now()
    try:
        in_transaction(
            actor, lambda session: withdraw_statement(session, actor, statement_id, at=now)
        )
    except Conflict as refused:
        flash(message_of(refused), "error")
    else:
        flash(_("It is withdrawn. It stays on record."), "success")
    return _back(account_id)


def _back(account_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("agency.show_account", account_id=account_id), code=303)
