"""Rule packs as pages show them: every rule with its citation, weight, source and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.core.rules import Channel, Direction, Pack, Role, Rule, Verdict
from portal.core.rules.findings import Check, Reach, breach_verdict
from portal.core.rules.kinds import Act, Confidence
from portal.web.labels import label
from portal.web.rule_titles import citation, pack_title, rule_source, rule_title
from portal.web.rule_tokens import ACTS, TOKENS
from portal.web.rule_values import Line, lines_of, listed
from portal.web.rule_words import ASKS

#: What it means that a rule is known so well and no better.
CONFIDENCE_NOTES: Mapping[Confidence, Any] = {
    Confidence.OFFICIAL: _("The official wording, or a faithful copy of it, was read."),
    Confidence.SECONDARY: _(
        "Reports or commentary that quote the rule were read, the official text was not."
    ),
    Confidence.GENERAL: _(
        "Background knowledge that was checked against no text. Have a lawyer confirm it."
    ),
    Confidence.OWN: _("Not law: the portal or the bank asks for it."),
}
CONFIDENCE_TONES: Mapping[Confidence, str] = {
    Confidence.OFFICIAL: "good",
    Confidence.SECONDARY: "warn",
    Confidence.GENERAL: "bad",
    Confidence.OWN: "neutral",
}
_MANY_ROLES = 8
_CONTACT = frozenset({Act.CONTACT})
_OUTBOUND = frozenset({Direction.OUTBOUND})


@dataclass(frozen=True)
class CheckView:
    """One question a rule asks, about what, and by which numbers."""

    asks: str
    verdict: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class RuleView:
    """A rule in words. `weight` is what kind of rule it is, `verdict` what a breach is called."""

    id: str
    title: str
    citation: str
    weight: str
    verdict: str
    confidence: str
    confidence_note: str
    confidence_tone: str
    effective_from: date | None
    effective_to: date | None
    source: str
    checked_on: date
    is_fallback: bool
    checks: tuple[CheckView, ...]
    channels: frozenset[Channel]

    def has(self, words: str) -> bool:
        """Tell whether every word of a search is somewhere in the rule."""
        text = " ".join(
            [
                *(self.id, self.title, self.citation, self.source),
                *(check.asks for check in self.checks),
            ]
        ).casefold()
        return all(word in text for word in words.casefold().split())


@dataclass(frozen=True)
class PackView:
    """A pack in words, with the rules a reader asked for."""

    id: str
    title: str
    jurisdiction: str
    version: str
    hash: str
    count: int
    rules: tuple[RuleView, ...]

    @property
    def short_hash(self) -> str:
        """The beginning of the hash, enough to tell versions apart at a glance."""
        return self.hash[:12]


def view_pack(pack: Pack, *, channel: Channel | None = None, words: str = "") -> PackView:
    """Return a pack in words; only rules about a channel, or with some words, when asked for."""
    rules = [_view_rule(rule, pack) for rule in pack.rules]
    return PackView(
        id=pack.id,
        title=pack_title(pack.id),
        jurisdiction=pack.jurisdiction,
        version=pack.version,
        hash=pack.hash,
        count=len(rules),
        rules=tuple(
            rule
            for rule in rules
            if (channel is None or channel in rule.channels) and (not words or rule.has(words))
        ),
    )


def _view_rule(rule: Rule, pack: Pack) -> RuleView:
    checks = [check for check in pack.checks if check.rule is rule]
    verdict = breach_verdict(rule.severity)
    return RuleView(
        id=rule.id,
        title=rule_title(rule.title),
        citation=citation(rule.citation),
        weight=label(rule.severity),
        verdict=label(verdict),
        confidence=label(rule.confidence),
        confidence_note=str(CONFIDENCE_NOTES[rule.confidence]),
        confidence_tone=CONFIDENCE_TONES[rule.confidence],
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        source=rule_source(rule.source),
        checked_on=rule.source_checked_on,
        is_fallback=rule.fallback,
        checks=tuple(_view_check(check, verdict) for check in checks),
        channels=frozenset().union(*(_channels_of(check.reach) for check in checks)),
    )


def _channels_of(reach: Reach) -> frozenset[Channel]:
    """Return the channels a check is about; one that is not about contacts is about none."""
    if Act.CONTACT not in reach.acts:
        return frozenset()
    return reach.channels or frozenset(Channel)


def _view_check(check: Check[Any], usual: Verdict) -> CheckView:
    return CheckView(
        asks=str(ASKS.get(check.name, check.name)),
        verdict="" if check.on_breach is usual else label(check.on_breach),
        lines=(*_about(check.reach), *lines_of(check.parameters)),
    )


def _about(reach: Reach) -> list[Line]:
    """Say which acts, channels, people and purposes a check is about, where not all of them."""
    lines = []
    if reach.acts != _CONTACT:
        lines.append(Line(gettext("About"), listed(str(ACTS[act]) for act in sorted(reach.acts))))
    if reach.channels:
        names = listed(label(each) for each in Channel if each in reach.channels)
        lines.append(Line(gettext("Channels"), names))
    if reach.directions != _OUTBOUND:
        names = listed(label(each) for each in Direction if each in reach.directions)
        lines.append(Line(gettext("Directions"), names))
    lines += _about_people(reach)
    if reach.kinds:
        lines.append(Line(gettext("Debts"), _tokens(reach.kinds)))
    if reach.not_kinds:
        lines.append(Line(gettext("All debts but"), _tokens(reach.not_kinds)))
    return lines


def _about_people(reach: Reach) -> list[Line]:
    lines = []
    if 0 < len(reach.roles) <= _MANY_ROLES:
        names = listed(label(role) for role in Role if role in reach.roles)
        lines.append(Line(gettext("Contacts with"), names))
    elif reach.roles:
        names = listed(label(role) for role in Role if role not in reach.roles)
        lines.append(Line(gettext("Contacts with everybody but"), names))
    if reach.purposes:
        names = listed(label(purpose) for purpose in sorted(reach.purposes))
        lines.append(Line(gettext("Purposes"), names))
    return lines


def _tokens(values: frozenset[str]) -> str:
    return listed(str(TOKENS.get(value, value)) for value in sorted(values))
