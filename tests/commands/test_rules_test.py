"""`portal rules test`: files of vectors, and files that are none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from portal.cli import main

CALL = {
    "id": "A-1",
    "rule_id": "US-REGF-6B1-HOURS",
    "setup": {"consumer": {"id": "P1", "tz_candidates": [{"tz": "America/New_York"}]}},
    "action": {"kind": "call_out", "at": "2026-05-12T22:00:00-04:00"},
    "expected": {"verdict": "violation"},
}


@pytest.fixture
def rules_test(tmp_path):
    """Run the command on a file with this content."""

    def run(content: bytes) -> Result:
        path = tmp_path / "vectors.json"
        path.write_bytes(content)
        return CliRunner().invoke(main, ["rules", "test", str(path)])

    return run


def test_cases_that_pass_end_well(rules_test):
    result = rules_test(json.dumps({"cases": [CALL]}).encode())

    assert result.exit_code == 0
    assert "pass A-1: violation" in result.output
    assert "1 passed, 0 failed" in result.output


def test_a_case_that_cannot_be_read_fails_by_its_key_and_the_rest_go_on(rules_test):
    unknown = {**CALL, "id": "A-2", "action": {**CALL["action"], "kind": "smoke_signal"}}

    result = rules_test(json.dumps({"cases": [unknown, CALL]}).encode())

    assert result.exit_code == 1
    assert "FAIL A-2: none" in result.output
    assert "action.kind is not known here: smoke_signal" in result.output
    assert "pass A-1" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no json", "is no JSON file"),
        (b"\xff\xfe", "is no JSON file"),
        (b"[]", "This is no file of vectors"),
        (b'{"rules": []}', "This is no file of vectors"),
        (b'{"cases": {"A-1": {}}}', "This is no file of vectors"),
    ],
)
def test_a_file_that_is_none_gives_one_clear_error(rules_test, content, said):
    result = rules_test(content)

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert said in result.output
    assert len(result.output.splitlines()) == 1


def test_a_byte_order_mark_is_no_harm(rules_test):
    result = rules_test(b"\xef\xbb\xbf" + json.dumps({"cases": [CALL]}).encode())

    assert result.exit_code == 0
