import copy
from dataclasses import replace

import pytest

from portal.core.rules import Channel, Direction, Outcome, Wishes, compile_pack, judge
from portal.core.rules.pack import read_document
from tests.core.rules.people import GERMANY, against, codes, contact, instant, past

NOON = "2026-05-12T12:00"


@pytest.mark.parametrize(
    ("wishes", "channel", "code"),
    [
        (Wishes(write_only=True), Channel.CALL, "write_only"),
        (Wishes(write_only=True), Channel.VISIT, "write_only"),
        (Wishes(write_only=True), Channel.EMAIL, None),
        (Wishes(channels=frozenset({Channel.EMAIL})), Channel.CALL, "channel_not_wished"),
        (Wishes(channels=frozenset({Channel.EMAIL})), Channel.EMAIL, None),
        (Wishes(), Channel.CALL, None),
    ],
)
def test_the_channels_a_person_chose_bind_everybody(wishes, channel, code):
    facts = contact(NOON, channel, wishes=wishes)

    assert codes(facts, GERMANY) == ([code] if code else [])


WEEK = (
    past("2026-05-06T10:00", Outcome.DELIVERED, Channel.EMAIL, agency_id="A2"),
    past("2026-05-09T10:00", Outcome.NO_ANSWER),
)


def test_a_weekly_maximum_counts_everybody_s_contacts_over_seven_dates():
    facts = contact(NOON, history=WEEK, wishes=Wishes(weekly_maximum=2))

    judgement = judge(facts, GERMANY)

    assert codes(facts, GERMANY) == ["more_than_wished"]
    assert judgement.next_allowed_at == instant("2026-05-13T00:00")
    answered = replace(WEEK[0], direction=Direction.INBOUND)
    assert codes(replace(facts, history=(answered, WEEK[1])), GERMANY) == []
    assert codes(replace(facts, wishes=Wishes(weekly_maximum=3)), GERMANY) == []


def test_a_person_who_wishes_for_no_contact_is_left_alone_for_good():
    facts = contact(NOON, wishes=Wishes(weekly_maximum=0))

    assert codes(facts, GERMANY) == ["more_than_wished"]
    assert judge(facts, GERMANY).next_allowed_at is None


def test_a_weekly_maximum_needs_a_zone():
    facts = contact(NOON, zones=(), wishes=Wishes(weekly_maximum=2))

    assert against(facts, "PORTAL-WISH-WEEKLY", GERMANY) == ["no_zone_on_file"]


@pytest.mark.parametrize(("days", "is_barred"), [(6, False), (7, True), (8, True)])
def test_the_person_s_week_is_a_number_of_the_pack(days, is_barred):
    document = copy.deepcopy(read_document("portal"))
    (rule,) = (r for r in document["rules"] if r["id"] == "PORTAL-WISH-WEEKLY")
    rule["parameters"]["days"] = days
    facts = contact(NOON, history=WEEK, wishes=Wishes(weekly_maximum=2))

    found = codes(facts, (compile_pack(document), *GERMANY[1:]))

    assert (found == ["more_than_wished"]) is is_barred
