"""The adapters `create_app()` was given, typed as ports."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from portal.core.ports import LetterRenderer, Mailer, PaymentGateway, Texter


@dataclass(frozen=True)
class Gateways:
    """The outside world, as this application reaches it."""

    payments: PaymentGateway
    letters: LetterRenderer
    mailer: Mailer
    texter: Texter


def gateways() -> Gateways:
    """Return the adapters of the running application."""
    found = current_app.extensions["portal.gateways"]
    if not isinstance(found, Gateways):
        raise TypeError("create_app() was given no gateways")
    return found
