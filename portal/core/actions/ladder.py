"""The steps a bank takes before it refers: on which day, by which department, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.core.rules import Channel
from portal.core.rules.wording import WordKind

#: The languages words can be checked in, and with that the ones a step may speak.
LANGUAGES = ("en", "zh", "es")
CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.CALL, Channel.LETTER)
#: Sent by the machine in words somebody chose; a letter's words are one document per language.
WRITTEN = (Channel.SMS, Channel.EMAIL)
#: The template that belongs to a formal demand: the letter, and the message that announces it.
DEMAND = "bank_demand_notice"
MESSAGES = ("bank_reminder_1", "bank_reminder_2", DEMAND)
#: Slots a bank's own text may use; all of them are on record for every account.
SLOTS = frozenset(
    {"account", "address", "amount", "bank", "contract", "due_on", "name", "optout"}
    | {"page", "phone"}
)
MOST_STEPS, MOST_DAYS, MOST_ANSWER_DAYS = 12, 365, 60
ANSWER_DAYS = 14


class Department(StrEnum):
    """Which part of the bank takes a step."""

    COLLECTIONS = "collections"
    CREDIT = "credit"
    LEGAL = "legal"


@dataclass(frozen=True, kw_only=True)
class OwnText:
    """A bank's own words for a step, in one language, instead of the template's."""

    language: str
    text: str
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class LadderStep:
    """One step: so many days after the account fell overdue, through one channel.

    `template` is a kind of the library's templates, empty for a call. `confirmed` are consequences
    of own texts that whoever set the ladder answers for as lawful and intended. `answer_days` is
    how long a formal demand leaves to answer it.
    """

    key: str
    after_days: int
    channel: Channel
    department: Department
    template: str = ""
    texts: tuple[OwnText, ...] = ()
    confirmed: frozenset[WordKind] = frozenset()
    answer_days: int = ANSWER_DAYS

    @property
    def announces_letter(self) -> bool:
        """Tell whether it is the message that says a formal demand was sent."""
        return self.template == DEMAND and self.channel in WRITTEN

    def text_in(self, language: str) -> OwnText | None:
        """Return the bank's own words in a language, if it has any."""
        return next((each for each in self.texts if each.language == language), None)


DEFAULT_STEPS = (
    LadderStep(
        key="sms-1",
        after_days=1,
        channel=Channel.SMS,
        department=Department.COLLECTIONS,
        template="bank_reminder_1",
    ),
    LadderStep(
        key="sms-2",
        after_days=7,
        channel=Channel.SMS,
        department=Department.COLLECTIONS,
        template="bank_reminder_2",
    ),
    LadderStep(
        key="call-1", after_days=15, channel=Channel.CALL, department=Department.COLLECTIONS
    ),
    LadderStep(
        key="letter-1",
        after_days=30,
        channel=Channel.LETTER,
        department=Department.LEGAL,
        template=DEMAND,
    ),
    LadderStep(
        key="sms-3",
        after_days=31,
        channel=Channel.SMS,
        department=Department.CREDIT,
        template=DEMAND,
    ),
)


def templates_for(channel: Channel) -> tuple[str, ...]:
    """Return the kinds of template a step through a channel can begin from."""
    if channel in WRITTEN:
        return MESSAGES
    return (DEMAND,) if channel is Channel.LETTER else ()


def new_key(used: Iterable[str]) -> str:
    """Return a name for a new step that none had before: `step-4`."""
    taken, number = set(used), 1
    while f"step-{number}" in taken:
        number += 1
    return f"step-{number}"


def to_plain(steps: Iterable[LadderStep]) -> list[dict[str, Any]]:
    """Return steps as JSON-ready data, as `ladder_reading.read_steps` takes them."""
    return [_step_to_plain(step) for step in steps]


def _step_to_plain(step: LadderStep) -> dict[str, Any]:
    return {
        "key": step.key,
        "after_days": step.after_days,
        "channel": step.channel.value,
        "department": step.department.value,
        "template": step.template,
        "texts": {
            each.language: {"text": each.text, "subject": each.subject} for each in step.texts
        },
        "confirmed": sorted(kind.value for kind in step.confirmed),
        "answer_days": step.answer_days,
    }


def from_plain(raw: Iterable[Mapping[str, Any]]) -> tuple[LadderStep, ...]:
    """Return the steps that `to_plain` gave; they were checked when they were set."""
    return tuple(
        LadderStep(
            key=each["key"],
            after_days=each["after_days"],
            channel=Channel(each["channel"]),
            department=Department(each["department"]),
            template=each["template"],
            texts=tuple(OwnText(language=name, **own) for name, own in each["texts"].items()),
            confirmed=frozenset(WordKind(kind) for kind in each["confirmed"]),
            answer_days=each["answer_days"],
        )
        for each in raw
    )
