"""The front door."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.public.blueprint import bp
from portal.public.forms import StartForm


@bp.get("/")
def start() -> ResponseReturnValue:
    """Show the box for a letter's code, and the way in for staff."""
    return render_template("public/start.html", form=StartForm())
