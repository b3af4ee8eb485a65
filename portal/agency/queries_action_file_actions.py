"""Read model of the actions a file brought, as far as their accounts are still with the agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, literal, select, tuple_
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.file_progress import Run
from portal.core.actions.models import Action, Breach
from portal.core.actions.models_files import ActionFile
from portal.core.parties.models import Debtor
from portal.core.rules import Channel, Outcome

PAGE = 50


@dataclass(frozen=True)
class ActionLine:
    """One action of a file, with how many rules it broke."""

    id: UUID
    account_id: UUID
    account_ref: str
    name: str
    made_at: datetime
    channel: Channel
    outcome: Outcome
    collector_ref: str
    breaches: int


@dataclass(frozen=True)
class ActionList:
    """A page of a file's actions, the oldest first, and the key of the next."""

    lines: list[ActionLine]
    after: str


def list_actions(
    session: Session, kept: ActionFile, run: Run, *, rule_id: str, after: str
) -> ActionList:
    """Return the actions a file brought; with a rule, those alone that broke it."""
    statement = (
        select(
            Action.id,
            Action.account_id,
            Account.account_ref,
            Debtor.name,
            Action.made_at,
            Action.channel,
            Action.outcome,
            Action.collector_ref,
            Action.breach_count,
        )
        .join(Account, and_(Account.bank_id == Action.bank_id, Account.id == Action.account_id))
        .join(Debtor, and_(Debtor.bank_id == Action.bank_id, Debtor.id == Action.debtor_id))
        .where(
            Action.bank_id == kept.bank_id,
            # Bounds the part of the index that is looked through.
            Action.made_at.between(run.first_at, run.last_at),
            Action.file_id == kept.id,
        )
        .order_by(Action.made_at, Action.id)
        .limit(PAGE + 1)
    )
    if rule_id:
        broke = and_(
            Breach.bank_id == Action.bank_id,
            Breach.action_id == Action.id,
            Breach.rule_id == rule_id,
        )
        statement = statement.where(exists().where(broke))
    start = _read_key(after)
    if start is not None:
        at, action_id = start
        there = tuple_(literal(at, Action.made_at.type), literal(action_id, Action.id.type))
        statement = statement.where(tuple_(Action.made_at, Action.id) > there)
    rows = session.execute(statement).all()
    lines = [
        ActionLine(
            row.id,
            row.account_id,
            row.account_ref,
            row.name,
            row.made_at,
            Channel(row.channel),
            Outcome(row.outcome),
            row.collector_ref,
            row.breach_count,
        )
        for row in rows[:PAGE]
    ]
    last = lines[-1] if len(rows) > PAGE else None
    return ActionList(lines, f"{last.made_at.isoformat()}~{last.id}" if last else "")


def _read_key(text: str) -> tuple[datetime, UUID] | None:
    """Return where a page starts; nonsense starts at the beginning."""
    moment, _, action_id = text.rpartition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, UUID(action_id)) if at.tzinfo else None
    except ValueError:
        return None
