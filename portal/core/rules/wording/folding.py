"""Texts reduced to what is read in them, each character with its place in the original.

Case, accents, full-width forms, look-alike letters and invisible characters do not hide a word;
nor do dots or asterisks inside it, letters written one by one, digits standing for letters, or
traditional characters for simplified ones. Offsets always count in the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

#: Cyrillic, Greek and other letters that look like Latin ones, after case folding.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһӏоνορακιτυ‘’ʼ`´‐‑‒–—−ıłøđ",
    "aeopcyxijsdhlovopakitu'''''------ilod",
)
_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}
_BETWEEN = re.compile(r"(?<=[a-z0-9])[*._\-·•~^|/\\+=#]{1,2}(?=[a-z0-9])")
_SPELT = re.compile(r"(?<![a-z0-9])[a-z0-9](?:[^a-z0-9\n]{1,2}[a-z0-9]){2,}(?![a-z0-9])")
_TOKEN = re.compile(r"[a-z0-9@$!]+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_HAN_NOISE = re.compile(rf"(?<=[{_HAN}])[\s*._\-·•~^|/\\+=#'\"“”]{{1,3}}(?=[{_HAN}])")
_HAN_RUN = re.compile(rf"[{_HAN}]")


@dataclass(frozen=True, slots=True)
class View:
    """A folded text, and for each of its characters the place in the original."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the view begins and ends in the original."""
        return self.places[start], self.places[end - 1] + 1

    def without(self, gaps: Iterator[tuple[int, int]]) -> View:
        """Return the view with some stretches left out."""
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for start, end in gaps:
            parts.append(self.text[at:start])
            places.extend(self.places[at:start])
            at = end
        return View("".join((*parts, self.text[at:])), (*places, *self.places[at:]))


def fold(text: str, simplified: Mapping[str, str] | None = None) -> View:
    """Return a text without case, accents, width, invisible characters and repeated space.

    `simplified` gives the simplified character for a traditional one.
    """
    same = simplified or {}
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in _fold_character(character):
            if letter in " \n" and letters and letters[-1] in " \n":
                letters[-1] = "\n" if "\n" in (letter, letters[-1]) else " "
                continue
            letters.append(same.get(letter, letter))
            places.append(place)
    return View("".join(letters), tuple(places))


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if character in "\n\r\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    kept = [
        letter
        for letter in unicodedata.normalize("NFKD", character).casefold()
        if unicodedata.category(letter) not in ("Cf", "Mn", "Me", "Cc", "Co", "Cn")
    ]
    return "".join(kept).translate(_LOOKALIKES)


def latin_views(view: View) -> tuple[View, ...]:
    """Return the readings of a text in Latin letters: as written, and with disguises undone."""
    bare = view.without(match.span() for match in _BETWEEN.finditer(view.text))
    bare = bare.without(_inner_gaps(bare.text))
    views = [view, bare]
    for one in "il":
        views.append(View(_unleet(bare.text, one), bare.places))
    kept: dict[str, View] = {}
    for found in views:
        kept.setdefault(found.text, found)
    return tuple(kept.values())


def spelt_runs(view: View) -> tuple[View, ...]:
    """Return what was written letter by letter, each run as one word without spaces."""
    found = []
    for match in _SPELT.finditer(view.text):
        start, end = match.span()
        run = View(view.text[start:end], view.places[start:end])
        found.append(run.without(gap.span() for gap in re.finditer(r"[^a-z0-9]+", run.text)))
    return tuple(found)


def han_view(view: View) -> View:
    """Return a text without spaces and ornaments between Chinese characters."""
    return view.without(match.span() for match in _HAN_NOISE.finditer(view.text))


def han_count(text: str) -> int:
    """Return how many Chinese characters a text has."""
    return len(_HAN_RUN.findall(text))


def _inner_gaps(text: str) -> Iterator[tuple[int, int]]:
    """Yield what lies between letters written one by one; two spaces end such a word."""
    for match in _SPELT.finditer(text):
        for gap in re.finditer(r"[^a-z0-9]+", match.group()):
            if "  " not in gap.group():
                yield match.start() + gap.start(), match.start() + gap.end()


def _unleet(text: str, one: str) -> str:
    table = str.maketrans({**_LEET, "1": one})

    def read(match: re.Match[str]) -> str:
        token = match.group()
        if not any("a" <= letter <= "z" for letter in token):
            return token
        return token[:-1].translate(table) + (
            token[-1] if token[-1] == "!" else token[-1].translate(table)
        )

    return _TOKEN.sub(read, text)
