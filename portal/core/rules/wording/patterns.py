"""The small language that word lists are written in, compiled to regular expressions.

    arrest [you|him]      words in a row, whatever stands between them but letters
    [court|high court]    one of several; [..]? may be left out, in Chinese also a character: 的?
    ~                     up to four words, or eight Chinese characters, of the same sentence
    prosecut*             any ending
    #                     a number
    YOU_WILL              a macro of the list

Latin words match whole; Chinese has no word boundaries. Patterns are folded as texts are, so they
may be written with accents and capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.core.rules.wording.folding import fold

_HAN_OPTION = re.compile(r"([\u4e00-\u9fff])\?")
_PIECE = re.compile(r"\[|\]\??|\||~|[^\s\[\]|~]+")


@dataclass(frozen=True, slots=True)
class Script:
    """How patterns of a script become expressions."""

    between: str
    gap: str
    opens: str
    closes: str
    ending: str
    number: str


LATIN = Script(
    between=r"[^a-z0-9]{1,4}",
    gap=r"(?:[^\w\s.!?;]{0,2}\s{1,4}\S{0,60}?[^\s.!?;](?=\s|[^\w\s])){0,4}?",
    opens=r"(?<![a-z0-9])",
    closes=r"(?![a-z0-9])",
    ending=r"[a-z0-9]*",
    number=r"\d+",
)
#: Letters written one by one have no spaces left between words.
PACKED = Script(between="", gap="", opens="", closes="", ending="", number=r"\d+")
HAN = Script(
    between="",
    gap=r"[^。!?;,\n]{0,8}?",
    opens="",
    closes="",
    ending="",
    number=r"[0-9一二三四五六七八九十两几]+",
)


def compile_patterns(
    patterns: Iterable[str],
    macros: Mapping[str, str],
    script: Script,
    simplified: Mapping[str, str] | None = None,
) -> re.Pattern[str]:
    """Return one expression that finds any of the patterns.

    Raises:
        ValueError: a pattern is not well formed.
    """
    made = (_Reader(pattern, macros, script, simplified).read() for pattern in patterns)
    body = "|".join(sorted(made, key=len, reverse=True)) or r"(?!)"
    return re.compile(f"{script.opens}(?:{body}){script.closes}")


def _name(macro: str) -> str:
    """Return the expression for a macro's name: whole, where it is written in capitals."""
    return rf"(?<![A-Z_]){macro}(?![A-Z_])" if macro.isascii() else macro


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(
        self,
        pattern: str,
        macros: Mapping[str, str],
        script: Script,
        simplified: Mapping[str, str] | None,
    ) -> None:
        self._pattern, self._script, self._simplified = pattern, script, simplified
        text = pattern
        for name, meaning in macros.items():
            text = re.sub(_name(name), meaning, text)
        self._pieces = _PIECE.findall(_HAN_OPTION.sub(r"[\1]?", text))
        self._at = 0

    def read(self) -> str:
        """Return the expression."""
        body = self._row()
        if self._at < len(self._pieces) or not body:
            raise ValueError(f"{self._pattern} is no pattern of words.")
        return body

    def _row(self) -> str:
        """Read pieces in a row, up to the end of this alternative."""
        parts: list[str] = []
        certain = False
        while self._at < len(self._pieces) and self._pieces[self._at] not in ("|", "]", "]?"):
            piece = self._pieces[self._at]
            self._at += 1
            if piece == "~":
                parts.append(self._script.gap if certain else "")
                continue
            body, optional = self._group() if piece == "[" else (self._word(piece), False)
            parts.append(self._joined(body, certain=certain, optional=optional))
            certain = certain or not optional
        return "".join(parts)

    def _joined(self, body: str, *, certain: bool, optional: bool) -> str:
        between = self._script.between
        joined = f"{between}{body}" if certain else body
        if optional:
            return f"(?:{joined})?" if certain else f"(?:{body}{between})?"
        return joined

    def _group(self) -> tuple[str, bool]:
        rows = [self._row()]
        while self._at < len(self._pieces) and self._pieces[self._at] == "|":
            self._at += 1
            rows.append(self._row())
        if self._at >= len(self._pieces) or not all(rows):
            raise ValueError(f"{self._pattern} is no pattern of words.")
        closing = self._pieces[self._at]
        self._at += 1
        rows.sort(key=len, reverse=True)  # of two readings, the longer is the one that is meant
        return f"(?:{'|'.join(rows)})", closing == "]?"

    def _word(self, piece: str) -> str:
        if piece == "#":
            return self._script.number
        stem = fold(piece.rstrip("*"), self._simplified).text
        body = re.escape(stem).replace("'", "'?")
        return body + (self._script.ending if piece.endswith("*") else "")
