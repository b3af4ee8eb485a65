"""Runs over a file of actions, transaction by transaction: for views, jobs and commands alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

from flask import current_app

from portal.core import clock
from portal.core.actions import file_runs
from portal.core.actions.file_plan import PlannedRow
from portal.core.actions.file_progress import Run, Step
from portal.core.actions.file_writing import IdsTaken
from portal.core.principal import Principal
from portal.extensions import db
from portal.web.uow import in_transaction, transaction

#: With fewer rows than this a file is dealt with while its sender waits for the page.
SMALL_FILE = 5_000


def run_file(actor: Principal, file_id: UUID, step: Step, *, at_once: int = 1) -> Run:
    """Check or log a file from where it stands to its end; return how it came out.

    Killed half way and run again, it goes on after the last part that was committed. With
    `at_once` above one, that many parts are under way at a time, each on a connection of its own:
    while the server writes one, the next is judged.

    Raises:
        PortalError: as `file_runs.open_run` and `file_runs.close_run`.
    """
    with _no_search_for_garbage():
        with transaction(actor) as session:
            plan = file_runs.open_run(session, actor, file_id, step, now=clock.now())
        do_part: Callable[[list[PlannedRow]], bool] = {
            Step.CHECK: lambda part: _check(actor, file_id, part),
            Step.COMMIT: lambda part: _commit(actor, file_id, part),
        }[step]
        if at_once > 1 and len(plan.parts) > 1:
            _in_threads(do_part, plan.parts, at_once)
        else:
            all(map(do_part, plan.parts))
    return in_transaction(
        actor,
        lambda session: file_runs.close_run(session, actor, file_id, step, now=clock.now()),
    )


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Let Python not look for circles of garbage: rows make none, and it would take a third longer.

    A file's rows are bounded by its caps, and what they need goes away with them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(actor: Principal, file_id: UUID, part: list[PlannedRow]) -> bool:
    return in_transaction(
        actor,
        lambda session: file_runs.check_part(session, actor, file_id, part, now=clock.now()),
    )


def _commit(actor: Principal, file_id: UUID, part: list[PlannedRow]) -> bool:
    """Log a part; rows whose ids turn out to be taken are left out, and the rest tried again."""
    taken: frozenset[str] = frozenset()
    while True:
        try:
            return in_transaction(
                actor,
                lambda session, taken=taken: file_runs.commit_part(  # type: ignore[misc]
                    session, actor, file_id, part, now=clock.now(), taken=taken
                ),
            )
        except IdsTaken as refused:
            taken |= refused.keys


def _in_threads(
    do_part: Callable[[list[PlannedRow]], bool], parts: Sequence[list[PlannedRow]], at_once: int
) -> None:
    application = current_app._get_current_object()  # type: ignore[attr-defined]

    def in_context(part: list[PlannedRow]) -> bool:
        with application.app_context():
            try:
                return do_part(part)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(at_once, thread_name_prefix="action-file") as pool:
        try:
            all(pool.map(in_context, parts))
        finally:
            pool.shutdown(cancel_futures=True)
