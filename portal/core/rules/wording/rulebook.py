"""Which rules bar which words and ask for which statements, where and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from portal.core.rules.findings import Rule
from portal.core.rules.kinds import Channel, Confidence, Purpose, Severity
from portal.core.rules.pack import content_hash
from portal.core.rules.wording.kinds import SenderKind, Statement, WordKind, WordSeverity
from portal.core.rules.wording.lists import LANGUAGES, read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A statement a rule asks for, and when. Empty sets mean every value."""

    statement: Statement
    severity: WordSeverity = WordSeverity.BLOCK
    channels: frozenset[Channel] = frozenset()
    senders: frozenset[SenderKind] = frozenset()
    first: bool | None = None
    unless: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordRule:
    """A rule about words: what it bars, what it asks for, whom it binds."""

    rule: Rule
    jurisdictions: frozenset[str]
    senders: frozenset[SenderKind]
    debt_kinds: frozenset[str]
    bars: frozenset[WordKind]
    requires: tuple[Requirement, ...]
    hides_debt: bool
    bars_card_numbers: bool
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rulebook:
    """All rules about words, with the version and hash of the data they and the lists are."""

    version: str
    hash: str
    rules: tuple[WordRule, ...]
    severity: Mapping[WordKind, WordSeverity]
    sms_segments: int
    sms_preview: int
    text_limit: int

    def severity_of(self, kind: WordKind) -> WordSeverity:
        """Return what words of a kind do to a message."""
        return self.severity.get(kind, WordSeverity.BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The message that rules are asked about."""

    channel: Channel
    sender: SenderKind
    jurisdictions: tuple[str, ...]
    is_first: bool
    purpose: Purpose | None
    debt_kind: str | None
    on: date | None


def rules_for(scope: Scope) -> tuple[WordRule, ...]:
    """Return the rules that bind a message, those of its place before the portal's own."""
    mine = [rule for rule in rulebook().rules if _binds(rule, scope)]
    return tuple(sorted(mine, key=lambda rule: not rule.jurisdictions))


def _binds(rule: WordRule, scope: Scope) -> bool:
    here = not rule.jurisdictions or not rule.jurisdictions.isdisjoint(scope.jurisdictions)
    in_force = scope.on is None or rule.rule.in_force_on(scope.on)
    kind_fits = not rule.debt_kinds or scope.debt_kind in (None, *rule.debt_kinds)
    return here and in_force and kind_fits and (not rule.senders or scope.sender in rule.senders)


def rules_barring(rules: Iterable[WordRule], kind: WordKind) -> tuple[Rule, ...]:
    """Return the rules that bar a kind of words; the portal's own only where no other does."""
    return _or_default([rule for rule in rules if kind in rule.bars])


def rules_hiding_debt(rules: Iterable[WordRule]) -> tuple[Rule, ...]:
    """Return the rules for which nobody but the person may see that a debt is collected."""
    return _or_default([rule for rule in rules if rule.hides_debt])


def rules_barring_cards(rules: Iterable[WordRule]) -> tuple[Rule, ...]:
    """Return the rules that keep card numbers out of messages."""
    return _or_default([rule for rule in rules if rule.bars_card_numbers])


def _or_default(found: list[WordRule]) -> tuple[Rule, ...]:
    others = [rule.rule for rule in found if not rule.is_default]
    return tuple(others or [rule.rule for rule in found])


def required(
    rules: Iterable[WordRule], scope: Scope
) -> dict[Statement, tuple[WordSeverity, tuple[Rule, ...]]]:
    """Return the statements a message has to make, how strictly, and the rules that ask."""
    asked: dict[Statement, tuple[WordSeverity, tuple[Rule, ...]]] = {}
    for rule in rules:
        for need in rule.requires:
            if not _asks(need, scope):
                continue
            severity, before = asked.get(need.statement, (need.severity, ()))
            if need.severity is WordSeverity.BLOCK:
                severity = need.severity
            asked[need.statement] = (severity, (*before, rule.rule))
    return asked


def _asks(need: Requirement, scope: Scope) -> bool:
    return (
        (not need.channels or scope.channel in need.channels)
        and (not need.senders or scope.sender in need.senders)
        and need.first in (None, scope.is_first)
        and scope.purpose not in need.unless
    )


def default_rule() -> Rule:
    """Return the portal's own rule about words, for what no law is needed to say."""
    return next(rule.rule for rule in rulebook().rules if rule.is_default)


@cache
def rulebook() -> Rulebook:
    """Return the rules as they stand in their file, compiled once."""
    raw = read_document("rules")
    everything = {"rules": raw, **{name: read_document(f"phrases/{name}") for name in LANGUAGES}}
    digest, version = content_hash(everything), str(raw["version"])
    return Rulebook(
        version=version,
        hash=digest,
        rules=tuple(_rule(one, str(raw["id"]), version, digest) for one in raw["rules"]),
        severity={WordKind(kind): WordSeverity(word) for kind, word in raw["severity"].items()},
        sms_segments=int(raw["limits"]["sms_segments"]),
        sms_preview=int(raw["limits"]["sms_preview"]),
        text_limit=int(raw["limits"]["text"]),
    )


def _rule(raw: Mapping[str, Any], pack_id: str, version: str, digest: str) -> WordRule:
    return WordRule(
        rule=Rule(
            id=raw["id"],
            title=raw["title"],
            citation=raw["citation"],
            severity=Severity(raw["severity"]),
            confidence=Confidence(raw["confidence"]),
            source=raw["source"],
            source_checked_on=raw["source_checked_on"],
            effective_from=raw.get("effective_from"),
            effective_to=raw.get("effective_to"),
            pack_id=pack_id,
            pack_version=version,
            pack_hash=digest,
        ),
        jurisdictions=frozenset(raw.get("jurisdictions", ())),
        senders=frozenset(SenderKind(word) for word in raw.get("senders", ())),
        debt_kinds=frozenset(raw.get("debt_kinds", ())),
        bars=frozenset(WordKind(word) for word in raw.get("bars", ())),
        requires=tuple(_requirement(need) for need in raw.get("requires", ())),
        hides_debt=bool(raw.get("hides_debt", False)),
        bars_card_numbers=bool(raw.get("bars_card_numbers", False)),
        is_default=bool(raw.get("is_default", False)),
    )


def _requirement(raw: Mapping[str, Any]) -> Requirement:
    return Requirement(
        statement=Statement(raw["statement"]),
        severity=WordSeverity(raw.get("severity", "block")),
        channels=frozenset(Channel(word) for word in raw.get("channels", ())),
        senders=frozenset(SenderKind(word) for word in raw.get("senders", ())),
        first=raw.get("first"),
        unless=frozenset(Purpose(word) for word in raw.get("unless", ())),
    )
