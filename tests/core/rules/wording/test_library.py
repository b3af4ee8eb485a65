"""Templates: each complete and kind where it is offered, and filled strictly."""

from __future__ import annotations

import pytest

from portal.core.errors import Invalid, NotFound
from portal.core.rules import Channel, Purpose
from portal.core.rules.wording import (
    SenderKind,
    check_words,
    fill,
    get_template,
    list_templates,
    sms_length,
)
from portal.core.rules.wording.library import KINDS, SLOTS
from tests.core.rules.wording.samples import PLACES, VALUES, sender_of

LANGUAGES = ("en", "zh", "es")
CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.LETTER)


def every_template(places):
    return [
        template
        for channel in CHANNELS
        for language in LANGUAGES
        for sender in SenderKind
        for template in list_templates(channel, language, sender, jurisdictions=places)
    ]


def filled(template):
    return fill(template, {slot: VALUES[template.language][slot] for slot in template.slots})


@pytest.mark.parametrize("places", PLACES, ids="+".join)
def test_every_template_passes_the_check_wherever_it_is_offered(places):
    faults = {}
    for template in every_template(places):
        text = filled(template)
        result = check_words(
            text.text,
            channel=template.channel,
            language=template.language,
            jurisdictions=places,
            sender=sender_of(template.sender, template.language),
            subject=text.subject,
            is_first=template.is_first,
            purpose=template.purpose,
        )
        if result.findings or result.languages != (template.language,):
            faults[template.id] = result

    assert faults == {}


@pytest.mark.parametrize("places", PLACES, ids="+".join)
def test_text_messages_are_short(places):
    too_long = {
        template.id: length
        for template in every_template(places)
        if template.channel is Channel.SMS
        for length in [sms_length(filled(template).text)]
        if length.segments > (3 if template.language == "zh" else 2)
    }

    assert too_long == {}


def test_every_kind_is_there_in_every_language_and_channel():
    found = {(t.kind, t.channel, t.language) for t in every_template(())}

    assert found == {
        (kind, channel, language)
        for kind in KINDS
        for language in LANGUAGES
        for channel in (Channel.SMS, Channel.EMAIL)
    } | {("bank_demand_notice", Channel.LETTER, language) for language in LANGUAGES}


def test_templates_have_one_id_each_and_only_known_slots():
    templates = every_template(("us",))

    assert len({template.id for template in templates}) == len(templates)
    assert {slot for template in templates for slot in template.slots} == SLOTS
    assert all(bool(t.subject) == (t.channel is Channel.EMAIL) for t in templates)
    assert all(template.version >= 1 for template in templates)


def test_the_law_of_a_place_adds_its_sentences():
    plain = get_template("agency_first.agency.sms.en", jurisdictions=("uk",))
    american = get_template("agency_first.agency.sms.en", jurisdictions=("us",))

    added = american.text.removeprefix(plain.text)
    assert added.endswith("Reply STOP to opt out.")
    assert "collect a debt" in added
    assert american.is_first
    assert american.purpose is Purpose.PAYMENT_REQUEST


def test_a_bare_confirmation_gets_nothing_added():
    texts = {
        get_template("optout_confirmation.agency.sms.en", jurisdictions=places).text
        for places in PLACES
    }

    assert len(texts) == 1


VALUES_OF_CONFIRMATION = {"bank": "Harbor Trust Bank"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "bank is missing"),
        ({"bank": " \n "}, "bank is missing"),
        ({"bank": "\u200b"}, "bank is missing"),
        ({"bank": "a" * 201}, "too long"),
        ({**VALUES_OF_CONFIRMATION, "amount": "$5"}, "no place for amount"),
    ],
)
def test_a_template_is_filled_exactly(values, message):
    template = get_template("optout_confirmation.bank.sms.en", jurisdictions=())

    with pytest.raises(Invalid, match=message):
        fill(template, values)


def test_a_value_brings_no_lines_no_hidden_characters_and_no_slots():
    template = get_template("optout_confirmation.bank.email.en", jurisdictions=())

    filled_in = fill(template, {"bank": "Harbor\r\nBcc: x\u202e\u200b\u00a0{bank}\x00"})

    assert filled_in.text.startswith("Harbor Bcc: x {bank}: you have opted out.")


def test_a_forbidden_value_is_found_in_the_text_it_ends_up_in():
    template = get_template("bank_reminder_1.bank.sms.en", jurisdictions=("uk",))
    values = {slot: VALUES["en"][slot] for slot in template.slots}
    text = fill(template, {**values, "due_on": "today, you deadbeat"})

    result = check_words(
        text.text,
        channel=Channel.SMS,
        language="en",
        jurisdictions=("uk",),
        sender=sender_of(SenderKind.BANK),
    )

    assert [finding.words for finding in result.blocks] == ["deadbeat"]


def test_an_unknown_template_is_not_found():
    with pytest.raises(NotFound):
        get_template("bank_reminder_9.bank.sms.en", jurisdictions=())
