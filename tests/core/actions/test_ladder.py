"""The steps of a ladder as data: what may be asked of one, and what is refused."""

from __future__ import annotations

import pytest

from portal.core.actions.ladder import DEFAULT_STEPS, OwnText, from_plain, new_key, to_plain
from portal.core.actions.ladder_reading import LadderRefused, read_steps
from portal.core.rules.wording import WordKind

SMS = {
    "key": "sms-1",
    "after_days": 3,
    "channel": "sms",
    "department": "collections",
    "template": "bank_reminder_1",
}
CALL = {"key": "call-1", "after_days": 9, "channel": "call", "department": "collections"}
MAIL = {**SMS, "key": "email-1", "after_days": 5, "channel": "email"}
LETTER = {**SMS, "key": "letter-1", "channel": "letter", "template": "bank_demand_notice"}


def faults(*steps):
    with pytest.raises(LadderRefused) as refused:
        read_steps(list(steps))
    return [fault.place for fault in refused.value.faults]


def own(channel, language="en", text="{bank}: call {phone}, we are glad to help.", subject=""):
    return {**channel, "texts": {language: {"text": text, "subject": subject}}}


def test_the_steps_a_bank_starts_with_climb_from_a_text_to_a_formal_demand():
    steps = read_steps(to_plain(DEFAULT_STEPS))

    assert steps == DEFAULT_STEPS
    assert [(step.after_days, step.channel.value, step.department.value) for step in steps] == [
        (1, "sms", "collections"),
        (7, "sms", "collections"),
        (15, "call", "collections"),
        (30, "letter", "legal"),
        (31, "sms", "credit"),
    ]


def test_steps_come_in_the_order_of_their_days_and_stay_the_same_as_plain_data():
    mail = own(MAIL, "zh", "{bank}提醒您致电{phone}", "关于您的账户")
    steps = read_steps([CALL, {**mail, "confirmed": ["legal_action"]}, SMS])

    assert [step.key for step in steps] == ["sms-1", "email-1", "call-1"]
    assert steps[1].confirmed == {WordKind.LEGAL_ACTION}
    assert steps[1].text_in("zh") == OwnText(
        language="zh", text="{bank}提醒您致电{phone}", subject="关于您的账户"
    )
    assert from_plain(to_plain(steps)) == steps


def test_an_empty_own_text_is_none():
    (step,) = read_steps([own(SMS, text="  ")])

    assert step.texts == ()


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({**SMS, "key": "SMS 1"}, "steps-0-key"),
        ({**SMS, "key": ""}, "steps-0-key"),
        ({**SMS, "channel": "visit"}, "steps-0-channel"),
        ({**SMS, "channel": "pigeon"}, "steps-0-channel"),
        ({**SMS, "department": "sales"}, "steps-0-department"),
        ({**SMS, "after_days": 0}, "steps-0-after_days"),
        ({**SMS, "after_days": 366}, "steps-0-after_days"),
        ({**SMS, "after_days": "soon"}, "steps-0-after_days"),
        ({**SMS, "after_days": "٣"}, "steps-0-after_days"),
        ({**SMS, "template": ""}, "steps-0-template"),
        ({**SMS, "template": "agency_first"}, "steps-0-template"),
        ({**CALL, "template": "bank_reminder_1"}, "steps-0-template"),
        ({**LETTER, "template": "bank_reminder_1"}, "steps-0-template"),
        ({**LETTER, "answer_days": 61}, "steps-0-answer_days"),
        ({**SMS, "confirmed": ["threat"]}, "steps-0-confirmed"),
        ({**SMS, "speed": 9}, "steps-0"),
        ({**SMS, "texts": ["x"]}, "steps-0-texts"),
        (own(SMS, "fr"), "steps-0-texts"),
        (own(SMS, text="{bank}: pay {iban}"), "steps-0-texts-en"),
        (own(SMS, text="x" * 701), "steps-0-texts-en"),
        (own(MAIL), "steps-0-texts-en-subject"),
        (own(MAIL, subject="x" * 151), "steps-0-texts-en-subject"),
        (own(MAIL, text="", subject="About"), "steps-0-texts-en"),
        (own(LETTER), "steps-0-texts-en"),
        (own(CALL), "steps-0-texts-en"),
        ("sms", "steps-0"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_where_it_does_not(step, place):
    assert place in faults(step)


def test_a_ladder_has_steps_each_with_its_own_name_and_day():
    assert faults() == ["steps"]
    assert faults(SMS, {**MAIL, "key": "sms-1"}) == ["steps-1-key"]
    assert faults(SMS, {**MAIL, "after_days": 3}) == ["steps-1-after_days"]
    many = [{**CALL, "key": f"call-{number}", "after_days": number} for number in range(1, 14)]
    assert faults(*many) == ["steps"]


def test_every_fault_is_named_at_once():
    assert faults({**SMS, "after_days": 0}, {**CALL, "department": ""}) == [
        "steps-0-after_days",
        "steps-1-department",
    ]


def test_a_new_step_gets_a_name_none_had_before():
    assert new_key(["step-1", "step-2", "call-1"]) == "step-3"
    assert new_key([]) == "step-1"
