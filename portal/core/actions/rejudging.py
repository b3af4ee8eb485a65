"""Judging again: when a late row changes what was so, and when somebody asks to see it replayed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actions.bank_rules import find_pack
from portal.core.actions.judging import keep, packs_record, write_breaches
from portal.core.actions.knowledge import HISTORY, Knowledge, gather
from portal.core.actions.models import Action, KeptJudgement, Permit
from portal.core.errors import Invalid, NotFound
from portal.core.principal import Principal
from portal.core.rules import (
    ContactFacts,
    HoldKind,
    Judgement,
    Pack,
    compile_pack,
    judge,
    judge_done,
    load_packs,
)
from portal.core.rules.record import facts_from_record

_READ = text("SELECT doors.read_pack(:hash)")


def judge_again(
    session: Session,
    actor: Principal,
    debtor_id: UUID,
    *,
    since: datetime,
    now: datetime,
    cause: str,
) -> int:
    """Judge again what was done to a person from an instant on; return how many answers changed.

    A row that arrives late can change the verdict of rows already judged, of every agency: so this
    is the machine's work, for one bank. What was known of the account when an action was first
    judged (its balance, its plan, where the person lived) stays as it was; contacts and dated
    statements are read anew. An action whose judgement comes out the same is left as it is.

    Raises:
        NotFound: the actor is not the machine of a bank.
    """
    if actor.bank_id is None:
        raise NotFound
    actions = session.scalars(
        select(Action)
        .where(
            Action.bank_id == actor.bank_id,
            Action.debtor_id == debtor_id,
            Action.made_at >= since,
        )
        .order_by(Action.made_at, Action.id)
    ).all()
    if not actions:
        return 0
    until = actions[-1].made_at
    known = gather(session, actor.bank_id, [debtor_id], since=since - HISTORY, until=until)
    latest = _latest(session, actions)
    changed = sum(
        _judge_again(session, action, latest[action.id], known[debtor_id], now, cause)
        for action in actions
        if action.id in latest
    )
    if changed:
        facts = {"changed": changed, "cause": cause}
        audit.record(session, actor, "debtor.rejudged", debtor_id, facts=facts)
    session.flush()
    return changed


def _latest(session: Session, actions: Iterable[Action]) -> dict[UUID, KeptJudgement]:
    ids = [action.id for action in actions]
    kept = session.scalars(
        select(KeptJudgement)
        .where(KeptJudgement.action_id.in_(ids))
        .order_by(KeptJudgement.action_id, KeptJudgement.number)
    )
    return {each.action_id: each for each in kept}


def _judge_again(
    session: Session,
    action: Action,
    before: KeptJudgement,
    known: Knowledge,
    now: datetime,
    cause: str,
) -> bool:
    facts = _known_now(facts_of(before, history={}), known)
    on = action.made_at.astimezone(UTC).date()
    own = find_pack(session, action.bank_id, on)
    packs = load_packs(facts.jurisdictions, on)
    packs = packs if own is None else (*packs, own)
    judgement = judge_done(facts, packs)
    if _same(before, judgement, [pack.hash for pack in packs], facts):
        return False
    number = before.number + 1
    kept = keep(action, facts, judgement, packs_record(session, packs), number, cause, now)
    session.add(kept)
    write_breaches(session, action, judgement, kept, now)
    return True


def _known_now(facts: ContactFacts, known: Knowledge) -> ContactFacts:
    """Return facts with what is on record by now; rules leave out what was not known then."""
    unverified = [hold for hold in facts.holds if hold.kind is HoldKind.BALANCE_UNVERIFIED]
    return replace(
        facts,
        history=known.history_at(facts.at, str(facts.id)),
        consents=tuple(known.consents),
        opt_outs=tuple(known.opt_outs),
        windows=tuple(known.windows),
        barred_places=known.barred_places_at(facts.at),
        ceases=tuple(known.ceases),
        disputes=tuple(known.disputes),
        representations=tuple(known.representations),
        holds=(*known.holds, *unverified),
        wishes=known.wishes_at(facts.at),
    )


def _same(
    before: KeptJudgement, judgement: Judgement, packs: list[str], facts: ContactFacts
) -> bool:
    """Tell whether nothing changed: neither the answer nor the contacts it rests on."""
    rules = sorted({finding.rule_id for finding in judgement.breaches})
    if before.verdict is not judgement.verdict or before.rules != rules:
        return False
    counted = {past.id for past in facts.history if past.id != facts.id}
    return counted == set(before.facts.get("history", ())) and packs == [
        pack["hash"] for pack in before.packs
    ]


def facts_of(kept: KeptJudgement, *, history: Mapping[str, Any]) -> ContactFacts:
    """Return the facts a judgement was made from; `history` gives past contacts by their id."""
    record = dict(kept.facts)
    ids = record.pop("history", [])
    wrong = set(record.pop("misdirected", ()))
    facts = facts_from_record(record)
    past = [history[each] for each in ids if each in history]
    return replace(
        facts,
        history=tuple(
            replace(contact, misdirected=True) if contact.id in wrong else contact
            for contact in past
        ),
    )


#: What stands for an answer that cannot be made again: its facts or its pack are not as kept.
NO_ANSWER = "none"


@dataclass(frozen=True)
class Replay:
    """One stored decision made again: what was decided, what comes out now."""

    id: UUID
    kind: str
    was: str
    rules_were: tuple[str, ...]
    now: str
    rules_now: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Tell whether the same facts and packs gave the same answer."""
        return self.was == self.now and self.rules_were == self.rules_now


def replay(
    session: Session, actor: Principal, *, limit: int, after: UUID | None = None
) -> list[Replay]:
    """Make stored decisions of the acting bank again, newest first, from their own facts and packs.

    Raises:
        NotFound: the actor sees no whole bank.
    """
    if actor.bank_id is None:
        raise NotFound
    statement = select(KeptJudgement).where(KeptJudgement.bank_id == actor.bank_id)
    if after is not None:
        statement = statement.where(KeptJudgement.id < after)
    kept = session.scalars(statement.order_by(KeptJudgement.id.desc()).limit(limit)).all()
    histories = _histories(session, actor.bank_id, kept)
    found = [_replay_kept(session, each, histories[each.debtor_id]) for each in kept]
    permits = session.scalars(
        select(Permit)
        .where(Permit.bank_id == actor.bank_id)
        .order_by(Permit.asked_at.desc(), Permit.id)
        .limit(limit)
    )
    return found + [_replay_permit(session, permit) for permit in permits]


def _histories(
    session: Session, bank_id: UUID, kept: Iterable[KeptJudgement]
) -> dict[UUID, dict[str, Any]]:
    spans: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for each in kept:
        spans[each.debtor_id].append(_moment(each))
    if not spans:
        return {}
    instants = [at for ats in spans.values() for at in ats]
    known = gather(session, bank_id, spans, since=min(instants) - HISTORY, until=max(instants))
    return {
        debtor_id: {str(past.id): past for past in known[debtor_id].history} for debtor_id in spans
    }


def _moment(kept: KeptJudgement) -> datetime:
    """Return when an action was made, as its facts say; facts that say no instant tell nothing."""
    try:
        at = datetime.fromisoformat(str(kept.facts.get("at")))
    except ValueError:
        return kept.judged_at
    return at if at.tzinfo else kept.judged_at


def _replay_kept(session: Session, kept: KeptJudgement, history: Mapping[str, Any]) -> Replay:
    def make() -> Judgement:
        facts = facts_of(kept, history=history)
        return judge_done(facts, _packs(session, kept.packs, facts.at))

    return Replay(kept.id, "action", kept.verdict.value, tuple(kept.rules), *_again(make))


def _replay_permit(session: Session, permit: Permit) -> Replay:
    def make() -> Judgement:
        facts = facts_from_record(permit.facts)
        return judge(facts, _packs(session, permit.packs, facts.at))

    were = {each["rule"] for each in permit.judgement["findings"] if each["verdict"] != "allow"}
    return Replay(permit.id, "permit", permit.verdict.value, tuple(sorted(were)), *_again(make))


def _again(make: Callable[[], Judgement]) -> tuple[str, tuple[str, ...]]:
    """Return the verdict and rules that come out now; none where facts or pack are not as kept."""
    try:
        judgement = make()
    except (NotFound, Invalid, TypeError, ValueError):  # whoever tampers may have left anything
        return NO_ANSWER, ()
    return (
        judgement.verdict.value,
        tuple(sorted({finding.rule_id for finding in judgement.breaches})),
    )


def _packs(session: Session, packs: list[dict[str, Any]], at: datetime) -> list[Pack]:
    on = at.astimezone(UTC).date()
    return [_pack(session, pack["hash"]).in_force_on(on) for pack in packs]


def _pack(session: Session, digest: str) -> Pack:
    found = _compiled_packs.get(digest)
    if found is None:
        document = session.scalar(_READ, {"hash": digest})
        if document is None:
            raise NotFound("The rule pack of this decision is not on file.")
        found = _compile(json.dumps(document, sort_keys=True))
        if found.hash != digest:
            raise NotFound("The rule pack of this decision is not what it was.")
        _compiled_packs[digest] = found
    return found


_compiled_packs: dict[str, Pack] = {}


@lru_cache(maxsize=256)
def _compile(document: str) -> Pack:
    return compile_pack(json.loads(document))
