"""One account: its tabs, its letters, and the way to the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import queries_account as queries
from portal.bank import queries_account_papers as papers
from portal.bank import queries_account_work as work
from portal.bank.blueprint import bp
from portal.bank.queries_account_limits import get_limits_tab
from portal.bank.queries_account_money import get_money_tab
from portal.bank.queries_timeline import list_events
from portal.bank.timeline import Event
from portal.core import audit, clock
from portal.core.permissions import Permission
from portal.core.placements.letters import open_letter
from portal.core.placements.notices import request_notice
from portal.web.access import requires
from portal.web.uow import current_principal, transaction

TABS = ("overview", "ledger", "actions", "holds", "money", "letters", "audit")


@dataclass(frozen=True)
class Overview:
    """What the first tab shows."""

    events: list[Event]
    contacts: list[queries.ContactLine]
    efforts: list[Any]
    others: list[Any]


@bp.get("/accounts/<uuid:account_id>")
@requires(Permission.ACCOUNT_READ)
def show_account(account_id: UUID) -> ResponseReturnValue:
    """Show one account: its head, and the tab the address names."""
    actor = current_principal()
    tab = request.args.get("tab", TABS[0])
    if tab not in TABS or (tab == "audit" and not actor.may(Permission.AUDIT_READ)):
        abort(404)
    with transaction() as session:
        head = queries.get_head(session, cast(UUID, actor.bank_id), account_id)
        content = _LOADERS[tab](session, head)
    return render_template(
        "bank/show_account.html",
        head=head,
        days_overdue=head.days_overdue(clock.now().astimezone(ZoneInfo(head.bank_zone)).date()),
        tab=tab,
        content=content,
    )


def _overview(session: Session, head: queries.AccountHead) -> Overview:
    breaches = work.breaches_by_action(session, head)
    return Overview(
        events=list_events(session, head, breaches),
        contacts=queries.list_masked_contacts(session, head.debtor),
        efforts=queries.list_efforts(session, head.debtor.bank_id, head.id),
        others=queries.list_other_accounts(session, head),
    )


_LOADERS: dict[str, Any] = {
    "overview": _overview,
    "ledger": work.list_ledger,
    "actions": work.list_actions,
    "holds": get_limits_tab,
    "money": get_money_tab,
    "letters": papers.list_letters,
    "audit": papers.list_audit,
}


@bp.post("/accounts/<uuid:account_id>/contacts")
@requires(Permission.ACCOUNT_READ)
def reveal_contacts(account_id: UUID) -> ResponseReturnValue:
    """Show how to reach the person in the clear, after writing down who looked."""
    actor = current_principal()
    with transaction() as session:
        head = queries.get_head(session, cast(UUID, actor.bank_id), account_id)
        audit.record(session, actor, "contact.revealed", account_id)
        contacts = queries.list_open_contacts(session, head.debtor)
    return render_template("bank/reveal_contacts.html", head=head, contacts=contacts)


@bp.post("/accounts/<uuid:account_id>/notices")
@requires(Permission.LETTER_ISSUE)
def issue_notice(account_id: UUID) -> ResponseReturnValue:
    """Ask for the notice on a placed account; the letter is written right after."""
    actor = current_principal()
    with transaction() as session:
        queries.get_head(session, cast(UUID, actor.bank_id), account_id)
        request_notice(session, actor, account_id, at=clock.now())
    flash(_("The notice is being written. It appears here in a moment."), "success")
    return redirect(url_for("bank.show_account", account_id=account_id, tab="letters"), code=303)


@bp.get("/letters/<uuid:letter_id>.pdf")
@requires(Permission.LETTER_READ)
def download_letter(letter_id: UUID) -> ResponseReturnValue:
    """Hand over a letter as it was issued."""
    actor = current_principal()
    with transaction() as session:
        opened = open_letter(session, actor, letter_id)
    if opened.pdf is None:
        flash(_("The PDF is still being made. Try again in a moment."), "info")
        account_id = opened.letter.account_id
        return redirect(
            url_for("bank.show_account", account_id=account_id, tab="letters"), code=303
        )
    answer = Response(opened.pdf, mimetype="application/pdf")
    name = f"{opened.letter.kind.value}-{opened.letter.issued_at:%Y%m%d}.pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
