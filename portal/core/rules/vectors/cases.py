"""Test vectors: run a file of cases through the packs and evaluators that permits use.

No case's id, title or expectation reaches the engine: `facts_of` reads the setup, the events and
the action, the engine judges, and only then is the answer held against what the case expects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from portal.core.errors import Invalid
from portal.core.rules.engine import ask, next_allowed, questions_for
from portal.core.rules.facts import ContactFacts
from portal.core.rules.findings import Finding, strictest
from portal.core.rules.kinds import STRICTNESS, Verdict
from portal.core.rules.known import Known
from portal.core.rules.objects import Id
from portal.core.rules.pack import PACK_IDS, Pack, read_pack
from portal.core.rules.vectors.facts import facts_of
from portal.core.rules.vectors.shape import completed, faults_in, unread_in

COMPUTED = "computed"
_MOST_FAULTS = 3  # of one case are shown; the rest often follow from them


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of one case: the answer, the rule, parameters and events behind it, and why."""

    id: str
    passed: bool
    verdict: str
    expected: str
    rule: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    events: tuple[Id, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        mark = "pass" if self.passed else "FAIL"
        events = f" events {', '.join(map(str, self.events))}" if self.events else ""
        numbers = "".join(f" {name}={value}" for name, value in _plain(self.parameters))
        return (
            f"{mark} {self.id}: {self.verdict} (expected {self.expected}) by {self.rule}"
            f"{numbers}{events}: {self.reason}"
        )


def _plain(parameters: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Flatten parameters to what fits on a line: numbers, words and windows, not long lists."""
    found: list[tuple[str, object]] = []
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            found += _plain(value, f"{prefix}{name}.")
        elif isinstance(value, int | str):
            found.append((prefix + name, value))
        elif isinstance(value, list) and name == "windows":
            found.append((prefix + name, ",".join(f"{w['opens']}-{w['closes']}" for w in value)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one rule alone says of some facts."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    next_allowed_at: datetime | None


def run(document: object, packs: Sequence[Pack] | None = None) -> list[CaseResult]:
    """Judge every case of a file of vectors, each by the one rule it names.

    A case that is not in the vocabulary fails with the reason and the key; it never stops the run.
    A key nobody reads is named beside the answer. Packs given are used instead of the portal's, so
    that a changed parameter can be tried.

    Raises:
        Invalid: the document as a whole is no file of vectors.
    """
    cases = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(cases, list):
        raise Invalid("This is no file of vectors: it has no list of cases.")
    chosen = list(packs) if packs is not None else [read_pack(name) for name in PACK_IDS]
    return [_run_case(case, number, chosen) for number, case in enumerate(cases)]


def answer(facts: ContactFacts, pack: Pack, rule_id: str) -> Answer:
    """Ask one rule of a pack about some facts; one that is not in force then says nothing."""
    known, day = Known(facts), facts.at.date()
    checks = [
        check
        for check in questions_for(facts, (pack,)).checks
        if check.rule.id == rule_id and check.rule.in_force_on(day)
    ]
    found, _pending = ask(known, checks)
    verdict = strictest(found)
    until = facts.at if verdict is Verdict.ALLOW else next_allowed(known, checks, found)
    return Answer(verdict=verdict, findings=tuple(found), next_allowed_at=until)


def _run_case(case: object, number: int, packs: Sequence[Pack]) -> CaseResult:
    if not isinstance(case, Mapping):
        return _failed({"id": f"cases[{number}]"}, "the case is not a table")
    case = {**case, "id": case.get("id") or f"cases[{number}]"}
    rule_id = str(case.get("rule_id"))
    pack = next((pack for pack in packs if any(r.id == rule_id for r in pack.rules)), None)
    if pack is None:
        return _failed(case, f"no pack has this rule: {rule_id}")
    if faults := list(islice(faults_in(case), _MOST_FAULTS)):
        return _failed(case, "; ".join(faults))
    try:
        facts = facts_of(completed(case))
        given = answer(facts, pack, rule_id)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return _failed(case, f"the case cannot be read: {type(error).__name__} {error}")
    return _result(case, pack, facts, given)


def _result(case: Mapping[str, Any], pack: Pack, facts: ContactFacts, given: Answer) -> CaseResult:
    expected = case.get("expected") or {}
    is_computed = expected.get("verdict") == COMPUTED
    verdict = COMPUTED if is_computed and given.verdict is Verdict.ALLOW else given.verdict
    wrong = _differences(expected, verdict, given, facts)
    leading = _leading(given)
    said = [_words(finding) for finding in leading] or [_silence(case, pack, facts)]
    unread = [f"not read: {', '.join(keys)}"] if (keys := list(unread_in(case))) else []
    return CaseResult(
        id=str(case.get("id")),
        passed=not wrong,
        verdict=str(verdict),
        expected=" or ".join(_accepted(expected)),
        rule=str(case.get("rule_id")),
        parameters={"pack": pack.id, "version": pack.version, **_parameters(leading)},
        events=tuple(dict.fromkeys(event for one in leading for event in one.events)),
        reason="; ".join([*wrong, *said, *unread]),
    )


def _silence(case: Mapping[str, Any], pack: Pack, facts: ContactFacts) -> str:
    rule = next(rule for rule in pack.rules if rule.id == case.get("rule_id"))
    if not rule.in_force_on(facts.at.date()):
        return f"the rule is not in force on {facts.at.date()}"
    return "no check applies"


def _failed(case: Mapping[str, Any], reason: str) -> CaseResult:
    expected = case.get("expected")
    return CaseResult(
        id=str(case.get("id")),
        passed=False,
        verdict="none",
        expected=str(expected.get("verdict") if isinstance(expected, Mapping) else None),
        rule=str(case.get("rule_id")),
        reason=reason,
    )


def _accepted(expected: Mapping[str, Any]) -> list[str]:
    """Return the verdicts that pass: the one expected, and those accepted beside it."""
    verdicts = (expected.get("verdict"), *(expected.get("accept") or ()))
    return list(dict.fromkeys(map(str, verdicts)))


def _leading(given: Answer) -> list[Finding]:
    return [finding for finding in given.findings if finding.verdict is given.verdict]


def _parameters(findings: Sequence[Finding]) -> dict[str, object]:
    if len(findings) == 1:
        return dict(findings[0].parameters)
    return {finding.prong: finding.parameters for finding in findings}


def _words(finding: Finding) -> str:
    values = ", ".join(f"{name}={value}" for name, value in finding.values.items())
    code = f"{finding.prong} {finding.code}".strip()
    return f"{code} ({values})" if values else code


def _differences(
    expected: Mapping[str, Any], verdict: str, given: Answer, facts: ContactFacts
) -> list[str]:
    accepted = _accepted(expected)
    wrong = [] if verdict in accepted else [f"expected {' or '.join(accepted)}"]
    if expected.get("values") is not None:
        wrong += _value_differences(expected, given)
    breaches = sorted(
        (f for f in given.findings if f.is_breach), key=lambda f: -STRICTNESS[f.verdict]
    )
    prongs = {f.prong for f in breaches if f.verdict is breaches[0].verdict}
    if expected.get("prong") and expected["prong"] not in prongs:
        wrong.append(f"expected prong {expected['prong']}, found {sorted(prongs)}")
    if expected.get("rebuttal_factor") is not None:
        has_factor = any(finding.factor is not None for finding in given.findings)
        if has_factor is not expected["rebuttal_factor"]:
            wrong.append(f"expected rebuttal factor {expected['rebuttal_factor']}")
    if expected.get("next_permitted_date"):
        turns = _local_date(given.next_allowed_at, facts)
        if turns != date.fromisoformat(expected["next_permitted_date"]):
            wrong.append(f"expected {expected['next_permitted_date']} as next date, found {turns}")
    return wrong


def _local_date(instant: datetime | None, facts: ContactFacts) -> date | None:
    zone = facts.day_zone or next(iter(facts.zones), UTC)
    return None if instant is None else instant.astimezone(zone).date()


def _value_differences(expected: Mapping[str, Any], given: Answer) -> list[str]:
    found: dict[str, object] = {}
    for finding in given.findings:
        found.update(finding.values)
    later_is_fine = expected.get("comparison") == "gte"
    wrong = []
    for name, wanted in expected["values"].items():
        value = found.get(name)
        shown = value.isoformat() if isinstance(value, date) else value
        if shown == wanted or (later_is_fine and _is_later(shown, wanted)):
            continue
        wrong.append(f"expected {name} {wanted}, found {shown}")
    return wrong


def _is_later(shown: object, wanted: object) -> bool:
    if isinstance(shown, str) and isinstance(wanted, str):
        return shown >= wanted
    return isinstance(shown, int) and isinstance(wanted, int) and shown >= wanted
