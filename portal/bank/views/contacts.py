"""The calendar of attempts to contact one person, over all agencies and accounts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.bank import exports
from portal.bank import queries_contacts as queries
from portal.bank.blueprint import bp
from portal.bank.charts_compliance import contact_month, month_name
from portal.core import clock
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)


def _month() -> date | None:
    """Return the month the address asks for; anything else is the present one."""
    try:
        asked = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None
    return asked if 2000 <= asked.year < 2100 else None


@bp.get("/accounts/<uuid:account_id>/contacts")
@requires(Permission.ACTION_READ)
def show_contact_calendar(account_id: UUID) -> ResponseReturnValue:
    """Show a month of attempts to reach a person, with every limit they used up."""
    with transaction() as session:
        page = queries.get_contacts(session, _bank_id(), account_id, _month(), now=clock.now())
    before, after = page.first - timedelta(days=1), page.first + timedelta(days=31)
    return render_template(
        "bank/show_contact_calendar.html",
        page=page,
        month=month_name(page.first),
        figure=contact_month(page),
        before=(month_name(before), _address(account_id, before)),
        after=(month_name(after), _address(account_id, after)),
    )


def _address(account_id: UUID, on: date) -> str:
    return url_for("bank.show_contact_calendar", account_id=account_id, month=f"{on:%Y-%m}")


@bp.get("/accounts/<uuid:account_id>/contacts.<any(csv, xlsx):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_contacts(account_id: UUID, kind: str) -> ResponseReturnValue:
    """Hand over the month's contacts with a person, and record who took them."""
    with transaction() as session:
        page = queries.get_contacts(session, _bank_id(), account_id, _month(), now=clock.now())
        return exports.hand_over(
            session,
            current_principal(),
            kind,
            name=f"contacts-{page.account_ref}-{page.first:%Y-%m}",
            verb="contacts.exported",
            headings=[str(label) for label in queries.EXPORTED],
            rows=queries.exported_rows(page),
            filters={"month": f"{page.first:%Y-%m}"},
            subject_id=account_id,
        )
