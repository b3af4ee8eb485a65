"""What a reminder states, and who puts it in words: facts go out, a text or a letter comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.core.accounts.models import Account
from portal.core.actions.ladder import LANGUAGES, LadderStep
from portal.core.money import Money
from portal.core.parties.models import Bank, Debtor
from portal.core.placements.letters import Document, LetterFacts
from portal.core.rules import Channel
from portal.core.rules.wording import Filled


@dataclass(frozen=True, kw_only=True)
class StepFacts:
    """What a text message or e-mail of the ladder may state.

    `language` is the one it is written in, `places` the rule packs that protect the person.
    `pay_by` is the day a formal demand asks to be answered by, for the message that announces it.
    """

    step: LadderStep
    channel: Channel
    bank: Bank
    debtor: Debtor
    account: Account
    owed: Money
    language: str
    places: tuple[str, ...]
    pay_by: date | None = None


@dataclass(frozen=True, kw_only=True)
class DemandFacts(LetterFacts):
    """What a formal demand states beside: by when, in which language, and the person's way in."""

    language: str
    pay_by: date
    code: str


@dataclass(frozen=True)
class DemandLetter:
    """A formal demand as composed, with its words in plain text, as they are checked."""

    document: Document
    text: str


class Composer(Protocol):
    """Puts reminders in words."""

    def message(self, facts: StepFacts) -> Filled:
        """Return the text of a message, and for an e-mail its subject."""
        ...

    def demand(self, facts: DemandFacts) -> DemandLetter:
        """Return a formal demand."""
        ...


def language_of(debtor: Debtor) -> str:
    """Return the language a person is written to in; English where theirs is none of ours."""
    short = debtor.language.replace("-", "_").split("_")[0]
    return short if short in LANGUAGES else LANGUAGES[0]
