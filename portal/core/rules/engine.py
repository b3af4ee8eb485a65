"""The judgement: every check of every pack asked, the strictest answer taken, and when it turns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from portal.core.rules.facts import ContactFacts
from portal.core.rules.findings import Check, Finding, Judgement, Reach, Rule, strictest
from portal.core.rules.kinds import (
    Act,
    Channel,
    Confidence,
    Direction,
    Purpose,
    Role,
    Severity,
    Verdict,
)
from portal.core.rules.known import Known
from portal.core.rules.pack import ANYWHERE, BASE_PACK, Pack
from portal.core.rules.registry import EVALUATORS

_HORIZON = timedelta(days=400)
_STEPS = 60
_HOURS = "within_window"  # the evaluator of rules of hours

#: The facts without which some evaluators find nothing.
NEEDS = tuple(sorted({each.needs for each in EVALUATORS.values() if each.needs is not None}))

_ENGINE = Rule(
    id="PORTAL-ENGINE",
    citation="The portal's own rule: what nobody can show to be allowed is decided by a person.",
    severity=Severity.JUDGEMENT,
    confidence=Confidence.OWN,
    source="own rule",
    source_checked_on=date(2026, 11, 24),
    pack_id=BASE_PACK,
)


def judge(facts: ContactFacts, packs: Sequence[Pack]) -> Judgement:
    """Decide one act by all packs together; the strictest verdict wins.

    Rules read nothing but the facts: the same facts and packs give the same judgement years later.
    What is missing is never taken for permission: no zone, no pack for where the person lives, and
    a channel nobody knows are for a person to decide.
    """
    known, questions = Known(facts), questions_for(facts, packs)
    judgement = judge_known(known, questions)
    if judgement.is_allowed:
        return replace(judgement, next_allowed_at=facts.at)
    turns_at = next_allowed(known, questions.checks, judgement.findings)
    return replace(judgement, next_allowed_at=turns_at)


def judge_done(facts: ContactFacts, packs: Sequence[Pack]) -> Judgement:
    """Decide one act that has happened, as `judge` does, without asking when it may be repeated.

    Meant for actions logged one at a time: working out the next time is most of the cost of a
    refusal, and of no use for what is past. For whole logs there is `batch.judge_all`.
    """
    return judge_known(Known(facts, seeks_next=False), questions_for(facts, packs))


def judge_known(known: Known, questions: Questions) -> Judgement:
    """Decide an act by the questions for acts of its kind, without looking for a later time."""
    findings, pending = ask(known, questions.checks)
    findings += questions.gaps
    return Judgement(
        verdict=strictest(findings),
        findings=tuple(findings),
        next_allowed_at=None,
        pending=tuple(pending),
    )


def ask(known: Known, checks: Sequence[Check[Any]]) -> tuple[list[Finding], list[str]]:
    """Ask an act's own checks; return what they found, and the rules that wait for its words."""
    silent = known.facts.message is None
    findings: list[Finding] = []
    pending: list[str] = []
    for check in checks:
        if check.by_kind and not _is_about_kind(known, check.reach):
            continue
        if silent and check.needs_message:
            pending.append(check.rule.id)
            continue
        found = check.evaluate(known, check)
        if found is not None:
            findings.append(found)
    return findings, pending


def _is_about_kind(known: Known, reach: Reach) -> bool:
    kinds = {account.kind for account in known.accounts() if account.kind is not None}
    if not kinds:
        return True  # a debt of unknown kind may be any
    return bool(kinds & reach.kinds if reach.kinds else kinds - reach.not_kinds)


@dataclass(frozen=True, slots=True)
class Questions:
    """What packs ask about acts of one kind, and what stands against any of them from the start."""

    checks: tuple[Check[Any], ...]
    gaps: tuple[Finding, ...]


_WATCHED = (*NEEDS, "zones")
_watched = attrgetter(*_WATCHED)


def given(facts: ContactFacts) -> tuple[bool, ...]:
    """Tell of each of the facts that decide what is asked whether there are any."""
    return tuple(map(bool, _watched(facts)))


def questions_for(facts: ContactFacts, packs: Sequence[Pack]) -> Questions:
    """Return what packs ask about an act; the same for all acts that are alike."""
    asked = [pack.for_creditor() for pack in packs] if facts.is_by_creditor else packs
    return questions_of(
        tuple(asked),
        facts.act,
        facts.channel,
        facts.direction,
        facts.role,
        facts.purpose,
        given(facts),
    )


@lru_cache(maxsize=4096)
def questions_of(
    packs: tuple[Pack, ...],
    act: Act,
    channel: Channel,
    direction: Direction,
    role: Role,
    purpose: Purpose | None,
    has: tuple[bool, ...],
) -> Questions:
    """Return what packs ask about acts of a kind when some facts are there and others are not.

    Each question is asked once. Those are left out that say nothing of such a person or purpose,
    or without the facts they need.
    """
    checks = [check for pack in packs for check in pack.checks_for(act, channel, direction)]
    asked = {check.name for check in checks if not check.rule.fallback}
    missing = {name for name, is_there in zip(_WATCHED, has, strict=True) if not is_there}
    codes = _gaps(packs, act, channel, direction)
    if "zones" in missing and act is Act.CONTACT and direction is Direction.OUTBOUND:
        codes = [*codes, *_gaps_without_zone(asked, channel)]
    return Questions(
        tuple(
            check
            for check in checks
            if check.needs not in missing
            and check.reach.concerns(role, purpose)
            and not (check.rule.fallback and check.name in asked)
        ),
        tuple(Finding(rule=_ENGINE, verdict=Verdict.REVIEW, code=code) for code in codes),
    )


def _gaps(packs: Sequence[Pack], act: Act, channel: Channel, direction: Direction) -> Iterable[str]:
    contact = act is Act.CONTACT
    outbound = contact and direction is Direction.OUTBOUND
    if not any(
        pack.jurisdiction != ANYWHERE and (pack.governs_contacts or not outbound) for pack in packs
    ):
        yield "no_rules_for_place"  # silence is no permission
    if contact and channel is Channel.UNKNOWN:
        yield "unknown_channel"


def _gaps_without_zone(asked: Collection[str], channel: Channel) -> Iterable[str]:
    """Where no rule of hours asks for a zone, or names its own, nobody knows what time it is."""
    if channel is not Channel.LETTER and _HOURS not in asked:
        yield "no_zone_on_file"


def next_allowed(
    known: Known, checks: Sequence[Check[Any]], findings: Sequence[Finding]
) -> datetime | None:
    """Return the first later instant at which the same contact would be allowed.

    Each check that stands against it names when it alone would give way; the latest of those is
    tried, by all checks that time can change, until none stands against it. None when one names no
    time: then only a person, or a changed fact, can allow it.
    """
    timed = [check for check in checks if check.timed]
    moment = known.at
    for _ in range(_STEPS):
        against = [finding for finding in findings if finding.is_breach]
        if not against:
            return moment
        ends = [finding.next_allowed_at for finding in against]
        later = [end for end in ends if end is not None and end > moment]
        if len(later) < len(ends) or max(later) - known.at > _HORIZON:
            return None
        moment = max(later)
        findings, _pending = ask(known.later(moment), timed)
    return None
