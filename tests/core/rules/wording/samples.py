"""Texts and senders to check: what a bank and an agency look like, and examples of patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from portal.core.rules import Channel
from portal.core.rules.wording import (
    Sender,
    SenderKind,
    WordCheck,
    WordKind,
    check_words,
)
from portal.core.rules.wording.lists import Reading, all_lists, read_document

VALUES = {
    "en": {
        "account": "4821",
        "address": "12 Quay Street, Springfield",
        "agency": "Calder Lane Services",
        "amount": "$1,234.56",
        "bank": "Harbor Trust Bank",
        "contract": "your card agreement of 4 May 2021",
        "due_on": "2 December 2026",
        "mandate": "KC7F-3A9Q",
        "name": "Jordan Reyes",
        "optout": "https://pay.harbor.example/o/7f3a",
        "page": "https://pay.harbor.example/v",
        "phone": "+1 800 555 0142",
    },
    "zh": {
        "account": "4821",
        "address": "杭州市西湖区文三路12号",
        "agency": "卡德莱恩服务有限公司",
        "amount": "12,345.67元",
        "bank": "海港信托银行",
        "contract": "2021年5月4日签订的信用卡合约",
        "due_on": "2026年12月2日",
        "mandate": "KC7F-3A9Q",
        "name": "王小明",
        "optout": "https://pay.harbor.example/o/7f3a",
        "page": "https://pay.harbor.example/v",
        "phone": "400-820-0142",
    },
    "es": {
        "account": "4821",
        "address": "12 Quay Street, Springfield",
        "agency": "Calder Lane Services",
        "amount": "$1,234.56",
        "bank": "Harbor Trust Bank",
        "contract": "su contrato de tarjeta del 4 de mayo de 2021",
        "due_on": "2 de diciembre de 2026",
        "mandate": "KC7F-3A9Q",
        "name": "Jordan Reyes",
        "optout": "https://pay.harbor.example/o/7f3a",
        "page": "https://pay.harbor.example/v",
        "phone": "+1 800 555 0142",
    },
}

PLACES = [
    ("us",),
    ("us", "us-ma"),
    ("cn",),
    ("uk",),
    ("in",),
    ("au",),
    ("eu",),
    ("eu", "de"),
]


def sender_of(kind: SenderKind, language: str = "en") -> Sender:
    """Return the bank, or the agency that acts for it, as a page would know them."""
    values = VALUES[language]
    name = values["bank"] if kind is SenderKind.BANK else values["agency"]
    return Sender(
        kind=kind,
        names=(name,),
        creditors=(values["bank"],),
        phones=(values["phone"],),
        checks=(values["page"], values["mandate"]),
        shown_as=name,
    )


AGENCY, BANK = sender_of(SenderKind.AGENCY), sender_of(SenderKind.BANK)


def check(text: str, **more: Any) -> WordCheck:
    """Check a text message to somebody in the United States, unless told otherwise."""
    return check_words(
        text,
        **{
            "channel": Channel.SMS,
            "language": "en",
            "jurisdictions": ("us",),
            "sender": AGENCY,
            **more,
        },
    )


def codes(result: WordCheck) -> set[str]:
    """Return the codes a check found."""
    return {str(finding.code) for finding in result.findings}


def kinds_in(text: str) -> set[WordKind]:
    """Return the kinds of forbidden words any list finds in a text."""
    read = Reading(text)
    return {kind for words in all_lists() for kind in words.find_forbidden(read)}


_PIECE = re.compile(r"\[|\]\??|\||~|[^\s\[\]|~]+")
_OPTION = re.compile(r"([\u4e00-\u9fff])\?")

Picker = Callable[[list[str]], str]


def examples(language: str, patterns: Iterable[str], pick: Picker) -> list[tuple[str, str]]:
    """Return each pattern with one text it describes, choosing among alternatives with `pick`."""
    macros = read_document(f"phrases/{language}")["macros"]
    return [(pattern, _example(pattern, macros, language, pick)) for pattern in patterns]


def _example(pattern: str, macros: dict[str, str], language: str, pick: Picker) -> str:
    text = pattern
    for name, meaning in macros.items():
        text = text.replace(name, meaning)
    pieces = _PIECE.findall(_OPTION.sub(r"[\1]?", text))
    between = "" if language == "zh" else " "
    return _row(pieces, between, pick)


def _row(pieces: list[str], between: str, pick: Picker) -> str:
    words = []
    while pieces and pieces[0] not in ("|", "]", "]?"):
        piece = pieces.pop(0)
        if piece == "[":
            words.append(_group(pieces, between, pick))
        elif piece != "~":
            words.append("7" if piece == "#" else piece.rstrip("*"))
    return between.join(word for word in words if word)


def _group(pieces: list[str], between: str, pick: Picker) -> str:
    rows = [_row(pieces, between, pick)]
    while pieces.pop(0) == "|":
        rows.append(_row(pieces, between, pick))
    return pick(rows)
