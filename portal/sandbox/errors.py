"""Refusals in the provider's wire format: a status and an `error` object."""

from __future__ import annotations

from typing import Any


class ApiFault(Exception):
    """A request the provider answers with an error instead of an object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        named = {"type": kind, "message": message, "code": code, "param": param, **extra}
        self.body = {"error": {name: value for name, value in named.items() if value is not None}}


def no_such(noun: str, object_id: str) -> ApiFault:
    """Return the answer to an id this account does not have."""
    return ApiFault(
        f"No such {noun}: '{object_id}'", status=404, code="resource_missing", param="id"
    )


def not_simulated(what: str) -> ApiFault:
    """Return the answer to something the provider can do and this stand-in cannot.

    Loud on purpose: taking a parameter and ignoring it would let a test pass that proves nothing.
    """
    return ApiFault(f"The sandbox does not simulate {what}.", code="sandbox_not_simulated")
