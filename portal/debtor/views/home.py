"""The first page of an account, and the ways on from it."""

from __future__ import annotations

from uuid import UUID

from flask import session
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.debtor import queries, queries_contact
from portal.debtor.blueprint import bp
from portal.debtor.show import language, show
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/")
@bp.get("/accounts/<uuid:account_id>")
@requires(Permission.ACCOUNT_READ)
def home(account_id: UUID | None = None) -> ResponseReturnValue:
    """Show what is owed, who collects it, and what happens next."""
    actor = current_principal()
    with transaction() as db_session:
        chosen = account_id or queries.choose_account(db_session, actor, session.get("account_id"))
        page = queries.home_page(db_session, actor, chosen, language(), at=clock.now())
        rests = queries_contact.rests_since(db_session, chosen, at=clock.now())
    return show("home", page.frame, page=page, rests_since=rests)


@bp.get("/accounts/<uuid:account_id>/choices")
@requires(Permission.ACCOUNT_READ)
def choices(account_id: UUID) -> ResponseReturnValue:
    """Show everything a person can do about an account, none of it pressed on them."""
    actor = current_principal()
    with transaction() as db_session:
        page = queries.home_page(db_session, actor, account_id, language(), at=clock.now())
    return show("choices", page.frame, page=page)


@bp.get("/accounts/<uuid:account_id>/talk")
@requires(Permission.ACCOUNT_READ)
def talk_to_us(account_id: UUID) -> ResponseReturnValue:
    """Show how to say that something is wrong, to ask for support, or to limit contact."""
    actor = current_principal()
    with transaction() as db_session:
        page = queries.home_page(db_session, actor, account_id, language(), at=clock.now())
    return show("talk_to_us", page.frame, page=page)
