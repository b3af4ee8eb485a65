"""Read model of one breach as both sides see it: the rule, what it counted, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.breaches import Deed, deeds_open_to
from portal.core.actions.models import (
    Action,
    Breach,
    BreachEvent,
    BreachState,
    KeptJudgement,
)
from portal.core.actions.rejudging import facts_of
from portal.core.errors import NotFound
from portal.core.parties.models import Agency, Bank
from portal.core.permissions import Side
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome, Role, Severity, Verdict
from portal.core.rules.kinds import Confidence
from portal.web.compliance.counted import CountedEvent, list_counted, organisation
from portal.web.compliance.facts import Fact, tell_facts
from portal.web.findings import say
from portal.web.rule_titles import citation, rule_source, rule_title
from portal.web.rule_values import Line, lines_of

_READ_PACK = text("SELECT doors.read_pack(:hash)")


@dataclass(frozen=True)
class RuleText:
    """A rule as the kept pack has it: its title, and how well it was checked, and when."""

    title: str = ""
    confidence: Confidence | None = None
    source: str = ""
    source_checked_on: date | None = None


@dataclass(frozen=True)
class Step:
    """What became of a breach: a change of its state, by whom and why."""

    source: BreachState
    target: BreachState
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True)
class JudgementLine:
    """One judgement of the action; the one the breach was found by is marked."""

    number: int
    cause: str
    verdict: Verdict
    rules: Sequence[str]
    judged_at: datetime
    found_it: bool


@dataclass(frozen=True)
class BreachPage:
    """What the page of a breach shows."""

    id: UUID
    bank: str
    bank_zone: str
    agency: str
    account_id: UUID
    account_ref: str
    action_id: UUID
    made_at: datetime
    recorded_at: datetime
    late_reason: str
    channel: Channel
    direction: Direction
    outcome: Outcome
    role: Role
    has_permit: bool
    sentence: str
    rule_id: str
    prong: str
    citation: str
    severity: Severity
    verdict: Verdict
    rule: RuleText
    parameters: list[Line]
    events: list[CountedEvent]
    unseen: int
    pack: str
    pack_version: str
    pack_hash: str
    facts: list[Fact]
    judgements: list[JudgementLine]
    steps: list[Step]
    state: BreachState
    found_at: datetime
    deeds: list[Deed]


def get_breach(session: Session, actor: Principal, breach_id: UUID) -> BreachPage:
    """Return a breach for the bank it was found at, or for the agency that acted.

    Raises:
        NotFound: there is none, or another agency acted.
    """
    row = session.execute(
        select(
            Breach,
            Action,
            Bank.name.label("bank"),
            Bank.name_zh.label("bank_zh"),
            Bank.timezone,
            Agency.name,
            Agency.name_zh,
            Account.account_ref,
        )
        .join(Action, and_(Action.bank_id == Breach.bank_id, Action.id == Breach.action_id))
        .join(Bank, Bank.id == Breach.bank_id)
        .outerjoin(Agency, Agency.id == Breach.made_by_agency_id)
        .outerjoin(
            Account, and_(Account.bank_id == Breach.bank_id, Account.id == Breach.account_id)
        )
        .where(Breach.id == breach_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if actor.side is Side.AGENCY and row.Breach.made_by_agency_id != actor.agency_id:
        raise NotFound
    return _page(session, actor, row)


def _page(session: Session, actor: Principal, row: Any) -> BreachPage:
    breach, action = row.Breach, row.Action
    kept = session.scalars(
        select(KeptJudgement)
        .where(KeptJudgement.bank_id == breach.bank_id, KeptJudgement.action_id == action.id)
        .order_by(KeptJudgement.number)
    ).all()
    counted = [str(event) for event in breach.facts.get("events", ())]
    others = [UUID(event) for event in counted if event != str(action.id)]
    events = list_counted(session, breach, action.made_at, others)
    return BreachPage(
        id=breach.id,
        bank=organisation(row.bank, row.bank_zh),
        bank_zone=row.timezone,
        agency=organisation(row.name, row.name_zh),
        account_id=breach.account_id,
        account_ref=row.account_ref or "",
        action_id=action.id,
        made_at=action.made_at,
        recorded_at=action.recorded_at,
        late_reason=action.late_reason,
        channel=Channel(action.channel),
        direction=Direction(action.direction),
        outcome=Outcome(action.outcome),
        role=Role(action.target),
        has_permit=action.permit_id is not None,
        sentence=say(breach.code, breach.facts.get("values", {})),
        rule_id=breach.rule_id,
        prong=breach.prong,
        citation=citation(breach.citation),
        severity=Severity(breach.severity),
        verdict=Verdict(breach.verdict),
        rule=read_rule(session, breach.pack_hash, breach.rule_id),
        parameters=lines_of(breach.facts.get("parameters", {})),
        events=events,
        unseen=len(others) - len(events),
        pack=breach.pack,
        pack_version=breach.pack_version,
        pack_hash=breach.pack_hash,
        facts=_facts(kept, breach),
        judgements=[_judgement(each, breach) for each in kept],
        steps=_steps(session, row),
        state=breach.state,
        found_at=breach.found_at,
        deeds=deeds_open_to(actor, breach.state, breach.made_by_agency_id),
    )


def read_rule(session: Session, pack_hash: str, rule_id: str) -> RuleText:
    """Return a rule as the pack had it that decided, by the pack's hash; nothing when it is gone.

    The pack is read from what was kept, never from what is in force now.
    """
    document = session.scalar(_READ_PACK, {"hash": pack_hash}) or {}
    for rule in document.get("rules", ()):
        if rule["id"] == rule_id:
            return RuleText(
                title=rule_title(rule["title"]),
                confidence=Confidence(rule["confidence"]),
                source=rule_source(rule["source"]),
                source_checked_on=date.fromisoformat(rule["source_checked_on"]),
            )
    return RuleText()


def _facts(kept: Sequence[KeptJudgement], breach: Breach) -> list[Fact]:
    for each in kept:
        if each.number == breach.judgement_number:
            earlier = len(each.facts.get("history", ()))
            return tell_facts(facts_of(each, history={}), known_contacts=earlier)
    return []


def _judgement(kept: KeptJudgement, breach: Breach) -> JudgementLine:
    return JudgementLine(
        number=kept.number,
        cause=cause_words(kept.cause),
        verdict=kept.verdict,
        rules=kept.rules,
        judged_at=kept.judged_at,
        found_it=kept.number == breach.judgement_number,
    )


def cause_words(code: str) -> str:
    """Return why an action was judged; a cause without words keeps its code."""
    words = {
        "logged": gettext("when it was logged"),
        "late_row": gettext("after an entry that came late"),
    }
    return str(words.get(code, code))


def _steps(session: Session, row: Any) -> list[Step]:
    breach = row.Breach
    sides = {
        Side.BANK: organisation(row.bank, row.bank_zh),
        Side.AGENCY: organisation(row.name, row.name_zh),
    }
    events = session.scalars(
        select(BreachEvent)
        .where(BreachEvent.bank_id == breach.bank_id, BreachEvent.breach_id == breach.id)
        .order_by(BreachEvent.at.desc(), BreachEvent.id.desc())
    )
    return [
        Step(
            each.from_state,
            each.to_state,
            _said(each.reason),
            " · ".join(filter(None, (each.by_name, sides.get(each.by_side, gettext("Portal"))))),
            each.at,
        )
        for each in events
    ]


def _said(reason: str) -> str:
    """Return why a step was taken; what the machine writes is put into words today."""
    words = {
        "Judged again after a later entry: the rule was broken.": gettext(
            "Judged again after a later entry: the rule was broken."
        ),
        "Judged again after a later entry: the rule was not broken.": gettext(
            "Judged again after a later entry: the rule was not broken."
        ),
    }
    return str(words.get(reason, reason))
