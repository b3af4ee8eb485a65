"""The routes of this side, one module per noun."""

from portal.agency.blueprint import bp
from portal.agency.views import (
    accounts,
    action_files,
    actions,
    breaches,
    home,
    letters,
    messages,
    offers,
    organisation,
    permits,
    promises,
    recoveries,
    rules,
    statements,
)

__all__ = [
    "accounts",
    "action_files",
    "actions",
    "bp",
    "breaches",
    "home",
    "letters",
    "messages",
    "offers",
    "organisation",
    "permits",
    "promises",
    "recoveries",
    "rules",
    "statements",
]
