"""Vectors written by us, one file a subject: every rule, its exceptions, edges and wordings."""

import json
from datetime import UTC, datetime
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


def altered(case, change):
    """Return a case with every text in it, keys of tables by debt included, put otherwise."""
    if isinstance(case, dict):
        return {change(key): altered(value, change) for key, value in case.items()}
    if isinstance(case, list):
        return [altered(value, change) for value in case]
    return change(case) if isinstance(case, str) else case


NAMES = {"P1": "C-77", "P2": "C-78", "P9": "C-79", "D1": "a/1", "D2": "a/2", "AG1": "Z", "AG2": "A"}


def in_utc(text):
    try:
        instant = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return text
    return (
        text if instant is None or instant.tzinfo is None else instant.astimezone(UTC).isoformat()
    )


def backwards(case):
    return {**case, "prior_events": case["prior_events"][::-1]}


def beside_strangers(case):
    """Return a case in which somebody else, with another debt and agency, does what they do."""
    other = {
        "at": case["action"]["at"],
        "actor": "AG7",
        "person": {"id": "P88", "role": "consumer"},
        "debt_ids": ["D88"],
    }
    told = [
        {"kind": "call_out", "outcome": "conversation"},
        {"kind": "email_out"},
        {"kind": "dispute", "form": "writing"},
        {"kind": "cease_notice", "form": "writing"},
        {"kind": "bankruptcy_notice", "stay_active": True},
        {"kind": "medium_optout", "medium": "phone_call", "scope": "medium"},
        {"kind": "consent", "scope": "callback_calls", "given_to": "AG7"},
        {"kind": "complaint"},
        {"kind": "plan_signed", "form": "writing"},
        {"kind": "payment", "pays_in_full": True},
    ]
    beside = [{**other, "id": f"N{number}", **one} for number, one in enumerate(told)]
    return {**case, "prior_events": [*beside, *case["prior_events"]]}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda case: altered(case, lambda text: NAMES.get(text, text)), id="names"),
        pytest.param(lambda case: altered(case, in_utc), id="utc"),
        backwards,
        beside_strangers,
    ],
)
def test_what_does_not_matter_changes_no_verdict(change, results):
    changed = vectors.run({"cases": [change(case) for case in CASES]})

    assert [r.id for r in changed if not r.passed] == []
    assert [r.verdict for r in changed] == [r.verdict for r in results]
