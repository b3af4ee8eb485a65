"""The routes for anyone."""

from portal.public.blueprint import bp
from portal.public.views import check, documents, health, start

__all__ = ["bp", "check", "documents", "health", "start"]
