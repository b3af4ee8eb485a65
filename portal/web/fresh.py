"""Asking again who it is, before what would hurt most in strange hands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import redirect, request, session, url_for

from portal.core import clock

F = TypeVar("F", bound=Callable[..., Any])

#: How long a proof counts, in seconds.
FRESH_SECONDS = 600
_PROVED_AT, _AFTER_PROOF = "proved_at", "after_proof"


def needs_fresh_proof(view: F) -> F:
    """Let a view run only within ten minutes of a proof; else ask for one and come back.

    Stands below `@requires`. What was sent with a form has to be sent again.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if is_fresh():
            return view(*args, **kwargs)
        session[_AFTER_PROOF] = [request.endpoint, {k: str(v) for k, v in kwargs.items()}]
        return redirect(url_for("auth.prove_again"), code=303)

    return guarded  # type: ignore[return-value]


def is_fresh() -> bool:
    """Tell whether whoever is signed in has proven themselves in the last ten minutes."""
    proved_at = session.get(_PROVED_AT, 0)
    return bool(0 <= clock.now().timestamp() - proved_at <= FRESH_SECONDS)


def note_proof() -> None:
    """Remember that whoever is signed in has proven themselves now."""
    session[_PROVED_AT] = int(clock.now().timestamp())


def take_after_proof(default: str) -> str:
    """Return the address of the page that asked for the proof; kept by endpoint, never sent."""
    kept = session.pop(_AFTER_PROOF, None)
    return url_for(kept[0], **kept[1]) if kept else default
