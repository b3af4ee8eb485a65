"""A made-up contact becomes the facts rules read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.core.errors import Invalid
from portal.core.rules import (
    Channel,
    ConsentScope,
    Direction,
    Form,
    HoldKind,
    Outcome,
    PlanState,
    Role,
    Verdict,
    judge,
    load_packs,
)
from portal.core.rules.trying import TriedCase, TriedPast, tried_facts

LOS_ANGELES, NEW_YORK = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
HALF_PAST_SEVEN = datetime(2026, 11, 24, 7, 30)
NOON = datetime(2026, 11, 24, 12, 0)


def case(at=NOON, **more):
    return TriedCase(**{"at": at, "channel": Channel.CALL, "state": "NY", **more})


def judged(tried):
    facts = tried_facts(tried)
    packs = load_packs(facts.jurisdictions, facts.at.date())
    return judge(facts, packs)


def codes(tried):
    return [finding.code for finding in judged(tried).breaches]


def past(day, outcome=Outcome.NO_ANSWER, **more):
    return TriedPast(
        at=datetime(2026, 11, day, 9, 0), channel=Channel.CALL, outcome=outcome, **more
    )


def test_the_place_and_the_number_each_say_where_the_person_may_be():
    facts = tried_facts(case(HALF_PAST_SEVEN, state="CA", phone="+1 212 555 0100"))

    assert facts.zones == (LOS_ANGELES, NEW_YORK)
    assert facts.at == datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    assert codes(case(HALF_PAST_SEVEN, state="CA", phone="+1 212 555 0100")) == ["outside_window"]


def test_zones_that_are_named_are_taken_instead():
    facts = tried_facts(case(zones=("Asia/Shanghai", "Asia/Shanghai", "UTC"), country="CN"))

    assert facts.zones == (ZoneInfo("Asia/Shanghai"), ZoneInfo("UTC"))
    assert facts.at == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "America", "\0"])
def test_what_is_no_zone_is_named(zone):
    with pytest.raises(Invalid) as refused:
        tried_facts(case(zones=(zone,)))

    assert refused.value.values["field"] == "zones"


def test_a_place_nobody_knows_leaves_it_to_a_person():
    tried = case(country="BR", state="")

    assert tried_facts(tried).zones == ()
    assert judged(tried).verdict is Verdict.REVIEW


def test_the_eighth_call_in_seven_days_is_found():
    week = tuple(past(day) for day in range(18, 25))

    found = judged(case(past=week))

    assert [finding.code for finding in found.breaches] == ["too_many_calls"]
    assert found.breaches[0].events == ("1", "2", "3", "4", "5", "6", "7")
    assert codes(case(past=week[1:])) == []


def test_earlier_contacts_say_who_made_them_about_what_and_who_began():
    week = [past(day) for day in range(18, 25)]

    by_another = [past(18, made_by="other"), *week[1:]]
    about_another = [past(18, same_account=False), *week[1:]]
    from_the_person = [past(18, direction=Direction.INBOUND), *week[1:]]

    for history in (by_another, about_another, from_the_person):
        assert codes(case(past=tuple(history))) == []


def test_a_conversation_is_about_the_debt():
    assert codes(case(past=(past(20, Outcome.CONVERSATION),))) == ["too_soon_after_conversation"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"holds": (HoldKind.DISPUTE,)}, "on_hold"),
        ({"opt_outs": (Channel.CALL,)}, "opted_out"),
        ({"opt_outs": (Channel.SMS,)}, None),
        ({"cease": Form.WRITING}, "ceased"),
        ({"cease": Form.ORAL}, None),
        ({"dispute": Form.WRITING}, "disputed"),
        ({"represented": True}, "represented"),
        ({"write_only": True}, "write_only"),
        ({"weekly_maximum": 0}, "more_than_wished"),
        ({"country": "AU", "state": "NSW", "plan": PlanState.PERFORMING}, "plan_is_kept"),
        ({"role": Role.COLLEAGUE}, "recipient_needs_reason"),
    ],
)
def test_what_is_known_of_the_person_counts(said, code):
    found = codes(case(**said))

    assert (code in found) if code else not {"opted_out", "ceased"} & set(found)


def test_a_consent_to_more_calls_takes_them_out_of_the_count():
    week = tuple(past(day) for day in range(18, 25))

    assert codes(case(past=week, consents=(ConsentScope.CALLBACK_CALLS,))) == []


def test_what_was_said_was_known_the_day_before_even_over_a_change_of_clocks():
    facts = tried_facts(case(datetime(2026, 11, 1, 12, 0), consents=(ConsentScope.CALLBACK_CALLS,)))

    assert facts.consents[0].valid_from == date(2026, 10, 31)


def test_there_is_an_end_to_earlier_contacts():
    with pytest.raises(Invalid, match="at most 10"):
        tried_facts(case(past=tuple(past(day) for day in range(1, 12))))
