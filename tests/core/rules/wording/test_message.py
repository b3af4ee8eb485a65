"""The facts the engine reads, taken from the very text, and what it makes of them."""

from __future__ import annotations

import pytest

from portal.core.rules import Channel, Form, Message, Outcome, Purpose
from portal.core.rules.wording import (
    Sender,
    SenderKind,
    fill,
    get_template,
    message_facts,
)
from tests.core.rules.people import CHINA, SHANGHAI, against, contact, past
from tests.core.rules.wording.samples import AGENCY, VALUES, sender_of

NOON = "2026-05-12T12:00"


def facts(text, **more):
    return message_facts(
        text, **{"channel": Channel.SMS, "language": "en", "sender": AGENCY, **more}
    )


def filled(name, places=("us",)):
    template = get_template(name, jurisdictions=places)
    values = VALUES[template.language]
    return fill(template, {slot: values[slot] for slot in template.slots})


@pytest.mark.parametrize("language", ["en", "zh", "es"])
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_the_engine_finds_the_statements_that_templates_make(channel, language):
    sender = sender_of(SenderKind.AGENCY, language)
    first = filled(f"agency_first.agency.{channel}.{language}")
    later = filled(f"agency_follow_up.agency.{channel}.{language}")
    earlier = past("2026-05-04T12:00", Outcome.DELIVERED, channel)

    for text, history in ((first, ()), (later, (earlier,))):
        message = facts(
            text.text, channel=channel, language=language, sender=sender, subject=text.subject
        )
        asked = contact(NOON, channel, message=message, history=history)
        assert against(asked, "US-REGF-18E-DISCLOSE") == []
        assert against(asked, "US-REGF-6E-OPTOUT-NOTICE") == []

    too_little = contact(NOON, channel, message=facts(later.text, sender=sender, language=language))
    assert against(too_little, "US-REGF-18E-DISCLOSE") == ["disclosure_missing"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Reply STOP to opt out.", None),
        ("To opt out, call us.", "optout_not_simple"),
        ("Reply STOP with your account number.", "optout_needs_more"),
        ("Thank you.", "optout_line_missing"),
    ],
)
def test_the_engine_judges_the_very_line_that_stands_there(line, code):
    message = facts(f"A debt collector writes. {line}")

    found = against(contact(NOON, Channel.SMS, message=message), "US-REGF-6E-OPTOUT-NOTICE")

    assert found == ([] if code is None else ["optout_not_simple" if "needs" in code else code])


def test_a_line_in_one_of_two_languages_is_not_clear():
    message = facts(
        "You owe the bank and can call us; we will listen. Reply STOP to opt out. Usted puede"
        " llamarnos por su cuenta para que le demos una solución con el banco."
    )

    assert message.languages == ("en", "es")
    assert (message.optout_present, message.optout_clear) == (True, False)


@pytest.mark.parametrize(
    ("text", "conveys"),
    [
        ("Your debt is $5", True),
        ("You owe nothing more", True),
        ("Please call Calder Lane Services on an important matter", None),
        ("Calder Lane Services: you have opted out. We will not text you any more", False),
    ],
)
def test_only_words_that_tell_nothing_are_taken_to_tell_nothing(text, conveys):
    assert facts(text).conveys_debt is conveys


def test_a_subject_can_tell_what_the_text_does_not():
    told = facts("Please call", channel=Channel.EMAIL, subject="Your overdue balance")

    assert told.conveys_debt is True


@pytest.mark.parametrize("language", ["en", "zh", "es"])
@pytest.mark.parametrize("kind", list(SenderKind))
def test_the_confirmation_of_an_opt_out_has_no_extra_content(language, kind):
    sender = sender_of(kind, language)
    text = filled(f"optout_confirmation.{kind}.sms.{language}").text
    more = {"language": language, "sender": sender, "purpose": Purpose.OPTOUT_CONFIRMATION}

    assert facts(text, **more).extra_content is False
    for extra in (" $5", " https://pay.harbor.example", " 欠款", " x" * 100):
        assert facts(text + extra, **more).extra_content is True
    assert facts("Hello", **more).extra_content is True
    assert facts(text, language=language).extra_content is None


def test_who_writes_is_read_from_the_text():
    sender = Sender(kind=SenderKind.AGENCY, names=("Calder Lane",), person="Dana Moss")

    named = facts("Dana Moss of Calder Lane", sender=sender)
    silent = facts("Please call", sender=sender)

    assert (named.names_self, named.names_employer) == (True, True)
    assert (silent.names_self, silent.names_employer) == (False, False)
    assert facts("Hello", sender=Sender(kind=SenderKind.AGENCY)).names_self is None


def test_a_bank_makes_no_collectors_statement():
    sender = sender_of(SenderKind.BANK)

    assert facts("This is from a debt collector", sender=sender).disclosures == ()


def test_a_chinese_demand_letter_has_what_the_engine_asks_of_it():
    text = filled("bank_demand_notice.bank.letter.zh", ("cn",)).text
    sender = sender_of(SenderKind.BANK, "zh")

    def found(text):
        message = facts(text, channel=Channel.LETTER, language="zh", sender=sender)
        asked = contact(NOON, Channel.LETTER, message=message, zones=(SHANGHAI,))
        return against(asked, "CN-CC69-LETTER", CHINA)

    assert found(text) == []
    assert found(text.replace("（业务专用章）", "")) == ["content_missing"]
    assert found("您好") == ["content_unknown"]


def test_what_the_page_knows_is_kept_and_what_the_text_says_replaces_it():
    known = Message(amount_requested=500, envelope_reveals=False, content={"own": "x"})

    letter = facts("您的权利和义务", channel=Channel.LETTER, language="zh", known=known)

    assert (letter.amount_requested, letter.envelope_reveals) == (500, False)
    assert letter.content is not None
    assert (letter.content["own"], letter.content["rights_and_duties"]) == ("x", True)
    assert letter.form is Form.WRITING


def test_a_text_too_long_to_read_states_nothing():
    assert facts("This is from a debt collector " * 1000) == Message()
