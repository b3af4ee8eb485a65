"""How an amount came about, down to its entries."""

from __future__ import annotations

from uuid import UUID

from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.debtor import queries_balance
from portal.debtor.blueprint import bp
from portal.debtor.show import language, show
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/accounts/<uuid:account_id>/balance")
@requires(Permission.ACCOUNT_READ)
def show_balance(account_id: UUID) -> ResponseReturnValue:
    """Show the amount on the reference date, what was added and taken off, and the amount now."""
    actor = current_principal()
    with transaction() as session:
        page = queries_balance.balance_page(session, actor, account_id, language())
    return show("show_balance", page.frame, page=page)
