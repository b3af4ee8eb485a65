"""Rule packs: dated, versioned, hashed data naming evaluators; read once and compiled.

A pack is a table with `id`, `title`, `jurisdiction`, `version` and `rules`. A rule gives `id`,
`title`, `citation`, `severity`, `confidence`, `source`, `source_checked_on`, and where they are
known `effective_from` and `effective_to`; then the `evaluator` it asks with its `parameters`, or
several `checks` of them; and which acts it is about: `acts`, `channels`, `directions`, `roles`,
`purposes`, `kinds`, `not_kinds`. What stands on the rule holds for each of its checks, unless the
check says otherwise.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import portal.core.rules.evaluators  # noqa: F401  registers the evaluators packs name
from portal.core.errors import Invalid, NotFound
from portal.core.rules.codes import CODES
from portal.core.rules.findings import Check, Reach, Rule, breach_verdict
from portal.core.rules.kinds import (
    Act,
    Channel,
    Confidence,
    Direction,
    Severity,
    Verdict,
)
from portal.core.rules.parameters import parse_parameters
from portal.core.rules.registry import EVALUATORS

BASE_PACK = "portal"
ANYWHERE = "any"  # the jurisdiction of packs that are nobody's law

_REACH_KEYS = {reached.name for reached in fields(Reach)}
_CHECK_KEYS = {"evaluator", "prong", "on_breach", "parameters", *_REACH_KEYS}
_RULE_KEYS = {
    "id",
    "title",
    "citation",
    "severity",
    "confidence",
    "source",
    "source_checked_on",
    "effective_from",
    "effective_to",
    "checks",
    "fallback",
    "collectors_only",
    *_CHECK_KEYS,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """The rules of one jurisdiction, or of one bank, ready to be asked."""

    id: str
    jurisdiction: str
    version: str
    hash: str
    rules: tuple[Rule, ...]
    checks: tuple[Check[Any], ...]
    by_scope: Mapping[tuple[str, str, str], tuple[Check[Any], ...]] = field(repr=False)
    #: Whether it says when and how often a person may be contacted; the Union's alone does not.
    governs_contacts: bool = True
    #: Whole numbers a bank sets beside its rules, such as how long a confirmed balance counts.
    settings: Mapping[str, int] = field(default_factory=dict)
    #: The content the hash is of, as JSON: kept beside decisions, the pack can be asked again.
    document: str = field(default="", repr=False)

    def checks_for(
        self, act: Act, channel: Channel, direction: Direction
    ) -> tuple[Check[Any], ...]:
        """Return the checks asked about this kind of act."""
        return self.by_scope[(act, channel, direction)]

    def in_force_on(self, day: date) -> Pack:
        """Return the pack without rules that are not yet, or no longer, in force on a day."""
        rules = tuple(rule for rule in self.rules if rule.in_force_on(day))
        if len(rules) == len(self.rules):
            return self
        checks = tuple(check for check in self.checks if check.rule in rules)
        return replace(self, rules=rules, checks=checks, by_scope=_by_scope(checks))

    def for_creditor(self) -> Pack:
        """Return the pack without rules that bind collectors only."""
        return _for_creditor(self)

    def only(self, rule_id: str) -> Pack:
        """Return the pack with one rule alone."""
        checks = tuple(check for check in self.checks if check.rule.id == rule_id)
        rules = tuple(rule for rule in self.rules if rule.id == rule_id)
        return replace(self, rules=rules, checks=checks, by_scope=_by_scope(checks))


@lru_cache(maxsize=256)
def _for_creditor(pack: Pack) -> Pack:
    rules = tuple(rule for rule in pack.rules if not rule.collectors_only)
    if len(rules) == len(pack.rules):
        return pack
    checks = tuple(check for check in pack.checks if not check.rule.collectors_only)
    return replace(pack, rules=rules, checks=checks, by_scope=_by_scope(checks))


def compile_pack(document: Mapping[str, Any]) -> Pack:
    """Turn a pack's data into checks, refusing anything that is not understood to the letter.

    Raises:
        Invalid: a rule lacks its source, names an unknown evaluator or parameter, or is misspelt.
    """
    pack_id, version = str(document["id"]), str(document["version"])
    content = _canonical(document)
    digest = hashlib.sha256(content.encode()).hexdigest()
    rules: list[Rule] = []
    checks: list[Check[Any]] = []
    for raw in document.get("rules", ()):
        rule = _rule(raw, pack_id, version, digest)
        if any(rule.id == other.id for other in rules):
            raise Invalid("Rule %(rule)s is there twice.", rule=rule.id)
        rules.append(rule)
        checks.extend(_check(rule, part) for part in _parts(raw))
    return Pack(
        id=pack_id,
        jurisdiction=str(document["jurisdiction"]),
        version=version,
        hash=digest,
        rules=tuple(rules),
        checks=tuple(checks),
        by_scope=_by_scope(checks),
        governs_contacts=bool(document.get("governs_contacts", True)),
        settings={name: int(value) for name, value in document.get("settings", {}).items()},
        document=content,
    )


def content_hash(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a pack's content, whatever its layout, key order or comments."""
    return hashlib.sha256(_canonical(document).encode()).hexdigest()


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )


def _rule(raw: Mapping[str, Any], pack_id: str, version: str, digest: str) -> Rule:
    where = str(raw.get("id", "a rule without an id"))
    if unknown := set(raw) - _RULE_KEYS:
        raise Invalid("%(where)s: unknown key %(key)s.", where=where, key=sorted(unknown)[0])
    try:
        return Rule(
            id=raw["id"],
            title=raw["title"],
            citation=raw["citation"],
            severity=Severity(raw["severity"]),
            confidence=Confidence(raw["confidence"]),
            source=raw["source"],
            source_checked_on=_day(raw["source_checked_on"]),
            effective_from=_optional_day(raw.get("effective_from")),
            effective_to=_optional_day(raw.get("effective_to")),
            fallback=bool(raw.get("fallback", False)),
            collectors_only=bool(raw.get("collectors_only", False)),
            pack_id=pack_id,
            pack_version=version,
            pack_hash=digest,
        )
    except KeyError as error:
        raise Invalid("%(where)s: %(key)s is missing.", where=where, key=error.args[0]) from error
    except ValueError as error:
        raise Invalid("%(where)s: %(error)s", where=where, error=str(error)) from error


def _day(value: date | str) -> date:
    """Read a date as TOML gives it, or as JSON does."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def _optional_day(value: date | str | None) -> date | None:
    return None if value is None else _day(value)


def _parts(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the checks of a rule; each starts from the scope and parameters of the rule itself."""
    shared = {key: value for key, value in raw.items() if key in _CHECK_KEYS}
    parts = []
    for part in raw.get("checks") or [{}]:
        parameters = {**shared.get("parameters", {}), **part.get("parameters", {})}
        parts.append({**shared, **part, "parameters": parameters})
    return parts


def _check(rule: Rule, raw: Mapping[str, Any]) -> Check[Any]:
    name = raw.get("evaluator")
    found = EVALUATORS.get(str(name))
    if found is None:
        raise Invalid("%(rule)s: there is no evaluator %(name)s.", rule=rule.id, name=name)
    if unknown := set(raw) - _CHECK_KEYS:
        raise Invalid("%(rule)s: unknown key %(key)s.", rule=rule.id, key=sorted(unknown)[0])
    parameters = dict(raw.get("parameters") or {})
    reach = parse_parameters(Reach, _reach(raw), rule.id)
    check: Check[Any] = Check(
        rule=rule,
        name=found.name,
        prong=str(raw.get("prong", "")),
        params=parse_parameters(found.params, parameters, f"{rule.id} {found.name}"),
        parameters=parameters,
        on_breach=Verdict(raw["on_breach"])
        if "on_breach" in raw
        else breach_verdict(rule.severity),
        needs_message=found.needs_message,
        timed=found.timed,
        evaluate=found.function,
        needs=found.needs,
        by_kind=bool(reach.kinds or reach.not_kinds),
        reach=reach,
    )
    _refuse_unknown_code(check)
    return replace(check, passed=check.allow())


def _reach(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key in _REACH_KEYS}


def _refuse_unknown_code(check: Check[Any]) -> None:
    code = check.parameters.get("code")
    if code is not None and code not in CODES:
        raise Invalid("%(rule)s: there is no code %(code)s.", rule=check.rule.id, code=code)


def _by_scope(
    checks: Iterable[Check[Any]],
) -> dict[tuple[str, str, str], tuple[Check[Any], ...]]:
    found = tuple(checks)
    return {
        (act, channel, direction): tuple(
            check for check in found if check.reach.covers(act, channel, direction)
        )
        for act in Act
        for channel in Channel
        for direction in Direction
    }


PACK_IDS = (BASE_PACK, "us", "us-ma", "cn", "uk", "in", "au", "eu", "de")


@cache
def read_pack(pack_id: str) -> Pack:
    """Read and compile one of the packs that come with the portal.

    Raises:
        NotFound: there is no such pack.
    """
    return compile_pack(read_document(pack_id))


def read_document(pack_id: str) -> dict[str, Any]:
    """Return a pack's data as it stands in its file.

    Raises:
        NotFound: there is no such pack.
    """
    file = resources.files(__package__) / "packs" / f"{pack_id}.toml"
    if not pack_id.replace("-", "").isalnum() or not file.is_file():
        raise NotFound("There is no rule pack %(pack)s.", pack=pack_id)
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def load_packs(jurisdictions: tuple[str, ...], on: date) -> tuple[Pack, ...]:
    """Return the packs of these jurisdictions as in force on a day, after the portal's own.

    The portal's own pack holds what is true everywhere: a person's wishes and an account's holds.

    Raises:
        NotFound: a jurisdiction has no pack.
    """
    names = (BASE_PACK, *(name for name in jurisdictions if name != BASE_PACK))
    return tuple(read_pack(name).in_force_on(on) for name in names)


_COUNTRIES: dict[str, tuple[str, ...]] = {
    "US": ("us",),
    "CN": ("cn",),
    "GB": ("uk",),
    "UK": ("uk",),
    "IN": ("in",),
    "AU": ("au",),
    "DE": ("eu", "de"),
}
_EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
_STATES = {("US", "MA"): "us-ma"}


def jurisdictions_for(country: str, state: str | None = None) -> tuple[str, ...]:
    """Return the packs that protect a person living there: the country's and the state's own.

    Nothing for a country without a pack; the engine then finds no rule to allow by, and reviews.
    """
    code = country.upper()
    names = _COUNTRIES.get(code) or (("eu",) if code in _EU else ())
    overlay = _STATES.get((code, (state or "").upper()))
    return (*names, overlay) if overlay else names
