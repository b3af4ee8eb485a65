"""How agencies write what they did, and the word of the rules each of theirs stands for: data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any, TypeVar

from portal.core.accounts.suggest import bare
from portal.core.accounts.values import CellError
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role

W = TypeVar("W", bound=StrEnum)


class Tidings(StrEnum):
    """What an outcome's word tells besides: something that bears on whether to contact again."""

    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True)
class Ending:
    """What an outcome's word says: how the contact ended, and sometimes who was reached and why.

    `message` is the outcome when the contact was a message.
    """

    outcome: Outcome
    message: Outcome | None = None
    role: Role | None = None
    tells: Tidings | None = None


@lru_cache(maxsize=1024)
def read_channel(text: str) -> Channel:
    """Return the channel a word stands for.

    Raises:
        CellError: it stands for none that actions are kept of.
    """
    known: dict[str, Channel] = _words("channels", Channel)
    return _look_up(text, known, "unknown_channel")


@lru_cache(maxsize=1024)
def read_direction(text: str) -> Direction:
    """Return who got in touch with whom.

    Raises:
        CellError: the word says neither.
    """
    known: dict[str, Direction] = _words("directions", Direction)
    return _look_up(text, known, "unknown_direction")


@lru_cache(maxsize=1024)
def read_role(text: str) -> Role:
    """Return what the person reached is to the debt.

    Raises:
        CellError: the word says none of it.
    """
    known: dict[str, Role] = _words("people", Role)
    return _look_up(text, known, "unknown_target")


@lru_cache(maxsize=1024)
def read_purpose(text: str) -> Purpose:
    """Return what a contact was for, by the rules' own word.

    Raises:
        CellError: there is no such purpose.
    """
    known = {bare(each.value): each for each in Purpose}
    return _look_up(text, known, "unknown_purpose")


@lru_cache(maxsize=1024)
def read_ending(text: str) -> Ending:
    """Return how a contact ended.

    Raises:
        CellError: the word says nothing of that.
    """
    found = _endings().get(bare(text))
    if found is None:
        raise CellError("unknown_outcome", choices=_choices(Outcome))
    return found


def fits(channel: Channel, outcome: Outcome) -> bool:
    """Tell whether a contact through a channel can end so."""
    return outcome.value in _table()["fits"][channel.value]


def endings_of(channel: Channel) -> tuple[Outcome, ...]:
    """Return how a contact through a channel can end."""
    return tuple(Outcome(name) for name in _table()["fits"][channel.value])


def channels() -> tuple[Channel, ...]:
    """Return the channels actions are kept of."""
    return tuple(Channel(name) for name in _table()["channels"])


def _look_up(text: str, known: Mapping[str, W], fault: str) -> W:
    found = known.get(bare(text))
    if found is None:
        raise CellError(fault, choices=", ".join(dict.fromkeys(known.values())))
    return found


@cache
def _words(table: str, kind: type[W]) -> dict[str, W]:
    words: dict[str, W] = {}
    for name, usual in _table()[table].items():
        for word in (bare(name), *usual.split()):
            words[word] = kind(name)
    return words


@cache
def _endings() -> dict[str, Ending]:
    found: dict[str, Ending] = {}
    for entry in _table()["outcomes"]:
        outcome = Outcome(entry["outcome"])
        ending = Ending(
            outcome,
            Outcome(entry["message"]) if "message" in entry else None,
            Role(entry["role"]) if "role" in entry else None,
            Tidings(entry["tells"]) if "tells" in entry else None,
        )
        found.update(dict.fromkeys(entry["words"].split(), ending))
    return {**{bare(each.value): Ending(each) for each in Outcome}, **found}


def _choices(kind: type[StrEnum]) -> str:
    return ", ".join(each.value for each in kind)


@cache
def _table() -> dict[str, Any]:
    text = (resources.files(__package__) / "file_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
