"""What a check of words found, and the sender as the check knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.rules.findings import NOTHING, Rule
from portal.core.rules.wording.kinds import (
    SenderKind,
    Where,
    WordCode,
    WordKind,
    WordSeverity,
)
from portal.core.rules.wording.length import SmsLength


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who a message comes from, as locked facts.

    `names` are those the sender may go by, one of which the text has to give; `creditors` the
    names of the bank an agency acts for; `phones` numbers to call; `checks` the codes or pages by
    which a mandate is verified. `shown_as` is the name mail programs and telephones show, `person`
    the member of staff who writes. What is left empty is looked for by its form alone.
    """

    kind: SenderKind
    names: tuple[str, ...] = ()
    creditors: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    shown_as: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFinding:
    """One thing about a text that stops it, or that somebody should look at.

    `start` and `end` count characters of the part named by `where`; both are 0 when the finding is
    about the whole. `words` are the original characters there. `values` are what a sentence may
    name: `statement`, `language`, `segments`, `limit`, `method`, `slot`.
    """

    code: WordCode
    severity: WordSeverity
    rules: tuple[Rule, ...]
    kind: WordKind | None = None
    where: Where = Where.TEXT
    start: int = 0
    end: int = 0
    words: str = ""
    values: Mapping[str, object] = field(default_factory=lambda: NOTHING)

    @property
    def rule_id(self) -> str:
        """The first rule that asks for it: one of the place before the portal's own."""
        return self.rules[0].id

    @property
    def citation(self) -> str:
        """Where that rule stands."""
        return self.rules[0].citation


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCheck:
    """The answer about one text: findings in the order of the text, the strict ones first.

    `mentions` are all kinds of words in it, confirmed consequences included. `length` is set for
    text messages. `version` and `hash` name the data it was checked against.
    """

    findings: tuple[WordFinding, ...]
    mentions: frozenset[WordKind]
    languages: tuple[str, ...]
    length: SmsLength | None
    version: str
    hash: str

    @property
    def blocks(self) -> tuple[WordFinding, ...]:
        """What has to be put right before the text is sent."""
        return tuple(f for f in self.findings if f.severity is WordSeverity.BLOCK)

    @property
    def warnings(self) -> tuple[WordFinding, ...]:
        """What somebody should look at."""
        return tuple(f for f in self.findings if f.severity is WordSeverity.WARN)

    @property
    def is_blocked(self) -> bool:
        """Tell whether the text must not be sent as it is."""
        return bool(self.blocks)
