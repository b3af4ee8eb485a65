"""The routes of sign-in and sign-out."""

from portal.auth.blueprint import bp

__all__ = ["bp"]
