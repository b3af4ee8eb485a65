"""The routes of this side, one module per noun."""

from portal.operator.blueprint import bp
from portal.operator.views import home, operations, organisation, organisations

__all__ = ["bp", "home", "operations", "organisation", "organisations"]
