"""A bank's reminders in words: fit to be sent as they are, in every language and every place."""

from __future__ import annotations

from datetime import date

import pytest

from portal.core.accounts.models import Account
from portal.core.actions.ladder import DEFAULT_STEPS, LANGUAGES, MESSAGES, WRITTEN, LadderStep
from portal.core.actions.ladder_words import bank_sender
from portal.core.actions.reminder_words import StepFacts, language_of
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.rules import Channel, Purpose, jurisdictions_for
from portal.core.rules.wording import check_words, sms_length
from portal.web.letter_snapshots import DemandSnapshot
from portal.web.reminder_making import ReminderMaker, plain_words
from tests.web.letter_samples import DEMAND, DEMAND_ES, DEMAND_ZH

MAKER = ReminderMaker("https://portal.example/")
BANK = Bank(
    name="Meridian Bank",
    name_zh="江海银行",
    country="US",
    phone="(800) 555-0100",
    address="200 Market Street\nColumbus, OH 43215",
)
ACCOUNT = Account(
    account_ref="MB-0058-4345", product="Credit card", past_due_since=date(2026, 11, 1)
)
PLACES = [("US", ""), ("US", "MA"), ("CN", ""), ("GB", ""), ("IN", ""), ("AU", ""), ("DE", "")]


def facts(step: LadderStep, channel: Channel, language: str, place: tuple[str, str]) -> StepFacts:
    return StepFacts(
        step=step,
        channel=channel,
        bank=BANK,
        debtor=Debtor(name="Ouyang Yutong", language=language, country=place[0], state=place[1]),
        account=ACCOUNT,
        owed=Money(246_737, "CNY" if language == "zh" else "USD"),
        language=language,
        places=jurisdictions_for(*place),
        pay_by=date(2026, 12, 8) if step.announces_letter else None,
    )


def step_of(channel: Channel, template: str) -> LadderStep:
    return LadderStep(
        key="x",
        after_days=1,
        channel=channel,
        department=DEFAULT_STEPS[0].department,
        template=template,
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", WRITTEN)
@pytest.mark.parametrize("template", MESSAGES)
def test_the_librarys_words_may_be_sent_as_they_are(template, channel, language, place):
    filled = MAKER.message(facts(step_of(channel, template), channel, language, place))

    check = check_words(
        filled.text,
        channel=channel,
        language=language,
        jurisdictions=jurisdictions_for(*place),
        sender=bank_sender(BANK),
        subject=filled.subject,
        purpose=Purpose.PAYMENT_REQUEST,
        on=date(2026, 11, 24),
    )

    assert [(each.code, each.words) for each in check.blocks] == []
    assert "{" not in filled.text + filled.subject
    if channel is Channel.SMS:
        assert sms_length(filled.text).segments <= 3


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("letter", [DEMAND, DEMAND_ES, DEMAND_ZH], ids=LANGUAGES)
def test_the_printed_demand_may_be_sent_as_it_is(letter: DemandSnapshot, place):
    bank = Bank(name=letter.bank.name, name_zh="", phone=letter.bank.phone, address="x")

    check = check_words(
        plain_words(letter),
        channel=Channel.LETTER,
        language=letter.language[:2],
        jurisdictions=jurisdictions_for(*place),
        sender=bank_sender(bank),
        purpose=Purpose.PAYMENT_REQUEST,
        on=date(2026, 11, 24),
    )

    blocks = [(each.code, each.values.get("statement")) for each in check.blocks]
    # The seal is on letters in China alone.
    expected = (place[0] == "CN") and letter.country != "CN"
    assert blocks == ([("statement_missing", "business_seal")] if expected else [])


def test_amounts_days_and_contracts_are_written_as_each_language_does():
    first = DEFAULT_STEPS[0]
    spanish = MAKER.values(facts(first, Channel.SMS, "es", ("US", "")))
    chinese = MAKER.values(facts(first, Channel.SMS, "zh", ("CN", "")))
    english = MAKER.values(facts(first, Channel.SMS, "en", ("US", "")))

    assert (english["amount"], english["due_on"]) == ("$2,467.37", "1 November 2026")
    assert english["contract"] == "the credit card agreement"
    assert (spanish["due_on"], spanish["contract"]) == (
        "1 de noviembre de 2026",
        "su contrato de tarjeta de crédito",
    )
    assert (chinese["amount"], chinese["due_on"], chinese["contract"], chinese["bank"]) == (
        "¥2,467.37",
        "2026年11月1日",
        "信用卡合约",
        "江海银行",
    )
    assert english["page"] == "https://portal.example"


@pytest.mark.parametrize(
    ("spoken", "written"),
    [("zh-Hans", "zh"), ("es_US", "es"), ("en", "en"), ("vi", "en")],
)
def test_a_language_we_do_not_speak_is_answered_in_english(spoken, written):
    assert language_of(Debtor(language=spoken)) == written
