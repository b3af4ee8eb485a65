"""Letters: every notice, agreement and receipt, as a page and as a PDF."""

from __future__ import annotations

from uuid import UUID

from flask.typing import ResponseReturnValue

from portal.core.permissions import Permission
from portal.core.placements.letters import open_letter
from portal.debtor import queries, queries_letters
from portal.debtor.blueprint import bp
from portal.debtor.show import language, show
from portal.web.access import requires
from portal.web.letter_files import letter_attachment
from portal.web.letter_snapshots import from_json
from portal.web.letters import letter_body
from portal.web.uow import current_principal, transaction


@bp.get("/accounts/<uuid:account_id>/letters")
@requires(Permission.LETTER_READ)
def list_letters(account_id: UUID) -> ResponseReturnValue:
    """Show every letter about an account."""
    with transaction() as session:
        page = queries_letters.letters_page(session, current_principal(), account_id, language())
    return show("list_letters", page.frame, page=page)


@bp.get("/letters/<uuid:letter_id>")
@requires(Permission.LETTER_READ)
def show_letter(letter_id: UUID) -> ResponseReturnValue:
    """Show a letter as it was issued, in the language it was written in."""
    with transaction() as session:
        found = open_letter(session, current_principal(), letter_id)
        frame = queries.find_frame(session, found.letter.account_id, language())
    snapshot = from_json(found.snapshot)
    return show(
        "show_letter",
        frame,
        letter=found.letter,
        body=letter_body(snapshot),
        letter_language=snapshot.language.replace("_", "-"),
        has_pdf=found.pdf is not None,
    )


@bp.get("/letters/<uuid:letter_id>/file")
@requires(Permission.LETTER_READ)
def download_letter(letter_id: UUID) -> ResponseReturnValue:
    """Send a letter's PDF as a file to keep."""
    with transaction() as session:
        found = open_letter(session, current_principal(), letter_id)
    return letter_attachment(found)
