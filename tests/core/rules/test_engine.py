from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from portal.core.rules import (
    Channel,
    ContactFacts,
    Outcome,
    PastContact,
    Verdict,
    judge,
    load_packs,
)

NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


def call(at: datetime, *, zones=(NEW_YORK,), **facts) -> ContactFacts:
    return ContactFacts(
        at=at,
        channel=Channel.CALL,
        zones=zones,
        agency_id="A1",
        person_id="P1",
        account_ids=("D1",),
        **facts,
    )


def unanswered(number: int, at: datetime) -> PastContact:
    return PastContact(
        at=at,
        channel=Channel.CALL,
        outcome=Outcome.NO_ANSWER,
        id=f"E{number}",
        agency_id="A1",
        person_id="P1",
        placed_ids=("D1",),
    )


US = load_packs(("us",), date(2026, 4, 7))
CN = load_packs(("cn",), date(2026, 4, 7))


def test_a_call_must_be_inside_the_hours_of_every_candidate_zone():
    facts = call(local(NEW_YORK, 2026, 5, 12, 10, 30), zones=(NEW_YORK, LOS_ANGELES))

    judgement = judge(facts, US)

    assert judgement.verdict is Verdict.VIOLATION
    assert judgement.breaches[0].values["zone"] == "America/Los_Angeles"
    assert judgement.next_allowed_at == local(LOS_ANGELES, 2026, 5, 12, 8)


def test_an_eighth_call_waits_for_the_first_free_date_and_then_for_the_morning():
    history = tuple(unanswered(day, local(NEW_YORK, 2026, 4, day, 10)) for day in range(1, 8))
    facts = call(local(NEW_YORK, 2026, 4, 7, 16), history=history)

    judgement = judge(facts, US)

    assert judgement.verdict is Verdict.PRESUMED_VIOLATION
    assert judgement.breaches[0].events == ("E1", "E2", "E3", "E4", "E5", "E6", "E7")
    assert judgement.next_allowed_at == local(NEW_YORK, 2026, 4, 8, 8)


def test_chinese_quiet_hours_follow_beijing_and_cross_midnight():
    facts = call(local(SHANGHAI, 2026, 5, 12, 0, 30), zones=(SHANGHAI,))

    judgement = judge(facts, CN)

    assert judgement.verdict is Verdict.GUIDANCE_BREACH
    assert judgement.next_allowed_at == local(SHANGHAI, 2026, 5, 12, 8)


def test_a_person_without_a_zone_is_for_a_person_to_decide_and_time_does_not_help():
    judgement = judge(call(local(NEW_YORK, 2026, 5, 12, 12), zones=()), US)

    assert judgement.verdict is Verdict.REVIEW
    assert judgement.next_allowed_at is None


def test_a_country_without_rules_allows_nothing_by_itself():
    judgement = judge(call(local(NEW_YORK, 2026, 5, 12, 12)), load_packs((), date(2026, 5, 12)))

    assert judgement.verdict is Verdict.REVIEW
    assert judgement.breaches[0].code == "no_rules_for_place"
