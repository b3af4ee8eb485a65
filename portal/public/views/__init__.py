"""The routes for anyone."""

from portal.public.blueprint import bp
from portal.public.views import health, start

__all__ = ["bp", "health", "start"]
