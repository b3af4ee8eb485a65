"""Putting a bank's reminders in words: the texts of its ladder filled in, and the formal demand."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

from babel.dates import format_date
from babel.numbers import get_territory_currencies

from portal.core.actions.ladder import ANSWER_DAYS, LadderStep
from portal.core.actions.ladder_words import fill_words, template_of
from portal.core.actions.reminder_words import DemandFacts, DemandLetter, StepFacts
from portal.core.money import Money
from portal.core.parties.models import Bank
from portal.core.rules.wording import Filled
from portal.web.letter_making import LetterMaker, contract_name, document_of
from portal.web.letter_snapshots import DemandSnapshot
from portal.web.letters import format_money, letter_body
from portal.web.shell import language_by_code

_NAMES = {"en": "Alex Lee", "es": "Ana López", "zh": "李晓明"}
_DAYS = {"en": "d MMMM y", "es": "d 'de' MMMM 'de' y", "zh": "y年M月d日"}
_BLOCKS = re.compile(r"</(?:p|h1|h2|li|tr|caption|th)>|<br>")
_TAGS = re.compile(r"<[^>]+>")


class ReminderMaker:
    """Composes the reminders of one installation, whose address is in them."""

    def __init__(self, base_url: str) -> None:
        """Take the address people reach the portal at."""
        self._page = base_url.rstrip("/")
        self._letters = LetterMaker(base_url)

    def message(self, facts: StepFacts) -> Filled:
        """Return a step's text, in the words the bank or the library has for it."""
        template = template_of(facts.step, facts.channel, facts.language, facts.places)
        return fill_words(template, self.values(facts))

    def demand(self, facts: DemandFacts) -> DemandLetter:
        """Return the formal demand, with its words as they are printed."""
        snapshot = self._letters.demand(facts)
        return DemandLetter(document_of(snapshot), plain_words(snapshot))

    def values(self, facts: StepFacts) -> dict[str, str]:
        """Return what fills the slots of a step's text.

        The day of a message that announces a formal demand is the one to answer by.
        """
        language, account = facts.language, facts.account
        due_on = facts.pay_by or account.past_due_since
        return {
            **bank_values(facts.bank, language),
            "account": account.account_ref[-4:],
            "amount": format_money(facts.owed, _locale(language)),
            "contract": contract_name(account.product, language),
            "due_on": say_day(due_on, language),
            "name": facts.debtor.name,
            "page": self._page,
            "optout": self._page,
        }

    def sample_values(
        self, bank: Bank, step: LadderStep, language: str, *, on: date
    ) -> dict[str, str]:
        """Return values for a step's text to be shown with, before anybody is written to."""
        currency = get_territory_currencies(bank.country, on)[-1]
        due_on = on + timedelta(days=ANSWER_DAYS if step.announces_letter else -step.after_days)
        return {
            **bank_values(bank, language),
            "account": "4821",
            "amount": format_money(Money(123_450, currency), _locale(language)),
            "contract": contract_name("Credit card", language),
            "due_on": say_day(due_on, language),
            "name": _NAMES[language],
            "page": self._page,
            "optout": self._page,
        }


def bank_values(bank: Bank, language: str) -> dict[str, str]:
    """Return the slots a bank fills, whomever it writes to."""
    lines = [line.strip() for line in bank.address.splitlines() if line.strip()]
    return {
        "bank": bank.name_in(language),
        "phone": bank.phone,
        "address": ("，" if language == "zh" else ", ").join(lines),
    }


def say_day(day: date, language: str) -> str:
    """Return a day in full, in a language."""
    return format_date(day, _DAYS[language], locale=_locale(language))


def plain_words(snapshot: DemandSnapshot) -> str:
    """Return the words of a letter in lines, without the code that stands beside the address."""
    broken = _BLOCKS.sub("\n", str(letter_body(snapshot)))
    lines = (" ".join(line.split()) for line in html.unescape(_TAGS.sub("", broken)).splitlines())
    return "\n".join(line for line in lines if line)


def _locale(language: str) -> str:
    known = language_by_code(language)
    return known.locale if known else "en"
