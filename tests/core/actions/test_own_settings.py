"""A bank's settings: read to the letter, made into a pack, and judged beside the law by it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.actions.own_beside import find_stricter
from portal.core.actions.own_pack import draft_pack, to_document
from portal.core.actions.own_settings import WEEKDAYS, BankSettings, Fault, to_plain
from portal.core.actions.own_settings_reading import SettingsRefused, read_settings
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role, Verdict, judge, load_packs
from portal.core.rules.kinds import STRICTNESS
from portal.core.rules.pack import PACK_IDS, compile_pack, content_hash, read_pack
from tests.core.rules.people import (
    CHINA,
    LOS_ANGELES,
    NEW_YORK,
    SHANGHAI,
    US,
    contact,
    past,
)
from tests.core.rules.test_properties import PACKS, acts

FROM = date(2026, 6, 1)
FULL = tomllib.loads("""
weekdays_off = ["sun"]
channels_off = ["social", "visit"]
rest_days = 3
balance_days = 60

[[caps]]
channels = ["sms", "call"]
most = 3
days = 7

[[caps]]
channels = ["call"]
most = 1
days = 1
count = "conversations"
over = "each_agency"
per = "account"

[[hours]]
channels = ["call"]
week = { mon = ["09:00", "19:00"], tue = ["09:00", "19:00"], sat = ["10:00", "13:00"] }

[[days_off]]
on = 2026-12-25
name = "Christmas Day"

[[days_off]]
on = 2026-12-24
name = "Christmas Eve"
""")


def own(**raw):
    """Return the packs of the United States and a bank's own."""
    return (*US, draft_pack(read_settings(raw), effective_from=FROM))


def said(facts, packs):
    """Return what the bank's own rules have against a contact."""
    return [
        (finding.rule_id, finding.code)
        for finding in judge(facts, packs).breaches
        if finding.rule.pack_id == "bank"
    ]


def test_settings_survive_the_way_through_json():
    read = read_settings(FULL)

    assert read_settings(json.loads(json.dumps(to_plain(read)))) == read
    assert [day.name for day in read.days_off] == ["Christmas Eve", "Christmas Day"]
    assert to_plain(read)["caps"][0]["channels"] == ["call", "sms"]


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"cap": []}, "cap", "no such setting"),
        ({"caps": {}}, "caps", "has to be a list"),
        ({"caps": ["many"]}, "caps-0", "table of settings"),
        ({"caps": [{"channels": ["call"], "most": 3, "days": 7, "x": 1}]}, "caps-0-x", "no such"),
        ({"caps": [{"channels": [], "most": 3, "days": 7}]}, "caps-0-channels", "at least one"),
        ({"caps": [{"channels": ["fax"], "most": 3, "days": 7}]}, "caps-0-channels", "call, sms"),
        ({"caps": [{"channels": ["call"], "days": 7}]}, "caps-0-most", "from 1 to 100"),
        ({"caps": [{"channels": ["call"], "most": 0, "days": 7}]}, "caps-0-most", "1 to 100"),
        ({"caps": [{"channels": ["call"], "most": 101, "days": 7}]}, "caps-0-most", "1 to 100"),
        ({"caps": [{"channels": ["call"], "most": True, "days": 7}]}, "caps-0-most", "1 to 100"),
        ({"caps": [{"channels": ["call"], "most": 2.5, "days": 7}]}, "caps-0-most", "1 to 100"),
        ({"caps": [{"channels": ["call"], "most": "٣", "days": 7}]}, "caps-0-most", "1 to 100"),
        ({"caps": [{"channels": ["call"], "most": 3, "days": 31}]}, "caps-0-days", "1 to 30"),
        (
            {"caps": [{"channels": ["call"], "most": 3, "days": 7, "over": "us"}]},
            "caps-0-over",
            "everybody, each_agency",
        ),
        (
            {"caps": [{"channels": ["sms"], "most": 3, "days": 7, "count": "conversations"}]},
            "caps-0-count",
            "Only calls and visits",
        ),
        (
            {"caps": [{"channels": ["visit"], "most": 3, "days": 7, "per": "number"}]},
            "caps-0-per",
            "number or address",
        ),
        ({"caps": [{"channels": ["call"], "most": 1, "days": 1}] * 13}, "caps", "At most 12"),
        ({"hours": [{"channels": ["letter"], "week": {}}]}, "hours-0-channels", "call, sms"),
        ({"hours": [{"channels": ["call"], "week": {}}]}, "hours-0-week", "at least one day"),
        (
            {"hours": [{"channels": ["call"], "week": {"monday": ["09:00", "10:00"]}}]},
            "hours-0-week-monday",
            "no such",
        ),
        (
            {"hours": [{"channels": ["call"], "week": {"mon": ["09:00"]}}]},
            "hours-0-week-mon",
            "two times",
        ),
        (
            {"hours": [{"channels": ["call"], "week": {"mon": ["9", "10:00"]}}]},
            "hours-0-week-mon",
            "like 09:00",
        ),
        (
            {"hours": [{"channels": ["call"], "week": {"mon": ["20:00", "09:00"]}}]},
            "hours-0-week-mon",
            "later than",
        ),
        ({"days_off": [{"on": "25.12.2026", "name": "x"}]}, "days_off-0-on", "like 2026-12-25"),
        ({"days_off": [{"on": "2026-12-25", "name": " "}]}, "days_off-0-name", "a name"),
        ({"days_off": [{"on": "2026-12-25", "name": "x"}] * 2}, "days_off-1-on", "twice"),
        ({"weekdays_off": ["sunday"]}, "weekdays_off", "mon, tue"),
        ({"weekdays_off": list(WEEKDAYS)}, "weekdays_off", "at least one day"),
        ({"channels_off": ["unknown"]}, "channels_off", "call, sms"),
        (
            {"channels_off": [c.value for c in Channel if c is not Channel.UNKNOWN]},
            "channels_off",
            "at least one channel",
        ),
        ({"rest_days": 31}, "rest_days", "1 to 30"),
        ({"balance_days": 91}, "balance_days", "1 to 90"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(changes, place, says):
    with pytest.raises(SettingsRefused) as refused:
        read_settings(changes)

    found = {fault.place: str(fault) for fault in refused.value.faults}
    assert place in found
    assert says in found[place]


def test_every_fault_is_named_at_once():
    with pytest.raises(SettingsRefused) as refused:
        read_settings({"balance_days": 0, "rest_days": 99, "days": 1})

    assert len(refused.value.faults) == 3
    assert "  rest_days: Enter a whole number from 1 to 30." in str(refused.value)
    assert str(Fault("", "Nothing.")) == "Nothing."


def test_settings_become_a_pack_that_is_understood_to_the_letter():
    document = to_document(read_settings(FULL), 4, effective_from=FROM)
    stored = json.loads(json.dumps(document))

    pack = compile_pack(stored)

    assert [rule.id for rule in pack.rules] == [
        *("BANK-CAP-1", "BANK-CAP-2", "BANK-HOURS-1", "BANK-WEEKDAYS", "BANK-DAYS"),
        *("BANK-CHANNELS", "BANK-REST"),
    ]
    assert (pack.id, pack.version, pack.jurisdiction) == ("bank", "4", "any")
    assert pack.settings == {"balance_days": 60}
    assert pack.hash == content_hash(document) == content_hash(stored)
    assert {rule.effective_from for rule in pack.rules} == {FROM}
    assert {(rule.severity.value, rule.confidence.value) for rule in pack.rules} == {
        ("standard", "own")
    }


def test_settings_that_ask_nothing_make_a_pack_without_rules():
    assert to_document(BankSettings(), 1, effective_from=FROM)["rules"] == []
    assert BankSettings().asks_nothing
    assert not read_settings({"balance_days": 30}).asks_nothing


def test_no_rule_of_the_portal_stands_back_for_a_banks_own():
    mine = {check.name for check in draft_pack(read_settings(FULL), effective_from=FROM).checks}
    standing_back = {
        check.name for pack in PACK_IDS for check in read_pack(pack).checks if check.rule.fallback
    }

    assert standing_back
    assert not mine & standing_back


CAP = {"channels": ["call"], "most": 2, "days": 7}
TWO = (past("2026-06-08T10:00"), past("2026-06-09T10:00", agency_id="A2", placed_ids=("D2",)))


@pytest.mark.parametrize(
    ("cap", "history", "broken"),
    [
        (CAP, TWO, True),
        (CAP, TWO[:1], False),
        ({**CAP, "days": 2}, TWO, False),
        ({**CAP, "over": "each_agency"}, TWO, False),
        ({**CAP, "over": "each_agency"}, (TWO[0], replace(TWO[1], agency_id="A1")), True),
        ({**CAP, "per": "account"}, TWO, False),
        ({**CAP, "per": "account"}, (TWO[0], replace(TWO[1], placed_ids=("D1",))), True),
        ({**CAP, "per": "number"}, tuple(replace(p, address="N2") for p in TWO), False),
        ({**CAP, "per": "number"}, tuple(replace(p, address="N1") for p in TWO), True),
        ({**CAP, "count": "conversations"}, TWO, False),
        (
            {**CAP, "count": "conversations"},
            tuple(replace(p, outcome=Outcome.CONVERSATION) for p in TWO),
            True,
        ),
        ({**CAP, "channels": ["sms"]}, TWO, False),
        (CAP, tuple(replace(p, direction=Direction.INBOUND) for p in TWO), False),
        (CAP, tuple(replace(p, outcome=Outcome.BUSY) for p in TWO), True),
        (CAP, tuple(replace(p, role=Role.CONSUMER_ATTORNEY, person_id="X") for p in TWO), False),
    ],
)
def test_a_limit_counts_what_it_says(cap, history, broken):
    call = contact("2026-06-10T10:00", history=history, address="N1")

    found = said(call, own(caps=[cap]))

    assert found == ([("BANK-CAP-1", "too_many_contacts")] if broken else [])


WEEK = {"mon": ["10:00", "12:00"], "tue": ["09:00", "19:00"]}


@pytest.mark.parametrize(
    ("at", "channel", "broken"),
    [
        ("2026-06-08T09:59", Channel.CALL, True),
        ("2026-06-08T10:00", Channel.CALL, False),
        ("2026-06-08T12:01", Channel.CALL, True),
        ("2026-06-09T18:59", Channel.CALL, False),
        ("2026-06-10T11:00", Channel.CALL, True),
        ("2026-06-10T11:00", Channel.SMS, False),
    ],
)
def test_hours_hold_by_weekday_where_the_person_is(at, channel, broken):
    packs = own(hours=[{"channels": ["call"], "week": WEEK}])

    assert said(contact(at, channel), packs) == (
        [("BANK-HOURS-1", "outside_window")] if broken else []
    )


def test_hours_hold_in_every_zone_the_person_may_be_in():
    packs = own(hours=[{"channels": ["call"], "week": {"tue": ["09:00", "19:00"]}}])
    call = contact("2026-06-09T10:00", zones=(NEW_YORK, LOS_ANGELES))

    judgement = judge(call, packs)

    assert not judgement.is_allowed
    assert judgement.next_allowed_at == call.at + timedelta(hours=2)


@pytest.mark.parametrize(
    ("raw", "at", "channel", "more", "code"),
    [
        ({"weekdays_off": ["sun"]}, "2026-06-14T11:00", Channel.CALL, {}, "outside_window"),
        ({"weekdays_off": ["sun"]}, "2026-06-13T11:00", Channel.CALL, {}, None),
        ({"weekdays_off": ["sun"]}, "2026-06-14T11:00", Channel.LETTER, {}, None),
        (
            {"days_off": [{"on": "2026-06-09", "name": "Founders' day"}]},
            "2026-06-09T11:00",
            Channel.SMS,
            {},
            "bank_day_off",
        ),
        (
            {"days_off": [{"on": "2026-06-09", "name": "Founders' day"}]},
            "2026-06-10T11:00",
            Channel.SMS,
            {},
            None,
        ),
        ({"channels_off": ["visit"]}, "2026-06-09T11:00", Channel.VISIT, {}, "channel_not_used"),
        ({"channels_off": ["visit"]}, "2026-06-09T11:00", Channel.CALL, {}, None),
        (
            {"channels_off": ["letter"]},
            "2026-06-09T11:00",
            Channel.LETTER,
            {"purpose": Purpose.VALIDATION_NOTICE},
            None,
        ),
        (
            {"rest_days": 3},
            "2026-06-09T11:00",
            Channel.SMS,
            {"history": (past("2026-06-07T11:00", Outcome.CONVERSATION, agency_id="A2"),)},
            "too_soon_after_talk",
        ),
        (
            {"rest_days": 3},
            "2026-06-10T11:00",
            Channel.SMS,
            {"history": (past("2026-06-07T11:00", Outcome.CONVERSATION, agency_id="A2"),)},
            None,
        ),
        (
            {"rest_days": 3},
            "2026-06-09T11:00",
            Channel.SMS,
            {
                "history": (past("2026-06-07T11:00", Outcome.CONVERSATION),),
                "purpose": Purpose.AT_DEBTOR_REQUEST,
            },
            None,
        ),
        (
            {"rest_days": 3},
            "2026-06-09T11:00",
            Channel.SMS,
            {"history": (past("2026-06-07T11:00", Outcome.NO_ANSWER),)},
            None,
        ),
    ],
)
def test_days_channels_and_rest_hold(raw, at, channel, more, code):
    found = said(contact(at, channel, **more), own(**raw))

    assert [each for _rule, each in found] == ([code] if code else [])


def test_rest_counts_from_the_last_talk_with_that_person():
    talks = (
        past("2026-06-07T11:00", Outcome.CONVERSATION),
        past("2026-06-08T11:00", Outcome.CONVERSATION, agency_id="A2"),
        past("2026-06-09T09:00", Outcome.CONVERSATION, person_id="SPOUSE", role=Role.SPOUSE),
    )
    facts = contact("2026-06-09T11:00", Channel.SMS, history=talks)

    [finding] = [f for f in judge(facts, own(rest_days=3)).breaches if f.rule_id == "BANK-REST"]

    free = finding.next_allowed_at.astimezone(NEW_YORK)
    assert free.isoformat() == "2026-06-11T00:00:00-04:00"
    assert finding.events == (talks[1].id,)
    later = contact("2026-06-11T11:00", Channel.SMS, history=talks)
    assert said(later, own(rest_days=3)) == []


def test_a_contact_of_unknown_outcome_may_have_been_a_talk_and_is_for_a_person():
    history = (past("2026-06-07T11:00", Outcome.UNKNOWN),)
    facts = contact("2026-06-09T11:00", Channel.SMS, history=history)

    [finding] = [f for f in judge(facts, own(rest_days=3)).breaches if f.rule_id == "BANK-REST"]

    assert finding.verdict is Verdict.REVIEW


@pytest.mark.parametrize("raw", [{"days_off": FULL["days_off"]}, {"rest_days": 3}])
def test_without_a_zone_a_person_decides(raw):
    history = (past("2026-06-07T11:00", Outcome.CONVERSATION),)
    facts = contact("2026-06-09T11:00", Channel.SMS, zones=(), history=history)

    assert [code for _rule, code in said(facts, own(**raw))] == ["no_zone_on_file"]


@pytest.mark.parametrize(
    ("raw", "free"),
    [
        ({"rest_days": 3}, "2026-06-10T00:00"),
        ({"days_off": [{"on": "2026-06-09", "name": "x"}]}, "2026-06-10T00:00"),
        (
            {"days_off": [{"on": f"2026-06-{day:02}", "name": "x"} for day in (9, 10, 11)]},
            "2026-06-12T00:00",
        ),
    ],
)
def test_the_next_allowed_time_is_told(raw, free):
    history = (past("2026-06-07T11:00", Outcome.CONVERSATION),)
    facts = contact("2026-06-09T11:00", Channel.LETTER, history=history)
    facts = replace(facts, channel=Channel.IN_APP)

    finding = next(f for f in judge(facts, own(**raw)).breaches if f.rule.pack_id == "bank")

    assert finding.next_allowed_at.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M") == free


channels = st.lists(
    st.sampled_from(["call", "sms", "email", "visit"]), min_size=1, max_size=3, unique=True
)
clocks = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])
spans = clocks.map(lambda pair: [f"{pair[0]:02}:00", f"{pair[1]:02}:00"])
drafts = st.fixed_dictionaries(
    {
        "caps": st.lists(
            st.fixed_dictionaries(
                {
                    "channels": st.just(["call"]),
                    "most": st.integers(1, 9),
                    "days": st.integers(1, 14),
                    "count": st.sampled_from(["attempts", "conversations"]),
                    "over": st.sampled_from(["everybody", "each_agency"]),
                    "per": st.sampled_from(["person", "account", "number"]),
                }
            ),
            max_size=2,
        ),
        "hours": st.lists(
            st.fixed_dictionaries(
                {
                    "channels": channels,
                    "week": st.dictionaries(st.sampled_from(WEEKDAYS), spans, min_size=1),
                }
            ),
            max_size=2,
        ),
        "weekdays_off": st.lists(st.sampled_from(WEEKDAYS), max_size=3, unique=True),
        "channels_off": st.lists(st.sampled_from(["sms", "visit"]), max_size=2, unique=True),
        "rest_days": st.one_of(st.none(), st.integers(1, 9)),
        "days_off": st.lists(
            st.sampled_from(["2026-03-07", "2026-03-08"]), max_size=2, unique=True
        ).map(lambda days: [{"on": day, "name": "x"} for day in days]),
    }
)


@settings(max_examples=200, deadline=None)
@given(draft=drafts, act=acts, packs=st.sampled_from(PACKS))
def test_a_banks_own_rules_only_ever_make_a_verdict_stricter(draft, act, packs):
    pack = draft_pack(read_settings(draft), effective_from=FROM)

    before, after = judge(act, packs), judge(act, (*packs, pack))

    assert STRICTNESS[after.verdict] >= STRICTNESS[before.verdict]
    kept = {(f.rule_id, f.prong): f.verdict for f in after.findings}
    assert all(kept[f.rule_id, f.prong] is f.verdict for f in before.findings)


@settings(max_examples=60, deadline=None)
@given(draft=drafts, act=acts)
def test_the_time_told_is_the_first_one_allowed_under_own_rules_too(draft, act):
    packs = (*US, draft_pack(read_settings(draft), effective_from=FROM))
    judgement = judge(act, packs)
    turns = judgement.next_allowed_at
    if turns is None or judgement.is_allowed:
        return
    known = tuple(each for each in act.history if each.at <= act.at)

    at_turn = judge(replace(act, at=turns, history=known), packs)
    before = judge(replace(act, at=turns - timedelta(seconds=1), history=known), packs)

    assert at_turn.is_allowed
    assert not before.is_allowed


def beside(raw, country="us"):
    """Return which rules of law are as strict or stricter, and whether everywhere."""
    shipped = load_packs((country,), FROM)
    pack = draft_pack(read_settings(raw), effective_from=FROM)
    return [(each.own.id, each.law.id, each.everywhere) for each in find_stricter(pack, shipped)]


def every_day(opens, closes):
    return {day: [opens, closes] for day in WEEKDAYS}


@pytest.mark.parametrize(
    ("country", "channels", "week", "expected"),
    [
        ("us", ["call"], every_day("07:00", "22:00"), [("US-REGF-6B1-HOURS", True)]),
        ("us", ["call"], every_day("08:00", "21:00"), [("US-REGF-6B1-HOURS", True)]),
        ("us", ["call"], every_day("07:00", "20:00"), [("US-REGF-6B1-HOURS", False)]),
        ("us", ["call"], every_day("09:00", "20:00"), []),
        ("us", ["call"], {"mon": ["07:00", "22:00"]}, [("US-REGF-6B1-HOURS", False)]),
        ("cn", ["call"], every_day("08:00", "22:00"), [("CN-GBT45251-HOURS", True)]),
        ("in", ["call"], every_day("08:00", "20:00"), [("IN-RBI-HOURS", True)]),
        ("uk", ["call"], every_day("07:00", "23:00"), []),
        ("au", ["call"], every_day("07:30", "21:00"), [("AU-RG96-HOURS", True)]),
        ("au", ["call", "email"], every_day("07:30", "21:00"), [("AU-RG96-HOURS", False)]),
    ],
)
def test_hours_as_wide_as_the_laws_are_found_to_change_nothing(country, channels, week, expected):
    found = beside({"hours": [{"channels": channels, "week": week}]}, country)

    assert [(law, everywhere) for _own, law, everywhere in found] == expected


@pytest.mark.parametrize(
    ("cap", "country", "expected"),
    [
        ({"channels": ["call"], "most": 3, "days": 1, "count": "conversations"}, "cn", True),
        ({"channels": ["call"], "most": 2, "days": 1, "count": "conversations"}, "cn", False),
        ({"channels": ["call"], "most": 3, "days": 1}, "cn", False),
        ({"channels": ["call"], "most": 9, "days": 7}, "us", False),
    ],
)
def test_a_limit_the_law_reaches_first_is_found_to_change_nothing(cap, country, expected):
    assert bool(beside({"caps": [cap]}, country)) is expected


def test_days_of_the_week_kept_free_are_never_said_to_change_nothing():
    assert beside({"weekdays_off": ["sun"]}) == []


def test_chinese_debtors_are_judged_by_a_banks_own_hours_in_their_own_zone():
    raw = {"hours": [{"channels": ["call"], "week": {"tue": ["09:00", "18:00"]}}]}
    packs = (*CHINA, draft_pack(read_settings(raw), effective_from=FROM))
    call = contact("2026-06-09T08:30", zones=(SHANGHAI,))

    assert judge(call, CHINA).is_allowed
    assert said(call, packs) == [("BANK-HOURS-1", "outside_window")]
