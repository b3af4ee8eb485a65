import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.core.rules import Message, PriorCollector, judge
from portal.core.rules.objects import EmailBasis
from portal.core.rules.record import facts_from_record, facts_to_record, judgement_to_record
from portal.core.rules.steps import Allocation, Placement
from portal.core.rules.vectors.facts import facts_of
from tests.core.rules.people import US, contact
from tests.core.rules.test_properties import acts
from tests.core.rules.test_vectors import ALL


def kept(facts):
    """Return facts after a stay in storage."""
    return facts_from_record(json.loads(json.dumps(facts_to_record(facts))))


def test_the_facts_of_every_case_come_back_as_they_were():
    facts = [facts_of(case) for case in ALL["cases"]]

    assert [kept(each) for each in facts] == facts


@settings(max_examples=100, deadline=None)
@given(act=acts)
def test_a_kept_decision_is_decided_the_same_again(act):
    again = judge(kept(act), US)

    assert again == judge(act, US)
    assert json.dumps(judgement_to_record(again)) == json.dumps(judgement_to_record(judge(act, US)))


def test_ids_keep_their_kind():
    number = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    facts = replace(contact("2026-05-12T12:00"), agency_id=number, account_ids=(number, "D1"))

    assert kept(facts) == facts


@pytest.mark.parametrize(
    "facts",
    [
        contact("2026-05-12T12:00", step=Allocation(amounts={"D1": 1}, directions={"D2": 2})),
        contact("2026-05-12T12:00", step=Placement(to="A2", published_agencies=frozenset({"A2"}))),
        contact("2026-05-12T12:00", holidays=frozenset({date(2026, 12, 25)}), limits={"x": 1}),
        contact(
            "2026-05-12T12:00",
            message=Message(content={"fees": "0"}, disclosures=(("initial", "en"), ("x", None))),
        ),
        contact(
            "2026-05-12T12:00",
            email_basis=EmailBasis(
                route="prior_collector", prior_chain=(PriorCollector(used=True),)
            ),
        ),
    ],
)
def test_every_shape_of_fact_comes_back(facts):
    assert kept(facts) == facts


@pytest.mark.parametrize("record", [{}, {"at": "noon"}, {"at": "2026-05-12T12:00+00:00", "x": 1}])
def test_what_is_no_record_of_facts_is_refused(record):
    with pytest.raises(Invalid):
        facts_from_record(record)


def test_a_kept_judgement_names_rule_version_hash_and_numbers():
    record = judgement_to_record(judge(contact("2026-05-12T22:00"), US))

    breach = next(finding for finding in record["findings"] if finding["verdict"] == "violation")
    assert breach["rule"] == "US-REGF-6B1-HOURS"
    assert breach["version"] == US[1].version
    assert breach["hash"] == US[1].hash
    assert breach["parameters"]["windows"] == [{"opens": "08:00", "closes": "21:00"}]
    assert record["next_allowed_at"] == "2026-05-13T12:00:00+00:00"


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_record_is_the_same_whatever_order_its_sets_are_in(data):
    dates = data.draw(st.lists(st.dates(), max_size=6))
    one = contact("2026-05-12T12:00", holidays=frozenset(dates))
    other = contact("2026-05-12T12:00", holidays=frozenset(reversed(dates)))

    assert facts_to_record(one) == facts_to_record(other)
