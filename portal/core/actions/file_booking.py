"""Logging the rows of a file: part by part, each part whole or not at all, each row once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit, faults, seals
from portal.core.accounts.models import Account
from portal.core.accounts.rows import Rejected
from portal.core.actions.contact import list_subjects
from portal.core.actions.file_judging import JudgedPart, judge_part
from portal.core.actions.file_plan import PlannedRow, list_known
from portal.core.actions.file_reasons import ActionRowError
from portal.core.actions.file_tidings import act_on_tidings
from portal.core.actions.file_writing import write_changes, write_part
from portal.core.actions.judging import settle_decided
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.models_files import ActionFile
from portal.core.actions.permits import covers, use_permit
from portal.core.actions.service import LATE_AFTER, ask_to_judge_again, note_progress, seal_words
from portal.core.parties.locks import lock_people
from portal.core.parties.models import Debtor
from portal.core.permissions import Permission
from portal.core.placements.models import Placement
from portal.core.principal import Principal


@dataclass
class BookedPart:
    """How the rows of a part came out; `logged_before` were logged by this very file earlier."""

    logged: int = 0
    known: int = 0
    logged_before: int = 0
    breaking: int = 0
    late: int = 0
    permits_used: int = 0
    permits_unfit: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    tidings: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    first_at: datetime | None = None
    last_at: datetime | None = None


def book_part(
    session: Session,
    actor: Principal,
    kept: ActionFile,
    planned: Sequence[PlannedRow],
    *,
    now: datetime,
    taken: frozenset[str] = frozenset(),
) -> BookedPart:
    """Log rows of a file with every rule they broke, in the caller's transaction.

    Accounts and people stay locked until commit. What has changed since the file was read counts:
    an account that has moved on is rejected, an action that has been logged is left alone. People
    who were contacted after one of their rows are judged again by the machine. A dispute, hardship
    or a wrong number that a row tells of is acted on. Rows whose ids are `taken` are rejected.

    Raises:
        PermissionDenied: the actor logs no actions.
        IdsTaken: ids are used on accounts that are no longer the agency's.
    """
    actor.require(Permission.ACTION_LOG)
    booked = BookedPart()
    accounts = _lock_accounts(session, kept, planned)
    here = list(_still_placed(planned, accounts, booked))
    lock_people(session, kept.bank_id, {each.subject.debtor_id for each in here})
    fresh = list(_not_known(session, kept, here, booked, taken))
    _look_again(session, fresh)
    part = judge_part(session, actor, fresh, accounts)
    faults.point("action_file.judged")
    if part.rows:
        used = _use_permits(session, part, booked)
        _seal_notes(session, kept.bank_id, part)
        write_part(session, part, now=now)
        for action, permit in used:
            settle_decided(session, action, permit, at=now)
        _note_progress(session, part, accounts)
        booked.tidings = act_on_tidings(session, actor, part.rows, now=now)
        faults.point("action_file.written")
        for debtor_id, since in part.overtaken.items():
            ask_to_judge_again(session, kept.bank_id, debtor_id, since=since)
        _count(booked, part, now)
        audit.record(
            session,
            actor,
            "action-file.logged",
            kept.id,
            chain_id=kept.bank_id,
            facts={"actions": booked.logged, "breaking": booked.breaking},
        )
    return booked


def _lock_accounts(
    session: Session, kept: ActionFile, planned: Iterable[PlannedRow]
) -> dict[UUID, Account]:
    ids = sorted({each.subject.account_id for each in planned})
    found = session.scalars(
        select(Account)
        .where(Account.bank_id == kept.bank_id, Account.id.in_(ids), Account.agency_id.is_not(None))
        .order_by(Account.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {account.id: account for account in found}


def _still_placed(
    planned: Iterable[PlannedRow], accounts: Mapping[UUID, Account], booked: BookedPart
) -> Iterable[PlannedRow]:
    for each in planned:
        account = accounts.get(each.subject.account_id)
        if account is None or account.placement_id != each.subject.placement_id:
            _reject(booked, each, "placement_over")
        else:
            yield each


def _reject(booked: BookedPart, planned: PlannedRow, code: str) -> None:
    row = planned.row
    shown = row.placement_ref or row.account_ref or ""
    if code == "id_taken":
        shown = row.external_id or ""
    error = ActionRowError(row.number, "", "", code, {"value": shown})
    booked.rejected.append(Rejected(row.number, [], (error,)))


def _not_known(
    session: Session,
    kept: ActionFile,
    planned: Sequence[PlannedRow],
    booked: BookedPart,
    taken: frozenset[str],
) -> Iterable[PlannedRow]:
    known = list_known(session, kept, planned)
    for each in planned:
        before = known.get(each.key)
        if each.key in taken:
            _reject(booked, each, "id_taken")
        elif before is None:
            yield each
        elif before.file_id == kept.id:
            booked.logged_before += 1
        else:
            booked.known += 1


def _look_again(session: Session, planned: Iterable[PlannedRow]) -> None:
    """Read the accounts and people anew, now that they are locked."""
    rows = list(planned)
    subjects = list_subjects(session, {each.subject.account_id for each in rows})
    for each in rows:
        each.subject = subjects[each.subject.account_id]


def _use_permits(
    session: Session, part: JudgedPart, booked: BookedPart
) -> list[tuple[Action, Permit]]:
    """Use up the permits that rows name and that fit them."""
    used: list[tuple[Action, Permit]] = []
    asked = sorted({row.planned.row.permit_id for row in part.rows if row.planned.row.permit_id})
    if not asked:
        return used
    found = session.scalars(
        select(Permit)
        .where(Permit.id.in_(asked), Permit.state == PermitState.GRANTED)
        .order_by(Permit.id)
        .with_for_update()
    )
    permits = {permit.id: permit for permit in found}
    for row in part.rows:
        permit_id = row.planned.row.permit_id
        if permit_id is None:
            continue
        permit = permits.get(permit_id)
        if permit is not None and covers(permit, row.action):
            use_permit(permit, row.action)
            used.append((row.action, permit))
        else:
            booked.permits_unfit += 1
    booked.permits_used = len(used)
    return used


def _seal_notes(session: Session, bank_id: UUID, part: JudgedPart) -> None:
    with_words = [row for row in part.rows if row.planned.told.note]
    people = {row.action.debtor_id for row in with_words}
    if not people:
        return
    outer = seals.owner_key(session, bank_id)
    rows = session.execute(
        select(Debtor.id, Debtor.wrapped_key).where(
            Debtor.bank_id == bank_id, Debtor.id.in_(people)
        )
    )
    keys = {row.id: outer.inner_key(row.id, row.wrapped_key) for row in rows}
    for row in with_words:
        seal_words(row.action, row.planned.told, keys[row.action.debtor_id])


def _note_progress(session: Session, part: JudgedPart, accounts: Mapping[UUID, Account]) -> None:
    ids = {row.action.placement_id for row in part.rows}
    found = session.scalars(
        select(Placement).where(
            Placement.bank_id == part.rows[0].action.bank_id, Placement.id.in_(ids)
        )
    )
    placements = {placement.id: placement for placement in found}
    session.flush()
    with session.no_autoflush:
        for row in sorted(part.rows, key=attrgetter("action.made_at")):
            placement_id = row.action.placement_id
            placement = placements.get(placement_id) if placement_id else None
            note_progress(accounts[row.action.account_id], placement, row.action)
        write_changes(session, list(accounts.values()))
        write_changes(session, list(placements.values()))


def _count(booked: BookedPart, part: JudgedPart, now: datetime) -> None:
    instants = [row.action.made_at for row in part.rows]
    booked.logged = len(part.rows)
    booked.breaking = part.breaking()
    booked.rules = part.rules()
    booked.late = sum(now - at > LATE_AFTER for at in instants)
    booked.first_at, booked.last_at = min(instants), max(instants)
