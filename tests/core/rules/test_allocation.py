"""The split by share: fair, repeatable, people kept together."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.rules.allocation import Person, Seat, split

PEOPLE = [Person(f"p{n}", 1 + n % 3 // 2, "US", "en") for n in range(600)]


def _counts(people, result):
    sizes = {person.id: person.accounts for person in people}
    counts = Counter()
    for person, agency in result.agency_of.items():
        counts[agency] += sizes[person]
    return counts


def test_the_same_seed_gives_the_same_split_in_any_order_of_people():
    seats = [Seat("a", 50, 10_000), Seat("b", 50, 10_000)]

    assert split(PEOPLE, seats, "7") == split(PEOPLE[::-1], seats, "7")


def test_another_seed_gives_another_split():
    seats = [Seat("a", 50, 10_000), Seat("b", 50, 10_000)]

    assert split(PEOPLE, seats, "7").agency_of != split(PEOPLE, seats, "8").agency_of


@given(
    shares=st.lists(st.integers(1, 100), min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=80),
)
def test_counts_end_within_one_persons_accounts_of_the_shares(shares, sizes):
    people = [Person(str(n), size, "US", "en") for n, size in enumerate(sizes)]
    seats = [Seat(f"s{n}", share, 10_000) for n, share in enumerate(shares)]

    counts = _counts(people, split(people, seats, "1"))

    for seat in seats:
        fair = sum(sizes) * seat.share / sum(shares)
        assert abs(counts[seat.agency] - fair) <= max(sizes) * len(seats)
    assert sum(counts.values()) == sum(sizes)


@pytest.mark.parametrize(
    ("seat", "reason"),
    [
        (Seat("a", 100, 0), "capacity"),
        (Seat("a", 100, 9, places=frozenset({"CN"})), "place"),
        (Seat("a", 100, 9, languages=frozenset({"zh"})), "language"),
        (Seat("a", 0, 9), "share"),
    ],
)
def test_who_finds_no_agency_is_told_why(seat, reason):
    result = split([Person("p", 1, "US", "en")], [seat], "1")

    assert result.agency_of == {}
    assert result.refused == {"p": reason}


def test_capacity_is_never_exceeded_and_the_rest_goes_to_others():
    seats = [Seat("a", 90, 10), Seat("b", 10, 10_000)]

    counts = _counts(PEOPLE, split(PEOPLE, seats, "1"))

    assert counts["a"] <= 10
    assert counts["a"] + counts["b"] == sum(person.accounts for person in PEOPLE)


def test_a_person_stays_with_the_agency_that_works_their_other_account():
    seats = [Seat("a", 100, 10), Seat("b", 0, 10)]
    person = Person("p", 1, "US", "en", kept_with="b")

    assert split([person], seats, "1").agency_of == {"p": "b"}
