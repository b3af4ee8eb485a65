"""Showing a page of an account in its frame."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.debtor.queries import Frame
from portal.web.shell import page_language


def show(
    template: str, frame: Frame, *, status: int = 200, **context: object
) -> ResponseReturnValue:
    """Render a page with the collector, the bank and the ways out around it."""
    return render_template(f"debtor/{template}.html", **frame.context(), **context), status


def language() -> str:
    """Return the page's language as names and letters are kept in it."""
    return page_language().locale
