"""Read model of breaches: by rule, agency and day, each in words with its citation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.models import Account
from portal.core.actions.models import Action, Breach
from portal.core.parties.models import Agency, Bank
from portal.core.rules import Channel, Verdict
from portal.web import findings

COMPARED = 6


class Kind(StrEnum):
    """What a finding comes to: a rule was broken, or a person has to judge."""

    BROKEN = "broken"
    REVIEW = "review"


@dataclass(frozen=True)
class BreachSearch:
    """Which breaches are listed; what is left out does not bind. Days are the bank's."""

    rule: str = ""
    agency_id: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None
    kind: Kind = Kind.BROKEN


@dataclass(frozen=True)
class BreachLine:
    """One broken rule: where, by whom, what it was."""

    id: UUID
    account_id: UUID
    account_ref: str
    agency: str
    made_at: datetime
    channel: Channel
    sentence: str
    rule_id: str
    citation: str
    verdict: Verdict
    state: words.Word


@dataclass(frozen=True)
class RuleCount:
    """How often one rule was broken under the filter, by all agencies and by each."""

    rule_id: str
    citation: str
    by_agency: dict[UUID | None, int]

    @property
    def count(self) -> int:
        """Return how often all agencies broke it."""
        return sum(self.by_agency.values())


@dataclass(frozen=True)
class BreachesPage:
    """What the page shows."""

    page: Page[BreachLine]
    rules: list[RuleCount]
    total: int


@dataclass(frozen=True)
class Choices:
    """What the filter can choose from."""

    rules: list[str]
    agencies: list[tuple[UUID, str]]

    @property
    def compared(self) -> list[tuple[UUID, str]]:
        """Return the agencies that fit side by side."""
        return self.agencies[:COMPARED]


def list_choices(session: Session, bank_id: UUID) -> Choices:
    """Return the rules broken so far, and the agencies that broke one."""
    rules = session.scalars(
        select(Breach.rule_id).where(Breach.bank_id == bank_id).distinct().order_by(Breach.rule_id)
    ).all()
    agencies = session.execute(
        select(Agency.id, Agency.name, Agency.name_zh)
        .where(Agency.id.in_(select(Breach.made_by_agency_id).where(Breach.bank_id == bank_id)))
        .order_by(Agency.name, Agency.id)
    )
    return Choices(
        rules=list(rules),
        agencies=[(row.id, words.organisation(row.name, row.name_zh)) for row in agencies],
    )


def list_breaches(
    session: Session, bank_id: UUID, chosen: BreachSearch, cursor: Cursor | None
) -> BreachesPage:
    """Return the breaches a filter matches, newest first, with how often each rule was broken."""
    condition = _matching(bank_id, chosen)
    statement = (
        select(
            Breach.id,
            Breach.account_id,
            Account.account_ref,
            Agency.name,
            Agency.name_zh,
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
        .join(Account, and_(Account.bank_id == Breach.bank_id, Account.id == Breach.account_id))
        .outerjoin(Agency, Agency.id == Breach.made_by_agency_id)
        .where(condition)
    )
    rows = session.execute(
        sliced(statement, Action.made_at, Breach.id, descending=True, cursor=cursor)
    ).all()
    rules = _rules(session, condition)
    marks = [write_cursor(row.made_at.isoformat(), row.id) for row in rows]
    return BreachesPage(
        page=paged([_line(row) for row in rows], marks, cursor),
        rules=rules,
        total=sum(rule.count for rule in rules),
    )


def _rules(session: Session, condition: ColumnElement[bool]) -> list[RuleCount]:
    rows = session.execute(
        select(Breach.rule_id, Breach.citation, Breach.made_by_agency_id, func.count())
        .join(Action, and_(Action.bank_id == Breach.bank_id, Action.id == Breach.action_id))
        .where(condition)
        .group_by(Breach.rule_id, Breach.citation, Breach.made_by_agency_id)
    )
    found: dict[tuple[str, str], RuleCount] = {}
    for rule_id, citation, agency_id, count in rows:
        rule = found.setdefault((rule_id, citation), RuleCount(rule_id, citation, {}))
        rule.by_agency[agency_id] = count
    return sorted(found.values(), key=lambda rule: (-rule.count, rule.rule_id))


def _matching(bank_id: UUID, chosen: BreachSearch) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = [Breach.bank_id == bank_id, Action.bank_id == bank_id]
    if chosen.rule:
        bounds.append(Breach.rule_id == chosen.rule)
    if chosen.agency_id is not None:
        bounds.append(Breach.made_by_agency_id == chosen.agency_id)
    judged = Breach.verdict == Verdict.REVIEW
    bounds.append(judged if chosen.kind is Kind.REVIEW else ~judged)
    day = func.date(
        func.timezone(
            select(Bank.timezone).where(Bank.id == bank_id).scalar_subquery(), Action.made_at
        )
    )
    if chosen.from_on is not None:
        bounds.append(day >= chosen.from_on)
    if chosen.to_on is not None:
        bounds.append(day <= chosen.to_on)
    return and_(*bounds)


def _line(row: Any) -> BreachLine:
    return BreachLine(
        id=row.id,
        account_id=row.account_id,
        account_ref=row.account_ref,
        agency=words.organisation(row.name, row.name_zh),
        made_at=row.made_at,
        channel=Channel(row.channel),
        sentence=findings.say(row.code, row.facts.get("values", {})),
        rule_id=row.rule_id,
        citation=row.citation,
        verdict=Verdict(row.verdict),
        state=words.BREACH_STATES[row.state],
    )
