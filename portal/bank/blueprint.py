"""The Blueprint of this side; only bank staff get in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from portal.core.permissions import Side
from portal.web.access import only_side
from portal.web.shell import NavItem

bp = Blueprint("bank", __name__, url_prefix="/bank", template_folder="templates")
only_side(bp, Side.BANK)


@bp.context_processor
def frame() -> dict[str, Any]:
    """Give the frame this side's navigation."""
    return {
        "organisation_kind": _("Bank"),
        "home_url": url_for("bank.home"),
        "search_url": url_for("bank.list_accounts"),
        "search_hint": _("Account number or name"),
        "sign_out_url": url_for("auth.sign_out"),
        "nav": [
            NavItem("bank.home", _("Home"), "home", "h"),
            NavItem("bank.list_accounts", _("Accounts"), "list-check", "a"),
            NavItem("bank.list_imports", _("Imports"), "file-import", "i"),
            NavItem("bank.list_referrals", _("Referrals"), "send", "r"),
            NavItem("bank.list_agencies", _("Agencies"), "building", "g"),
            NavItem("bank.list_recoveries", _("Recoveries"), "coin", "m"),
            NavItem("bank.list_breaches", _("Breaches"), "alert-triangle", "b"),
            NavItem("bank.list_staff", _("People and sign-in"), "users", "p"),
        ],
    }
