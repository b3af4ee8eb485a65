"""The routes of this side, one module per noun."""

from portal.operator.blueprint import bp
from portal.operator.views import home

__all__ = ["bp", "home"]
