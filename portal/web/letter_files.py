"""A letter's PDF as a file: the same for bank, agency and the person it is about."""

from __future__ import annotations

from flask import Response

from portal.core.errors import Conflict
from portal.core.placements.letters import OpenLetter


def letter_attachment(found: OpenLetter) -> Response:
    """Return a letter's PDF as an attachment, named by its kind and day and nothing else.

    Raises:
        Conflict: the PDF is still being made.
    """
    if found.pdf is None:
        raise Conflict("This letter's file is being made. Please try again in a minute.")
    name = f"{found.letter.kind.value}-{found.letter.issued_at:%Y-%m-%d}.pdf"
    return Response(
        found.pdf,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
