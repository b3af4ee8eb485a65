"""The breaker: open after five failures in a row, one trial, closed again by a success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.adapters.breaker import FAILURES, PAUSE, BreakerGateway
from portal.core.errors import NotFound
from portal.core.ports import GatewayUnavailable

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Provider:
    """A provider that fails while it is told to, and counts who reached it."""

    def __init__(self) -> None:
        self.error: Exception | None = GatewayUnavailable("down")
        self.reached = 0

    def get_checkout(self, merchant, checkout_id):
        self.reached += 1
        if self.error is not None:
            raise self.error
        return checkout_id


@pytest.fixture
def stage():
    provider, time = Provider(), [NOON]
    return provider, BreakerGateway(provider, now=lambda: time[0]), time


def _fail(gateway, times):
    for _ in range(times):
        with pytest.raises(GatewayUnavailable):
            gateway.get_checkout(None, "cs")


def test_after_five_failures_in_a_row_nobody_reaches_the_provider(stage):
    provider, gateway, _ = stage

    _fail(gateway, FAILURES + 10)

    assert provider.reached == FAILURES


def test_after_the_pause_one_call_tries_and_a_success_opens_the_way(stage):
    provider, gateway, time = stage
    _fail(gateway, FAILURES)
    time[0] = NOON + PAUSE
    provider.error = None

    assert gateway.get_checkout(None, "cs") == "cs"
    assert gateway.get_checkout(None, "cs") == "cs"
    assert provider.reached == FAILURES + 2


def test_a_trial_that_fails_closes_the_way_again(stage):
    provider, gateway, time = stage
    _fail(gateway, FAILURES)
    time[0] = NOON + PAUSE
    _fail(gateway, 5)
    time[0] += PAUSE - timedelta(seconds=1)
    _fail(gateway, 5)

    assert provider.reached == FAILURES + 1


def test_a_success_in_between_starts_the_count_anew(stage):
    provider, gateway, _ = stage
    _fail(gateway, FAILURES - 1)
    provider.error = None
    gateway.get_checkout(None, "cs")
    provider.error = GatewayUnavailable("down")

    _fail(gateway, FAILURES - 1)

    assert provider.reached == 2 * FAILURES - 1


def test_an_answer_that_says_no_is_an_answer(stage):
    provider, gateway, _ = stage
    provider.error = NotFound()

    for _ in range(FAILURES + 3):
        with pytest.raises(NotFound):
            gateway.get_checkout(None, "cs")

    assert provider.reached == FAILURES + 3
