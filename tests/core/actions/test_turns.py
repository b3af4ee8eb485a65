"""The order of a worklist: who may be called now first, then who may be called soonest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.models import NEVER, Account
from portal.core.actions.service import log_call
from portal.core.actions.turns import refresh_turns
from portal.core.principal import Principal
from portal.core.rules import Outcome
from tests.support.factories import NOON


@pytest.fixture
def bank(make):
    return make.bank()


def _refresh(acting_as, bank, at):
    system = Principal.system(bank.id)
    with acting_as(system) as session:
        return refresh_turns(session, system, at=at)


def _turn(acting_as, made):
    with acting_as(Principal.system(made.bank_id)) as session:
        return session.execute(
            select(Account.contact_opens_at, Account.contact_closes_at).where(Account.id == made.id)
        ).one()


def test_an_account_that_may_be_called_stays_so_until_its_window_closes(make, acting_as, bank):
    agency = make.agency()
    made = make.account(bank=bank, agency=agency, zones=("America/New_York", "America/Chicago"))

    assert _refresh(acting_as, bank, NOON) == 1

    opens, closes = _turn(acting_as, made)
    assert opens < NOON
    assert closes == datetime.fromisoformat("2026-11-24T21:00-05:00")


def test_one_that_may_not_be_called_opens_when_every_zone_is_awake(make, acting_as, bank):
    agency = make.agency()
    made = make.account(bank=bank, agency=agency, zones=("America/New_York", "America/Los_Angeles"))
    night = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

    _refresh(acting_as, bank, night)

    opens_at = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert tuple(_turn(acting_as, made)) == (opens_at, opens_at)


def test_one_that_only_a_person_can_open_comes_last(make, acting_as, bank):
    made = make.account(bank=bank, agency=make.agency(), zones=())

    _refresh(acting_as, bank, NOON)

    assert _turn(acting_as, made).contact_opens_at == NEVER


def test_an_answer_that_still_holds_is_not_looked_at_again(make, acting_as, bank):
    make.account(bank=bank, agency=make.agency())

    assert _refresh(acting_as, bank, NOON) == 1
    assert _refresh(acting_as, bank, NOON + timedelta(hours=2)) == 0
    assert _refresh(acting_as, bank, NOON + timedelta(hours=12)) == 1


def test_an_action_makes_its_account_be_looked_at_again(make, acting_as, bank):
    agency = make.agency()
    made, agent = make.account(bank=bank, agency=agency), make.agent(agency)
    _refresh(acting_as, bank, NOON)
    at = NOON + timedelta(hours=1)

    with acting_as(agent) as session:
        log_call(session, agent, made.id, outcome=Outcome.CONVERSATION, made_at=at, now=at)

    assert _refresh(acting_as, bank, at) == 1
    # A conversation is followed by seven days of rest.
    assert _turn(acting_as, made).contact_opens_at == datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
