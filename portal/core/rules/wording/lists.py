"""The word lists of each language, read once and compiled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from portal.core.rules.wording.folding import View, fold, han_view, latin_views, spelt_runs
from portal.core.rules.wording.kinds import Statement, WordKind
from portal.core.rules.wording.patterns import HAN, LATIN, PACKED, compile_patterns

LANGUAGES = ("en", "zh", "es")
_LEAST_SPELT = 5
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Match:
    """Words found, with their place in the original text."""

    start: int
    end: int

    def covers(self, other: Match) -> bool:
        """Tell whether another match lies inside this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, others: Iterable[Match]) -> bool:
        """Tell whether this match shares a character with any of some others."""
        return any(self.start < other.end and other.start < self.end for other in others)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordList:
    """What one language calls forbidden, allowed, revealing, and each statement it knows."""

    language: str
    version: str
    forbidden: Mapping[WordKind, re.Pattern[str]]
    spelt: Mapping[WordKind, re.Pattern[str]]
    allowed: re.Pattern[str]
    reveals: re.Pattern[str]
    statements: Mapping[Statement, tuple[re.Pattern[str], ...]]
    optout: Mapping[str, re.Pattern[str]]
    optout_confirmed: re.Pattern[str]
    common: frozenset[str]
    han_least: int
    pattern_count: int

    def find_forbidden(self, read: Reading) -> dict[WordKind, list[Match]]:
        """Return forbidden words by kind, without those inside an allowed phrase."""
        found: dict[WordKind, list[Match]] = {}
        for view in read.views(self.language):
            allowed = _matches(self.allowed, view)
            for kind, pattern in self.forbidden.items():
                hits = [m for m in _matches(pattern, view) if not _is_inside(m, allowed)]
                found.setdefault(kind, []).extend(hits)
        for run in read.spelt:
            for kind, pattern in self.spelt.items():
                hits = _matches(pattern, run)
                found.setdefault(kind, []).extend(m for m in hits if _letters(m, run))
        return {kind: _widest(hits) for kind, hits in found.items() if hits}

    def find_revealing(self, read: Reading) -> list[Match]:
        """Return words that let a reader know of a debt."""
        return _widest(
            m for view in read.views(self.language) for m in _matches(self.reveals, view)
        )

    def states(self, statement: Statement, read: Reading) -> bool:
        """Tell whether a text makes a statement in this language; denied ones do not count."""
        groups = self.statements.get(statement, ())
        view = read.views(self.language)[0]
        denials = _matches(self.forbidden[WordKind.FALSE_PROMISE], view)
        return bool(groups) and all(
            any(not m.meets(denials) for m in _matches(group, view)) for group in groups
        )

    def optout_ways(self, read: Reading) -> frozenset[str]:
        """Return the ways to opt out that a text names in this language."""
        view = read.views(self.language)[0]
        return frozenset(way for way, pattern in self.optout.items() if pattern.search(view.text))

    def confirms_optout(self, read: Reading) -> bool:
        """Tell whether a text confirms that somebody opted out."""
        return bool(self.optout_confirmed.search(read.views(self.language)[0].text))

    def is_used_in(self, read: Reading) -> bool:
        """Tell whether enough of a text is in this language."""
        if self.han_least:
            return read.han_count >= self.han_least
        words = frozenset(_WORD.findall(read.folded.text))
        return len(words & self.common) >= 5


class Reading:
    """A text with the readings that lists of each script are matched against."""

    __slots__ = ("_han", "_latin", "folded", "han_count", "spelt", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text, _simplified())
        self._latin = latin_views(self.folded)
        self._han = (han_view(self.folded),)
        self.spelt = spelt_runs(self.folded)
        self.han_count = sum("\u3400" <= c <= "\u9fff" for c in self.folded.text)

    def views(self, language: str) -> tuple[View, ...]:
        """Return the readings for a language's list, the plainest first."""
        return self._han if language == "zh" else self._latin


def _matches(pattern: re.Pattern[str], view: View) -> list[Match]:
    """Return all matches, overlapping ones too: an allowed phrase must not hide what follows."""
    found = []
    hit = pattern.search(view.text)
    while hit is not None:
        if hit.end() > hit.start():
            found.append(Match(*view.span(hit.start(), hit.end())))
        hit = pattern.search(view.text, hit.start() + 1)
    return found


def _is_inside(match: Match, others: Iterable[Match]) -> bool:
    return any(other.covers(match) for other in others)


def _letters(match: Match, run: View) -> bool:
    return sum(match.start <= place < match.end for place in run.places) >= _LEAST_SPELT


def _widest(matches: Iterable[Match]) -> list[Match]:
    """Return matches in the order of the text, without those that lie inside another."""
    kept: list[Match] = []
    for match in sorted(set(matches), key=lambda m: (m.start, -m.end)):
        if not _is_inside(match, kept):
            kept.append(match)
    return kept


def read_document(name: str) -> dict[str, Any]:
    """Return the data of one of this package's files, such as `phrases/en`."""
    file = resources.files(__package__).joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _simplified() -> Mapping[str, str]:
    pairs = read_document("phrases/zh")["traditional"]
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


@cache
def word_list(language: str) -> WordList:
    """Return the list of a language that has one: en, zh or es."""
    raw = read_document(f"phrases/{language}")
    script = HAN if language == "zh" else LATIN
    macros, same = raw["macros"], _simplified()

    def made(patterns: Iterable[str]) -> re.Pattern[str]:
        return compile_patterns(patterns, macros, script, same)

    forbidden = {WordKind(kind): patterns for kind, patterns in raw["forbidden"].items()}
    statements = dict(raw["statements"])
    confirmed = statements.pop("optout_confirmed")
    return WordList(
        language=language,
        version=raw["version"],
        forbidden={kind: made(patterns) for kind, patterns in forbidden.items()},
        spelt={
            kind: compile_patterns((p for p in patterns if "~" not in p), macros, PACKED)
            for kind, patterns in forbidden.items()
            if script is LATIN
        },
        allowed=made(raw["lawful"]["allowed"]),
        reveals=made(raw["reveals"]["words"]),
        statements={
            Statement(name): tuple(made(group) for group in groups)
            for name, groups in statements.items()
        },
        optout={way: made(patterns) for way, patterns in raw["optout"].items()},
        optout_confirmed=made(confirmed[0]),
        common=frozenset(fold(word).text for word in raw["common"])
        if "common" in raw
        else frozenset(),
        han_least=int(raw.get("han_least", 0)),
        pattern_count=sum(len(patterns) for patterns in forbidden.values()),
    )


def all_lists() -> tuple[WordList, ...]:
    """Return the lists of every language; a text is read against all of them."""
    return tuple(word_list(language) for language in LANGUAGES)
