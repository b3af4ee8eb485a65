import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.core.rules import vectors
from portal.core.rules.clocktime import MINUTE, parse_clock, show_clock
from portal.core.rules.pack import PACK_IDS, compile_pack, read_document
from tests.core.rules.cases_elsewhere import elsewhere
from tests.core.rules.cases_reading import reading
from tests.core.rules.cases_us import united_states

FILE = Path(__file__).parents[2] / "data" / "compliance-vectors.json"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))
OWN = {"cases": [*united_states(), *elsewhere(), *reading()]}
ALL = {"cases": [*PUBLISHED["cases"], *OWN["cases"]]}


def test_every_published_case_passes():
    results = vectors.run(PUBLISHED)

    assert len(results) == 215
    assert [(result.id, result.reason) for result in results if not result.passed] == []


def test_every_case_of_our_own_passes():
    results = vectors.run(OWN)

    assert [(result.id, result.reason) for result in results if not result.passed] == []


def test_an_answer_names_its_rule_parameters_and_events():
    eighth = next(case for case in PUBLISHED["cases"] if case["id"] == "US-14B-02")

    (result,) = vectors.run({"cases": [eighth]})

    assert result.rule == "US-REGF-14B-FREQ"
    assert result.parameters["limit"] == 7
    assert result.events == ("E1", "E2", "E3", "E4", "E5", "E6", "E7")
    assert "too_many_calls" in result.reason


def test_neither_id_nor_title_nor_expectation_reaches_the_engine():
    stripped = [
        {key: case[key] for key in ("rule_id", "setup", "prior_events", "action")}
        for case in PUBLISHED["cases"]
    ]

    told = vectors.run(PUBLISHED)
    untold = vectors.run({"cases": stripped})

    assert [r.verdict.replace("computed", "allow") for r in told] == [r.verdict for r in untold]


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "X", "rule_id": "NO-SUCH-RULE"},
        {
            "id": "X",
            "rule_id": "US-REGF-6B1-HOURS",
            "setup": {},
            "action": {"kind": "smoke_signal"},
        },
        {"id": "X", "rule_id": "US-REGF-6B1-HOURS", "setup": {}, "action": {"kind": "call_out"}},
        {},
    ],
)
def test_a_case_that_cannot_be_read_fails_with_a_reason_and_stops_nothing(broken):
    results = vectors.run({"cases": [broken, PUBLISHED["cases"][0]]})

    assert [result.passed for result in results] == [False, True]
    assert results[0].reason


Where = tuple[str | int, ...]


def numbers_of(value: Any, path: Where = ()) -> Iterator[Where]:
    """Yield where the numbers and clock times of a check's parameters are."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers_of(inner, (*path, key))
    elif isinstance(value, list) and path[-1] in ("windows", "days"):
        for index, inner in enumerate(value):
            yield from numbers_of(inner, (*path, index))
    elif (isinstance(value, int) and not isinstance(value, bool)) or path[-1:] in (
        ("opens",),
        ("closes",),
    ):
        yield path


def shifted(pack_id: str, path: Where, step: int) -> Any:
    """Return a pack with one of its numbers moved by one, a clock time by one minute."""
    document = copy.deepcopy(read_document(pack_id))
    holder: Any = document
    for part in path[:-1]:
        holder = holder[part]
    value = holder[path[-1]]
    holder[path[-1]] = (
        show_clock(parse_clock(value) + step * MINUTE) if isinstance(value, str) else value + step
    )
    return compile_pack(document)


def every_number() -> Iterator[Any]:
    for pack_id in PACK_IDS[1:]:  # the portal's own pack has its own test
        for index, rule in enumerate(read_document(pack_id)["rules"]):
            places = [
                (index, "parameters"),
                *((index, "checks", n, "parameters") for n in range(9)),
            ]
            for place in places:
                holder: Any = read_document(pack_id)["rules"]
                try:
                    for part in place:
                        holder = holder[part]
                except (KeyError, IndexError):
                    continue
                for path in numbers_of(holder):
                    for step in (-1, 1):
                        name = f"{rule['id']}-{'.'.join(map(str, (*place[1:], *path)))}{step:+}"
                        yield pytest.param(
                            pack_id, rule["id"], ("rules", *place, *path), step, id=name
                        )


@pytest.mark.parametrize(("pack_id", "rule_id", "path", "step"), list(every_number()))
def test_moving_any_number_of_a_pack_by_one_turns_a_case_red(pack_id, rule_id, path, step):
    about = {"cases": [case for case in ALL["cases"] if case["rule_id"] == rule_id]}

    results = vectors.run(about, [shifted(pack_id, path, step)])

    assert not all(result.passed for result in results)


def test_the_portal_s_own_pack_has_one_number_which_has_its_own_test():
    found = {
        (rule["id"], *path)
        for rule in read_document(PACK_IDS[0])["rules"]
        for path in numbers_of(rule.get("parameters", {}))
    }

    assert found == {("PORTAL-WISH-WEEKLY", "days")}
