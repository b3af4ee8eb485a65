"""What the rules say of a made-up contact: every finding, and the packs that were asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext, ngettext

from portal.core.rules import (
    ContactFacts,
    Finding,
    Judgement,
    Pack,
    Verdict,
    judge,
    jurisdictions_for,
    load_packs,
)
from portal.core.rules.kinds import STRICTNESS
from portal.core.rules.record import facts_to_record, judgement_to_record
from portal.core.rules.trying import TriedCase, tried_facts
from portal.web import filters
from portal.web.findings import say_finding, zone_name
from portal.web.labels import label
from portal.web.rule_titles import citation, pack_title, rule_title, title_of
from portal.web.rule_values import Line, lines_of, listed

_TONES = {
    Verdict.ALLOW: "good",
    Verdict.REVIEW: "info",
    Verdict.GUIDANCE_BREACH: "warn",
    Verdict.PRESUMED_VIOLATION: "bad",
    Verdict.VIOLATION: "bad",
}


@dataclass(frozen=True)
class FindingView:
    """What one check of one rule says, and what it says it by."""

    rule_id: str
    title: str
    pack_id: str
    citation: str
    weight: str
    confidence: str
    verdict: str
    tone: str
    sentence: str
    lines: tuple[Line, ...]
    next_allowed: str
    is_breach: bool


@dataclass(frozen=True)
class Passed:
    """A rule with nothing against the contact, and how much of its limits would be used up."""

    rule_id: str
    title: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AskedPack:
    """A pack that was asked, as it was on the day of the contact."""

    id: str
    title: str
    version: str
    short_hash: str
    has_page: bool


@dataclass(frozen=True)
class Trial:
    """A made-up contact judged: the answer, what speaks against it, and what was asked."""

    verdict: str
    tone: str
    is_allowed: bool
    where: str
    next_allowed: tuple[str, ...]
    against: tuple[FindingView, ...]
    in_favour: tuple[Passed, ...]
    pending: tuple[str, ...]
    packs: tuple[AskedPack, ...]
    facts: ContactFacts
    judgement: Judgement

    def as_document(self) -> dict[str, Any]:
        """Return the trial for a machine: the facts, the packs and every finding."""
        return {
            "facts": facts_to_record(self.facts),
            "judgement": judgement_to_record(self.judgement),
            "packs": [{"id": pack.id, "version": pack.version} for pack in self.packs],
        }


def try_case(case: TriedCase, own: Pack | None) -> Trial:
    """Judge a case by the packs of where the person lives, and a bank's own beside them.

    Raises:
        Invalid: a zone of the case is none.
    """
    facts = tried_facts(case)
    return judge_facts(facts, packs_of(facts, case, own))


def packs_of(facts: ContactFacts, case: TriedCase, own: Pack | None) -> tuple[Pack, ...]:
    """Return the packs that would bind such a contact on its day."""
    on = facts.at.astimezone(UTC).date()
    shipped = load_packs(jurisdictions_for(case.country, case.state), on)
    return shipped if own is None else (*shipped, own)


def judge_facts(facts: ContactFacts, packs: tuple[Pack, ...]) -> Trial:
    """Judge facts by some packs, and put the answer into words."""
    judgement = judge(facts, packs)
    findings = sorted(
        judgement.findings, key=lambda finding: STRICTNESS[finding.verdict], reverse=True
    )
    views = [(finding.is_breach, _view(finding, facts)) for finding in findings]
    return Trial(
        verdict=label(judgement.verdict),
        tone=_TONES[judgement.verdict],
        is_allowed=judgement.is_allowed,
        where=_where(facts),
        next_allowed=() if judgement.is_allowed else _instants(judgement.next_allowed_at, facts),
        against=tuple(view for breach, view in views if breach),
        in_favour=_passed(judgement),
        pending=tuple(title_of(rule_id) for rule_id in dict.fromkeys(judgement.pending)),
        packs=tuple(_asked(pack) for pack in packs),
        facts=facts,
        judgement=judgement,
    )


def _passed(judgement: Judgement) -> tuple[Passed, ...]:
    """Return the rules that found nothing, each once; one that found something stands elsewhere."""
    broken = {finding.rule_id for finding in judgement.breaches}
    notes: dict[str, list[str]] = {}
    for finding in judgement.findings:
        if finding.rule_id not in broken:
            said = [say_finding(finding)] if "count" in finding.values else []
            notes.setdefault(finding.rule_id, []).extend(said)
    return tuple(
        Passed(rule_id, title_of(rule_id), tuple(dict.fromkeys(said)))
        for rule_id, said in notes.items()
    )


def _asked(pack: Pack) -> AskedPack:
    return AskedPack(
        pack.id, pack_title(pack.id), pack.version, pack.hash[:12], has_page=bool(pack.rules)
    )


def _where(facts: ContactFacts) -> str:
    if not facts.zones:
        return str(gettext("Where the person is cannot be told."))
    times = listed(_instant(facts.at, zone.key) for zone in facts.zones)
    return str(gettext("Where the person may be it is %(times)s.", times=times))


def _instant(at: datetime, zone: str) -> str:
    time, place = filters.instant(at, zone), zone_name(zone)
    return str(gettext("%(time)s in %(place)s", time=time, place=place))


def _instants(at: datetime | None, facts: ContactFacts) -> tuple[str, ...]:
    if at is None:
        return ()
    if not facts.zones:
        return (filters.instant(at),)
    return tuple(_instant(at, zone.key) for zone in facts.zones)


def _view(finding: Finding, facts: ContactFacts) -> FindingView:
    rule = finding.rule
    zone = facts.zones[0].key if facts.zones else None
    turns = finding.next_allowed_at
    return FindingView(
        rule_id=rule.id,
        title=rule_title(rule.title) or title_of(rule.id),
        pack_id=rule.pack_id,
        citation=citation(rule.citation),
        weight=label(rule.severity),
        confidence=label(rule.confidence),
        verdict=label(finding.verdict),
        tone=_TONES[finding.verdict],
        sentence=say_finding(finding),
        lines=(*_counted(finding), *lines_of(finding.parameters)),
        next_allowed=filters.instant(turns, zone) if turns and finding.is_breach else "",
        is_breach=finding.is_breach,
    )


def _counted(finding: Finding) -> Iterable[Line]:
    if finding.events:
        rows = listed(str(event) for event in finding.events)
        text = ngettext(
            "earlier contact %(rows)s", "earlier contacts %(rows)s", len(finding.events), rows=rows
        )
        yield Line(gettext("Counted"), text)
