"""Two clocks that differ: nothing bound to time is decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.actions.models import Permit
from portal.core.actions.permits import ask_permit
from portal.core.errors import Unavailable
from portal.core.rules import Channel
from tests.support.factories import NOON


@pytest.fixture
def jump(monkeypatch):
    """Set this machine's clock to another time, as somebody might."""

    def set_to(offset: timedelta) -> None:
        class Jumped(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + offset

        monkeypatch.setattr(clock, "datetime", Jumped)

    return set_to


@pytest.mark.abuse("T6")
@pytest.mark.parametrize("offset", [timedelta(days=1), timedelta(days=-1), timedelta(seconds=5)])
def test_no_permit_is_given_while_the_clocks_differ(make, acting_as, jump, offset):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    jump(offset)

    with pytest.raises(Unavailable), acting_as(agent) as session:
        ask_permit(session, agent, made.id, Channel.CALL, at=NOON)

    with acting_as(agent) as session:
        assert session.scalar(select(func.count()).select_from(Permit)) == 0


def test_an_answer_that_took_long_is_no_drift():
    present = datetime.now(UTC)

    assert not clock.is_apart(present - timedelta(seconds=30), asked_at=clock.ticks() - 31)
    assert clock.is_apart(present - timedelta(seconds=30), asked_at=clock.ticks())
    assert clock.is_apart(present + timedelta(seconds=30), asked_at=clock.ticks() - 31)
