"""A rule, the checks it is made of, and what they find: codes and values, words belong to `web`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from portal.core.rules.kinds import (
    BREACH_OF,
    STRICTNESS,
    Act,
    Channel,
    Confidence,
    Direction,
    Purpose,
    Role,
    Severity,
    Verdict,
)
from portal.core.rules.objects import Id

P = TypeVar("P")

NOTHING: Mapping[str, object] = MappingProxyType({})
_MILDEST = Verdict.ALLOW


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A rule of a pack: what it is, where it stands in law, and how well that was checked.

    A `fallback` rule stands back where a pack of the place asks the same in its own way. One that
    binds `collectors_only` is not asked of a creditor who writes or calls in its own name.
    """

    id: str
    title: str = ""
    citation: str
    severity: Severity
    confidence: Confidence
    source: str
    source_checked_on: date
    effective_from: date | None = None
    effective_to: date | None = None
    fallback: bool = False
    collectors_only: bool = False
    pack_id: str = ""
    pack_version: str = ""
    pack_hash: str = ""

    def in_force_on(self, day: date) -> bool:
        """Tell whether the rule applies on a day; both ends are inclusive."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check of one rule says.

    `code` and `values` are what `web` makes a sentence of (see `codes.py`). `events` are the ids
    counted. `next_allowed_at` is the first instant at which this check alone would allow the same
    contact, None when time does not cure it. `factor` names a circumstance that may rebut a
    presumption: it is recorded and clears nothing.
    """

    rule: Rule
    verdict: Verdict
    code: str
    prong: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    events: tuple[Id, ...] = ()
    next_allowed_at: datetime | None = None
    factor: str | None = None

    @property
    def rule_id(self) -> str:
        """The rule's identifier, as in its pack."""
        return self.rule.id

    @property
    def citation(self) -> str:
        """Where the law says so."""
        return self.rule.citation

    @property
    def pack_version(self) -> str:
        """The version of the pack the rule was read from."""
        return self.rule.pack_version

    @property
    def pack_hash(self) -> str:
        """The SHA-256 of that pack's content."""
        return self.rule.pack_hash

    @property
    def is_breach(self) -> bool:
        """Tell whether the finding is anything but a plain allow."""
        return self.verdict is not Verdict.ALLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The acts a check is asked about. An empty set means every value."""

    acts: frozenset[Act] = frozenset({Act.CONTACT})
    channels: frozenset[Channel] = frozenset()
    directions: frozenset[Direction] = frozenset({Direction.OUTBOUND})
    roles: frozenset[Role] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    kinds: frozenset[str] = frozenset()
    not_kinds: frozenset[str] = frozenset()

    def concerns(self, role: Role, purpose: Purpose | None) -> bool:
        """Tell whether contacts with such a person for such a purpose are asked about."""
        return (not self.roles or role in self.roles) and (
            not self.purposes or purpose in self.purposes
        )

    def covers(self, act: Act, channel: Channel, direction: Direction) -> bool:
        """Tell whether acts of this kind are asked about; an unknown channel may be any."""
        return (
            act in self.acts
            and direction in self.directions
            and (not self.channels or channel in self.channels or channel is Channel.UNKNOWN)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Check(Generic[P]):
    """One question a rule asks: an evaluator with its parameters, and the acts it is asked about.

    `needs_message` marks checks of words: they wait until the words are known. `timed` ones may say
    something else later. What `needs` some of the facts finds nothing without them. `by_kind` ones
    are only about some kinds of debt.
    """

    rule: Rule
    name: str
    prong: str
    params: P
    parameters: Mapping[str, object]
    on_breach: Verdict
    reach: Reach
    needs_message: bool = False
    timed: bool = False
    needs: str | None = None
    by_kind: bool = False
    evaluate: Any = field(default=None, repr=False)
    passed: Finding | None = field(default=None, repr=False)

    def allow(
        self,
        values: Mapping[str, object] = NOTHING,
        *,
        events: tuple[Id, ...] = (),
        factor: str | None = None,
    ) -> Finding:
        """Say that this check has nothing against the contact."""
        if self.passed is not None and not events and not values and factor is None:
            return self.passed
        return self._finding(Verdict.ALLOW, "ok", values, events, None, factor)

    def breach(
        self,
        code: str,
        values: Mapping[str, object] = NOTHING,
        *,
        events: tuple[Id, ...] = (),
        until: datetime | None = None,
        factor: str | None = None,
    ) -> Finding:
        """Say that the contact breaks the rule, with the verdict the rule's severity calls for."""
        return self._finding(self.on_breach, code, values, events, until, factor)

    def doubt(
        self,
        code: str,
        values: Mapping[str, object] = NOTHING,
        *,
        events: tuple[Id, ...] = (),
        until: datetime | None = None,
        factor: str | None = None,
    ) -> Finding:
        """Say that a person has to decide: a fact is missing, or the law gives no number."""
        return self._finding(Verdict.REVIEW, code, values, events, until, factor)

    def _finding(
        self,
        verdict: Verdict,
        code: str,
        values: Mapping[str, object],
        events: tuple[Id, ...],
        until: datetime | None,
        factor: str | None,
    ) -> Finding:
        return Finding(
            rule=self.rule,
            verdict=verdict,
            code=code,
            prong=self.prong,
            parameters=self.parameters,
            values=values,
            events=events,
            next_allowed_at=until,
            factor=factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer of all packs together: the strictest verdict, and every finding behind it.

    `next_allowed_at` is the instant asked about when the answer is allow, the first later instant
    at which the same contact would be allowed when only time stands against it, and None when a
    person or a changed fact is needed. `pending` lists checks of words that are not known yet.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    next_allowed_at: datetime | None
    pending: tuple[str, ...] = ()

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """The findings that say anything but allow, in the order of the packs."""
        return tuple(finding for finding in self.findings if finding.is_breach)

    @property
    def is_allowed(self) -> bool:
        """Tell whether the contact may be made without asking anybody."""
        return self.verdict is Verdict.ALLOW


def strictest(findings: Iterable[Finding]) -> Verdict:
    """Return the strictest verdict among findings; nothing found allows."""
    worst = _MILDEST
    for finding in findings:
        if finding.verdict is not _MILDEST and STRICTNESS[finding.verdict] > STRICTNESS[worst]:
            worst = finding.verdict
    return worst


def breach_verdict(severity: Severity) -> Verdict:
    """Return what a breach of a rule of this severity is called."""
    return BREACH_OF[severity]
