"""Vectors written by us, one file a subject: every rule, its exceptions, edges and wordings."""

import json
from pathlib import Path

import pytest

from portal.core.rules import vectors
from portal.core.rules.pack import PACK_IDS, read_pack

FOLDER = Path(__file__).parents[2] / "data" / "compliance-vectors-own"
FILES = sorted(FOLDER.glob("*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text(encoding="utf-8"))["cases"]]


@pytest.fixture(scope="module")
def results():
    return vectors.run({"cases": CASES})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_of_a_file_passes(file):
    results = vectors.run(json.loads(file.read_text(encoding="utf-8")))

    assert results
    assert [str(result) for result in results if not result.passed] == []


def test_case_ids_are_unique_over_all_files():
    ids = [case["id"] for case in CASES]

    assert len(ids) == len(set(ids))


def test_every_key_of_a_case_is_read_unless_the_case_is_about_that(results):
    told = [result.id for result in results if "not read" in result.reason]

    assert told == ["OWN-READ-10"]


@pytest.mark.parametrize("pack_id", [pack_id for pack_id in PACK_IDS if pack_id != "portal"])
def test_every_rule_of_law_has_a_case_it_allows_and_one_it_does_not(pack_id, results):
    milder = {result.rule for result in results if result.verdict in ("allow", "computed")}
    stricter = {result.rule for result in results if result.verdict not in ("allow", "computed")}

    ids = {rule.id for rule in read_pack(pack_id).rules} - WITHOUT_CASES

    assert ids - milder == set()
    assert ids - stricter == set()


#: Rules the vocabulary of the vectors has no words for, or no edge; their own tests prove them.
WITHOUT_CASES = {
    "US-REGF-22B-AMOUNTS",
    "US-REGF-38B-OVERSHADOW",
    "US-TCPA-PRERECORDED",
    "UK-CONC-7.9-VISIT",
    "IN-RBI-NOTICE",
    "AU-RG96-VISIT",
    "AU-RG96-CONTACT-COUNT",
}
