"""Letters: asking for the notice, and taking a letter as PDF."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agency.blueprint import bp
from portal.agency.queries_head import account_head
from portal.core import audit, clock
from portal.core.actions.contact import may_contact
from portal.core.errors import Conflict
from portal.core.permissions import Permission
from portal.core.placements.letters import open_letter
from portal.core.placements.notices import request_notice
from portal.core.rules import Channel, Verdict
from portal.web.access import requires
from portal.web.uow import current_principal, transaction


@bp.post("/accounts/<uuid:account_id>/notices")
@requires(Permission.LETTER_ISSUE)
def issue_notice(account_id: UUID) -> ResponseReturnValue:
    """Ask for the notice on an account; it is written and printed right after."""
    now = clock.now()
    with transaction() as session:
        head = account_head(session, account_id)
        # The job would refuse it too, but nobody would be there to read why.
        answer = may_contact(session, [head.id], Channel.LETTER, at=now).get(head.id)
        if answer is None or answer.verdict is Verdict.VIOLATION:
            raise Conflict("A contact rule forbids a letter on this account now.")
        request_notice(session, current_principal(), head.id, at=now)
    flash(_("The notice is being written. It appears under Letters in a moment."), "success")
    return redirect(url_for("agency.show_account", account_id=account_id), code=303)


@bp.get("/letters/<uuid:letter_id>.pdf")
@requires(Permission.LETTER_READ)
def download_letter(letter_id: UUID) -> ResponseReturnValue:
    """Hand out a letter as it was printed, and record that it was opened."""
    actor = current_principal()
    with transaction() as session:
        found = open_letter(session, actor, letter_id)
        if found.pdf is None:
            raise Conflict("This letter is still being printed. Please try again in a moment.")
        letter = found.letter
        audit.record(session, actor, "letter.opened", letter.id, chain_id=letter.bank_id)
        name = f"{letter.kind.value}-{letter.issued_at:%Y-%m-%d}.pdf"
    answer = Response(found.pdf, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
