"""A text with the words at fault marked in it, and what was found, as its writer reads it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from portal.core.rules.wording import Where, WordCheck, WordFinding, WordSeverity
from portal.web.wordings import say_cure, say_word_finding


@dataclass(frozen=True)
class WordLine:
    """One thing about the words: what it is, how to put it right, where that is asked for."""

    sentence: str
    cure: str
    citation: str
    is_block: bool


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; a marked one is at fault."""

    text: str
    mark: str = ""


def word_line(finding: WordFinding) -> WordLine:
    """Return what was found, in words."""
    return WordLine(
        sentence=say_word_finding(finding),
        cure=say_cure(finding),
        citation=finding.citation,
        is_block=finding.severity is WordSeverity.BLOCK,
    )


def pieces_of(text: str, check: WordCheck) -> list[Piece]:
    """Cut a text where words at fault begin and end; a blocking fault outweighs a warning."""
    marks = [""] * len(text)
    for finding in reversed(check.findings):  # the strict ones come first
        if finding.where is Where.TEXT:
            tone = "bad" if finding.severity is WordSeverity.BLOCK else "warn"
            marks[finding.start : finding.end] = [tone] * (finding.end - finding.start)
    cut = groupby(zip(text, marks, strict=True), key=itemgetter(1))
    return [Piece("".join(character for character, _ in part), mark) for mark, part in cut]
