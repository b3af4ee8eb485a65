"""Rule packs in words, in English and in Chinese: titles, sources, checks, parameters, values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.core.actions.own_beside import find_stricter
from portal.core.actions.own_pack import draft_pack
from portal.core.actions.own_settings import BankSettings
from portal.core.actions.own_settings_reading import read_settings
from portal.core.rules import Channel, load_packs
from portal.core.rules.pack import PACK_IDS, read_document, read_pack
from portal.core.rules.registry import EVALUATORS
from portal.web.own_rule_words import beside_notes, change, sentences, settings_in
from portal.web.rule_titles import (
    PACKS,
    RULES,
    SOURCES,
    citation,
    pack_title,
    rule_title,
    title_of,
)
from portal.web.rule_values import lines_of, listed, weekdays, window
from portal.web.rule_views import view_pack
from portal.web.rule_words import ASKS, HIDDEN, PARAMETERS
from tests.web.pages import make_app

CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: A run of English words, as a text nobody translated would be.
ENGLISH = re.compile(r"[A-Za-z]+( [a-z]+){2,}")
#: A word of the program, such as `no_answer`, that nobody put into words.
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b")
OWN = read_settings(
    {
        "caps": [
            {"channels": ["call", "sms"], "most": 3, "days": 7},
            {
                "channels": ["call"],
                "most": 1,
                "days": 1,
                "count": "conversations",
                "over": "each_agency",
                "per": "account",
            },
        ],
        "hours": [
            {
                "channels": ["call"],
                "week": {
                    "mon": ["09:00", "19:00"],
                    "tue": ["09:00", "19:00"],
                    "sat": ["9:30", "24:00"],
                },
            }
        ],
        "weekdays_off": ["sun"],
        "days_off": [{"on": "2026-12-25", "name": "Christmas Day"}],
        "channels_off": ["visit", "social"],
        "rest_days": 2,
        "balance_days": 60,
    }
)


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"), force_locale("en"):
        yield


@pytest.fixture
def chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"), force_locale("zh_Hans_CN"):
        yield


def packs() -> list[Any]:
    return [
        *(read_pack(pack_id) for pack_id in PACK_IDS),
        draft_pack(OWN, effective_from=date(2026, 6, 1)),
    ]


@pytest.mark.parametrize("pack_id", PACK_IDS)
def test_every_title_and_source_of_a_pack_is_a_text_of_the_catalogue(english, pack_id):
    document = read_document(pack_id)

    assert str(PACKS[pack_id]) == document["title"]
    assert {rule["title"] for rule in document["rules"]} <= {str(title) for title in RULES}
    assert {rule["source"] for rule in document["rules"]} <= {str(source) for source in SOURCES}


def test_no_title_is_listed_that_no_pack_has(english):
    used = {rule.title for pack in packs() for rule in pack.rules}

    left = {str(title) for title in RULES} - used
    assert left == {"What nobody can show to be allowed"}


def test_every_title_is_said_in_chinese(chinese):
    titles = [str(title) for title in (*PACKS.values(), *RULES)]

    assert [title for title in titles if not CHINESE.search(title)] == []


def test_titles_are_found_by_the_id_a_breach_keeps(english):
    assert title_of("US-REGF-14B-FREQ") == "Call frequency"
    assert title_of("BANK-CAP-12") == "The bank's own limit"
    assert title_of("BANK-WEEKDAYS") == "Days of the week the bank keeps free"
    assert title_of("A-RULE-OF-ANOTHER-YEAR") == "A-RULE-OF-ANOTHER-YEAR"
    assert rule_title("") == ""
    assert pack_title("unheard-of", "Its own title") == "Its own title"


def test_citations_of_law_stay_as_the_source_has_them(chinese):
    assert citation("12 CFR 1006.6(c)") == "12 CFR 1006.6(c)"
    assert citation("The bank's own rule") == "银行自有规则"
    assert rule_title("Call frequency") == "通话频率"


def test_every_evaluator_and_every_parameter_of_a_pack_has_words():
    used = {check.name for pack in packs() for check in pack.checks}

    assert set(EVALUATORS) == set(ASKS)
    assert used <= set(ASKS)
    for pack in packs():
        for check in pack.checks:
            for line in lines_of(check.parameters):
                assert line.label in {str(text) for text in PARAMETERS.values()}, (
                    check.rule.id,
                    line,
                )


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_nothing_in_a_pack_is_shown_as_the_program_has_it(app, language):
    with app.test_request_context("/"), force_locale(language):
        views = [view_pack(pack) for pack in packs()]

    texts = [
        text
        for view in views
        for rule in view.rules
        for check in rule.checks
        for text in (check.asks, *(part for line in check.lines for part in line))
    ]
    assert len(texts) > 500
    assert [text for text in texts if RAW.search(text)] == []
    if language != "en":
        assert [text for text in texts if ENGLISH.search(text)] == []


def test_a_view_says_what_a_reader_has_to_know_of_a_rule(english):
    view = next(rule for rule in view_pack(read_pack("cn")).rules if rule.id == "CN-CBA-DIAL6")

    assert view.title == "Six unanswered attempts to a number a day"
    assert (view.weight, view.confidence) == ("standard or guidance", "read in a secondary source")
    assert view.verdict == "Against guidance"
    assert "official text was not" in view.confidence_note
    assert view.source == "Press reports"
    assert view.checked_on == date(2026, 2, 6)
    lines = dict(view.checks[0].lines)
    assert (lines["Most contacts"], lines["In days"]) == ("6", "1 day")
    assert lines["Counted separately for each"] == "number or address"


def test_a_pack_is_narrowed_to_a_channel_and_to_words(english):
    pack = read_pack("us")

    letters = view_pack(pack, channel=Channel.LETTER)
    found = view_pack(pack, words="DISPUTE 1006.38")

    ids = {rule.id for rule in letters.rules}
    assert "US-REGF-6B1-HOURS" not in ids
    assert "US-REGF-30A-FURNISH" not in ids  # no contact at all
    assert "US-REGF-6C-CEASE" in ids
    assert {rule.id for rule in found.rules} == {"US-REGF-38D-DISPUTE", "US-REGF-38B-OVERSHADOW"}
    assert found.count == len(pack.rules)
    assert view_pack(pack, words="no such words").rules == ()


def test_parameters_only_the_program_reads_are_left_out(english):
    assert lines_of(dict.fromkeys(HIDDEN, "x")) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"opens": "08:00", "closes": "21:00"}, "8:00 AM–9:00 PM"),
        ({"opens": "00:00", "closes": "24:00", "days": [0, 1, 2]}, "Mon–Wed all day"),
        (
            {
                "opens": "09:00",
                "closes": "24:00",
                "days": [5, 6],
                "channels": ["call", "sms"],
                "not_address_kinds": ["workplace"],
            },
            "Sat, Sun 9:00 AM–midnight (Phone call, Text message; but not at work)",
        ),
    ],
)
def test_a_window_is_said_plainly(english, value, said):
    assert window(value).replace("\u00a0", " ") == said


def test_lists_are_joined_as_the_language_does(app, english):
    assert listed(["a", "b", "a"]) == "a, b"
    assert listed(["a, then b", "c"]) == "a, then b; c"
    assert weekdays([6, 0, 1, 2, 4]) == "Mon–Wed, Fri, Sun"
    with force_locale("zh_Hans_CN"):
        assert listed(["甲", "乙"]) == "甲、乙"


def test_a_banks_own_rules_are_said_in_sentences(english):
    said = [sentence.replace("\u00a0", " ") for sentence in sentences(OWN)]

    assert said == [
        "Phone call, Text message: at most 3 contacts in 7 days. Every attempt counts. The bank and"
        " all its agencies count together. Counted for each person.",
        "Phone call: at most 1 contact in 1 day. Only conversations count. Each agency counts by"
        " itself. Counted for each account.",
        "Phone call: only within these hours, Mon, Tue 9:00 AM–7:00 PM; Sat 9:30 AM–midnight.",
        "No contact but letters on Sunday.",
        "No contact but letters on 25 December 2026: Christmas Day.",
        "Not used: Visit, Social media.",
        "After a conversation the person is left alone for 2 days, that day included, but for"
        " letters.",
        "A confirmed balance counts for 60 days.",
    ]
    assert sentences(BankSettings()) == []


def test_a_banks_own_rules_are_said_in_chinese(chinese):
    said = sentences(OWN)

    assert said[0] == (
        "电话、短信：7天内最多3次。每次尝试均计入。银行与其全部催收机构合并计数。按人分别计数。"
    )
    assert all(CHINESE.search(sentence) for sentence in said)
    assert [sentence for sentence in said if ENGLISH.search(sentence)] == []


def test_what_changed_between_two_versions_is_said(english):
    later = read_settings({"rest_days": 2, "channels_off": ["visit"]})

    changed = change(read_settings({"rest_days": 2, "balance_days": 30}), later)

    assert changed.added == ("Not used: Visit.",)
    assert changed.dropped == ("A confirmed balance counts for 30 days.",)


def test_a_pack_gives_back_the_settings_it_was_made_from():
    assert settings_in(draft_pack(OWN, effective_from=date(2026, 6, 1))) == OWN


def test_it_is_said_where_the_law_is_stricter(english):
    week = {day: ["07:00", "22:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    wide = read_settings({"hours": [{"channels": ["call"], "week": week}]})
    partly = read_settings({"hours": [{"channels": ["call"], "week": {"mon": ["07:00", "20:00"]}}]})
    on = date(2026, 6, 1)

    def notes(settings):
        pack = draft_pack(settings, effective_from=on)
        return beside_notes(find_stricter(pack, load_packs(("us",), on)))

    [everywhere], [part] = notes(wide), notes(partly)
    assert "changes nothing where this rule holds" in everywhere
    assert "Inconvenient time, 12 CFR 1006.6(b)(1)(i)" in everywhere
    assert "is in part wider than this rule, which goes on to hold" in part
