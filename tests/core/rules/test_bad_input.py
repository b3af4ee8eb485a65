"""What is missing, doubled, out of order or unheard of has an answer, and never a free pass."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from zoneinfo import ZoneInfo

import pytest

from portal.core.rules import (
    Channel,
    ContactFacts,
    Direction,
    Outcome,
    Role,
    Verdict,
    judge,
    judge_done,
    load_packs,
)
from portal.core.rules.batch import Log, judge_all
from tests.core.rules.people import (
    AUSTRALIA,
    CHINA,
    GERMANY,
    LOS_ANGELES,
    MASSACHUSETTS,
    NEW_YORK,
    SHANGHAI,
    UNITED_KINGDOM,
    US,
    codes,
    contact,
    instant,
    past,
)

INDIA = load_packs(("in",), US[0].rules[0].source_checked_on)
PLACES = {
    "us": US,
    "us-ma": MASSACHUSETTS,
    "cn": CHINA,
    "in": INDIA,
    "au": AUSTRALIA,
    "uk": UNITED_KINGDOM,
    "de": GERMANY,
}
NOON = "2026-05-12T12:00"
WEEK = tuple(past(f"2026-05-{day:02}T12:00", id=f"E{day:02}") for day in range(6, 13))
EVENING = instant("2026-05-12T18:00")


@pytest.mark.parametrize("place", ["us", "us-ma", "in", "au", "uk", "de"])
def test_a_call_to_somebody_without_a_zone_is_for_a_person(place):
    judgement = judge(contact(NOON, zones=()), PLACES[place])

    assert judgement.verdict is Verdict.REVIEW
    assert judgement.next_allowed_at is None


def test_chinese_rules_name_their_zone_and_need_none_on_file():
    morning, night = instant("2026-05-12T08:00", SHANGHAI), instant("2026-05-12T22:00", SHANGHAI)

    assert judge(contact(morning, zones=()), CHINA).is_allowed
    assert codes(contact(night, zones=()), CHINA) == ["outside_window"]


@pytest.mark.parametrize(
    ("zones", "clock", "is_open"),
    [
        ((NEW_YORK, LOS_ANGELES), "10:59:59", False),
        ((NEW_YORK, LOS_ANGELES), "11:00:00", True),
        ((LOS_ANGELES, NEW_YORK), "11:00:00", True),
        ((NEW_YORK, LOS_ANGELES), "21:00:00", True),
        ((NEW_YORK, LOS_ANGELES), "21:00:01", False),
        ((NEW_YORK, SHANGHAI), "12:00:00", False),
        ((NEW_YORK, NEW_YORK), "12:00:00", True),
    ],
)
def test_zones_that_contradict_each_other_must_all_be_open(zones, clock, is_open):
    assert judge(contact(f"2026-05-12T{clock}", zones=zones), US).is_allowed is is_open


@pytest.mark.parametrize(
    ("at", "opens_at"),
    [
        ("2026-03-08T06:59:59+00:00", "2026-03-08T12:00:00+00:00"),  # 01:59:59, the last of EST
        ("2026-03-08T07:00:00+00:00", "2026-03-08T12:00:00+00:00"),  # 03:00, the first of EDT
        ("2026-11-01T05:30:00+00:00", "2026-11-01T13:00:00+00:00"),  # 01:30 for the first time
        ("2026-11-01T06:30:00+00:00", "2026-11-01T13:00:00+00:00"),  # and for the second
    ],
)
def test_in_the_night_a_clock_changes_the_morning_is_the_next_time(at, opens_at):
    call = contact(instant(at.removesuffix("+00:00"), ZoneInfo("UTC")))

    judgement = judge(call, US)

    assert [finding.code for finding in judgement.breaches] == ["outside_window"]
    assert judgement.next_allowed_at.isoformat() == opens_at


def test_events_out_of_order_give_the_answer_they_give_in_order():
    call = contact(EVENING, history=WEEK)
    in_order = judge(call, US)

    assert [finding.code for finding in in_order.breaches] == ["too_many_calls"]
    for order in list(permutations(WEEK))[::400]:
        assert judge(replace(call, history=order), US) == in_order


@pytest.mark.parametrize(
    ("again", "counts"),
    [
        (WEEK[0], False),
        (replace(WEEK[0], outcome=Outcome.VOICEMAIL_LEFT), False),
        (replace(WEEK[0], id="E99", external_id="X1"), False),
        (replace(WEEK[0], id="E99", external_id="X1", agency_id=None), True),
        (replace(WEEK[0], id="E99"), True),
        (replace(WEEK[0], at=WEEK[0].at + timedelta(seconds=1)), True),
    ],
    ids=[
        "the very same row",
        "the row corrected",
        "the agency's own number again",
        "another sender's number",
        "another row at the same instant",
        "the row at another instant",
    ],
)
def test_the_same_event_twice_counts_once_and_whatever_may_be_another_counts(again, counts):
    six = (replace(WEEK[0], external_id="X1"), *WEEK[1:6])
    call = contact(EVENING, outcome=Outcome.NO_ANSWER, history=(*six, again))

    for facts in (call, replace(call, history=tuple(reversed(call.history)))):
        found = {finding.code for finding in judge_done(facts, US).breaches}
        assert ("too_many_calls" in found) is counts


def test_an_action_sent_twice_is_no_history_of_its_own():
    call = contact(EVENING, id="A1", external_id="X9", outcome=Outcome.NO_ANSWER, history=WEEK[:6])
    itself = past(EVENING, id="A1")
    sent_again = past(EVENING - timedelta(minutes=1), id="A2", external_id="X9")

    for twice in (itself, sent_again):
        assert judge(replace(call, history=(*call.history, twice)), US) == judge(call, US)


def test_what_lies_ahead_of_an_action_is_not_known_to_it():
    ahead = tuple(replace(row, at=row.at + timedelta(days=30)) for row in WEEK)

    assert judge(contact(EVENING, history=(*WEEK[:6], *ahead)), US) == judge(
        contact(EVENING, history=WEEK[:6]), US
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_channel_nobody_knows_is_for_a_person(place):
    judgement = judge(contact(NOON, Channel.UNKNOWN), PLACES[place])

    assert judgement.verdict is not Verdict.ALLOW
    assert "unknown_channel" in {finding.code for finding in judgement.breaches}


def test_a_past_contact_through_a_channel_nobody_knows_may_have_been_the_seventh_call():
    unknown = replace(WEEK[0], channel=Channel.UNKNOWN)

    judgement = judge(contact(EVENING, history=(unknown, *WEEK[1:])), US)

    assert judgement.verdict is Verdict.REVIEW
    assert [finding.code for finding in judgement.breaches] == ["too_many_calls"]


@pytest.mark.parametrize(
    ("place", "count"), [("us", 7), ("us-ma", 2), ("cn", 3), ("au", 3)], ids=str
)
def test_past_contacts_of_unknown_outcome_count_as_far_as_they_may(place, count):
    zone = SHANGHAI if place == "cn" else NEW_YORK
    noon = instant("2026-05-12T12:00", zone)
    calls = tuple(
        past(noon - timedelta(minutes=20 * n), Outcome.UNKNOWN, id=f"E{n}")
        for n in range(1, count + 1)
    )

    facts = contact(noon, zones=(zone,), history=calls)

    assert not judge(facts, PLACES[place]).is_allowed


def test_an_action_of_unknown_outcome_is_held_against_every_limit():
    call = contact(EVENING, outcome=Outcome.UNKNOWN, history=WEEK)

    assert "too_many_calls" in {finding.code for finding in judge_done(call, US).breaches}


EVERYTHING = list(product(Channel, (*Outcome, None), Direction))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_can_be_said_of_a_contact_raises_and_without_a_zone_little_is_allowed(place):
    """Letters have no hour, and an inbound contact no rule: nothing else goes out unseen."""
    history = tuple(
        past(
            EVENING - timedelta(hours=7 * number),
            outcome or Outcome.UNKNOWN,
            channel,
            id=f"E{number}",
            direction=direction,
            role=list(Role)[number % len(Role)],
        )
        for number, (channel, outcome, direction) in enumerate(EVERYTHING)
    )
    allowed = set()
    for channel, outcome, direction in EVERYTHING:
        facts = contact(
            EVENING, channel, outcome=outcome, direction=direction, zones=(), history=history
        )
        if judge(facts, PLACES[place]).is_allowed and direction is Direction.OUTBOUND:
            allowed.add(channel)

    assert allowed <= ({Channel.LETTER} if place != "cn" else set(Channel) - {Channel.UNKNOWN})


@pytest.mark.parametrize("packs", [*PLACES.values(), ()], ids=[*PLACES, "nowhere"])
def test_facts_that_say_next_to_nothing_are_never_enough(packs):
    for channel in set(Channel) - {Channel.LETTER}:
        bare = ContactFacts(at=EVENING, channel=channel)
        if packs is not CHINA:
            assert not judge(bare, packs).is_allowed


def test_a_batch_of_rows_that_say_next_to_nothing_is_judged_all_the_same():
    rows = tuple(
        replace(past(EVENING), channel=channel, outcome=outcome or Outcome.UNKNOWN, id=None)
        for channel, outcome, _ in EVERYTHING
    )
    log = Log(person=ContactFacts(at=EVENING, channel=Channel.UNKNOWN), contacts=rows)

    judged = list(judge_all(log, lambda _: US))

    assert len(judged) == len(rows)
    letters = {each.contact.channel for each in judged if each.judgement.is_allowed}
    assert letters <= {Channel.LETTER}
