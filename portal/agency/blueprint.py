"""The Blueprint of this side; only agency staff get in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.core.permissions import Permission, Side
from portal.web.access import only_side
from portal.web.labels import label
from portal.web.shell import NavItem

bp = Blueprint("agency", __name__, url_prefix="/agency", template_folder="templates")
only_side(bp, Side.AGENCY)


@bp.context_processor
def frame() -> dict[str, Any]:
    """Give the frame this side's navigation, and templates the words of the closed lists."""
    return {
        "label": label,
        "organisation_kind": _("Agency"),
        "home_url": url_for("agency.home"),
        "search_url": url_for("agency.list_accounts"),
        "search_hint": _("Account number or name"),
        "sign_out_url": url_for("auth.sign_out"),
        "profile_url": url_for("auth.profile"),
        "nav": [
            NavItem("agency.home", _("Today"), "home", "h"),
            NavItem("agency.list_accounts", _("Worklist"), "list-check", "w"),
            NavItem("agency.list_permits", _("Permits"), "circle-check", "c"),
            NavItem("agency.list_action_files", _("Upload actions"), "upload", "u"),
            NavItem("agency.list_offers", _("Offers"), "inbox", "o"),
            NavItem("agency.list_recoveries", _("Recoveries"), "coin", "m"),
            NavItem("agency.list_breaches", _("Breaches"), "alert-triangle", "b"),
            NavItem("agency.list_rules", _("Rules"), "scale", "r"),
            *_administration(),
        ],
    }


def _administration() -> list[NavItem]:
    principal = getattr(current_user, "principal", None)
    if principal is None or not principal.may(Permission.STAFF_READ):
        return []
    return [NavItem("agency.staff", _("People and sign-in"), "users", "p")]
