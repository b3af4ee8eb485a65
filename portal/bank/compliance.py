"""The pages of the compliance console, as tabs above each of them."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask_babel import gettext as _

#: The nouns of endpoints whose pages stand under each tab, the tab's own page first.
_NOUNS = {
    "bank.compliance": ("compliance",),
    "bank.list_breaches": ("breaches", "breach"),
    "bank.list_permits": ("permits", "permit"),
    "bank.list_holds": ("holds", "hold"),
    "bank.list_packs": ("packs", "pack"),
    "bank.try_rule": ("rule",),
    "bank.list_own_rules": ("own_rules", "own_rule"),
}
UNDER = {noun: tab for tab, nouns in _NOUNS.items() for noun in nouns}


def tabs() -> list[tuple[str, str]]:
    """Return the address and label of each page that is there."""
    labels = {
        "bank.compliance": _("Overview"),
        "bank.list_breaches": _("Breaches"),
        "bank.list_permits": _("Permits"),
        "bank.list_holds": _("Holds"),
        "bank.list_packs": _("Rule packs"),
        "bank.try_rule": _("Try a rule"),
        "bank.list_own_rules": _("Own rules"),
    }
    return [
        (url_for(endpoint), label)
        for endpoint, label in labels.items()
        if endpoint in current_app.view_functions
    ]


def current_tab() -> str | None:
    """Return the address of the tab the present page stands under."""
    name = (request.endpoint or "").removeprefix("bank.")
    endpoint = UNDER.get(name) or UNDER.get(name.partition("_")[2])
    return url_for(endpoint) if endpoint in current_app.view_functions else None
