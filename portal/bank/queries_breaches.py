"""Read model of breaches: each in words with its citation, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account
from portal.core.actions.breach_selection import BreachFilter, joined, matching
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.parties.models import Agency
from portal.core.rules import Channel, Severity, Verdict
from portal.web import findings
from portal.web.rule_titles import citation

UNDECIDED = (BreachState.OPEN, BreachState.EXPLAINED)
_READ_AT_ONCE = 2_000

EXPORTED = (
    *(_l("Account number"), _l("When"), _l("Recorded"), _l("Agency"), _l("Channel")),
    *(_l("What was wrong"), _l("Rule"), _l("Citation"), _l("Kind of rule"), _l("Judged as")),
    *(_l("State"), _l("Found"), _l("Changed"), _l("Rule pack"), _l("Version"), _l("Hash")),
    _l("Number"),
)


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
    severity: Severity
    verdict: Verdict
    state: BreachState


@dataclass(frozen=True)
class BreachesPage:
    """What the page shows: the rows, and how many of the filter are in each state."""

    page: Page[BreachLine]
    states: dict[BreachState, int]

    @property
    def undecided(self) -> int:
        """Return how many wait for the bank."""
        return sum(self.states.get(state, 0) for state in UNDECIDED)

    @property
    def total(self) -> int:
        """Return how many there are in all states together."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Choices:
    """What the filter can choose from; no agency is the bank itself."""

    rules: list[str]
    agencies: list[tuple[UUID | None, str]]


def list_choices(session: Session, bank_id: UUID) -> Choices:
    """Return the rules broken so far, and who broke one."""
    rules = session.scalars(
        select(Breach.rule_id).where(Breach.bank_id == bank_id).distinct().order_by(Breach.rule_id)
    ).all()
    makers = (
        select(Breach.made_by_agency_id.label("id")).where(Breach.bank_id == bank_id).distinct()
    ).subquery()
    rows = session.execute(
        select(makers.c.id, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == makers.c.id)
        .order_by(Agency.name.nulls_first(), makers.c.id)
    )
    return Choices(
        rules=list(rules), agencies=[(row.id, maker(row.name, row.name_zh)) for row in rows]
    )


def maker(name: str | None, name_zh: str | None) -> str:
    """Return who acted by name; where no agency did, it was the bank."""
    return words.organisation(name, name_zh) or str(gettext("The bank itself"))


def list_breaches(
    session: Session, bank_id: UUID, chosen: BreachFilter, cursor: Cursor | None
) -> BreachesPage:
    """Return the breaches a filter matches, newest first, with its count in each state."""
    statement = sliced(
        _lines().where(matching(bank_id, chosen)),
        Action.made_at,
        Breach.id,
        descending=True,
        cursor=cursor,
    )
    rows = session.execute(statement).all()
    marks = [write_cursor(row.made_at.isoformat(), row.id) for row in rows]
    return BreachesPage(
        page=paged([_line(row) for row in rows], marks, cursor),
        states=count_states(session, bank_id, chosen),
    )


def count_states(session: Session, bank_id: UUID, chosen: BreachFilter) -> dict[BreachState, int]:
    """Return how many breaches of a filter are in each state, whichever it asks for."""
    anywhere = BreachFilter(**{**vars(chosen), "state": None})
    rows = session.execute(
        joined(Breach.state, func.count()).where(matching(bank_id, anywhere)).group_by(Breach.state)
    )
    return {row[0]: row[1] for row in rows}


def list_exported(session: Session, bank_id: UUID, chosen: BreachFilter) -> Iterator[list[Cell]]:
    """Yield every breach of a filter, newest first, as cells under `EXPORTED`."""
    statement = (
        _lines()
        .where(matching(bank_id, chosen))
        .order_by(Action.made_at.desc(), Breach.id.desc())
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in session.execute(statement):
        line = _line(row)
        yield [
            *(line.account_ref, line.made_at, row.recorded_at, line.agency),
            *(words.label(line.channel), line.sentence, line.rule_id, line.citation),
            *(words.label(line.severity), words.label(line.verdict), words.label(line.state)),
            *(row.found_at, row.changed_at, row.pack, row.pack_version, row.pack_hash, line.id),
        ]


def _lines() -> Select[Any]:
    return (
        joined(
            Breach.id,
            Breach.account_id,
            Account.account_ref,
            Agency.name,
            Agency.name_zh,
            Action.made_at,
            Action.recorded_at,
            Action.channel,
            Breach.code,
            Breach.facts,
            Breach.rule_id,
            Breach.citation,
            Breach.severity,
            Breach.verdict,
            Breach.state,
            Breach.found_at,
            Breach.changed_at,
            Breach.pack,
            Breach.pack_version,
            Breach.pack_hash,
        )
        .join(Account, and_(Account.bank_id == Breach.bank_id, Account.id == Breach.account_id))
        .outerjoin(Agency, Agency.id == Breach.made_by_agency_id)
    )


def _line(row: Any) -> BreachLine:
    return BreachLine(
        id=row.id,
        account_id=row.account_id,
        account_ref=row.account_ref,
        agency=maker(row.name, row.name_zh),
        made_at=row.made_at,
        channel=Channel(row.channel),
        sentence=findings.say(row.code, row.facts.get("values", {})),
        rule_id=row.rule_id,
        citation=citation(row.citation),
        severity=Severity(row.severity),
        verdict=Verdict(row.verdict),
        state=row.state,
    )
