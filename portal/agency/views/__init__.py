"""The routes of this side, one module per noun."""

from portal.agency.blueprint import bp
from portal.agency.views import home, organisation

__all__ = ["bp", "home", "organisation"]
