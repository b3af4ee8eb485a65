"""Read model of the rules an agency broke: what it has to explain, and what the bank decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, select, tuple_
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.accounts.models import Account
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.parties.models import Bank
from portal.core.rules import Channel, Verdict
from portal.web.findings import say
from portal.web.rule_titles import citation

PAGE = 50


@dataclass(frozen=True)
class BreachRow:
    """One broken rule; the account's number is empty when it is with the agency no more."""

    id: UUID
    account_ref: str
    bank: str
    made_at: datetime
    channel: Channel
    sentence: str
    rule_id: str
    citation: str
    verdict: Verdict
    state: BreachState


@dataclass(frozen=True)
class BreachList:
    """A page of breaches, the newest first, how many are in each state, and the next page's key."""

    rows: list[BreachRow]
    states: dict[BreachState, int]
    before: str

    @property
    def total(self) -> int:
        """Return how many there are in all states together."""
        return sum(self.states.values())


def list_breaches(
    session: Session,
    agency_id: UUID,
    *,
    state: BreachState | None,
    before: UUID | None = None,
) -> BreachList:
    """Return what the agency's own actions broke, those in one state if it is named."""
    statement = (
        select(
            Breach.id,
            Account.account_ref,
            Bank.name,
            Bank.name_zh,
            Action.made_at,
            Action.channel,
            Breach.code,
            Breach.facts,
            Breach.rule_id,
            Breach.citation,
            Breach.verdict,
            Breach.state,
        )
        .join(Action, and_(Action.bank_id == Breach.bank_id, Action.id == Breach.action_id))
        .join(Bank, Bank.id == Breach.bank_id)
        .outerjoin(
            Account, and_(Account.bank_id == Breach.bank_id, Account.id == Breach.account_id)
        )
        .where(Breach.made_by_agency_id == agency_id)
        .order_by(Action.made_at.desc(), Breach.id.desc())
        .limit(PAGE + 1)
    )
    if state is not None:
        statement = statement.where(Breach.state == state)
    edge = _edge(session, before) if before else None
    if edge is not None:
        statement = statement.where(tuple_(Action.made_at, Breach.id) < edge)
    rows = session.execute(statement).all()
    shown = rows[:PAGE]
    return BreachList(
        rows=[_row(row) for row in shown],
        states=count_states(session, agency_id),
        before=str(shown[-1].id) if len(rows) > PAGE else "",
    )


def _edge(session: Session, breach_id: UUID) -> Any:
    """Return the place in the list of the breach a page starts after; None when it is not seen."""
    row = session.execute(
        select(Action.made_at, Breach.id)
        .join(Breach, and_(Action.bank_id == Breach.bank_id, Action.id == Breach.action_id))
        .where(Breach.id == breach_id)
    ).one_or_none()
    return None if row is None else tuple_(literal(row.made_at), literal(row.id))


def count_states(session: Session, agency_id: UUID) -> dict[BreachState, int]:
    """Return how many of the agency's breaches are in each state."""
    rows = session.execute(
        select(Breach.state, func.count())
        .where(Breach.made_by_agency_id == agency_id)
        .group_by(Breach.state)
    )
    return {row[0]: row[1] for row in rows}


def count_to_explain(session: Session, agency_id: UUID) -> int:
    """Return how many of the agency's breaches nobody has explained yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Breach)
            .where(Breach.made_by_agency_id == agency_id, Breach.state == BreachState.OPEN)
        )
        or 0
    )


def _row(row: Any) -> BreachRow:
    return BreachRow(
        id=row.id,
        account_ref=row.account_ref or "",
        bank=name_in(row),
        made_at=row.made_at,
        channel=Channel(row.channel),
        sentence=say(row.code, row.facts.get("values", {})),
        rule_id=row.rule_id,
        citation=citation(row.citation),
        verdict=Verdict(row.verdict),
        state=row.state,
    )
