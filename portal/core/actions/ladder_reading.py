"""Reading the steps of a ladder strictly, from a form or a file: every fault named, all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from portal.core.actions.ladder import (
    ANSWER_DAYS,
    CHANNELS,
    LANGUAGES,
    MOST_ANSWER_DAYS,
    MOST_DAYS,
    MOST_STEPS,
    SLOTS,
    WRITTEN,
    Department,
    LadderStep,
    OwnText,
    templates_for,
)
from portal.core.actions.own_settings import Fault
from portal.core.errors import Invalid
from portal.core.rules import Channel
from portal.core.rules.wording import CONSEQUENCES, WordKind

E = TypeVar("E", bound=StrEnum)

_KEY = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_SLOT = re.compile(r"\{(\w*)\}")
_KEYS = {"key", "after_days", "channel", "department", "template", "texts", "confirmed"} | {
    "answer_days"
}
TEXT_LIMIT = {Channel.SMS: 700, Channel.EMAIL: 4_000}
SUBJECT_LIMIT = 150


class LadderRefused(Invalid):
    """Steps that cannot be used, with every fault found in them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("This ladder cannot be used as it is. What has to change is marked.")
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.faults)])


def read_steps(raw: Sequence[Any]) -> tuple[LadderStep, ...]:
    """Return steps from plain data, in the order of their days.

    A fault's place is the step's place and the field: `steps-0-after_days`.

    Raises:
        LadderRefused: something is unknown, missing or makes no sense.
    """
    reader = _Reader()
    steps = [reader.step(f"steps-{number}", each) for number, each in enumerate(raw)]
    found = [step for step in steps if step is not None]
    reader.together(steps)
    if reader.faults:
        raise LadderRefused(reader.faults)
    return tuple(sorted(found, key=lambda step: step.after_days))


class _Reader:
    """Reads one ladder and keeps what was wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def refuse(self, place: str, reason: Invalid) -> None:
        self.faults.append(Fault(place, reason.message, reason.values))

    def step(self, place: str, raw: Any) -> LadderStep | None:
        before = len(self.faults)
        if not isinstance(raw, Mapping):
            self.refuse(place, Invalid("This is not a step."))
            return None
        for name in sorted(set(raw) - _KEYS):
            self.refuse(place, Invalid("There is no such setting: %(name)s.", name=name))
        key = raw.get("key", "")
        if not (isinstance(key, str) and _KEY.fullmatch(key)):
            self.refuse(f"{place}-key", Invalid("Name the step in small letters, like sms-1."))
        channel = self.one_of(f"{place}-channel", Channel, raw.get("channel"))
        if channel is not None and channel not in CHANNELS:
            self.refuse(f"{place}-channel", Invalid("Choose one of the list."))
        department = self.one_of(f"{place}-department", Department, raw.get("department"))
        after = self.number(f"{place}-after_days", raw.get("after_days"), MOST_DAYS)
        days = self.number(
            f"{place}-answer_days", raw.get("answer_days", ANSWER_DAYS), MOST_ANSWER_DAYS
        )
        confirmed = self.kinds(f"{place}-confirmed", raw.get("confirmed", ()))
        if channel is None:
            return None
        template = self.template(f"{place}-template", channel, raw.get("template", ""))
        texts = self.texts(f"{place}-texts", channel, raw.get("texts", {}))
        if len(self.faults) > before or department is None:
            return None
        return LadderStep(
            key=key,
            after_days=after,
            channel=channel,
            department=department,
            template=template,
            texts=texts,
            confirmed=confirmed,
            answer_days=days,
        )

    def together(self, steps: Sequence[LadderStep | None]) -> None:
        """Check what steps have to agree on: one of each name, one a day, none too many."""
        if not steps:
            self.refuse("steps", Invalid("A ladder needs at least one step."))
        if len(steps) > MOST_STEPS:
            self.refuse("steps", Invalid("A ladder has at most %(most)d steps.", most=MOST_STEPS))
        keys: set[str] = set()
        days: set[int] = set()
        for number, step in enumerate(steps):
            if step is None:
                continue
            if step.key in keys:
                self.refuse(f"steps-{number}-key", Invalid("Another step has this name."))
            if step.after_days in days:
                self.refuse(
                    f"steps-{number}-after_days",
                    Invalid(
                        "Another step is on this day. A person is contacted once a day at most."
                    ),
                )
            keys.add(step.key)
            days.add(step.after_days)

    def one_of(self, place: str, kind: type[E], value: Any) -> E | None:
        try:
            return kind(value)
        except ValueError:
            self.refuse(place, Invalid("Choose one of the list."))
            return None

    def number(self, place: str, value: Any, most: int) -> int:
        text = str(value).strip()
        if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= most:
            return int(text)
        self.refuse(place, Invalid("Enter a number of days from 1 to %(most)d.", most=most))
        return 0

    def kinds(self, place: str, value: Any) -> frozenset[WordKind]:
        known = {kind.value: kind for kind in CONSEQUENCES}
        names = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        if any(name not in known for name in names):
            self.refuse(place, Invalid("Only consequences can be confirmed."))
            return frozenset()
        return frozenset(known[name] for name in names)

    def template(self, place: str, channel: Channel, value: Any) -> str:
        offered = templates_for(channel)
        if value in offered or (not offered and not value):
            return str(value)
        self.refuse(place, Invalid("Choose a template that fits the channel."))
        return ""

    def texts(self, place: str, channel: Channel, raw: Any) -> tuple[OwnText, ...]:
        if not isinstance(raw, Mapping):
            self.refuse(place, Invalid("Give the texts by language."))
            return ()
        found = []
        for language, own in raw.items():
            if language not in LANGUAGES or not isinstance(own, Mapping):
                self.refuse(
                    place, Invalid("There are no texts in %(language)s.", language=language)
                )
                continue
            text = str(own.get("text", "")).replace("\r\n", "\n").strip()
            subject = str(own.get("subject", "")).strip()
            if not text and not subject:
                continue
            if channel not in WRITTEN:
                self.refuse(
                    f"{place}-{language}", Invalid("Only text messages and e-mails have own words.")
                )
                continue
            self.check_text(f"{place}-{language}", channel, text, subject)
            found.append(OwnText(language=language, text=text, subject=subject))
        return tuple(found)

    def check_text(self, place: str, channel: Channel, text: str, subject: str) -> None:
        limit = TEXT_LIMIT[channel]
        if not text:
            self.refuse(place, Invalid("Write the text, or leave the subject empty too."))
        if len(text) > limit:
            self.refuse(place, Invalid("Shorten the text to %(limit)d characters.", limit=limit))
        if channel is Channel.EMAIL and not subject:
            self.refuse(f"{place}-subject", Invalid("Give the e-mail a neutral subject."))
        if len(subject) > SUBJECT_LIMIT:
            self.refuse(
                f"{place}-subject",
                Invalid("Shorten it to %(limit)d characters.", limit=SUBJECT_LIMIT),
            )
        for slot in sorted(set(_SLOT.findall(text + subject)) - SLOTS):
            self.refuse(
                place,
                Invalid(
                    "Nothing is on record for {%(slot)s}. These can be used: %(slots)s.",
                    slot=slot,
                    slots=", ".join(f"{{{name}}}" for name in sorted(SLOTS)),
                ),
            )
