"""Who looks at the page, as the frame shows them: name, organisation, zone."""

from __future__ import annotations

from typing import Any

from flask import Flask, session
from flask_babel import lazy_gettext
from flask_login import current_user

from portal.web import shell

ROLE_LABELS = {
    "bank_admin": lazy_gettext("Administrator"),
    "vendor_manager": lazy_gettext("Vendor manager"),
    "bank_analyst": lazy_gettext("Analyst"),
    "agency_admin": lazy_gettext("Administrator"),
    "agency_manager": lazy_gettext("Manager"),
    "collector": lazy_gettext("Collector"),
    "operator": lazy_gettext("Operator"),
}


def remember_viewer(*, name: str, organisation: str, zone: str, language: str | None) -> None:
    """Keep what the frame shows in the session, at sign-in, so that no page has to look it up."""
    session["viewer"] = {"name": name, "organisation": organisation, "zone": zone}
    if language:
        session["language"] = language


def viewer() -> dict[str, Any]:
    """Return what was remembered at sign-in."""
    found = session.get("viewer")
    return dict(found) if found else {}


def zone() -> str | None:
    """Return the viewer's time zone by its IANA name."""
    return viewer().get("zone")


def register(app: Flask) -> None:
    """Give every template the viewer's names."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        principal = getattr(current_user, "principal", None)
        seen = viewer()
        return {
            "viewer_name": seen.get("name", ""),
            "organisation_name": seen.get("organisation", ""),
            "viewer_role": ROLE_LABELS.get(principal.role.value, "") if principal else "",
            "role_names": ROLE_LABELS,
            "principal": principal,
            "theme": shell.theme(),
        }
