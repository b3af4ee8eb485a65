"""Read model of permits: what was asked before a contact, what the rules said, who decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.paging import Cursor, Page, paged, sliced, write_cursor
from portal.bank.permit_states import Shown
from portal.bank.queries_breaches import maker
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account
from portal.core.actions.breach_selection import local_day
from portal.core.actions.models import Permit, PermitState
from portal.core.errors import NotFound
from portal.core.parties.models import Agency, Debtor
from portal.core.permissions import Side
from portal.core.rules import Channel, ContactFacts, Role, Verdict
from portal.core.rules.kinds import Confidence
from portal.core.rules.record import facts_from_record
from portal.web.compliance.facts import Fact, tell_facts
from portal.web.findings import say
from portal.web.rule_titles import citation

_READ_AT_ONCE = 2_000


@dataclass(frozen=True)
class PermitSearch:
    """Which permits are listed; what is left out does not bind. Days are the bank's."""

    state: Shown | None = Shown.DENIED
    channel: Channel | None = None
    agency_id: UUID | None = None
    by_bank: bool = False
    rule: str = ""
    from_on: date | None = None
    to_on: date | None = None

    def facts(self) -> dict[str, Any]:
        """Return what binds as plain values, for the record of who chose it."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Reason:
    """What one rule said against a contact."""

    sentence: str
    rule_id: str
    citation: str
    verdict: Verdict
    confidence: Confidence


@dataclass(frozen=True)
class PermitLine:
    """One question and its answer."""

    id: UUID
    asked_at: datetime
    account_id: UUID
    account_ref: str
    agency: str
    channel: Channel
    role: Role
    state: Shown
    verdict: Verdict
    reasons: list[Reason]
    next_allowed_at: datetime | None
    decision: str
    decided_at: datetime | None
    decided_side: Side | None
    void_reason: str


@dataclass(frozen=True)
class PermitPage:
    """One question with all that was known when it was put."""

    line: PermitLine
    name: str
    asked_side: Side
    purpose: str
    granted_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    action_id: UUID | None
    facts: list[Fact]
    packs: list[tuple[str, str]]
    zones: tuple[str, ...]


@dataclass(frozen=True)
class PermitsPage:
    """What the list shows: the rows, and how many of the filter stand how."""

    page: Page[PermitLine]
    states: dict[Shown, int]


@dataclass(frozen=True)
class Choices:
    """What the filter can choose from; no agency is the bank itself."""

    agencies: list[tuple[UUID | None, str]]


def list_choices(session: Session, bank_id: UUID) -> Choices:
    """Return who asked for a permit so far."""
    askers = (
        select(Permit.agency_id.label("id")).where(Permit.bank_id == bank_id).distinct()
    ).subquery()
    rows = session.execute(
        select(askers.c.id, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == askers.c.id)
        .order_by(Agency.name.nulls_first(), askers.c.id)
    )
    return Choices([(row.id, maker(row.name, row.name_zh)) for row in rows])


def list_permits(
    session: Session, bank_id: UUID, chosen: PermitSearch, cursor: Cursor | None, now: datetime
) -> PermitsPage:
    """Return the permits a filter matches, newest first, with its count in each state."""
    statement = sliced(
        _lines(now).where(_matching(bank_id, chosen, now)),
        Permit.asked_at,
        Permit.id,
        descending=True,
        cursor=cursor,
    )
    rows = session.execute(statement).all()
    marks = [write_cursor(row.Permit.asked_at.isoformat(), row.Permit.id) for row in rows]
    shown = _shown(now).label("shown")
    counted = session.execute(
        select(shown, func.count())
        .where(_matching(bank_id, replace(chosen, state=None), now))
        .group_by(shown)
    )
    return PermitsPage(
        page=paged([_line(row) for row in rows], marks, cursor),
        states={Shown(name): count for name, count in counted},
    )


def get_permit(session: Session, bank_id: UUID, permit_id: UUID, now: datetime) -> PermitPage:
    """Return one permit with the facts it was judged by.

    Raises:
        NotFound: there is none at this bank.
    """
    row = session.execute(
        _lines(now, Debtor.name.label("person"))
        .join(Debtor, and_(Debtor.bank_id == Permit.bank_id, Debtor.id == Permit.debtor_id))
        .where(Permit.bank_id == bank_id, Permit.id == permit_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    permit = row.Permit
    facts: ContactFacts = facts_from_record(permit.facts)
    return PermitPage(
        line=_line(row),
        name=row.person,
        asked_side=permit.asked_side,
        purpose=permit.purpose,
        granted_at=permit.granted_at,
        expires_at=permit.expires_at,
        used_at=permit.used_at,
        action_id=permit.action_id,
        facts=tell_facts(facts, known_contacts=len(facts.history)),
        packs=[(f"{pack['id']} {pack['version']}", pack["hash"]) for pack in permit.packs],
        zones=tuple(zone.key for zone in facts.zones),
    )


def _lines(now: datetime, *more: Any) -> Select[Any]:
    return (
        select(
            Permit,
            _shown(now).label("shown"),
            Account.account_ref,
            Agency.name,
            Agency.name_zh,
            *more,
        )
        .join(Account, and_(Account.bank_id == Permit.bank_id, Account.id == Permit.account_id))
        .outerjoin(Agency, Agency.id == Permit.agency_id)
    )


def _shown(now: datetime) -> ColumnElement[str]:
    lapsed = and_(Permit.state == PermitState.GRANTED, Permit.expires_at <= now)
    return case((lapsed, literal(Shown.LAPSED.value)), else_=cast(Permit.state, Text))


def _matching(bank_id: UUID, chosen: PermitSearch, now: datetime) -> ColumnElement[bool]:
    day = local_day(bank_id, Permit.asked_at)
    bounds: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (chosen.state, lambda value: _shown(now) == value.value),
        (chosen.channel, lambda value: Permit.channel == value),
        (chosen.agency_id, lambda value: Permit.agency_id == value),
        (chosen.by_bank, lambda _: Permit.agency_id.is_(None)),
        (chosen.rule, _speaks_against),
        (chosen.from_on, lambda value: day >= value),
        (chosen.to_on, lambda value: day <= value),
    ]
    return and_(
        Permit.bank_id == bank_id,
        *(condition(value) for value, condition in bounds if value),
    )


def _speaks_against(rule: str) -> ColumnElement[bool]:
    """Return the condition that a rule said anything but allow."""
    path = '$.findings[*] ? (@.rule == $rule && @.verdict != "allow")'
    return func.jsonb_path_exists(
        Permit.judgement, cast(literal(path), JSONPATH), func.jsonb_build_object("rule", rule)
    )


def _line(row: Any) -> PermitLine:
    permit = row.Permit
    return PermitLine(
        id=permit.id,
        asked_at=permit.asked_at,
        account_id=permit.account_id,
        account_ref=row.account_ref,
        agency=maker(row.name, row.name_zh),
        channel=permit.channel,
        role=Role(permit.target),
        state=Shown(row.shown),
        verdict=permit.verdict,
        reasons=_reasons(permit.judgement),
        next_allowed_at=permit.next_allowed_at if permit.state is PermitState.DENIED else None,
        decision=permit.decision_reason,
        decided_at=permit.decided_at,
        decided_side=permit.decided_side,
        void_reason=permit.void_reason,
    )


def _reasons(judgement: Mapping[str, Any]) -> list[Reason]:
    """Return what the rules said against a contact, the strictest first."""
    order = list(Verdict)
    found = [
        Reason(
            sentence=say(each["code"], each["values"]),
            rule_id=each["rule"],
            citation=citation(each["citation"]),
            verdict=Verdict(each["verdict"]),
            confidence=Confidence(each["confidence"]),
        )
        for each in judgement["findings"]
        if each["verdict"] != Verdict.ALLOW
    ]
    return sorted(found, key=lambda each: -order.index(each.verdict))


EXPORTED = (
    *(_l("When"), _l("Account number"), _l("Agency"), _l("Channel"), _l("Who was to be reached")),
    *(_l("State"), _l("What speaks against it"), _l("Rules"), _l("Citations")),
    *(_l("Allowed again from"), _l("Decided"), _l("Reason"), _l("Number")),
)


def list_exported(
    session: Session, bank_id: UUID, chosen: PermitSearch, now: datetime
) -> Iterator[list[Cell]]:
    """Yield every permit of a filter, newest first, as cells under `EXPORTED`."""
    statement = (
        _lines(now)
        .where(_matching(bank_id, chosen, now))
        .order_by(Permit.asked_at.desc(), Permit.id.desc())
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in session.execute(statement):
        line = _line(row)
        yield [
            *(line.asked_at, line.account_ref, line.agency, words.label(line.channel)),
            *(words.label(line.role), words.label(line.state)),
            "\n".join(each.sentence for each in line.reasons),
            ", ".join(each.rule_id for each in line.reasons),
            "; ".join(each.citation for each in line.reasons),
            *(line.next_allowed_at, line.decided_at, line.decision, line.id),
        ]
