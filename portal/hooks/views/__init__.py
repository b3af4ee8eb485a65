"""The routes of machine callers."""

from portal.hooks.blueprint import bp
from portal.hooks.views import stripe

__all__ = ["bp", "stripe"]
