from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.core.rules import (
    AddressKind,
    Channel,
    Consent,
    ConsentScope,
    ContactWindow,
    Direction,
    Outcome,
    Verdict,
    judge,
)
from portal.core.rules.clocktime import HOUR, MINUTE
from tests.core.rules.people import (
    AUSTRALIA,
    CHINA,
    GERMANY,
    LOS_ANGELES,
    NEW_YORK,
    SHANGHAI,
    UNITED_KINGDOM,
    US,
    codes,
    contact,
    found,
    instant,
    past,
)

HOURS, PREF = "US-REGF-6B1-HOURS", "US-REGF-6B1-PREF"
SHIFTED = ContactWindow(wanted=True, opens=21 * HOUR + 30 * MINUTE, closes=23 * HOUR, told_to="A1")


def barred(**window) -> ContactWindow:
    return ContactWindow(wanted=False, **window)


def test_a_refusal_says_which_zone_is_closed_and_when_all_are_open():
    judgement = judge(contact("2026-05-12T21:30", zones=(NEW_YORK, LOS_ANGELES)), US)

    finding = found(judgement, HOURS)
    assert finding.code == "outside_window"
    assert finding.values["zone"] == "America/New_York"
    assert finding.values["local"] == "21:30:00"
    assert finding.values["windows"] == (("08:00", "21:00"),)
    assert judgement.next_allowed_at == instant("2026-05-13T08:00", LOS_ANGELES)


def test_zones_without_a_common_hour_leave_it_to_a_person():
    far = (NEW_YORK, SHANGHAI)  # 08:00 in Shanghai is 20:00 in New York: one hour is left
    none = (NEW_YORK, ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney"))

    assert judge(contact("2026-05-12T12:00", zones=far), US).next_allowed_at == instant(
        "2026-05-12T20:00"
    )
    assert judge(contact("2026-05-12T12:00", zones=none), US).next_allowed_at is None


@pytest.mark.parametrize(
    ("told_to", "verdict"),
    [("A1", Verdict.ALLOW), ("A2", Verdict.VIOLATION), (None, Verdict.REVIEW)],
)
def test_a_convenient_time_counts_for_the_collector_that_was_told(told_to, verdict):
    windows = (replace(SHIFTED, told_to=told_to),)

    judgement = judge(contact("2026-05-12T22:00", windows=windows), US)

    assert found(judgement, HOURS).verdict is verdict


def test_a_convenient_time_heard_of_later_does_not_make_an_earlier_call_right():
    windows = (replace(SHIFTED, received_at=instant("2026-05-12T22:30")),)

    assert codes(contact("2026-05-12T22:00", windows=windows)) == ["outside_window"]
    assert codes(contact("2026-05-12T22:31", windows=windows)) == []


def test_a_convenient_time_is_the_next_one_offered_when_it_comes_first():
    judgement = judge(contact("2026-05-12T21:10", windows=(SHIFTED,)), US)

    assert judgement.next_allowed_at == instant("2026-05-12T21:30")


def test_direct_consent_to_odd_hours_lifts_the_window_until_it_is_revoked():
    consent = Consent(
        received_at=instant("2026-05-01T12:00"),
        person_id="P1",
        scope=ConsentScope.TIME,
        given_to="A1",
        revoked_at=instant("2026-05-20T12:00"),
    )

    assert codes(contact("2026-05-12T22:00", consents=(consent,))) == []
    assert codes(contact("2026-05-21T22:00", consents=(consent,))) == ["outside_window"]


def test_a_page_the_person_is_using_may_speak_at_any_hour():
    assert codes(contact("2026-05-12T23:00", Channel.IN_APP, session_active=True)) == []
    assert codes(contact("2026-05-12T23:00", Channel.IN_APP)) == ["outside_window"]


def test_chinese_hours_do_not_need_a_zone_on_file():
    at = instant("2026-05-12T12:00", SHANGHAI)

    assert judge(contact(at, zones=()), CHINA).is_allowed


def test_a_barred_time_ends_where_it_says():
    windows = (barred(opens=15 * HOUR, closes=17 * HOUR, days=frozenset(range(5))),)

    judgement = judge(contact("2026-09-16T15:30", windows=windows), US)

    assert found(judgement, PREF).code == "barred_time"
    assert judgement.next_allowed_at == instant("2026-09-16T17:00")
    assert codes(contact("2026-09-16T17:00", windows=windows)) == []


def test_barred_days_until_a_date_open_the_morning_after():
    windows = (barred(until=date(2026, 12, 31)),)

    judgement = judge(contact("2026-09-15T14:00", windows=windows), US)

    assert judgement.next_allowed_at == instant("2027-01-01T08:00")


def test_a_person_who_is_never_to_be_called_has_no_next_time():
    assert judge(contact("2026-09-15T14:00", windows=(barred(),)), US).next_allowed_at is None


def test_a_barred_night_runs_past_midnight_and_belongs_to_its_evening():
    night = barred(opens=20 * HOUR, closes=9 * HOUR, days=frozenset({4}))  # Friday

    assert codes(contact("2026-09-18T20:30", windows=(night,))) == ["barred_time"]
    assert codes(contact("2026-09-19T08:30", windows=(night,))) == ["barred_time"]
    assert codes(contact("2026-09-19T20:30", windows=(night,))) == []
    assert judge(contact("2026-09-18T20:30", windows=(night,)), US).next_allowed_at == instant(
        "2026-09-19T09:00"
    )


def test_a_barred_time_without_a_zone_is_for_a_person():
    judgement = judge(contact("2026-09-16T15:30", zones=(), windows=(barred(),)), US)

    assert found(judgement, PREF).verdict is Verdict.REVIEW


def test_a_withdrawn_wish_bars_nothing():
    gone = barred(withdrawn_at=instant("2026-09-10T12:00"))

    assert codes(contact("2026-09-16T15:30", windows=(gone,))) == []


def test_a_letter_on_a_barred_day_is_for_a_person():
    assert codes(contact("2026-09-16T15:30", Channel.LETTER, windows=(barred(),))) == [
        "barred_time_without_clock"
    ]


def wrote(at: str, number: str, **more):
    return past(
        at,
        Outcome.DELIVERED,
        Channel.EMAIL,
        id=number,
        direction=Direction.INBOUND,
        **more,
    )


FRIDAY = (barred(days=frozenset({4})),)


@pytest.mark.parametrize(
    ("before", "reply_to", "is_free"),
    [
        ((wrote("2026-09-18T10:00", "M1"),), "M1", True),
        ((wrote("2026-09-18T10:00", "M1"),), None, False),
        ((wrote("2026-09-17T10:00", "M1"),), "M1", False),
        ((wrote("2026-09-18T10:00", "M1", person_id="P2"),), "M1", False),
        (
            (
                wrote("2026-09-18T10:00", "M1"),
                past("2026-09-18T10:01", Outcome.DELIVERED, Channel.EMAIL, automated=True),
            ),
            "M1",
            False,
        ),
        (
            (
                wrote("2026-09-18T10:00", "M1"),
                past("2026-09-18T10:01", Outcome.DELIVERED, Channel.EMAIL, in_reply_to="M1"),
                wrote("2026-09-18T10:05", "M2"),
            ),
            "M2",
            True,
        ),
    ],
)
def test_each_message_in_a_barred_time_earns_one_answer(before, reply_to, is_free):
    answer = contact(
        "2026-09-18T11:00", Channel.EMAIL, history=before, in_reply_to=reply_to, windows=FRIDAY
    )

    assert ("barred_time" not in codes(answer)) is is_free


def test_a_bank_holiday_follows_the_calendar_or_the_list_on_file():
    sydney = AUSTRALIA
    zone = (SHANGHAI,)
    christmas = contact("2026-12-25T11:00", zones=zone)

    assert "day_off" in codes(christmas, sydney)
    assert "day_off" not in codes(replace(christmas, holidays=frozenset()), sydney)
    assert judge(christmas, sydney).next_allowed_at == instant("2026-12-27T09:00", SHANGHAI)


def test_australian_work_numbers_have_hours_of_their_own():
    at_work = contact("2026-05-12T17:30", address_kind=AddressKind.WORKPLACE)
    at_home = contact("2026-05-12T17:30", address_kind=AddressKind.HOME_LANDLINE)

    assert codes(at_work, AUSTRALIA) == ["outside_window"]
    assert codes(at_home, AUSTRALIA) == []


def test_a_bank_may_set_its_own_british_benchmark():
    late = contact("2026-05-12T20:30", benchmark=(9 * HOUR, 20 * HOUR))

    assert codes(late, UNITED_KINGDOM) == ["outside_window"]
    assert judge(late, UNITED_KINGDOM).verdict is Verdict.REVIEW


def test_wishes_about_time_hold_where_the_law_is_silent():
    assert codes(contact("2026-09-18T11:00", windows=FRIDAY), GERMANY) == ["barred_time"]


def test_the_skipped_hour_of_spring_is_no_trap():
    early = barred(opens=0, closes=2 * HOUR + 30 * MINUTE)
    night = contact("2026-03-08T01:30", windows=(early,))

    judgement = judge(night, GERMANY)

    assert judgement.next_allowed_at == instant("2026-03-08T03:00")
    assert judgement.next_allowed_at - night.at == timedelta(minutes=30)
    assert isinstance(judgement.next_allowed_at, datetime)
