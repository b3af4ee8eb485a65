"""The word lists: what they find whatever its disguise, and what they leave alone."""

from __future__ import annotations

import re
import time

import pytest

from portal.config import ROOT
from portal.core.rules.wording import WordKind
from portal.core.rules.wording.lists import LANGUAGES, Reading, all_lists, read_document, word_list
from portal.core.rules.wording.patterns import LATIN, compile_patterns
from tests.core.rules.wording.samples import examples, kinds_in

PICKERS = {
    "first": lambda rows: rows[0],
    "middle": lambda rows: rows[len(rows) // 2],
    "last": lambda rows: rows[-1],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_kinds_and_many_patterns(language):
    words = word_list(language)

    assert set(words.forbidden) == set(WordKind)
    assert words.pattern_count >= 150


@pytest.mark.parametrize("picker", PICKERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_finds_the_words_it_describes(language, picker):
    dead = [
        (kind, pattern)
        for kind, patterns in read_document(f"phrases/{language}")["forbidden"].items()
        for pattern, text in examples(language, patterns, PICKERS[picker])
        if WordKind(kind) not in word_list(language).find_forbidden(Reading(text))
    ]

    assert dead == []


@pytest.mark.parametrize(
    "text",
    [
        "lawsuit",
        "LawSuit",
        "L.A.W.S.U.I.T",
        "l a w s u i t",
        "law*suit",
        "law-suit",
        "l-a-w-s-u-i-t",
        "ｌａｗｓｕｉｔ",
        "láwsuít",
        "la\u200bwsu\u00adit",
        "lаwsuit",  # a Cyrillic а
        "1awsuit",
        "law$uit",
        "lawsu!t",
    ],
)
def test_a_disguised_word_is_found_at_its_place(text):
    before = "You may face a "

    found = word_list("en").find_forbidden(Reading(f"{before}{text}, says the bank"))

    match = found[WordKind.LEGAL_ACTION][0]
    assert (match.start, match.end) == (len(before), len(before) + len(text))


@pytest.mark.parametrize(
    "text", ["起诉", "起 诉", "起*诉", "起.诉", "起\u200b诉", "起訴", "起－诉", "起\n诉"]
)
def test_a_disguised_chinese_word_is_found_at_its_place(text):
    before = "我们将"

    found = word_list("zh").find_forbidden(Reading(f"{before}{text}您"))

    match = found[WordKind.LEGAL_ACTION][0]
    assert (match.start, match.end) == (len(before), len(before) + len(text))


def test_spelt_words_without_spaces_between_them_are_found():
    assert kinds_in("you g o t o j a i l soon") == {WordKind.FALSE_CONSEQUENCE}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("If you do not pay, fees will be added every week", WordKind.EXTRA_COST),
        ("We cannot wait, we will sue you", WordKind.LEGAL_ACTION),
        ("We will not hesitate to sue you", WordKind.LEGAL_ACTION),
        ("Do not call us, we will tell your family", WordKind.SHAMING),
        ("do not give up, tell us your pin", WordKind.ASKS_SECRET),
        ("No legal action will be taken if you pay today", WordKind.LEGAL_ACTION),
        ("如不还款将影响征信", WordKind.CREDIT_REPORT),
        ("您不会希望影响征信吧", WordKind.CREDIT_REPORT),
        ("您不要逼我们联系您的家人", WordKind.SHAMING),
        ("再不还就曝光您", WordKind.SHAMING),
        ("No nos obligue a embargar su casa", WordKind.SEIZURE),
        ("No espere: llamaremos a su jefe", WordKind.SHAMING),
        ("Le vamos a demandar", WordKind.LEGAL_ACTION),
    ],
)
def test_a_no_beside_a_threat_does_not_excuse_it(text, kind):
    assert kind in kinds_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "The class will assess the grape harvest of Scunthorpe.",
        "Arsenal and Essex pass the assembly test; assistance is a basic right.",
        "Sue Parker is here to help; call her on 0800 555 010.",
        "No legal action will be taken.",
        "Nobody can arrest you for this.",
        "We will never call your employer.",
        "We will not share your details with anyone.",
        "There are no additional fees.",
        "Please do not borrow from friends or family to pay this.",
        "Never share your PIN with anyone. We never ask for your password.",
        "Please do not pay with gift cards.",
        "This will not affect your credit.",
        "You do not have to take out a loan.",
        "A friend or family member may speak for you.",
        "We help families and their children.",
        "Our office is open until the last Friday of the month.",
        "He'll be glad to talk, and we'll listen.",
        "You may ask for a copy of a court judgment.",
        "我们不会联系您的家人或单位，也不会向您的同事透露。",
        "请勿向任何个人账户付款。",
        "您可以一次性还清，也可以分期。",
        "我们不会因此影响您的征信。",
        "请勿为还款而借网贷。",
        "任何人都不会索要您的验证码，我们不会泄露您的个人信息。",
        "如遇诈骗请报警。",
        "您和家人一起诉说困难，也可以申诉或投诉。",
        "诉讼等其他费用为0.00元。",
        "No iniciaremos acciones legales.",
        "Nunca llamaremos a su trabajo.",
        "No pida un préstamo para pagar.",
        "No hay cargos adicionales.",
        "Nunca comparta su contraseña.",
        "Nadie puede detenerlo por esto.",
        "Su último estado de cuenta está en línea.",
        "La familia García puede disputar o computar el saldo.",
    ],
)
def test_innocent_and_lawful_words_are_left_alone(text):
    assert kinds_in(text) == set()


def test_the_portals_own_letters_threaten_nobody():
    found = {}
    for path in sorted((ROOT / "portal/web/templates/letters").rglob("*.html")):
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", " ", path.read_text(), flags=re.DOTALL)
        if kinds := kinds_in(text):
            found[path.parts[-3:]] = kinds

    assert found == {}


@pytest.mark.parametrize(
    "bit",
    [
        "a ",
        "a",
        "call your ",
        ". ",
        "我们",
        "x" * 50 + " ",
        "tell a a a a ",
        "a.b.",
        "1 2-3 ",
        "转我的",
    ],
)
def test_a_long_text_is_read_in_good_time(bit):
    text = (bit * 20_000)[:20_000]
    started = time.process_time()

    kinds_in(text)

    assert time.process_time() - started < 5


def test_a_pattern_that_is_not_closed_is_refused():
    with pytest.raises(ValueError, match="no pattern"):
        compile_patterns(["[one|two"], {}, LATIN)


def test_macros_and_traditional_characters_come_in_pairs():
    for words in all_lists():
        raw = read_document(f"phrases/{words.language}")
        assert len(raw.get("traditional", "")) % 2 == 0
        assert all(meaning.startswith("[") for meaning in raw["macros"].values())
