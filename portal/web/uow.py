"""One unit of work, one transaction, one principal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import tenacity
from flask_login import current_user
from psycopg import errors as pg_errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.errors import PermissionDenied
from portal.core.principal import Principal, bind_principal
from portal.extensions import db

T = TypeVar("T")


def current_principal() -> Principal:
    """Return who is signed in.

    Raises:
        PermissionDenied: nobody is.
    """
    principal = getattr(current_user, "principal", None)
    if not isinstance(principal, Principal):
        raise PermissionDenied("Sign in first.")
    return principal


@contextmanager
def transaction(principal: Principal | None = None) -> Iterator[Session]:
    """Open the one transaction of a unit of work, with its principal bound before any query.

    Leaving the block commits all of it, an error none. Blocks do not nest: what is inside one
    belongs to one unit. Without an argument the signed-in principal acts.
    """
    actor = principal or current_principal()
    session = db.session()
    try:
        with session.begin():
            bind_principal(session, actor)
            yield session
    finally:
        # What was read belongs to this unit; nothing of it is read again behind the caller's back.
        session.close()


def _collided(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and isinstance(
        error.orig, (pg_errors.SerializationFailure, pg_errors.DeadlockDetected)
    )


def in_transaction(principal: Principal, work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction, and again up to three times when two collided.

    Only the outermost caller may do this, since all of the work is done again.
    """
    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception(_collided),
        stop=tenacity.stop_after_attempt(3),
        wait=tenacity.wait_random(0.01, 0.1),
        reraise=True,
    ):
        with attempt, transaction(principal) as session:
            return work(session)
    raise RuntimeError("unreachable")


def enqueue_alone(task: str) -> None:
    """Enqueue a job that belongs to no unit of work, in a transaction of its own."""
    with Session(db.engine) as session, session.begin():
        outbox.enqueue(session, task)
