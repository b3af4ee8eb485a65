"""The Blueprint of this side; only debtors get in."""

from __future__ import annotations

from flask import Blueprint, url_for

from portal.core.permissions import Side
from portal.web.access import only_side

bp = Blueprint("debtor", __name__, url_prefix="/debtor", template_folder="templates")
only_side(bp, Side.DEBTOR)


@bp.context_processor
def ways_on() -> dict[str, str]:
    """Give every page of this side its home, help and rights."""
    return {
        "home_url": url_for("debtor.home"),
        "help_url": url_for("public.help_page"),
        "rights_url": url_for("public.rights"),
    }
