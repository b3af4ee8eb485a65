"""No file says where, from which mirror or by whom it was written, but only what it is."""

from __future__ import annotations

import re

import pytest

from portal.config import ROOT
from tests.docs.tree import MOST_BYTES, texts


def _any(*pieces: tuple[str, ...]) -> re.Pattern[str]:
    """Put words together here, so that this file does not hold them itself."""
    words = "|".join("".join(each) for each in pieces)
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)


PATTERNS = {
    "a path of one machine": re.compile(
        "|".join(
            (
                "(?<![\\w.])/wo" + "rk/",
                "(?<![\\w.])/ro" + "ot/\\w",
                "(?<![\\w.])/ho" + "me/\\w",
                "(?<![\\w.])/Us" + "ers/\\w",
                "(?<![\\w.])[C-Z]:" + r"\\",
            )
        )
    ),
    "a registry's address": _any(
        ("py", r"pi\.org"),
        ("python", r"hosted\.org"),
        ("npm", r"js\.(?:com|org)"),
        ("deb", r"\.debian\.org"),
        ("docker", r"\.io"),
        ("cra", r"tes\.io"),
    ),
    "a word about how it was made": _any(
        ("cla", "ude"),
        ("anth", "ropic"),
        ("open", "ai"),
        ("chat", "gpt"),
        ("co", "pilot"),
        ("gpt", r"-\d\w*"),
        ("ll", "ms?"),
        ("language ", "models?"),
        ("sub", "-?agents?"),
        ("ai", "[- ](?:generated|written|agent|model)s?"),
        ("co-auth", "ored-by"),
        ("generated ", "with"),
    ),
}


def _said(text: str, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"line {text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for found in pattern.finditer(text)
    ]


@pytest.mark.parametrize("what", PATTERNS)
def test_no_file_holds(what):
    found = {}
    for path, text in texts().items():
        said = _said(text, PATTERNS[what])
        if said:
            found[str(path.relative_to(ROOT))] = said

    assert found == {}


def test_every_file_is_small_enough_to_be_read():
    large = [str(path) for path in texts() if path.stat().st_size > MOST_BYTES]

    assert large == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /ho" + "me/anna/portal"),
        ("a path of one machine", "cd /wo" + "rk/main"),
        ("a registry's address", "https://py" + "pi.org/simple"),
        ("a registry's address", "https://registry.npm" + "js.org/x"),
        ("a word about how it was made", "written by Cla" + "ude"),
        ("a word about how it was made", "Co-auth" + "ored-by: somebody"),
    ],
)
def test_such_words_are_noticed(what, text):
    assert _said(text, PATTERNS[what]) != []


@pytest.mark.parametrize(
    "text",
    [
        "an agency's agent",
        "the visitor's session",
        "/agency/home/",
        "a model of the ledger",
        "docs/",
    ],
)
def test_words_of_the_field_are_not_taken_for_them(text):
    assert [said for pattern in PATTERNS.values() for said in _said(text, pattern)] == []
