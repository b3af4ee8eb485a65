"""The routes of this side, one module per noun."""

from portal.bank.blueprint import bp
from portal.bank.views import home, imports, organisation

__all__ = ["bp", "home", "imports", "organisation"]
