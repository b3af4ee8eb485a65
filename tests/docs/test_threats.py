"""docs/threats.md says of every case whether it is proved, and by which tests."""

from __future__ import annotations

from tests.docs.marks import (
    ABUSE,
    CASES,
    NOTHING,
    OPEN_PART,
    STATE,
    THREATS,
    line_for,
    marked_cases,
    proofs_by_case,
    rows,
    threat_rows,
)

CURE = "Let `.venv/bin/python -m tests.docs.marks` write it, and correct the last column by hand."


def test_every_case_has_exactly_one_row():
    listed = [row.cells[0] for row in rows(THREATS)]

    assert listed == list(CASES)


def test_every_mark_names_a_case_of_the_threat_model():
    unknown = {case: tests for case, tests in proofs_by_case().items() if case not in CASES}

    assert unknown == {}, f"no such case: {unknown}; mark one of A1 to R8"


def test_a_case_is_proved_exactly_by_the_tests_that_mark_it():
    proofs = proofs_by_case()
    changes = [
        f"{row.place} should be\n{wanted}"
        for case, row in threat_rows().items()
        if (wanted := line_for(row, proofs.get(case, []))) != f"| {' | '.join(row.cells)} |"
    ]

    assert not changes, "\n".join(["docs/threats.md is behind the marks:", *changes, CURE])


def test_an_open_case_says_what_is_missing():
    silent = [
        row.place
        for row in threat_rows().values()
        if not row.cells[ABUSE]
        or (row.cells[STATE] == "open" and row.cells[OPEN_PART] in ("", NOTHING))
    ]

    assert silent == []


def test_marks_are_read_from_tests_classes_parameters_and_whole_modules():
    source = """
import pytest
pytestmark = [pytest.mark.abuse("A1")]

@pytest.mark.abuse("B2")
class TestSomething:
    @pytest.mark.abuse("C3", "C4")
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.abuse("M5"))])
    def test_it(self, x): ...
"""

    assert sorted(marked_cases(source)) == ["A1", "B2", "C3", "C4", "M5"]
