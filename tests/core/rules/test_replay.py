"""Decisions kept as plain data and decided again years later, by the packs of their own day."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from bench.crowd import last_day, people
from portal.core.rules import ContactFacts, Form, Message, Pack, compile_pack, judge, load_packs
from portal.core.rules.batch import facts_of
from portal.core.rules.objects import EmailBasis, TextBasis
from portal.core.rules.pack import PACK_IDS, read_document, read_pack
from portal.core.rules.record import facts_from_record, facts_to_record, judgement_to_record
from portal.core.rules.vectors.facts import facts_of as facts_of_case
from tests.core.rules.test_vectors import ALL

pytestmark = pytest.mark.abuse("T8")

DECISIONS = 10_000
HISTORY = 6

Decision = tuple[ContactFacts, tuple[Pack, ...]]


def contacts() -> Iterator[Decision]:
    """Yield contacts with all sorts of people, some as they were made, others as they are asked."""
    random = Random(8)
    for log in people(0, DECISIONS):
        packs = load_packs(log.person.jurisdictions, last_day())
        rows = sorted(log.contacts, key=lambda row: row.at)
        for number, row in enumerate(rows):
            facts = facts_of(log.person, row, tuple(rows[max(0, number - HISTORY) : number]))
            if random.random() < 0.3:
                facts = replace(facts, outcome=None)
            if random.random() < 0.3:
                facts = replace(
                    facts,
                    message=Message(
                        form=random.choice([*Form, None]),
                        disclosures=random.choice([(), (("initial", "en"),)]),
                        conveys_debt=random.choice([True, False, None]),
                        content=random.choice([None, {"fees": "0"}]),
                    ),
                    email_basis=EmailBasis(route="consent", opted_out=False),
                    text_basis=TextBasis(route="consent", consented_on=row.at.date()),
                )
            yield facts, packs


def cases() -> Iterator[Decision]:
    """Yield every published case, also those that are no contacts, each asked of one pack."""
    for case in ALL["cases"]:
        for pack_id in PACK_IDS:
            pack = read_pack(pack_id)
            if any(rule.id == case["rule_id"] for rule in pack.rules):
                yield facts_of_case(case), (pack,)


def kept(facts: ContactFacts, packs: tuple[Pack, ...]) -> str:
    """Return a decision as it is kept."""
    return json.dumps(
        {
            "facts": facts_to_record(facts),
            "packs": [pack.hash for pack in packs],
            "judgement": judgement_to_record(judge(facts, packs)),
        }
    )


def again(record: str, shelf: dict[str, Pack]) -> tuple[dict, dict]:
    """Return what was decided, and what the kept facts and packs say now."""
    decision = json.loads(record)
    packs = [shelf[digest] for digest in decision["packs"]]
    judgement = judge(facts_from_record(decision["facts"]), packs)
    return decision["judgement"], json.loads(json.dumps(judgement_to_record(judgement)))


def test_ten_thousand_decisions_are_decided_the_same_again():
    documents = {read_pack(pack_id).hash: read_pack(pack_id).document for pack_id in PACK_IDS}
    decisions = [*cases()]
    decisions += islice(contacts(), DECISIONS - len(decisions))
    records = [kept(facts, packs) for facts, packs in decisions]

    shelf = {digest: compile_pack(json.loads(text)) for digest, text in documents.items()}
    verdicts: Counter[str] = Counter()
    different = []
    for record in records:
        before, after = again(record, shelf)
        verdicts[before["verdict"]] += 1
        if before != after:
            different.append((before, after))

    assert len(records) == DECISIONS
    assert min(verdicts.values()) > 100
    assert len(verdicts) == 5
    assert all(pack.hash == digest for digest, pack in shelf.items())
    assert different == []


def test_a_pack_changed_afterwards_changes_no_decision_of_before():
    facts, packs = next(
        (facts, packs)
        for facts, packs in contacts()
        if any(f.rule_id == "US-REGF-6B1-HOURS" for f in judge(facts, packs).breaches)
    )
    record = kept(facts, packs)
    document = copy.deepcopy(read_document("us"))
    (hours,) = (rule for rule in document["rules"] if rule["id"] == "US-REGF-6B1-HOURS")
    hours["parameters"]["windows"] = [{"opens": "00:00", "closes": "24:00"}]
    changed = compile_pack(document)

    before, after = again(record, {pack.hash: pack for pack in (*packs, changed)})

    assert changed.hash not in json.loads(record)["packs"]
    assert after == before
    assert judgement_to_record(judge(facts, (packs[0], changed))) != before
