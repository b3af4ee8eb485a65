"""Judging what was done: the judgement kept for replay, and the breaches it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.contact import Deed, Subject, contact_facts
from portal.core.actions.knowledge import Knowledge
from portal.core.actions.models import (
    Action,
    Breach,
    BreachEvent,
    BreachState,
    KeptJudgement,
    Permit,
)
from portal.core.db import uuid7
from portal.core.permissions import Role as StaffRole
from portal.core.permissions import Side
from portal.core.principal import Principal
from portal.core.rules import (
    Channel,
    ContactFacts,
    Direction,
    Finding,
    Judgement,
    Outcome,
    Pack,
    Purpose,
    Role,
    Verdict,
    judge_done,
    jurisdictions_for,
    load_packs,
)
from portal.core.rules.record import facts_to_record

_KEEP = text("SELECT doors.keep_pack(:hash, CAST(:document AS jsonb))")
_READ = text("SELECT doors.read_pack(:hash)")
_kept_packs: set[str] = set()
_KEPT_NOW = "packs kept in this transaction"


def packs_record(session: Session, packs: Sequence[Pack]) -> list[dict[str, Any]]:
    """Return which packs were asked, so that they can be asked again.

    The content of each is kept under its hash, once for each process that has seen it committed.
    """
    for pack in packs:
        if pack.hash not in _kept_packs:
            session.execute(_KEEP, {"hash": pack.hash, "document": pack.document})
            session.info.setdefault(_KEPT_NOW, set()).add(pack.hash)
    return [{"id": pack.id, "version": pack.version, "hash": pack.hash} for pack in packs]


@event.listens_for(Session, "after_commit")
def _remember_kept(session: Session) -> None:
    """Only what a transaction committed is kept: one that is taken back keeps nothing."""
    _kept_packs.update(session.info.pop(_KEPT_NOW, ()))


@event.listens_for(Session, "after_rollback")
def _forget_kept(session: Session) -> None:
    session.info.pop(_KEPT_NOW, None)


def packs_on(country: str, state: str, own: Pack | None, on: date) -> tuple[Pack, ...]:
    """Return the shipped packs that protect somebody living there on a day, and a bank's own."""
    shipped = load_packs(jurisdictions_for(country, state), on)
    return shipped if own is None else (*shipped, own)


def deed_of(action: Action) -> Deed:
    """Return an action as the contact that was made."""
    return Deed(
        channel=Channel(action.channel),
        at=action.made_at,
        direction=Direction(action.direction),
        role=Role(action.target),
        outcome=Outcome(action.outcome),
        purpose=Purpose(action.purpose) if action.purpose else None,
        contact_point_id=action.contact_point_id,
        id=action.id,
        external_id=action.external_id,
        in_reply_to=action.in_reply_to,
        automated=action.automated,
    )


def judge_action(
    session: Session,
    action: Action,
    subject: Subject,
    known: Knowledge,
    *,
    now: datetime,
) -> KeptJudgement:
    """Judge an action by what was known when it was made; keep the judgement and its breaches."""
    on = action.made_at.astimezone(UTC).date()
    own = find_pack(session, action.bank_id, on)
    packs = packs_on(subject.country, subject.state, own, on)
    facts = contact_facts(
        subject,
        known,
        deed_of(action),
        made_by=action.made_by_agency_id,
        balance_days=balance_days(own),
    )
    judgement = judge_done(facts, packs)
    kept = keep(action, facts, judgement, packs_record(session, packs), 1, "logged", now)
    session.add(kept)
    write_breaches(session, action, judgement, kept, now)
    return kept


def settle_decided(session: Session, action: Action, permit: Permit, *, at: datetime) -> None:
    """Carry what a person decided beforehand over to the findings it was about.

    The bank's word settles them; the agency's own is its explanation, which the bank still sees.
    """
    if permit.decided_side is None or permit.decided_by is None:
        return
    by = Principal(side=permit.decided_side, user_id=permit.decided_by, role=StaffRole.NONE)
    to = BreachState.WAIVED if permit.decided_side is Side.BANK else BreachState.EXPLAINED
    asked = {
        (each["rule"], each["prong"], each["code"])
        for each in permit.judgement["findings"]
        if each["verdict"] == Verdict.REVIEW
    }
    session.flush()
    found = session.scalars(
        select(Breach)
        .where(
            Breach.bank_id == action.bank_id,
            Breach.action_id == action.id,
            Breach.verdict == Verdict.REVIEW.value,
            Breach.state == BreachState.OPEN,
        )
        .order_by(Breach.id)
    )
    for breach in found.all():
        if (breach.rule_id, breach.prong, breach.code) in asked:
            move(session, breach, to, by, permit.decision_reason, at)


def keep(
    action: Action,
    facts: ContactFacts,
    judgement: Judgement,
    packs: list[dict[str, Any]],
    number: int,
    cause: str,
    now: datetime,
) -> KeptJudgement:
    """Return the record of a judgement; past contacts are kept as their ids."""
    return KeptJudgement(**kept_values(action, facts, judgement, packs, number, cause, now))


def kept_values(
    action: Action,
    facts: ContactFacts,
    judgement: Judgement,
    packs: list[dict[str, Any]],
    number: int,
    cause: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the record of a judgement as the values of its row, for writing many at once."""
    record = facts_to_record(facts, without=("history",))
    record["history"] = [past.id for past in facts.history if past.id != facts.id]
    if wrong := [past.id for past in facts.history if past.misdirected]:
        record["misdirected"] = wrong
    return {
        **_of_action(action),
        "number": number,
        "cause": cause,
        "verdict": judgement.verdict,
        "rules": sorted({finding.rule_id for finding in judgement.breaches}),
        "facts": record,
        "packs": packs,
        "judged_at": now,
    }


def _of_action(action: Action) -> dict[str, Any]:
    """Return what a row about an action copies from it, with an id of its own."""
    return {
        "bank_id": action.bank_id,
        "id": uuid7(),
        "action_id": action.id,
        "account_id": action.account_id,
        "debtor_id": action.debtor_id,
        "agency_id": action.agency_id,
        "made_by_agency_id": action.made_by_agency_id,
    }


def write_breaches(
    session: Session, action: Action, judgement: Judgement, kept: KeptJudgement, now: datetime
) -> None:
    """Bring an action's breaches in line with a judgement of it.

    The first judgement writes them. A later one adds those that have come to light and clears
    those that have gone: neither is ever taken back without a trace.
    """
    found = {(f.rule_id, f.prong, f.code): f for f in judgement.breaches}
    standing: dict[tuple[str, str, str], Breach] = {}
    if kept.number > 1:
        before = session.scalars(
            select(Breach).where(Breach.bank_id == action.bank_id, Breach.action_id == action.id)
        )
        standing = {(breach.rule_id, breach.prong, breach.code): breach for breach in before}
    for key, finding in found.items():
        old = standing.get(key)
        if old is None:
            session.add(breach_of(action, finding, kept.number, now))
        elif old.state is BreachState.CLEARED:
            move(session, old, BreachState.OPEN, Principal.system(action.bank_id), _REOPENED, now)
    for key, breach in standing.items():
        if key not in found and breach.state is not BreachState.CLEARED:
            system = Principal.system(action.bank_id)
            move(session, breach, BreachState.CLEARED, system, _CLEARED, now)
    note_judgement(action, judgement, kept.number)


def note_judgement(action: Action, judgement: Judgement, number: int) -> None:
    """Note on an action how it was judged, for lists that show many."""
    action.breach_count = len(judgement.breaches)
    action.judgement = {
        "verdict": judgement.verdict.value,
        "rules": sorted({finding.rule_id for finding in judgement.findings}),
        "packs": sorted({finding.pack_hash for finding in judgement.findings}),
        "number": number,
    }


_REOPENED = "Judged again after a later entry: the rule was broken."
_CLEARED = "Judged again after a later entry: the rule was not broken."


def move(
    session: Session,
    breach: Breach,
    to: BreachState,
    by: Principal,
    reason: str,
    at: datetime,
    *,
    name: str = "",
) -> BreachEvent:
    """Change a breach's state, with who did it and why written beside it."""
    event = BreachEvent(
        bank_id=breach.bank_id,
        id=uuid7(),
        breach_id=breach.id,
        account_id=breach.account_id,
        debtor_id=breach.debtor_id,
        agency_id=breach.agency_id,
        made_by_agency_id=breach.made_by_agency_id,
        from_state=breach.state,
        to_state=to,
        reason=reason,
        by_side=by.side,
        by_user=by.user_id,
        by_name=name,
        at=at,
    )
    breach.state, breach.changed_at = to, at
    session.add(event)
    return event


def breach_of(action: Action, finding: Finding, number: int, now: datetime) -> Breach:
    """Return the record of a rule an action broke."""
    return Breach(**breach_values(action, finding, number, now))


def breach_values(action: Action, finding: Finding, number: int, now: datetime) -> dict[str, Any]:
    """Return the record of a rule an action broke as the values of its row."""
    return {
        **_of_action(action),
        "rule_id": finding.rule_id,
        "code": finding.code,
        "prong": finding.prong,
        "citation": finding.citation,
        "severity": finding.rule.severity.value,
        "verdict": finding.verdict.value,
        "facts": {
            "values": {name: plain(value) for name, value in finding.values.items()},
            "parameters": {name: plain(value) for name, value in finding.parameters.items()},
            "events": [str(event) for event in finding.events],
        },
        "pack": finding.rule.pack_id,
        "pack_version": finding.pack_version,
        "pack_hash": finding.pack_hash,
        "judgement_number": number,
        "found_at": now,
    }


def plain(value: object) -> object:
    """Return a finding's value as JSON keeps it, so that it can be put into words years later."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(each) for each in value)
    return str(value)
