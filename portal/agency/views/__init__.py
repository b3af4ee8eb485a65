"""The routes of this side, one module per noun."""

from portal.agency.blueprint import bp
from portal.agency.views import (
    accounts,
    actions,
    home,
    letters,
    offers,
    organisation,
    promises,
    recoveries,
)

__all__ = [
    "accounts",
    "actions",
    "bp",
    "home",
    "letters",
    "offers",
    "organisation",
    "promises",
    "recoveries",
]
