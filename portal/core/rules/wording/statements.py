"""Whether a text says what it has to: who writes, whom to call, how to opt out, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portal.core.rules.wording.findings import Sender
from portal.core.rules.wording.folding import fold
from portal.core.rules.wording.kinds import Statement
from portal.core.rules.wording.lists import LANGUAGES, Match, Reading, all_lists, word_list

SIMPLE_WAYS = ("reply_stop", "reply_word", "link")
HARD_WAYS = ("phone_call", "postal_mail")

_NUMBER = re.compile(r"\+?\d[\d\s().\-\u00a0]{3,}\d")
_LINK = re.compile(r"https?://[!-~]+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/[!-~]*", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:[$£€¥₹]|\b(?:USD|CNY|RMB|GBP|EUR|AUD|INR|Rs\.?))\s?\d[\d.,\s\u00a0]*"
    r"|\d[\d.,]*\s?(?:元|块|USD|CNY|RMB|GBP|EUR|AUD|INR|dollars?|d[oó]lares|euros?|yuan|pounds?|rupees?)",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_LEAST_DIGITS = 7


def languages_of(read: Reading, stated: str) -> tuple[str, ...]:
    """Return the languages a text is in; a text too short to tell is in the one it is said to be.

    The stated one comes first when it is among them.
    """
    used = [words.language for words in all_lists() if words.is_used_in(read)]
    return tuple(sorted(used, key=lambda name: name != stated)) or (stated,)


def states(statement: Statement, read: Reading, language: str, sender: Sender) -> bool:
    """Tell whether a text makes a statement, in a language where the statement is in words."""
    if statement is Statement.NAMES_SENDER:
        return not sender.names or names_any(read, sender.names)
    if statement is Statement.NAMES_CREDITOR:
        return not sender.creditors or names_any(read, sender.creditors)
    if statement is Statement.WHO_TO_CALL:
        return gives_number(read.text, sender.phones)
    if statement is Statement.OPTOUT:
        return bool(optout_ways(read, language))
    if statement is Statement.CHECK_LINE and sender.checks:
        return names_any(read, sender.checks)
    if statement is Statement.COLLECTOR_LATER and _states(
        Statement.COLLECTOR_FIRST, read, language
    ):
        return True
    return _states(statement, read, language)


def _states(statement: Statement, read: Reading, language: str) -> bool:
    return language in LANGUAGES and word_list(language).states(statement, read)


def names_any(read: Reading, names: Iterable[str]) -> bool:
    """Tell whether a text gives one of some names, however it is capitalised or spaced."""
    text = _squeezed(read.text)
    return any(_squeezed(name) in text for name in names if name.strip())


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", fold(text).text)


def gives_number(text: str, phones: Iterable[str]) -> bool:
    """Tell whether a text gives one of some numbers; without any, a number of enough digits."""
    bare = _MONEY.sub(" ", _LINK.sub(" ", text))
    given = [re.sub(r"\D", "", found) for found in _NUMBER.findall(bare)]
    wanted = [digits for phone in phones if (digits := re.sub(r"\D", "", phone))]
    if not wanted:
        return any(len(digits) >= _LEAST_DIGITS for digits in given)
    return any(_same_number(one, other) for one in given for other in wanted)


def _same_number(one: str, other: str) -> bool:
    short, long = sorted((one.lstrip("0"), other.lstrip("0")), key=len)
    return short == long or (len(short) >= _LEAST_DIGITS and long.endswith(short))


def optout_ways(read: Reading, language: str) -> frozenset[str]:
    """Return the ways to opt out named in a language, among `needs_more` and the simple ones."""
    return word_list(language).optout_ways(read) if language in LANGUAGES else frozenset()


def revealing(read: Reading) -> list[Match]:
    """Return what lets a reader of a text know of a debt: words of any language, and amounts."""
    words = [match for listed in all_lists() for match in listed.find_revealing(read)]
    amounts = [Match(found.start(), found.end()) for found in _MONEY.finditer(read.text)]
    return sorted([*words, *amounts], key=lambda match: (match.start, -match.end))


def has_amount_or_link(text: str) -> bool:
    """Tell whether a text names money or leads somewhere."""
    return bool(_MONEY.search(text) or _LINK.search(text))


def card_numbers(text: str) -> list[Match]:
    """Return what is a payment card's number by its length and check digit."""
    return [
        Match(found.start(), found.end())
        for found in _CARD.finditer(text)
        if _passes_luhn(re.sub(r"\D", "", found.group()))
    ]


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) for digit in digits[-2::-2]]
    odd = sum(int(digit) for digit in digits[-1::-2])
    return (odd + sum(d * 2 - 9 if d > 4 else d * 2 for d in doubled)) % 10 == 0
