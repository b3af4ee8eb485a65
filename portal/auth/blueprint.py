"""The Blueprint of sign-in and sign-out, and of one's own profile."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, url_for
from flask_login import current_user

from portal.core.permissions import Side
from portal.core.principal import Principal

bp = Blueprint("auth", __name__, template_folder="templates")
_CONSOLES = (Side.BANK, Side.AGENCY, Side.OPERATOR)


@bp.app_context_processor
def ways_out() -> dict[str, Any]:
    """Give every page of a signed-in person the way out, and staff the way to their profile."""
    principal = getattr(current_user, "principal", None)
    if not isinstance(principal, Principal):
        return {}
    if principal.side not in _CONSOLES:
        return {"sign_out_url": url_for("auth.sign_out")}
    return {
        "sign_out_url": url_for("auth.sign_out"),
        "profile_url": url_for("auth.profile"),
        "home_url": url_for(f"{principal.side.value}.home"),
    }


@bp.context_processor
def frame_of_own_side() -> dict[str, Any]:
    """Show the profile in the frame of the person's own console: its navigation and all."""
    principal = getattr(current_user, "principal", None)
    if not isinstance(principal, Principal) or principal.side not in _CONSOLES:
        return {}
    found: dict[str, Any] = {}
    for processor in current_app.template_context_processors.get(principal.side.value, []):
        values: Any = processor()
        found.update(values)
    return found
