"""The Blueprint of this side; only the operator's staff get in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext

from portal.core.permissions import Side
from portal.web.access import only_side
from portal.web.shell import NavItem

bp = Blueprint("operator", __name__, url_prefix="/operator", template_folder="templates")
only_side(bp, Side.OPERATOR)


@bp.context_processor
def navigation() -> dict[str, Any]:
    """Give the frame this side's navigation."""
    return {
        "nav": [
            NavItem("operator.home", gettext("Home"), "home", "h"),
            NavItem("operator.organisations", gettext("Organisations"), "building", "o"),
            NavItem("operator.jobs", gettext("Jobs"), "list-check", "j"),
            NavItem("operator.deliveries", gettext("Deliveries"), "mail", "d"),
            NavItem("operator.health", gettext("Health"), "shield-check", "e"),
            NavItem("operator.staff", gettext("Team"), "users", "t"),
            NavItem("operator.sign_in_provider", gettext("Sign-in"), "key", "s"),
        ]
    }
