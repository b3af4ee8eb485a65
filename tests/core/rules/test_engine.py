from dataclasses import replace
from datetime import date

import pytest

from portal.core.rules import (
    Act,
    Channel,
    Direction,
    Hold,
    HoldKind,
    Outcome,
    Role,
    Verdict,
    judge,
    judge_done,
    load_packs,
)
from tests.core.rules.people import (
    CHINA,
    LOS_ANGELES,
    MASSACHUSETTS,
    NEW_YORK,
    SHANGHAI,
    US,
    codes,
    contact,
    instant,
    past,
)


def test_a_call_must_be_inside_the_hours_of_every_candidate_zone():
    judgement = judge(contact("2026-05-12T10:30", zones=(NEW_YORK, LOS_ANGELES)), US)

    assert judgement.verdict is Verdict.VIOLATION
    assert judgement.breaches[0].values["zone"] == "America/Los_Angeles"
    assert judgement.next_allowed_at == instant("2026-05-12T08:00", LOS_ANGELES)


def test_an_eighth_call_waits_for_the_first_free_date_and_then_for_the_morning():
    history = tuple(past(f"2026-04-0{day}T10:00", id=f"E{day}") for day in range(1, 8))

    judgement = judge(contact("2026-04-07T16:00", history=history), US)

    assert judgement.verdict is Verdict.PRESUMED_VIOLATION
    assert judgement.breaches[0].events == ("E1", "E2", "E3", "E4", "E5", "E6", "E7")
    assert judgement.next_allowed_at == instant("2026-04-08T08:00")


def test_chinese_quiet_hours_follow_beijing_and_cross_midnight():
    judgement = judge(contact("2026-05-12T00:30", zones=(SHANGHAI,)), CHINA)

    assert judgement.verdict is Verdict.GUIDANCE_BREACH
    assert judgement.next_allowed_at == instant("2026-05-12T08:00", SHANGHAI)


def test_a_person_without_a_zone_is_for_a_person_to_decide_and_time_does_not_help():
    judgement = judge(contact("2026-05-12T12:00", zones=()), US)

    assert judgement.verdict is Verdict.REVIEW
    assert judgement.next_allowed_at is None


@pytest.mark.parametrize("packs", [(), load_packs((), date(2026, 5, 12))])
def test_a_country_without_rules_allows_nothing_by_itself(packs):
    judgement = judge(contact("2026-05-12T12:00"), packs)

    assert judgement.verdict is Verdict.REVIEW
    assert judgement.breaches[0].code == "no_rules_for_place"


def test_a_medium_nobody_knows_is_for_a_person_and_still_keeps_the_hours():
    day = judge(contact("2026-05-12T12:00", Channel.UNKNOWN), US)

    assert day.verdict is Verdict.REVIEW
    assert "unknown_channel" in {finding.code for finding in day.breaches}
    assert judge(contact("2026-05-12T22:00", Channel.UNKNOWN), US).verdict is Verdict.VIOLATION


def test_every_rule_broken_is_reported_and_the_strictest_names_the_verdict():
    history = tuple(
        past(f"2026-04-07T{hour:02}:00", Outcome.VOICEMAIL_LEFT) for hour in range(9, 17)
    )
    held = (Hold(kind=HoldKind.HARDSHIP, received_at=instant("2026-04-01T10:00")),)

    judgement = judge(contact("2026-04-07T22:00", history=history, holds=held), MASSACHUSETTS)

    assert judgement.verdict is Verdict.VIOLATION
    assert {finding.rule_id for finding in judgement.breaches} == {
        "PORTAL-HOLD",
        "US-REGF-6B1-HOURS",
        "US-REGF-14B-FREQ",
        "US-MA-209CMR18-2IN7",
    }


def test_a_finding_carries_its_rule_numbers_version_and_hash():
    (finding,) = judge(contact("2026-05-12T22:00"), US).breaches

    assert finding.rule_id == "US-REGF-6B1-HOURS"
    assert finding.citation.startswith("12 CFR 1006.6(b)(1)(i)")
    assert finding.parameters["windows"] == [{"opens": "08:00", "closes": "21:00"}]
    assert finding.pack_version == US[1].version
    assert finding.pack_hash == US[1].hash


def test_what_has_happened_is_judged_alike_without_a_next_time():
    facts = contact("2026-05-12T22:00", outcome=Outcome.NO_ANSWER)

    before, after = judge(facts, US), judge_done(facts, US)

    assert after.verdict is before.verdict
    assert [f.code for f in after.findings] == [f.code for f in before.findings]
    assert before.next_allowed_at == instant("2026-05-13T08:00")
    assert after.next_allowed_at is None


def test_rules_about_outbound_contacts_leave_inbound_ones_alone():
    called_in = contact("2026-05-12T23:00", direction=Direction.INBOUND)

    assert codes(called_in) == []


def test_rules_about_some_debts_apply_when_the_kind_is_not_on_file():
    stranger = contact("2026-05-12T10:00", zones=(SHANGHAI,), role=Role.COLLEAGUE)

    loan = replace(stranger.accounts[0], kind="consumer_loan")
    unknown = replace(stranger.accounts[0], kind=None)

    assert "CN-CC68-THIRD" not in rules_of(replace(stranger, accounts=(loan,)))
    assert "CN-CC68-THIRD" in rules_of(replace(stranger, accounts=(unknown,)))
    assert "CN-CC68-THIRD" in rules_of(replace(stranger, accounts=()))


def rules_of(facts) -> set[str]:
    return {finding.rule_id for finding in judge(facts, CHINA).breaches}


def test_an_act_that_no_rule_names_has_nothing_against_it():
    act = contact("2026-05-12T03:00", Channel.UNKNOWN, act=Act.COUNT)

    assert judge(act, US).is_allowed
