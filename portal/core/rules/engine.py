"""The judgement: every check of every pack asked, the strictest answer taken, and when it turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    known, checks = Known(facts), checks_for(facts, packs)
    judgement = _judge(known, checks, packs)
    if judgement.is_allowed:
        return replace(judgement, next_allowed_at=facts.at)
    turns_at = next_allowed(known, checks, judgement.findings)
    return replace(judgement, next_allowed_at=turns_at)


def judge_done(facts: ContactFacts, packs: Sequence[Pack]) -> Judgement:
    """Decide one act that has happened, as `judge` does, without asking when it may be repeated.

    Meant for actions logged or imported by the thousand: working out the next time is most of the
    cost of a refusal, and of no use for what is past.
    """
    known = Known(facts, seeks_next=False)
    return _judge(known, checks_for(facts, packs), packs)


def _judge(known: Known, checks: Sequence[Check[Any]], packs: Sequence[Pack]) -> Judgement:
    findings, pending = ask(known, checks)
    findings.extend(_gaps(known.facts, packs))
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


def checks_for(facts: ContactFacts, packs: Sequence[Pack]) -> tuple[Check[Any], ...]:
    """Return the checks that packs ask about this act, each question once.

    Left out are those that say nothing of such a person or purpose, or without facts that are not
    there; what remains is the same for all acts alike in this, and worked out once.
    """
    return checks_of(
        tuple(packs),
        facts.act,
        facts.channel,
        facts.direction,
        facts.role,
        facts.purpose,
        given(facts),
    )


_needed = attrgetter(*NEEDS)


def given(facts: ContactFacts) -> tuple[bool, ...]:
    """Tell of each of the facts that some checks need whether there are any."""
    return tuple(map(bool, _needed(facts)))


@lru_cache(maxsize=8192)
def checks_of(
    packs: tuple[Pack, ...],
    act: Act,
    channel: Channel,
    direction: Direction,
    role: Role,
    purpose: Purpose | None,
    has: tuple[bool, ...],
) -> tuple[Check[Any], ...]:
    """Return the checks for all acts of a kind, when some facts are there and others are not."""
    checks = [check for pack in packs for check in pack.checks_for(act, channel, direction)]
    asked = {check.name for check in checks if not check.rule.fallback}
    missing = {name for name, is_there in zip(NEEDS, has, strict=True) if not is_there}
    return tuple(
        check
        for check in checks
        if check.needs not in missing
        and check.reach.concerns(role, purpose)
        and not (check.rule.fallback and check.name in asked)
    )


def _gaps(facts: ContactFacts, packs: Sequence[Pack]) -> list[Finding]:
    codes = []
    if not any(_speaks(pack, facts) for pack in packs):
        codes.append("no_rules_for_place")
    if facts.act is Act.CONTACT and facts.channel is Channel.UNKNOWN:
        codes.append("unknown_channel")
    return [Finding(rule=_ENGINE, verdict=Verdict.REVIEW, code=code) for code in codes]


def _speaks(pack: Pack, facts: ContactFacts) -> bool:
    """Tell whether a place's pack says anything of such an act; silence is no permission."""
    if pack.jurisdiction == ANYWHERE:
        return False
    contact = facts.act is Act.CONTACT and facts.direction is Direction.OUTBOUND
    return pack.governs_contacts or not contact


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
