"""Checking or logging a whole file, part by part, each in a transaction of its own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults
from portal.core.accounts.models import Account
from portal.core.accounts.reasons import FileRefused
from portal.core.actions.file_booking import BookedPart, book_part
from portal.core.actions.file_judging import judge_part
from portal.core.actions.file_plan import Plan, PlannedRow, plan_file
from portal.core.actions.file_progress import Run, RunState, Step, find_run, keep_run
from portal.core.actions.files import (
    add_rejects,
    forget_rejects,
    get_file,
    is_begun,
    lock_file,
    mapping_of,
    open_delivery,
    refuse_repeat,
)
from portal.core.actions.models_files import ActionFile, ActionFileState
from portal.core.errors import Conflict, PortalError
from portal.core.permissions import Permission
from portal.core.principal import Principal


def ask_run(session: Session, actor: Principal, file_id: UUID, step: Step, *, at: datetime) -> Run:
    """Note that a file is to be checked or logged; what was logged before is not lost sight of.

    Raises:
        PermissionDenied: the actor logs no actions.
        NotFound: the file is not the actor's agency's.
        AlreadyImported: the same bytes were logged before.
        Conflict: it is being done already.
    """
    actor.require(Permission.ACTION_LOG)
    kept = lock_file(session, actor, file_id)
    _refuse_logged(session, kept)
    before = find_run(kept, step)
    if before is not None and before.is_open and not before.is_silent(at):
        raise Conflict("This is being done already.")
    if step is Step.CHECK and is_begun(kept):
        raise Conflict("Rows of this file are logged already. Go on with it.")
    run = Run(RunState.WAITING, at, at)
    if before is not None and step is Step.COMMIT:
        run = before
        run.state, run.seen_at, run.ended_at, run.fault = RunState.WAITING, at, None, None
    keep_run(kept, step, run)
    session.flush()
    return run


def _refuse_logged(session: Session, kept: ActionFile) -> None:
    if kept.state is ActionFileState.COMMITTED:
        raise Conflict("This file is logged already.")
    refuse_repeat(session, kept)


def open_run(
    session: Session, actor: Principal, file_id: UUID, step: Step, *, now: datetime
) -> Plan:
    """Read a file and say what is to become of each row, to begin a run with or go on.

    Rejected rows are kept anew. A file that cannot be taken is marked as refused, and its plan is
    empty.

    Raises:
        PermissionDenied, NotFound, AlreadyImported: as for `ask_run`.
        MappingIncomplete: the columns are not mapped well enough.
        Conflict: no row can be logged, or all are.
    """
    actor.require(Permission.ACTION_LOG)
    kept = lock_file(session, actor, file_id)
    _refuse_logged(session, kept)
    run = find_run(kept, step) or Run(RunState.WAITING, now, now)
    delivery = open_delivery(session, kept)
    try:
        plan = plan_file(session, kept, delivery, mapping_of(session, kept, delivery), now=now)
    except FileRefused as refused:
        _refuse(kept, step, run, refused, now)
        return Plan()
    if step is Step.COMMIT and not plan.good and not plan.logged_before:
        raise Conflict("No row of this file can be logged. Download the rejects to see why.")
    forget_rejects(session, kept)
    add_rejects(session, kept, plan.rejected)
    run.state, run.seen_at = RunState.RUNNING, now
    run.rows, run.rejected, run.known = plan.rows, len(plan.rejected), plan.known
    run.trailer = "proved" if plan.trailer else "none"
    run.done = run.logged if step is Step.COMMIT else 0
    run.total = run.done + plan.good
    keep_run(kept, step, run)
    kept.row_count = plan.rows
    session.flush()
    faults.point("action_file.opened")
    return plan


def _refuse(kept: ActionFile, step: Step, run: Run, refused: FileRefused, now: datetime) -> None:
    kept.state = ActionFileState.REFUSED
    run.state, run.seen_at, run.ended_at = RunState.REFUSED, now, now
    values = {
        name: value if isinstance(value, int) else str(value)
        for name, value in refused.values.items()
    }
    run.fault = [refused.code, values]
    keep_run(kept, step, run)


def check_part(
    session: Session, actor: Principal, file_id: UUID, planned: list[PlannedRow], *, now: datetime
) -> bool:
    """Judge rows of a file without logging them; return whether the run goes on."""
    kept = get_file(session, actor, file_id)
    ids = sorted({each.subject.account_id for each in planned})
    found = session.scalars(
        select(Account).where(Account.bank_id == kept.bank_id, Account.id.in_(ids))
    )
    accounts = {account.id: account for account in found}
    here = [each for each in planned if each.subject.account_id in accounts]
    part = judge_part(session, actor, here, accounts)
    booked = BookedPart(breaking=part.breaking(), rules=part.rules(), tidings=part.tidings())
    return _add(session, actor, file_id, Step.CHECK, booked, len(planned), now)


def commit_part(
    session: Session,
    actor: Principal,
    file_id: UUID,
    planned: list[PlannedRow],
    *,
    now: datetime,
    taken: frozenset[str] = frozenset(),
) -> bool:
    """Log rows of a file, as `book_part`; return whether the run goes on.

    Nothing is logged once the run was stopped.
    """
    kept = get_file(session, actor, file_id)
    run = find_run(kept, Step.COMMIT)
    if run is None or run.state is RunState.STOPPED:
        return False
    booked = book_part(session, actor, kept, planned, now=now, taken=taken)
    goes_on = _add(session, actor, file_id, Step.COMMIT, booked, len(planned), now)
    faults.point("action_file.part")
    return goes_on


def _add(
    session: Session,
    actor: Principal,
    file_id: UUID,
    step: Step,
    booked: BookedPart,
    rows: int,
    now: datetime,
) -> bool:
    """Add what came of a part to its run, in the transaction that made it so."""
    kept = lock_file(session, actor, file_id)
    run = find_run(kept, step)
    if run is None:
        return False
    run.seen_at = now
    run.done = min(run.done + rows, run.total)
    run.logged += booked.logged
    run.known += booked.known
    run.rejected += len(booked.rejected)
    run.breaking += booked.breaking
    run.late += booked.late
    run.permits_used += booked.permits_used
    run.permits_unfit += booked.permits_unfit
    run.rules = dict(Counter(run.rules) + booked.rules)
    run.tidings = dict(Counter(run.tidings) + booked.tidings)
    run.first_at = min(filter(None, (run.first_at, booked.first_at)), default=None)
    run.last_at = max(filter(None, (run.last_at, booked.last_at)), default=None)
    add_rejects(session, kept, booked.rejected)
    keep_run(kept, step, run)
    session.flush()
    return run.state is RunState.RUNNING


def close_run(
    session: Session, actor: Principal, file_id: UUID, step: Step, *, now: datetime
) -> Run:
    """End a run that has done every part; a file that was logged is so from here on.

    Raises:
        AlreadyImported: the same bytes were logged meanwhile, through another delivery.
        Conflict: the run was not begun.
    """
    kept = lock_file(session, actor, file_id)
    run = find_run(kept, step)
    if run is None:
        raise Conflict("This was not begun.")
    if run.state is not RunState.RUNNING:
        return run
    run.state, run.seen_at, run.ended_at = RunState.DONE, now, now
    if step is Step.COMMIT:
        refuse_repeat(session, kept)
        kept.state, kept.committed_at = ActionFileState.COMMITTED, now
        kept.breach_count = sum(run.rules.values())
        facts = {"logged": run.logged, "rejected": run.rejected, "breaking": run.breaking}
        audit.record(
            session, actor, "action-file.committed", kept.id, chain_id=kept.bank_id, facts=facts
        )
    elif kept.state in (ActionFileState.UPLOADED, ActionFileState.REFUSED):
        kept.state = ActionFileState.CHECKED
    keep_run(kept, step, run)
    session.flush()
    return run


def stop_run(session: Session, actor: Principal, file_id: UUID, *, at: datetime) -> Run:
    """Stop logging a file after the part under way; what is logged stays, and it can go on later.

    Raises:
        PermissionDenied, NotFound: as for `ask_run`.
        Conflict: nothing is under way.
    """
    actor.require(Permission.ACTION_LOG)
    kept = lock_file(session, actor, file_id)
    run = find_run(kept, Step.COMMIT)
    if run is None or not run.is_open:
        raise Conflict("Nothing is under way with this file.")
    run.state, run.seen_at, run.ended_at = RunState.STOPPED, at, at
    keep_run(kept, Step.COMMIT, run)
    session.flush()
    return run


def fail_run(
    session: Session,
    actor: Principal,
    file_id: UUID,
    step: Step,
    refused: PortalError,
    *,
    at: datetime,
) -> None:
    """Note why a run could not go on; what was logged stays."""
    kept = lock_file(session, actor, file_id)
    run = find_run(kept, step) or Run(RunState.FAILED, at, at)
    run.state, run.seen_at, run.ended_at = RunState.FAILED, at, at
    run.fault = [refused.message, {name: str(each) for name, each in refused.values.items()}]
    keep_run(kept, step, run)
    session.flush()
