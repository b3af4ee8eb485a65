"""The routes of machine callers."""

from portal.hooks.blueprint import bp

__all__ = ["bp"]
