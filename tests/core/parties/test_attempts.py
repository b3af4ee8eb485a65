"""Counting attempts: exact, growing, and over in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.core.parties.attempts import Limit, Window, count, forgive, network_of, sweep
from portal.core.parties.sign_in import Candidate

AT = datetime(2026, 11, 24, 17, 0, 0, tzinfo=UTC)
NOBODY = Candidate.nobody().principal


def _limit(*windows):
    return Limit(f"test.{uuid4()}", tuple(Window(*window) for window in windows))


def _try(acting_as, limit, seconds=0, value="x"):
    with acting_as(NOBODY) as session:
        return count(session, [(limit, value)], now=AT + timedelta(seconds=seconds))


@pytest.mark.abuse("B7")
def test_the_wait_grows_and_then_it_is_over(acting_as):
    limit = _limit((60, 2), (900, 4))

    first_minute = [_try(acting_as, limit, second) for second in (0, 1, 2, 3)]
    second_minute = [_try(acting_as, limit, second) for second in (60, 61)]
    third_minute = _try(acting_as, limit, 120)
    next_quarter = _try(acting_as, limit, 900)

    assert first_minute == [0, 0, 58, 57]
    assert second_minute == [0, 0]
    assert third_minute == 780
    assert next_quarter == 0


@pytest.mark.abuse("B7")
def test_of_a_burst_exactly_the_budget_is_let_through(app, acting_as):
    limit = _limit((60, 5), (3600, 50))

    def attempt(_):
        with app.app_context():
            return _try(acting_as, limit)

    with ThreadPoolExecutor(12) as pool:
        waits = list(pool.map(attempt, range(60)))

    assert waits.count(0) == 5


@pytest.mark.abuse("B7")
def test_one_name_does_not_use_up_the_whole_sites_budget(acting_as):
    name, site = _limit((60, 1)), _limit((60, 3))

    def attempt(value):
        with acting_as(NOBODY) as session:
            return count(session, [(name, value), (site, "site")], now=AT)

    noisy = [attempt("noisy") for _ in range(10)]
    others = [attempt(value) for value in ("a", "b", "c")]

    assert noisy == [0] + [60] * 9
    assert others == [0, 0, 60]


def test_who_has_proven_themselves_starts_anew(acting_as):
    limit = _limit((60, 1))
    assert [_try(acting_as, limit), _try(acting_as, limit)] == [0, 60]

    with acting_as(NOBODY) as session:
        forgive(session, limit, "x")

    assert _try(acting_as, limit) == 0
    assert _try(acting_as, limit, value="y") == 0


def test_counts_whose_time_is_over_are_swept(acting_as):
    limit = _limit((60, 1), (900, 5))
    _try(acting_as, limit)

    with acting_as(NOBODY) as session:
        early = sweep(session, [limit], now=AT + timedelta(seconds=59))
        minute = sweep(session, [limit], now=AT + timedelta(seconds=60))
        quarter = sweep(session, [limit], now=AT + timedelta(seconds=900))

    assert (early, minute, quarter) == (0, 1, 1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_an_address_or_what_one_line_is_given(address, network):
    assert network_of(address) == network
