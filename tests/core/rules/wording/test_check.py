"""Checking a whole message: what blocks it, what asks for a look, and which rule asks."""

from __future__ import annotations

from datetime import date

import pytest

from portal.core.rules import Channel, Purpose
from portal.core.rules.wording import (
    Sender,
    SenderKind,
    Statement,
    Where,
    WordCode,
    WordKind,
    WordSeverity,
    check_words,
)
from portal.core.rules.wording.rulebook import rulebook
from tests.core.rules.wording.samples import AGENCY, BANK, VALUES, check, codes, sender_of

GOOD = (
    "Calder Lane Services for Harbor Trust Bank: please call +1 800 555 0142 about your account."
    " Verify us: https://pay.harbor.example/v. We are glad to help. This is from a debt collector."
    " Reply STOP to opt out."
)


def missing(result):
    return {
        str(f.values["statement"]) for f in result.findings if f.code is WordCode.STATEMENT_MISSING
    }


def test_a_complete_and_kind_message_passes_without_a_word():
    assert check(GOOD).findings == ()


@pytest.mark.parametrize(
    ("place", "sender", "rule"),
    [
        ("us", AGENCY, "US-REGF-14OTHER"),
        ("us", BANK, "US-UDAAP"),
        ("cn", AGENCY, "CN-CBA-BANNED"),
        ("uk", AGENCY, "UK-CONC-7.3-FORBEAR"),
        ("in", AGENCY, "IN-RBI-THIRD"),
        ("au", BANK, "AU-RG96-CONDUCT"),
        ("de", AGENCY, "EU-CSD-A10-NOTICE"),
        ("xx", AGENCY, "PORTAL-WORDS"),
    ],
)
def test_an_insult_is_barred_everywhere_by_a_rule_of_the_place(place, sender, rule):
    result = check(f"{GOOD} You idiot", jurisdictions=(place,), sender=sender)

    finding = next(f for f in result.findings if f.kind is WordKind.INSULT)
    assert (finding.rule_id, finding.words, finding.severity) == (rule, "idiot", "block")
    assert finding.citation
    assert finding.rules[0].source_checked_on


def test_words_are_marked_in_the_original_text():
    text = f"{GOOD} Pay, d.e.a.d.b.e.a.t, or else"

    finding = next(f for f in check(text).findings if f.kind is WordKind.INSULT)

    assert text[finding.start : finding.end] == finding.words == "d.e.a.d.b.e.a.t"


def test_a_lawsuit_may_be_named_once_somebody_answers_for_it():
    text = f"{GOOD} We will sue you."

    alone = check(text)
    confirmed = check(text, confirmed=[WordKind.LEGAL_ACTION])

    assert alone.is_blocked
    assert "consequence_unconfirmed" in codes(alone)
    assert not confirmed.is_blocked
    assert codes(confirmed) == {"consequence_named"}
    assert alone.mentions == confirmed.mentions == {WordKind.LEGAL_ACTION}


def test_nobody_can_answer_for_an_arrest():
    result = check(f"{GOOD} You will be arrested.", confirmed=list(WordKind))

    assert result.is_blocked


def test_pressure_is_shown_and_does_not_stop_a_message():
    result = check(f"{GOOD} This is your final notice.")

    assert not result.is_blocked
    assert [f.words for f in result.warnings] == ["final notice"]


@pytest.mark.parametrize(
    ("left_out", "statement"),
    [
        ("Calder Lane Services for ", "names_sender"),
        (" for Harbor Trust Bank", "names_creditor"),
        ("call +1 800 555 0142 ", "who_to_call"),
        (" Verify us: https://pay.harbor.example/v.", "check_line"),
        (" We are glad to help.", "offers_help"),
        (" This is from a debt collector.", "collector_later"),
        (" Reply STOP to opt out.", "optout"),
    ],
)
def test_what_is_left_out_is_missed(left_out, statement):
    assert left_out in GOOD

    assert missing(check(GOOD.replace(left_out, ""))) == {statement}


FIRST = "We are trying to collect a debt and will use any information we get for that purpose."


@pytest.mark.parametrize(
    ("said", "is_first", "found"),
    [
        ("This is from a debt collector.", False, set()),
        ("This is from a debt collector.", True, {"collector_first"}),
        (FIRST, True, set()),
        (FIRST, False, set()),
        ("We are trying to collect a debt.", True, {"collector_first"}),
        ("This is not an attempt to collect a debt.", False, {"collector_later"}),
        ("We are not a debt collector.", False, {"collector_later"}),
    ],
)
def test_the_first_message_says_more_than_later_ones_and_a_denial_says_nothing(
    said, is_first, found
):
    text = GOOD.replace("This is from a debt collector.", said)

    assert missing(check(text, is_first=is_first)) == found


def test_a_bank_in_its_own_name_is_no_debt_collector():
    text = (
        "Harbor Trust Bank: please call +1 800 555 0142. We are glad to help."
        " Reply STOP to opt out."
    )

    assert check(text, sender=BANK, is_first=True).findings == ()
    assert missing(check(text.replace(" Reply STOP to opt out.", ""), sender=BANK)) == {"optout"}


@pytest.mark.parametrize(
    ("place", "found"), [("us", {"optout", "collector_later"}), ("uk", set()), ("cn", set())]
)
def test_only_the_united_states_ask_for_a_way_out_and_the_collectors_statement(place, found):
    text = GOOD.replace(" This is from a debt collector. Reply STOP to opt out.", "")

    assert missing(check(text, jurisdictions=(place,))) == found


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Reply STOP to opt out.", None),
        ("Reply END to stop these texts.", None),
        ("Unsubscribe: https://pay.harbor.example/o", None),
        ("To opt out, call +1 800 555 0142.", "optout_not_simple"),
        ("To opt out, write to us.", "optout_not_simple"),
        ("Reply STOP with your account number.", "optout_needs_more"),
        ("Visit our website to opt out.", "statement_missing"),
    ],
)
def test_the_way_out_is_simple(line, code):
    result = check(GOOD.replace("Reply STOP to opt out.", line))

    assert codes(result) - {"preview_reveals"} == ({code} if code else set())


def test_every_language_of_a_message_carries_the_statements():
    spanish = (
        "Hola, le escribimos por su cuenta con el banco para que usted pueda llamarnos y"
        " encontrar una solución que le sirva."
    )

    both = check(f"{GOOD} {spanish}")

    assert both.languages == ("en", "es")
    assert {(str(f.values["statement"]), f.values["language"]) for f in both.blocks} == {
        ("collector_later", "es"),
        ("optout", "es"),
    }


def test_a_text_in_another_language_than_stated_is_noticed_and_judged_as_what_it_is():
    result = check(GOOD, language="es")

    assert codes(result) == {"other_language"}
    assert result.languages == ("en",)


def test_a_language_without_lists_is_never_let_through():
    result = check("Bitte rufen Sie uns an.", language="de", jurisdictions=("de",))

    assert result.is_blocked
    assert "language_unknown" in codes(result)


def test_a_place_without_rules_asks_a_person_and_keeps_the_portals_own():
    result = check(f"{GOOD} You idiot", jurisdictions=())

    assert codes(result) == {"no_rules_for_place", "forbidden_words"}


@pytest.mark.parametrize("text", ["", "   \n", "\u200b"])
def test_nothing_is_not_a_message(text):
    assert check(text).is_blocked


@pytest.mark.parametrize("slot", ["{amount}", "{{ amount }}", "[AMOUNT]", "<NAME>"])
def test_a_forgotten_slot_stops_a_message(slot):
    finding = next(f for f in check(f"{GOOD} {slot}").blocks)

    assert (finding.code, finding.words) == ("slot_unfilled", slot)


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("4242 4242 4242 4242", True),
        ("4242424242424242", True),
        ("4242 4242 4242 4241", False),
        ("KC7F 2026 1125 0001", False),
    ],
)
def test_a_card_number_is_not_sent(number, found):
    assert ("card_number" in codes(check(f"{GOOD} {number}"))) is found


def test_a_text_too_long_to_read_is_not_let_through():
    result = check("a" * (rulebook().text_limit + 1))

    assert [f.code for f in result.blocks] == [WordCode.TOO_LONG_TO_CHECK]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("A message about your account", []),
        ("Your plan with Harbor Trust Bank", []),
        ("Your overdue balance of $120", ["overdue", "$120"]),
        ("Payment reminder", ["Payment reminder"]),
        ("Final n0tice: d e b t", ["Final n0tice", "d e b t"]),
        ("关于您账户的一则消息", []),
        ("您的欠款已逾期", ["欠款", "逾期"]),
        ("Un mensaje sobre su cuenta", []),
        ("Su deuda vencida", ["deuda", "vencida"]),
    ],
)
def test_a_subject_tells_others_nothing(subject, words):
    result = check(
        GOOD.replace("Reply STOP to opt out.", "Unsubscribe: https://pay.harbor.example/o"),
        channel=Channel.EMAIL,
        subject=subject,
    )

    found = [f for f in result.findings if f.code is WordCode.SUBJECT_REVEALS]
    assert [f.words for f in found] == words
    assert all(subject[f.start : f.end] == f.words and f.where is Where.SUBJECT for f in found)
    assert result.is_blocked is bool(words)


def test_an_email_has_a_subject_and_threats_in_it_count():
    assert "subject_missing" in codes(check(GOOD, channel=Channel.EMAIL))

    threat = check(GOOD, channel=Channel.EMAIL, subject="You will be arrested")

    assert any(f.kind and f.where is Where.SUBJECT for f in threat.blocks)


def test_the_shown_sender_tells_others_nothing():
    sender = Sender(kind=SenderKind.AGENCY, shown_as="Apex Debt Collectors")

    found = [f for f in check(GOOD, sender=sender).blocks if f.where is Where.SENDER]

    assert [f.words for f in found] == ["Debt", "Collectors"]
    assert found[0].rule_id == "US-REGF-6D1-THIRD"


def test_what_a_locked_telephone_shows_is_a_warning_of_the_first_forty_columns():
    early = check(GOOD.replace("Calder", "Your debt: Calder"))
    late = check(f"{GOOD} Your debt is listed there.")

    assert [f.words for f in early.warnings] == ["debt"]
    assert late.findings == ()


def test_chinese_letters_take_two_columns_of_the_preview():
    values = VALUES["zh"]
    text = "一二三四五六七八九十一二三四五六七八九十欠款"

    result = check(
        text, language="zh", jurisdictions=("cn",), sender=sender_of(SenderKind.BANK, "zh")
    )

    assert "preview_reveals" not in codes(result)
    assert values["bank"] not in text


def test_more_than_three_parts_are_too_many():
    result = check(f"{GOOD} " + "We will listen. " * 20)

    finding = next(f for f in result.findings if f.code is WordCode.TOO_MANY_SEGMENTS)
    assert (finding.severity, finding.values["segments"]) == (WordSeverity.WARN, 4)


def test_a_chinese_letter_about_a_card_has_all_its_labelled_parts():
    def letter(kind, place=("cn",)):
        result = check_words(
            "王小明，您好！请致电400-820-0142，我们愿意商量。海港信托银行",
            channel=Channel.LETTER,
            language="zh",
            jurisdictions=place,
            sender=sender_of(SenderKind.BANK, "zh"),
            debt_kind=kind,
        )
        return {str(f.values["statement"]) for f in result.blocks}

    lacking = {
        "holder_name_and_balance",
        "reason_and_legal_basis",
        "rights_and_duties",
        "how_to_check_repay_object",
        "business_seal",
    }
    assert letter("credit_card") == letter(None) == lacking
    assert letter("mortgage") == letter("credit_card", ("uk",)) == set()


def test_a_bare_confirmation_needs_a_name_only():
    result = check(
        "Calder Lane Services: you have opted out. We will not send you any more text messages.",
        purpose=Purpose.OPTOUT_CONFIRMATION,
    )

    assert result.findings == ()


def test_asking_where_somebody_lives_names_no_creditor_and_no_collection():
    result = check(
        "This is Jordan of Calder Lane Services. Please call +1 800 555 0142."
        " Reply STOP to opt out.",
        purpose=Purpose.LOCATION_INFORMATION,
    )

    assert result.findings == ()


def test_a_rule_holds_from_its_first_day():
    def rules_on(day):
        result = check(f"{GOOD} You idiot", jurisdictions=("cn",), on=day)
        return [rule.id for rule in result.blocks[0].rules]

    assert rules_on(date(2026, 1, 29)) == ["CN-CC68-THIRD"]
    assert rules_on(date(2026, 1, 30)) == ["CN-CBA-BANNED", "CN-CC68-THIRD"]


def test_a_name_and_a_number_are_known_however_they_are_written():
    text = GOOD.replace("Calder Lane Services", "CALDER  LANE SERVICES").replace(
        "+1 800 555 0142", "(800) 555-0142"
    )

    assert check(text).findings == ()
    assert missing(check(text.replace("0142", "0143"))) == {"who_to_call"}


def test_two_rules_that_ask_the_same_give_one_finding_that_names_both():
    result = check(GOOD.replace(" Reply STOP to opt out.", ""))

    assert [[rule.id for rule in finding.rules] for finding in result.findings] == [
        ["US-REGF-6E-OPTOUT-NOTICE", "PORTAL-WORDS-OPTOUT"]
    ]


def test_every_rule_about_words_cites_its_source_and_the_data_has_one_hash():
    book = rulebook()

    assert len({rule.rule.id for rule in book.rules}) == len(book.rules)
    for rule in book.rules:
        assert rule.rule.citation
        assert rule.rule.source
        assert rule.rule.source_checked_on
        assert rule.rule.pack_hash == book.hash
        assert len(book.hash) == 64
    assert check(GOOD).hash == book.hash


def test_every_statement_is_asked_for_by_some_rule():
    asked = {need.statement for rule in rulebook().rules for need in rule.requires}

    assert asked == set(Statement)
