from dataclasses import replace

import pytest

from portal.core.rules import (
    AccountFacts,
    AddressKind,
    Channel,
    Consent,
    ConsentScope,
    Direction,
    Outcome,
    Purpose,
    Role,
    Verdict,
    judge,
)
from tests.core.rules.people import (
    AUSTRALIA,
    CHICAGO,
    CHINA,
    LOS_ANGELES,
    MASSACHUSETTS,
    NEW_YORK,
    SHANGHAI,
    US,
    codes,
    contact,
    found,
    instant,
    past,
)

FREQ = "US-REGF-14B-FREQ"


def unanswered(*days: int, **more):
    return tuple(past(f"2026-04-{day:02}T10:00", **more) for day in days)


def test_an_allowed_call_says_how_much_of_the_limit_is_used():
    judgement = judge(contact("2026-04-05T16:00", history=unanswered(1, 2, 3)), US)

    finding = found(judgement, FREQ, "A")
    assert finding.verdict is Verdict.ALLOW
    assert finding.values["count"] == 4
    assert finding.values["limit"] == 7
    assert len(finding.events) == 3


def test_candidate_zones_are_each_counted_and_the_strictest_holds():
    history = (*unanswered(2, 3, 4, 5, 6, 7), past("2026-04-01T01:30"))  # 31 March in Los Angeles
    call = contact("2026-04-07T20:00", history=history)

    here = judge(replace(call, zones=(NEW_YORK,)), US)
    there = judge(replace(call, zones=(LOS_ANGELES,)), US)
    both = judge(replace(call, zones=(LOS_ANGELES, NEW_YORK)), US)

    assert found(here, FREQ, "A").verdict is Verdict.PRESUMED_VIOLATION
    assert found(there, FREQ, "A").verdict is Verdict.ALLOW
    assert found(both, FREQ, "A").verdict is Verdict.PRESUMED_VIOLATION


@pytest.mark.parametrize(
    "difference",
    [
        {"agency_id": "A2"},
        {"person_id": "P2"},
        {"placed_ids": ("D2",)},
        {"misdirected": True},
        {"role": Role.CONSUMER_ATTORNEY},
        {"channel": Channel.SMS},
        {"direction": Direction.INBOUND},
        {"outcome": Outcome.BUSY},
        {"outcome": Outcome.NOT_IN_SERVICE},
        {"allocated_ids": ("D2",), "placed_ids": ("D1", "D2")},
    ],
)
def test_calls_that_are_not_counted_to_this_person_and_debt(difference):
    history = tuple(replace(call, **difference) for call in unanswered(*range(1, 8)))

    assert codes(contact("2026-04-07T16:00", history=history)) == []


@pytest.mark.parametrize(
    "difference",
    [
        {"agency_id": None},
        {"person_id": None},
        {"placed_ids": ()},
        {"outcome": Outcome.UNKNOWN},
        {"outcome": Outcome.ANSWERED_DROPPED},
        {"placed_ids": ("D2", "D1")},
    ],
)
def test_what_is_not_recorded_of_a_call_never_hides_it(difference):
    history = tuple(replace(call, **difference) for call in unanswered(*range(1, 8)))

    assert "too_many_calls" in codes(contact("2026-04-07T16:00", history=history))


def test_a_contact_of_unknown_medium_may_have_been_a_call():
    history = tuple(replace(call, channel=Channel.UNKNOWN) for call in unanswered(*range(1, 8)))

    judgement = judge(contact("2026-04-07T16:00", history=history), US)

    assert found(judgement, FREQ, "A").verdict is Verdict.REVIEW


def test_a_call_that_did_not_connect_was_not_one_too_many():
    history = unanswered(*range(1, 8))

    assert codes(contact("2026-04-07T16:00", history=history, outcome=Outcome.BUSY)) == []


def test_a_call_about_two_debts_needs_room_for_both():
    call = contact("2026-04-07T16:00", history=unanswered(*range(1, 8)), account_ids=("D2", "D1"))

    assert codes(call) == ["too_many_calls"]


def test_a_call_that_names_no_debt_counts_to_every_one():
    debts = (AccountFacts(id="D1"), AccountFacts(id="D2"))
    call = contact("2026-04-07T16:00", history=unanswered(*range(1, 8)), account_ids=())

    assert codes(replace(call, accounts=debts)) == ["too_many_calls"]


def test_a_conversation_starts_the_wait_for_the_debts_it_was_about():
    talk = past(
        "2026-04-06T10:00",
        Outcome.CONVERSATION,
        placed_ids=("D1",),
        discussed_ids=("D2",),
        direction=Direction.INBOUND,
    )
    call = contact("2026-04-07T16:00", history=(talk,))

    assert codes(call) == []
    assert codes(replace(call, account_ids=("D2",))) == ["too_soon_after_conversation"]


def test_a_call_of_unknown_outcome_may_have_been_a_conversation():
    judgement = judge(
        contact("2026-04-07T16:00", history=unanswered(6, outcome=Outcome.UNKNOWN)), US
    )

    assert found(judgement, FREQ, "B").verdict is Verdict.REVIEW
    assert judgement.next_allowed_at == instant("2026-04-13T08:00")


def test_a_zone_is_needed_to_count_days():
    history = unanswered(6, outcome=Outcome.CONVERSATION)

    judgement = judge(contact("2026-04-07T16:00", history=history, zones=()), US)

    assert {f.code for f in judgement.breaches} == {"no_zone_on_file"}
    assert found(judgement, FREQ, "B").verdict is Verdict.REVIEW


def test_a_reason_that_may_rebut_is_recorded_and_clears_nothing():
    call = contact(
        "2026-04-07T16:00", history=unanswered(*range(1, 8)), purpose=Purpose.ACTIVE_LITIGATION
    )

    finding = found(judge(call, US), FREQ, "A")

    assert finding.verdict is Verdict.PRESUMED_VIOLATION
    assert finding.factor == "active_litigation"


def test_both_prongs_wait_for_the_later_of_their_dates():
    history = (*unanswered(1, 2, 3, 4, 5, 6), past("2026-04-07T09:00", Outcome.CONVERSATION))

    judgement = judge(contact("2026-04-07T16:00", history=history), US)

    assert {f.prong for f in judgement.breaches} == {"A", "B"}
    assert judgement.next_allowed_at == instant("2026-04-14T08:00")


def consent(**more) -> Consent:
    return Consent(
        **{
            "received_at": instant("2026-04-06T10:05"),
            "person_id": "P1",
            "scope": ConsentScope.CALLBACK_CALLS,
            "given_to": "A1",
            **more,
        }
    )


TALKED = (past("2026-04-06T10:00", Outcome.CONVERSATION),)


@pytest.mark.parametrize(
    ("difference", "helps"),
    [
        ({}, True),
        ({"given_to": "BANK"}, False),
        ({"given_to": None}, False),
        ({"person_id": "P2"}, False),
        ({"account_ids": ("D2",)}, False),
        ({"account_ids": ("D1", "D2")}, True),
        ({"scope": ConsentScope.MEDIUM}, False),
        ({"revoked_at": instant("2026-04-07T09:00")}, False),
        ({"revoked_at": instant("2026-04-07T17:00")}, True),
        ({"received_at": instant("2026-04-07T17:00")}, False),
    ],
)
def test_only_direct_consent_in_force_takes_a_call_out_of_the_count(difference, helps):
    call = contact("2026-04-07T16:00", history=TALKED, consents=(consent(**difference),))

    assert (codes(call) == []) is helps


def test_a_consent_for_a_later_day_is_the_next_time_offered():
    monday = consent(
        received_at=instant("2026-04-03T11:05"),
        valid_from=instant("2026-04-06T00:00").date(),
        valid_until=instant("2026-04-06T00:00").date(),
    )
    talk = (past("2026-04-03T11:00", Outcome.CONVERSATION),)
    call = contact("2026-04-05T14:00", history=talk, consents=(monday,))

    assert judge(call, US).next_allowed_at == instant("2026-04-06T08:00")


def test_student_loans_of_one_account_number_share_a_count():
    loans = tuple(
        AccountFacts(id=f"L{n}", kind="student_loan", servicing_key="S") for n in range(3)
    )
    history = tuple(
        replace(call, placed_ids=(f"L{n % 3}",)) for n, call in enumerate(unanswered(*range(1, 8)))
    )
    call = contact("2026-04-07T16:00", history=history, accounts=loans, account_ids=("L2",))

    assert codes(call) == ["too_many_calls"]
    apart = tuple(replace(loan, servicing_key=str(loan.id)) for loan in loans)
    assert codes(replace(call, accounts=apart)) == []


def test_a_row_sent_twice_is_one_call_and_its_own_row_is_none():
    history = tuple(replace(c, external_id=f"X{n}") for n, c in enumerate(unanswered(*range(1, 7))))
    again = tuple(replace(call, id=f"{call.id}-again") for call in history)
    itself = past("2026-04-07T15:59", id="OTHER", external_id="MINE")
    call = contact("2026-04-07T16:00", history=(*again, itself, *history), external_id="MINE")

    assert codes(call) == []


def test_later_rows_of_the_same_day_do_not_count_against_an_earlier_call():
    day = tuple(past(f"2026-04-07T{hour:02}:00") for hour in range(9, 17))

    first, eighth = (replace_at(day, hour) for hour in (9, 16))

    assert codes(first) == []
    assert codes(eighth) == ["too_many_calls", "calls_concentrated"]


def replace_at(history, hour):
    mine = history[hour - 9]
    return contact(mine.at, history=history, id=mine.id, outcome=mine.outcome)


def test_massachusetts_and_federal_limits_both_apply_and_the_strictest_wins():
    history = tuple(past(f"2026-04-0{day}T10:00", Outcome.VOICEMAIL_LEFT) for day in (4, 6))

    judgement = judge(contact("2026-04-07T16:00", history=history), MASSACHUSETTS)

    assert judgement.verdict is Verdict.VIOLATION
    assert [f.rule_id for f in judgement.breaches] == ["US-MA-209CMR18-2IN7"]


def test_work_numbers_in_massachusetts_have_a_longer_count():
    work = {"address_kind": AddressKind.WORKPLACE}
    history = tuple(past(f"2026-04-{d}T10:00", Outcome.VOICEMAIL_LEFT, **work) for d in (10, 12))

    assert codes(contact("2026-05-05T16:00", history=history, **work), MASSACHUSETTS) == [
        "too_many_calls_and_texts"
    ]
    assert codes(contact("2026-05-05T16:00", history=history), MASSACHUSETTS) == []


def test_chinese_calls_are_pooled_over_agencies_but_not_over_banks():
    day = tuple(
        past(f"2026-05-11T{hour}:00", Outcome.CONVERSATION, zone=SHANGHAI, agency_id=agency)
        for hour, agency in (("09", "A2"), ("10", "BANK"), ("11", "A1"))
    )
    call = contact("2026-05-11T15:00", zones=(SHANGHAI,), history=day)

    assert "too_many_effective_calls" in codes(call, CHINA)
    other = tuple(replace(past_call, creditor_id="B2") for past_call in day)
    assert "too_many_effective_calls" not in codes(replace(call, history=other), CHINA)


def test_a_dropped_answer_may_have_been_an_effective_call():
    day = tuple(
        past(f"2026-05-11T{hour}:00", Outcome.ANSWERED_DROPPED, zone=SHANGHAI)
        for hour in ("09", "10", "11")
    )

    judgement = judge(contact("2026-05-11T15:00", zones=(SHANGHAI,), history=day), CHINA)

    assert found(judgement, "CN-GBT45251-CALLS3").verdict is Verdict.REVIEW


def test_australian_contacts_count_whoever_made_them_but_not_face_to_face():
    made = tuple(
        past(f"2026-05-1{day}T10:00", Outcome.CONVERSATION, channel, agency_id="A2")
        for day, channel in ((1, Channel.CALL), (2, Channel.EMAIL), (3, Channel.VISIT))
    )
    call = contact("2026-05-14T10:00", history=made)

    assert codes(call, AUSTRALIA) == []
    one_more = (*made, past("2026-05-13T12:00", Outcome.VOICEMAIL_LEFT))
    assert codes(replace(call, history=one_more), AUSTRALIA) == ["too_many_contacts"]


def test_a_message_that_came_back_was_no_contact():
    made = tuple(past(f"2026-05-1{day}T10:00", Outcome.UNKNOWN, Channel.EMAIL) for day in (1, 2, 3))
    call = contact("2026-05-14T10:00", history=made)

    assert codes(call, AUSTRALIA) == ["too_many_contacts"]
    back = (replace(made[0], returned_at=instant("2026-05-11T11:00")), *made[1:])
    assert codes(replace(call, history=back), AUSTRALIA) == []


def test_a_clock_change_neither_adds_nor_takes_a_day():
    talk = (past("2026-10-26T20:30", Outcome.CONVERSATION, zone=CHICAGO),)

    assert codes(contact("2026-11-01T20:00", zones=(CHICAGO,), history=talk)) != []
    assert codes(contact("2026-11-02T08:00", zones=(CHICAGO,), history=talk)) == []
