"""The routes of this side, one module per noun."""

from portal.debtor.blueprint import bp
from portal.debtor.views import home

__all__ = ["bp", "home"]
