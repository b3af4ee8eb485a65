"""Findings in words: every code has its sentence, in each language, from fresh or stored values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.core.actions.judging import plain as _plain
from portal.core.rules.codes import CODES
from portal.web.finding_texts import TEXTS
from portal.web.findings import say
from tests.web.pages import make_app

#: Sentences for a code whose values take another turn.
VARIANTS = {
    "outside_window_all_day": "outside_window",
    "opted_out_of_all": "opted_out",
    "represented_by_attorney": "represented",
    "on_hold_until_released": "on_hold",
    "ok_count": "ok",
}
INSTANT = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)
SAMPLES = {
    "clock": "21:30:00",
    "IANA": "America/New_York",
    "day": date(2026, 11, 24),
    "first": date(2026, 11, 24),
    "instant": INSTANT,
    "number": 3,
    "amount": 150_000,
    "text": "sample",
    "id": "sample",
    "true": True,
    "None": None,
}
WORDS = {
    "channel": "call",
    "kind": "dispute",
    "place": "home",
    "role": "spouse",
    "form": "writing",
    "purpose": "payment_request",
    "route": "dialogue",
}


def sample(name: str, kind: str) -> object:
    """Return a value of the type a code declares."""
    if name == "windows":
        return (("08:00", "21:00"),)
    if kind.startswith("list"):
        return ("one", "two")
    if kind.startswith("word"):
        return WORDS[name]
    return SAMPLES.get(kind.split()[0].strip(","), "sample")


def values_of(code: str) -> dict[str, object]:
    """Return values for a code, the optional ones included."""
    return {
        name.strip("[]"): sample(name.strip("[]"), kind)
        for name, kind in CODES[code].values.items()
    }


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def in_language(app: Flask, language: str, code: str, values: dict[str, object]) -> str:
    with app.test_request_context("/"), force_locale(language):
        return say(code, values)


def test_every_code_of_the_engine_has_a_sentence() -> None:
    assert set(CODES) - set(TEXTS) == set()
    assert set(TEXTS) - set(CODES) == set(VARIANTS)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_sentence_names_only_values_its_code_has(key: str) -> None:
    declared = {name.strip("[]") for name in CODES[VARIANTS.get(key, key)].values}

    named = set(re.findall(r"%\((\w+)\)s", str(TEXTS[key])))

    assert named - declared - {"span"} == set()
    assert "span" not in named or "days" in declared


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_stored_breach_reads_as_it_did_when_it_was_found(
    app: Flask, code: str, language: str
) -> None:
    values = values_of(code)

    fresh = in_language(app, language, code, values)
    stored = in_language(app, language, code, {k: _plain(v) for k, v in values.items()})

    assert fresh == stored
    assert "%(" not in fresh
    assert fresh.endswith("." if language == "en" else "。")


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_sentence_is_said_in_chinese(app: Flask, key: str) -> None:
    with app.test_request_context("/"), force_locale("zh_Hans_CN"):
        text = str(TEXTS[key])

    assert re.search(r"[\u4e00-\u9fff]", text)


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        (
            "outside_window",
            {"local": "21:30:12", "zone": "America/New_York", "windows": [["08:00", "21:00"]]},
            "9:30 PM in New York is outside the hours allowed there, 8:00 AM–9:00 PM.",
        ),
        (
            "outside_window",
            {"local": "21:00:01", "zone": "America/New_York", "windows": [["08:00", "21:00"]]},
            "9:00:01 PM in New York is outside the hours allowed there, 8:00 AM–9:00 PM.",
        ),
        (
            "outside_window",
            {
                "local": "07:00",
                "zone": "Asia/Kolkata",
                "windows": [["08:00", "12:00"], ["14:00", "24:00"]],
            },
            "7:00 AM in Kolkata is outside the hours allowed there, 8:00 AM–12:00 PM or"
            " 2:00 PM–midnight.",
        ),
        (
            "outside_window",
            {"local": "07:00", "zone": "Australia/Sydney", "windows": []},
            "No contact is allowed in Sydney on that day of the week.",
        ),
        (
            "too_many_calls",
            {"count": 8, "limit": 7, "days": 7, "zone": "America/New_York", "since": "2026-11-18"},
            "Call number 8 about this debt within 7 days. The limit is 7.",
        ),
        (
            "too_many_dials",
            {"count": 2, "limit": 1, "days": 1, "zone": "Asia/Shanghai", "since": "2026-11-18"},
            "Attempt number 2 to this telephone within 1 day. The limit is 1.",
        ),
        (
            "represented",
            {"attorney": False},
            "Somebody represents the person and is the one to contact.",
        ),
        (
            "opted_out",
            {"channel": None, "address": None},
            "The person does not want to be contacted in any way.",
        ),
        (
            "on_hold",
            {"kind": "dispute", "since": None, "until": None},
            "The account is on hold until somebody releases it: dispute.",
        ),
        ("ok", {}, "Nothing speaks against it."),
        ("ok", {"count": 3, "limit": 7, "days": 7}, "Number 3 of 7 within 7 days."),
        (
            "ceased",
            {"received_at": None},
            "The person asked in writing that contact stop. Received (not on file).",
        ),
        ("a_code_of_another_year", {"count": 3}, "a_code_of_another_year"),
    ],
)
def test_a_finding_is_said_plainly(
    app: Flask, code: str, values: dict[str, object], sentence: str
) -> None:
    assert in_language(app, "en", code, values).replace("\u00a0", " ") == sentence


def test_instants_are_told_in_the_readers_zone(app: Flask) -> None:
    said = in_language(
        app, "en", "too_soon_after_conversation", {"talked_at": INSTANT, "days": 7, "zone": "x"}
    )

    assert "24 November 2026, 11:05\u00a0AM CST" in said
