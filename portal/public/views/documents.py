"""Pages that say the same to everybody: whole documents, one per language."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.public.blueprint import bp
from portal.web.shell import page_language


@bp.get("/help")
def help_page() -> ResponseReturnValue:
    """Show how to get in, what can be done there, and other ways."""
    return _document("help_page")


@bp.get("/rights")
def rights() -> ResponseReturnValue:
    """Show what a person with a debt may ask for and need not bear."""
    return _document("rights")


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Show what is kept about a person, by whom and for how long."""
    return _document("privacy")


@bp.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """Show what these pages do for everybody's reading, and whom to tell when they fail."""
    return _document("accessibility")


def _document(name: str) -> ResponseReturnValue:
    return render_template(f"public/{name}.html", document_language=page_language().code)
