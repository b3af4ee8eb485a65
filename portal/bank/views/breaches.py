"""Rules agencies broke, by rule, agency and day."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.bank import queries_breaches as queries
from portal.bank.blueprint import bp
from portal.bank.forms_breaches import FILTER_NAMES, read_filter
from portal.bank.paging import Page, address, read_cursor
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.get("/breaches")
@requires(Permission.ACTION_READ)
def list_breaches() -> ResponseReturnValue:
    """List the rules that were broken, newest first, each in words with its citation."""
    bank_id = cast(UUID, current_principal().bank_id)
    form = read_filter()
    found = queries.BreachesPage(Page([]), [], 0)
    with transaction() as session:
        choices = queries.list_choices(session, bank_id)
        form.offer(choices)
        if form.validate():
            cursor = read_cursor(datetime.fromisoformat)
            found = queries.list_breaches(session, bank_id, form.chosen(), cursor)
    return render_template(
        "bank/list_breaches.html",
        form=form,
        choices=choices,
        found=found,
        heads=[
            _("Rule"),
            _("Where it stands"),
            *({"label": name, "num": True} for _id, name in choices.compared),
            {"label": _("In all"), "num": True},
        ],
        address=partial(address, FILTER_NAMES),
    ), 422 if form.errors else 200
