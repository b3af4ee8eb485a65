import ast
import copy
import json
from datetime import date
from pathlib import Path

import pytest

import portal.core.rules
from portal.core.errors import Invalid, NotFound
from portal.core.rules import Verdict, compile_pack, judge, jurisdictions_for, load_packs
from portal.core.rules.codes import CODES, FACTORS
from portal.core.rules.pack import PACK_IDS, content_hash, read_document, read_pack
from tests.core.rules.people import US, contact, past

SOURCE = Path(portal.core.rules.__file__).parent
SAYING = ("breach", "doubt")

BANK_RULE = {
    "id": "BANK-DAILY",
    "title": "Two calls a day, over all agencies",
    "citation": "Our policy 4.2",
    "severity": "standard",
    "confidence": "own",
    "source": "Policy of 2026-05-01",
    "source_checked_on": "2026-05-01",
    "channels": ["call"],
    "evaluator": "at_most",
    "parameters": {
        "limit": 2,
        "days": 1,
        "counted": {"channels": ["call"], "scope": ["person"], "outcomes": ["no_answer"]},
    },
}


def bank_pack(**changes) -> dict:
    rule = {**copy.deepcopy(BANK_RULE), **changes}
    return {"id": "bank", "jurisdiction": "any", "version": "1", "rules": [rule]}


@pytest.mark.parametrize("pack_id", PACK_IDS)
def test_every_rule_cites_its_source_and_when_it_was_read(pack_id):
    for rule in read_pack(pack_id).rules:
        assert rule.title
        assert rule.citation
        assert rule.source
        assert date(2026, 1, 1) <= rule.source_checked_on <= date(2026, 11, 25)
        assert rule.pack_hash == read_pack(pack_id).hash


def test_rule_ids_are_unique_over_all_packs():
    ids = [rule.id for pack_id in PACK_IDS for rule in read_pack(pack_id).rules]

    assert len(ids) == len(set(ids))


def test_a_hash_follows_content_and_nothing_else():
    document = read_document("us")
    shuffled = dict(reversed(json.loads(json.dumps(document, default=str)).items()))
    changed = copy.deepcopy(document)
    changed["rules"][0]["parameters"]["windows"][0]["opens"] = "08:01"

    assert content_hash(shuffled) == content_hash(document)
    assert content_hash(changed) != content_hash(document)


def test_a_rule_applies_from_its_first_day_to_its_last():
    document = bank_pack(effective_from="2026-05-10", effective_to="2026-05-12")
    pack = compile_pack(document)

    def is_there(day: int) -> bool:
        return bool(pack.in_force_on(date(2026, 5, day)).checks)

    assert [is_there(day) for day in (9, 10, 12, 13)] == [False, True, True, False]


def test_regulation_f_was_not_in_force_before_30_november_2021():
    before = load_packs(("us",), date(2021, 11, 29))
    after = load_packs(("us",), date(2021, 11, 30))

    assert "US-REGF-6B1-HOURS" not in {rule.id for pack in before for rule in pack.rules}
    assert "US-REGF-6B1-HOURS" in {rule.id for pack in after for rule in pack.rules}


def test_a_bank_s_own_pack_is_data_and_only_makes_things_stricter():
    packs = (*US, compile_pack(bank_pack()))
    history = tuple(past(f"2026-05-12T{h}:00", agency_id=f"A{h}") for h in ("09", "10"))
    call = contact("2026-05-12T12:00", history=history)

    assert judge(call, US).is_allowed
    judgement = judge(call, packs)
    assert judgement.verdict is Verdict.GUIDANCE_BREACH
    assert judgement.breaches[0].citation == "Our policy 4.2"
    assert judge(contact("2026-05-12T22:00"), packs).verdict is Verdict.VIOLATION


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluator": "no_such_evaluator"},
        {"severity": "fierce"},
        {"channels": ["telegraph"]},
        {"unexpected": 1},
        {"parameters": {**BANK_RULE["parameters"], "limit": "two"}},
        {"parameters": {**BANK_RULE["parameters"], "limit": True}},
        {"parameters": {**BANK_RULE["parameters"], "surplus": 1}},
        {"parameters": {"days": 1, "counted": BANK_RULE["parameters"]["counted"]}},
        {"parameters": {**BANK_RULE["parameters"], "counted": {"channels": "call"}}},
        {"parameters": {**BANK_RULE["parameters"], "counted": []}},
        {"parameters": {**BANK_RULE["parameters"], "code": "no_such_code"}},
        {
            "citation": None,
            "evaluator": "within_window",
            "parameters": {"windows": [{"opens": "8"}]},
        },
        {"checks": [{"evaluatr": "at_most"}]},
        {"source_checked_on": "yesterday"},
    ],
)
def test_a_pack_that_is_not_understood_to_the_letter_is_refused(changes):
    with pytest.raises(Invalid):
        compile_pack(bank_pack(**changes))


@pytest.mark.parametrize("missing", ["citation", "source", "source_checked_on", "title", "id"])
def test_a_rule_without_its_source_is_refused(missing):
    document = bank_pack()
    del document["rules"][0][missing]

    with pytest.raises(Invalid):
        compile_pack(document)


def test_a_rule_twice_in_a_pack_is_refused():
    document = bank_pack()
    document["rules"] *= 2

    with pytest.raises(Invalid):
        compile_pack(document)


def test_there_is_no_pack_by_a_name_that_is_none():
    for name in ("mars", "../us", ""):
        with pytest.raises(NotFound):
            read_pack(name)


@pytest.mark.parametrize(
    ("country", "state", "packs"),
    [
        ("US", "NY", ("us",)),
        ("us", "ma", ("us", "us-ma")),
        ("CN", None, ("cn",)),
        ("GB", None, ("uk",)),
        ("DE", None, ("eu", "de")),
        ("FR", None, ("eu",)),
        ("AQ", None, ()),
    ],
)
def test_the_person_s_home_chooses_the_packs(country, state, packs):
    assert jurisdictions_for(country, state) == packs


def test_a_fallback_rule_stands_back_where_the_place_asks_the_same():
    us = {f.rule_id for f in judge(contact("2026-05-12T12:00"), US).findings}

    assert not us & {"PORTAL-WISH-TIMES", "PORTAL-OPTOUT", "PORTAL-WISH-PLACE"}


def codes_in_source() -> set[str]:
    found = set()
    for file in [*SOURCE.glob("evaluators/*.py"), SOURCE / "engine.py", SOURCE / "findings.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SAYING:
                found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
            if isinstance(node, ast.Constant) and node.value in CODES:
                found.add(node.value)
    for pack_id in PACK_IDS:
        for check in read_pack(pack_id).checks:
            found.add(check.parameters.get("code", "too_many_contacts"))
    return found


def test_every_code_in_use_is_documented_and_every_documented_one_is_in_use():
    assert codes_in_source() == set(CODES)


def test_every_factor_of_a_pack_is_documented():
    used = {
        str(name)
        for pack_id in PACK_IDS
        for check in read_pack(pack_id).checks
        for name in getattr(getattr(check.params, "counted", None), "rebuttal_purposes", ())
    }

    assert used <= set(FACTORS)
