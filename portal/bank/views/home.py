"""The first page after sign-in."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.bank import queries_home as queries
from portal.bank.blueprint import bp
from portal.core import clock
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/")
@requires(Permission.ACCOUNT_READ)
def home() -> ResponseReturnValue:
    """Show what needs the bank now, then figures; until the first referral, what to set up."""
    bank_id = cast(UUID, current_principal().bank_id)
    now = clock.now()
    with transaction() as session:
        page = queries.get_home(session, bank_id, at=now)
    return render_template("bank/home.html", page=page, now=now)
