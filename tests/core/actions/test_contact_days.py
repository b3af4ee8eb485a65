"""Limits used up day by day: over all agencies and accounts, counted as a permit counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.core.actions.contact import list_subjects, may_contact, packs_for
from portal.core.actions.contact_days import count_days
from portal.core.actions.knowledge import HISTORY, gather
from portal.core.actions.service import Told, log_action
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome, Verdict
from tests.support.factories import NOON

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 11, 24)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
NOW = NOON + timedelta(days=20)
AT = NOON + timedelta(hours=1)


@pytest.fixture
def call(acting_as):
    def do(agent, made, at=AT, *, channel=Channel.CALL, outcome=Outcome.NO_ANSWER, **more):
        told = Told(channel=channel, outcome=outcome, made_at=at, **more)
        with acting_as(agent) as session:
            return log_action(session, agent, made.id, told, now=NOW)

    return do


@pytest.fixture
def count(acting_as):
    """Count the days of accounts of one person: `count(made, other)`."""

    def do(*accounts, zone=NEW_YORK, now=NOW, days=DAYS):
        made, system = accounts[0], Principal.system(accounts[0].bank_id)
        with acting_as(system) as session:
            subjects = list_subjects(session, [each.id for each in accounts])
            known = gather(
                session, made.bank_id, [made.debtor_id], since=NOON - HISTORY, until=NOW
            )[made.debtor_id]
            packs = packs_for(session, subjects[made.id], FIRST)
            return count_days(subjects, known, packs, days, zone=zone, now=now)

    return do


def _of(counted, rule, prong=""):
    """Return of one rule, day by day, how much was used and what of it that day."""
    return [
        next(
            (each.used, each.on_day)
            for each in counts
            if (each.rule.rule_id, each.rule.prong) == (rule, prong)
        )
        for counts in counted.values()
    ]


def test_seven_days_roll_over_the_calls(make, call, count):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for day in (0, 0, 1, 4):
        call(agent, made, AT + timedelta(days=day, minutes=20 * day))

    used = _of(count(made), "US-REGF-14B-FREQ", "A")

    assert used == [
        *((2, 2), (3, 1), (3, 0), (3, 0), (4, 1), (4, 0), (4, 0)),  # the first day still counts
        *((2, 0), (1, 0), (1, 0), (1, 0), (0, 0)),
    ]


def test_a_day_is_full_at_the_limit_and_over_it_where_one_more_was_made(make, call, count):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for day in range(7):
        call(agent, made, AT + timedelta(days=day))
    call(agent, made, AT + timedelta(days=6, hours=2))

    days = [
        next(each for each in counts if each.rule.prong == "A") for counts in count(made).values()
    ]

    assert [each.limit for each in days] == [7] * 12
    assert [each.used for each in days[5:9]] == [6, 8, 7, 6]
    assert [each.is_full for each in days[5:9]] == [False, True, True, False]
    assert [each.is_over for each in days[5:9]] == [False, True, False, False]
    assert days[0].rule.verdict is Verdict.PRESUMED_VIOLATION
    assert days[0].rule.days == 7


def test_each_agency_and_account_has_its_own_count_where_the_law_says_so(make, call, count):
    one, two = make.agency(), make.agency()
    first = make.account(agency=one)
    second = make.account(person=first, agency=two)
    for _ in range(3):
        call(make.agent(one), first)
    for _ in range(2):
        call(make.agent(two), second)

    assert _of(count(first, second), "US-REGF-14B-FREQ", "A")[0] == (3, 3)


def test_all_agencies_share_one_count_where_the_law_says_so(make, call, count):
    one, two = make.agency(), make.agency()
    first = make.account(agency=one, country="CN", state="", zones=("Asia/Shanghai",))
    second = make.account(person=first, agency=two)
    noon = datetime.fromisoformat("2026-11-25T12:00+08:00")
    for hour in range(2):
        call(make.agent(one), first, noon + timedelta(hours=hour), outcome=Outcome.CONVERSATION)
    call(make.agent(two), second, noon + timedelta(hours=4), outcome=Outcome.CONVERSATION)

    counted = count(first, second, zone=SHANGHAI)

    assert _of(counted, "CN-GBT45251-CALLS3")[:3] == [(0, 0), (3, 3), (0, 0)]


def test_letters_and_calls_the_person_made_use_up_no_limit_of_calls(make, call, count):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    call(agent, made, channel=Channel.LETTER, outcome=Outcome.DELIVERED)
    call(agent, made, direction=Direction.INBOUND, outcome=Outcome.CONVERSATION)

    assert _of(count(made), "US-REGF-14B-FREQ", "A")[0] == (0, 0)


def test_a_persons_own_weekly_maximum_is_a_limit_like_any_other(make, call, count, admin):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    admin.execute(
        "INSERT INTO contact_wishes (bank_id, debtor_id, weekly_maximum, received_at, told_side,"
        " told_by) VALUES (%s, %s, 1, %s, 'debtor', %s)",
        (made.bank_id, made.debtor_id, NOON, made.debtor_id),
    )
    call(agent, made)
    call(agent, made, AT + timedelta(days=1), channel=Channel.EMAIL, outcome=Outcome.DELIVERED)

    counted = count(made)

    wishes = [counts[0] for counts in counted.values()]
    assert {each.rule.rule_id for each in wishes} == {"PORTAL-WISH-WEEKLY"}
    assert [(each.used, each.limit, each.is_over) for each in wishes[:2]] == [
        (1, 1, False),
        (2, 1, True),
    ]


def test_without_a_zone_on_file_days_are_those_of_the_reader(make, call, count):
    agency = make.agency()
    made, agent = make.account(agency=agency, zones=()), make.agent(agency)
    call(agent, made, datetime.fromisoformat("2026-11-25T23:30-05:00"))

    assert _of(count(made), "US-REGF-14B-FREQ", "A")[:3] == [(0, 0), (1, 1), (1, 0)]


def test_days_to_come_are_left_out_and_today_counts_up_to_now(make, call, count):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    call(agent, made)
    call(agent, made, AT + timedelta(hours=3))

    counted = count(made, now=AT + timedelta(hours=1))

    assert list(counted) == [FIRST]
    assert _of(counted, "US-REGF-14B-FREQ", "A") == [(1, 1)]


def test_somebody_nobody_contacted_has_used_up_nothing(make, count):
    made = make.account()

    assert set(_of(count(made), "US-REGF-14B-FREQ", "A")) == {(0, 0)}


def test_a_day_is_full_exactly_where_a_permit_is_refused_for_it(make, call, count, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for day in range(7):
        call(agent, made, AT + timedelta(days=day))
    counted = count(made)

    with acting_as(agent) as session:
        for day, counts in counted.items():
            evening = datetime.combine(day, datetime.min.time(), NEW_YORK) + timedelta(hours=20)
            answer = may_contact(session, [made.id], Channel.CALL, at=evening)[made.id]
            refused = any(finding.code == "too_many_calls" for finding in answer.breaches)
            full = next(each for each in counts if each.rule.prong == "A").is_full
            assert refused == full, day
