"""What a file of vectors may hold, and what is said of a case that is not in the vocabulary."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.core.errors import Invalid
from portal.core.rules import vectors
from tests.core.rules.cases import Case, case, event

FILE = Path(__file__).parents[2] / "data" / "compliance-vectors.json"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
RULE = "US-REGF-6B1-HOURS"
JUNK: list[Any] = [None, -5, "x", "24:00", [], {"a": 1}, [None], True, 1e400]


def call(**more: Any) -> Case:
    return case("a call", RULE, event("call_out", "2026-05-12T10:00", **more), "allow")


def only(one: object) -> vectors.CaseResult:
    (result,) = vectors.run({"cases": [one]})
    return result


def changed(one: Case, *path: str | int, to: Any) -> Case:
    copied = copy.deepcopy(one)
    holder: Any = copied
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = to
    return copied


@pytest.mark.parametrize("document", [None, [], "cases", {}, {"cases": None}, {"cases": {}}])
def test_a_document_without_a_list_of_cases_is_no_file_of_vectors(document):
    with pytest.raises(Invalid, match="no file of vectors"):
        vectors.run(document)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("action", "kind"), "smoke_signal", "action.kind is not known here: smoke_signal"),
        (("action", "kind"), "complaint", "action.kind is not known here: complaint"),
        (("action", "kind"), None, "action.kind is missing"),
        (("action", "at"), "noon", "action.at is not an instant: noon"),
        (("action", "at"), None, "action.at is missing"),
        (("action",), None, "action is missing"),
        (("action", "debt_ids"), "D1", "action.debt_ids is not a list, each a name: D1"),
        (("action", "automated"), "yes", "action.automated is not true or false: yes"),
        (("action", "person"), "P1", "action.person is not a person: P1"),
        (("setup",), "none", "setup is not a table: none"),
        (("setup", "day_count_tz"), "Mars/Base", "setup.day_count_tz is not a time zone"),
        (
            ("setup", "consumer", "tz_candidates", 0, "tz"),
            "EST5",
            "setup.consumer.tz_candidates[0].tz is not a time zone",
        ),
        (("setup", "debts", 0, "id"), None, "setup.debts[0].id is missing"),
        (
            ("setup", "facts"),
            {"hold_days": "30"},
            "setup.facts.hold_days is not a whole number: 30",
        ),
        (
            ("setup", "facts"),
            {"inconvenient": [{"days": ["TUESDAY"]}]},
            "setup.facts.inconvenient is not a list, each a window of clock times",
        ),
        (("prior_events",), [{"at": "2026-05-01T10:00Z"}], "prior_events[0].kind is missing"),
        (
            ("prior_events",),
            [{"kind": "hex", "at": "2026-05-01T10:00Z"}],
            "prior_events[0].kind is not known here: hex",
        ),
        (("expected",), "allow", "expected is not a table: allow"),
        (("expected", "accept"), "allow", "expected.accept is not a list, each a text: allow"),
        (("expected", "values"), 3, "expected.values is not a table: 3"),
        (("rule_id",), "US-NONE", "no pack has this rule: US-NONE"),
    ],
)
def test_a_case_out_of_the_vocabulary_fails_by_the_key_and_stops_nothing(path, value, reason):
    spoiled = changed(call(), *path, to=value)

    first, second = vectors.run({"cases": [spoiled, call()]})

    assert not first.passed
    assert first.verdict == "none"
    assert reason in first.reason
    assert second.passed


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in parts:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths_in(inner, (*path, key))


@pytest.mark.parametrize("number", range(0, len(PUBLISHED), 9))
def test_no_value_anywhere_in_a_case_stops_the_run(number):
    one = PUBLISHED[number]
    spoiled = [
        changed(one, *path, to=junk)
        for path in paths_in(one)
        for junk in JUNK
        if path[0] not in ("title", "why", "citation", "basis", "official_example")
    ]

    results = vectors.run({"cases": spoiled})

    assert len(results) == len(spoiled)
    assert all(result.passed or result.reason for result in results)


@pytest.mark.parametrize("row", [None, 7, "case", [], {}, {"id": "X", "rule_id": RULE}])
def test_a_row_that_is_no_case_fails_under_its_place_or_id(row):
    result = only(row)

    assert not result.passed
    assert result.id in ("X", "cases[0]")
    assert result.reason


def test_a_key_nobody_reads_is_named_beside_the_answer():
    noted = call(mood="calm")
    noted["setup"]["facts"]["weather"] = "fine"

    result = only(noted)

    assert result.passed
    assert "not read: setup.facts.weather, action.mood" in result.reason


def test_a_verdict_passes_when_it_is_expected_or_accepted():
    late = event("call_out", "2026-05-12T22:00")

    assert only(case("late", RULE, late, "violation", accept=["review"])).passed
    assert only(case("late", RULE, late, "review", accept=["violation"])).passed
    assert not only(case("late", RULE, late, "review", accept=["allow"])).passed


def test_an_expectation_left_null_is_none():
    nulls = {"prong": None, "rebuttal_factor": None, "next_permitted_date": None, "values": None}

    assert only({**call(), "expected": {"verdict": "allow", "accept": None, **nulls}}).passed


def test_a_rule_not_yet_in_force_says_so():
    early = case("early", RULE, event("call_out", "2020-05-12T23:00"), "allow")

    result = only(early)

    assert result.passed
    assert "not in force on 2020-05-13" in result.reason


@pytest.mark.parametrize(
    ("left_out", "verdict"),
    [
        ({"person"}, "presumed_violation"),
        ({"actor"}, "presumed_violation"),
        ({"debt_ids"}, "presumed_violation"),
        ({"person", "actor", "debt_ids"}, "presumed_violation"),
    ],
)
def test_what_an_event_leaves_out_hides_no_contact(left_out, verdict):
    def without(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in left_out}

    rung = [
        without(event("call_out", f"2026-05-{day}T10:00", outcome="no_answer"))
        for day in range(11, 18)
    ]
    eighth = without(event("call_out", "2026-05-17T15:00"))

    result = only(case("eighth", "US-REGF-14B-FREQ", eighth, verdict, before=tuple(rung)))

    assert result.verdict == verdict


def test_a_setup_may_be_left_out_and_then_nobody_knows_where_the_person_is():
    bare = {"id": "X", "rule_id": RULE, "action": call()["action"]}

    assert only(bare).verdict == "review"


@pytest.mark.parametrize(
    ("zone", "verdict"), [("America/New_York", "violation"), ("America/Los_Angeles", "allow")]
)
def test_an_instant_without_offset_is_local_to_where_it_was_logged(zone, verdict):
    one = call(tz=zone)
    one["action"]["at"] = "2026-05-12T07:30:00"

    assert only(one).verdict == verdict
