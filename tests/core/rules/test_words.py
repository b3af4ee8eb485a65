from datetime import date

import pytest

from portal.core.rules import (
    AccountFacts,
    Channel,
    EmailBasis,
    Form,
    Message,
    Outcome,
    Purpose,
    Role,
    judge,
)
from portal.core.rules.pack import read_document
from tests.core.rules.people import (
    CHINA,
    GERMANY,
    SHANGHAI,
    US,
    against,
    contact,
    past,
)

NOON = "2026-05-12T12:00"


def test_checks_of_words_wait_for_the_words_and_block_nothing_until_then():
    judgement = judge(contact(NOON), US)

    assert judgement.is_allowed
    assert "US-REGF-18E-DISCLOSE" in judgement.pending


LINE = {"optout_present": True, "optout_method": "reply_stop", "optout_clear": True}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (LINE, None),
        ({**LINE, "optout_method": "hyperlink"}, None),
        ({}, "optout_line_unknown"),
        ({"optout_present": False}, "optout_line_missing"),
        ({**LINE, "optout_method": "phone_call"}, "optout_not_simple"),
        ({**LINE, "optout_needs_more": True}, "optout_not_simple"),
        ({**LINE, "optout_clear": False}, "optout_not_clear"),
        ({**LINE, "optout_clear": None}, "optout_line_unknown"),
        ({**LINE, "optout_method": "carrier_pigeon"}, "optout_line_unknown"),
    ],
)
def test_every_electronic_message_says_simply_how_to_stop(line, code):
    facts = contact(NOON, Channel.SMS, message=Message(**line))

    assert against(facts, "US-REGF-6E-OPTOUT-NOTICE") == ([code] if code else [])


@pytest.mark.parametrize(
    ("channel", "message", "route", "code"),
    [
        (Channel.LETTER, {"postcard": True}, None, "postcard"),
        (
            Channel.LETTER,
            {"postcard": False, "envelope_reveals": True},
            None,
            "envelope_gives_away",
        ),
        (Channel.LETTER, {"postcard": False}, None, None),
        (Channel.LETTER, {}, None, "envelope_unknown"),
        (Channel.EMAIL, {"employer_address": True}, None, "employer_address"),
        (Channel.EMAIL, {"employer_address": True}, "creditor_notice", "employer_address"),
        (Channel.EMAIL, {"employer_address": True}, "consumer_used", None),
        (Channel.EMAIL, {"employer_address": True}, "prior_collector", None),
        (Channel.EMAIL, {}, None, None),
        (Channel.SOCIAL, {"visible_to_others": True}, None, "visible_to_others"),
        (Channel.SOCIAL, {"visible_to_others": False}, None, None),
        (Channel.SOCIAL, {}, None, "visibility_unknown"),
    ],
)
def test_a_medium_shows_the_debt_to_nobody_else(channel, message, route, code):
    basis = EmailBasis(route=route) if route else None
    facts = contact(NOON, channel, message=Message(**message), email_basis=basis)

    assert against(facts, "US-REGF-22F-MEDIA") == ([code] if code else [])


INITIAL, LATER = ("initial", "en"), ("subsequent", "en")
TALKED = past("2026-05-04T10:00", Outcome.CONVERSATION)
WROTE = past("2026-05-05T10:00", Outcome.DELIVERED, Channel.LETTER)
LIMITED = frozenset({"neutral_business_name", "reply_request", "contact_person", "phone_number"})


@pytest.mark.parametrize(
    ("channel", "before", "said", "languages", "is_missing"),
    [
        (Channel.EMAIL, (), (INITIAL,), ("en",), False),
        (Channel.EMAIL, (), (LATER,), ("en",), True),
        (Channel.EMAIL, (), (INITIAL,), ("en", "es"), True),
        (Channel.EMAIL, (), (("initial", None),), ("en", "es"), False),
        (Channel.EMAIL, (TALKED,), (LATER,), ("en",), True),  # the first in writing
        (Channel.EMAIL, (TALKED, WROTE), (LATER,), ("en",), False),
        (Channel.EMAIL, (TALKED, WROTE), (), ("en",), True),
        (Channel.CALL, (TALKED,), (LATER,), ("en",), False),
        (
            Channel.CALL,
            (past("2026-05-04T10:00", Outcome.VOICEMAIL_FULL),),
            (LATER,),
            ("en",),
            True,
        ),
    ],
)
def test_the_first_communication_says_all_and_later_ones_say_who_speaks(
    channel, before, said, languages, is_missing
):
    facts = contact(
        NOON,
        channel,
        outcome=Outcome.CONVERSATION if channel is Channel.CALL else None,
        history=before,
        message=Message(disclosures=said, languages=languages),
    )

    assert (against(facts, "US-REGF-18E-DISCLOSE") == ["disclosure_missing"]) is is_missing


@pytest.mark.parametrize(
    ("elements", "is_message"),
    [
        (LIMITED, False),
        (LIMITED | {"salutation"}, False),
        (LIMITED | {"says_debt_collector"}, True),
        (LIMITED - {"phone_number"}, True),
        (None, True),
    ],
)
def test_a_voicemail_with_anything_more_is_a_communication(elements, is_message):
    facts = contact(
        NOON, outcome=Outcome.VOICEMAIL_LEFT, message=Message(elements=elements, languages=("en",))
    )

    assert (against(facts, "US-REGF-18E-DISCLOSE") != []) is is_message


def test_a_call_somebody_else_is_asked_in_needs_no_disclosure_to_them():
    facts = contact(
        NOON,
        role=Role.THIRD_PARTY,
        outcome=Outcome.CONVERSATION,
        message=Message(disclosures=()),
    )

    assert against(facts, "US-REGF-18E-DISCLOSE") == []


(CONTENT,) = (
    part["parameters"]
    for rule in read_document("us")["rules"]
    if rule["id"] == "US-REGF-34C-CONTENT"
    for part in rule["checks"]
    if "parameters" in part
)
COMPLETE: dict[str, object] = dict.fromkeys(
    [*CONTENT["fields"], *CONTENT["financial_fields"]], True
)


@pytest.mark.parametrize(
    ("channel", "kind", "change", "missing"),
    [
        (Channel.LETTER, "credit_card", {}, None),
        (Channel.LETTER, "credit_card", {"fees": "0"}, None),
        (Channel.LETTER, "credit_card", {"fees": 0}, None),
        (Channel.LETTER, "credit_card", {"fees": " "}, ("fees",)),
        (Channel.LETTER, "credit_card", {"cfpb_reference": False}, ("cfpb_reference",)),
        (Channel.LETTER, "medical", {"cfpb_reference": False}, None),
        (Channel.EMAIL, "credit_card", {}, ("electronic_",)),
        (Channel.EMAIL, "credit_card", {"electronic_response": True}, None),
    ],
)
def test_a_validation_notice_leaves_no_field_out(channel, kind, change, missing):
    facts = contact(
        NOON,
        channel,
        purpose=Purpose.VALIDATION_NOTICE,
        accounts=(AccountFacts(id="D1", kind=kind),),
        message=Message(content={**COMPLETE, **change}),
    )

    finding = [f for f in judge(facts, US).breaches if f.rule_id == "US-REGF-34C-CONTENT"]

    assert [f.values["missing"] for f in finding] == ([missing] if missing else [])


def test_an_itemisation_date_once_chosen_is_kept_by_the_same_collector():
    first = past(
        "2026-05-04T10:00",
        Outcome.DELIVERED,
        Channel.LETTER,
        message=Message(reference_dates=frozenset({"charge_off"})),
    )
    facts = contact(
        NOON,
        Channel.LETTER,
        purpose=Purpose.VALIDATION_NOTICE,
        history=(first,),
        message=Message(content=COMPLETE, reference_dates=frozenset({"last_statement"})),
    )

    assert against(facts, "US-REGF-34C-CONTENT") == ["reference_dates_mixed"]


@pytest.mark.parametrize(
    ("ends_on", "explains", "code"),
    [
        (date(2026, 6, 1), None, "overshadows"),
        (date(2026, 6, 1), True, None),
        (date(2026, 5, 20), None, None),
        (None, None, "validation_end_unknown"),
    ],
)
def test_a_date_to_pay_by_does_not_crowd_out_the_time_to_dispute(ends_on, explains, code):
    facts = contact(
        NOON,
        Channel.LETTER,
        accounts=(AccountFacts(id="D1", validation_ends_on=ends_on),),
        message=Message(pay_by=date(2026, 5, 20), explains_rights=explains),
    )

    assert against(facts, "US-REGF-38B-OVERSHADOW") == ([code] if code else [])


@pytest.mark.parametrize(
    ("channel", "form", "content", "code"),
    [
        (Channel.LETTER, None, None, "content_unknown"),
        (Channel.LETTER, None, {}, "content_missing"),
        (Channel.CALL, None, {}, "wrong_form"),
        (Channel.LETTER, Form.ORAL, {}, "wrong_form"),
    ],
)
def test_a_first_german_demand_is_written_and_complete(channel, form, content, code):
    facts = contact(
        NOON, channel, purpose=Purpose.FIRST_ASSERTION, message=Message(form=form, content=content)
    )

    assert against(facts, "DE-RDG-13A-FIRST", GERMANY) == [code]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"private_device": True}, "device_consent_unknown"),
        ({"private_device": True, "institution_consents": False}, "private_device"),
        ({"private_device": True, "institution_consents": True}, None),
        ({"private_device": False}, None),
    ],
)
def test_private_devices_need_the_bank_s_consent(words, code):
    facts = contact("2026-05-11T10:00", zones=(SHANGHAI,), message=Message(**words))

    assert against(facts, "CN-CBA-AGENCY", CHINA) == ([code] if code else [])
