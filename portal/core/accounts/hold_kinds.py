"""What each kind of hold stops, who looks after it and by when: data, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from portal.core.accounts.models import HoldOwner
from portal.core.errors import Invalid
from portal.core.permissions import Side
from portal.core.rules import HoldKind


class HoldEffect(StrEnum):
    """What a hold stops."""

    NO_CONTACT = "no_contact"
    NO_CHARGE = "no_charge"
    NO_DEMAND = "no_demand"
    NO_RECALL = "no_recall"


@dataclass(frozen=True)
class KindOfHold:
    """One kind of hold; without `answer_days` it lasts until somebody releases it."""

    kind: HoldKind
    effects: tuple[HoldEffect, ...]
    owner: HoldOwner
    confirm_days: int
    answer_days: int | None
    told_by: frozenset[Side]
    is_dated: bool


@cache
def kinds_of_hold() -> Mapping[HoldKind, KindOfHold]:
    """Return every kind of hold that can be opened, in the order they are offered."""
    text = (resources.files(__package__) / "hold_kinds.toml").read_text(encoding="utf-8")
    kinds: dict[str, dict[str, Any]] = tomllib.loads(text)["kinds"]
    return {HoldKind(name): _kind(HoldKind(name), table) for name, table in kinds.items()}


def kind_of_hold(kind: HoldKind) -> KindOfHold:
    """Return what a kind of hold means.

    Raises:
        Invalid: no hold of that kind is opened; it follows from other facts.
    """
    found = kinds_of_hold().get(kind)
    if found is None:
        raise Invalid("Choose a kind of hold from the list.", field="kind")
    return found


def kinds_told_by(side: Side) -> list[HoldKind]:
    """Return the kinds of hold that somebody of a side may open."""
    return [kind for kind, each in kinds_of_hold().items() if side in each.told_by]


def _kind(kind: HoldKind, table: dict[str, Any]) -> KindOfHold:
    return KindOfHold(
        kind=kind,
        effects=tuple(HoldEffect(name) for name in table["effects"]),
        owner=HoldOwner(table["owner"]),
        confirm_days=table["confirm_days"],
        answer_days=table.get("answer_days"),
        told_by=frozenset({Side.SYSTEM, *(Side(name) for name in table["told_by"])}),
        is_dated=table.get("dated", False),
    )
