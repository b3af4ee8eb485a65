"""The Blueprint of this side; only bank staff get in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.bank import compliance, words
from portal.core.permissions import Permission, Side
from portal.web.access import only_side
from portal.web.findings import zone_name
from portal.web.labels import label
from portal.web.rule_titles import title_of
from portal.web.shell import NavItem

bp = Blueprint("bank", __name__, url_prefix="/bank", template_folder="templates")
only_side(bp, Side.BANK)
_FILTERS: dict[str, Callable[..., Any]] = {
    "bank_word": words.label,
    "bank_tone": words.tone,
    "bank_language": words.language,
    "bank_place": words.place,
    "bank_side": words.side,
    "bank_span": words.span,
    "bank_verb": words.verb,
    "bank_void": words.void_reason,
    # What macros of both consoles write with.
    "word": label,
    "zone_name": zone_name,
    "rule_title": title_of,
}
for name, write in _FILTERS.items():
    bp.add_app_template_filter(write, name)

#: Which entry of the navigation a page without one of its own belongs to.
_UNDER = {
    "account": "bank.list_accounts",
    "contact_calendar": "bank.list_accounts",
    "import": "bank.list_imports",
    "reminders": "bank.list_reminders",
    "reminder_ladder": "bank.list_reminders",
    "reminder_call": "bank.list_reminders",
    "referral": "bank.list_referrals",
    "agency": "bank.list_agencies",
    "recovery": "bank.list_recoveries",
    "plan_policy": "bank.show_plan_policy",
    "staff": "bank.staff",
    "sign_in_provider": "bank.staff",
}


@bp.context_processor
def frame() -> dict[str, Any]:
    """Give the frame this side's navigation."""
    return {
        "organisation_kind": _("Bank"),
        "home_url": url_for("bank.home"),
        "search_url": url_for("bank.list_accounts"),
        "search_hint": _("Account number or name"),
        "sign_out_url": url_for("auth.sign_out"),
        "profile_url": url_for("auth.profile"),
        "active_nav": _active(request.endpoint or ""),
        "compliance_tabs": compliance.tabs,
        "compliance_tab": compliance.current_tab,
        "nav": [
            NavItem("bank.home", _("Home"), "home", "h"),
            NavItem("bank.list_accounts", _("Accounts"), "list-check", "a"),
            NavItem("bank.list_imports", _("Imports"), "file-import", "i"),
            NavItem("bank.list_reminders", _("Reminders"), "bell", "n"),
            NavItem("bank.list_referrals", _("Referrals"), "send", "r"),
            NavItem("bank.list_agencies", _("Agencies"), "building", "g"),
            NavItem("bank.list_recoveries", _("Recoveries"), "coin", "m"),
            NavItem("bank.compliance", _("Compliance"), "shield-check", "c"),
            NavItem("bank.show_plan_policy", _("Plan policy"), "scale", "l"),
            *_administration(),
        ],
    }


def _administration() -> list[NavItem]:
    principal = getattr(current_user, "principal", None)
    if principal is None or not principal.may(Permission.STAFF_READ):
        return []
    return [NavItem("bank.staff", _("People and sign-in"), "users", "p")]


def _active(endpoint: str) -> str | None:
    name = endpoint.removeprefix("bank.")
    noun = name.partition("_")[2]
    if name in compliance.UNDER or noun in compliance.UNDER:
        return "bank.compliance"
    return _UNDER.get(name) or _UNDER.get(noun)
