"""Who gets which person: a fair split by share, re-derivable by anyone who has the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """One person and how many of their accounts are to be placed; they stay together.

    `kept_with` is the agency that works another account of the same person already.
    """

    id: str
    accounts: int
    place: str
    language: str
    kept_with: str | None = None


@dataclass(frozen=True)
class Seat:
    """An agency that may take accounts: its share, what it has room for, what it can serve.

    No places or languages listed means all of them.
    """

    agency: str
    share: int
    capacity: int
    places: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def refusal(self, person: Person, taken: int) -> str | None:
        """Return why this agency cannot take a person, or None when it can."""
        if self.places and person.place not in self.places:
            return "place"
        if self.languages and person.language not in self.languages:
            return "language"
        if taken + person.accounts > self.capacity:
            return "capacity"
        return None


@dataclass(frozen=True)
class Split:
    """The outcome: each person's agency, and why some found none."""

    agency_of: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)


def order_key(seed: str, person_id: str) -> str:
    """Return a person's place in the random order that a seed stands for."""
    return hashlib.sha256(f"{seed}|{person_id}".encode()).hexdigest()


def split(people: Sequence[Person], seats: Sequence[Seat], seed: str) -> Split:
    """Give each person to the agency furthest below its share, in the seed's order.

    The same people, seats and seed give the same split. Counts end within one person's accounts
    of the shares wherever place, language and room leave a choice.
    """
    agency_of: dict[str, str] = {}
    refused: dict[str, str] = {}
    taken = {seat.agency: 0 for seat in seats}
    by_name = {seat.agency: seat for seat in seats}
    whole = sum(seat.share for seat in seats) or 1
    placed = 0
    for person in sorted(people, key=lambda each: (order_key(seed, each.id), each.id)):
        able, reasons = _able(person, seats, by_name, taken)
        if not able:
            refused[person.id] = _first(reasons)
            continue
        placed += person.accounts
        best = max(
            able,
            key=lambda seat: (
                seat.share * placed / whole - taken[seat.agency],
                seat.share,
                order_key(seed, seat.agency),
            ),
        )
        taken[best.agency] += person.accounts
        agency_of[person.id] = best.agency
    return Split(agency_of, refused)


def _able(
    person: Person,
    seats: Sequence[Seat],
    by_name: Mapping[str, Seat],
    taken: Mapping[str, int],
) -> tuple[list[Seat], list[str]]:
    if person.kept_with is not None:
        kept = by_name.get(person.kept_with)
        if kept is None:
            return [], ["elsewhere"]
        reason = kept.refusal(person, taken[kept.agency])
        return ([kept], []) if reason is None else ([], [reason])
    able, reasons = [], []
    for seat in seats:
        reason = "share" if seat.share <= 0 else seat.refusal(person, taken[seat.agency])
        if reason is None:
            able.append(seat)
        else:
            reasons.append(reason)
    return able, reasons


def _first(reasons: Sequence[str]) -> str:
    for reason in ("capacity", "language", "place", "elsewhere", "share"):
        if reason in reasons:
            return reason
    return "share"
