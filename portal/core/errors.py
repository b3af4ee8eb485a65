"""Expected failures, safe to show; `web/errors.py` maps them to a status."""

from __future__ import annotations


class PortalError(Exception):
    """An expected failure with a message a user may read."""

    code = "error"

    def __init__(self, message: str, **values: object) -> None:
        """Keep the message with its named placeholders apart from their values, for translation."""
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class NotFound(PortalError):
    """The row is not there for this principal: missing, or another party's."""

    code = "not_found"

    def __init__(self, message: str = "Not found.", **values: object) -> None:
        super().__init__(message, **values)


class PermissionDenied(PortalError):
    """The principal's role does not hold the permission."""

    code = "permission_denied"

    def __init__(self, message: str = "Your role does not allow this.", **values: object) -> None:
        super().__init__(message, **values)


class Conflict(PortalError):
    """The row's state does not allow this any more."""

    code = "conflict"


class Invalid(PortalError):
    """Something typed or sent cannot be used; the message says how to put it right."""

    code = "invalid"


class Unavailable(PortalError):
    """A part the answer depends on cannot be asked now, and without it the answer is no."""

    code = "unavailable"
