"""What logging a contact would find, asked before it is logged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.core.accounts.models import Hold, HoldOwner, HoldState
from portal.core.actions.foresee import foresee_action, has_open_hold, needs_reason
from portal.core.actions.models import Action, Breach
from portal.core.actions.service import Told, log_action
from portal.core.db import uuid7
from portal.core.errors import NotFound
from portal.core.rules import Channel, Direction, HoldKind, Outcome
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)
LATE = datetime.fromisoformat("2026-11-24T22:00-05:00")


@pytest.fixture
def placed(make):
    """An account placed with an agency, and somebody of it."""
    agency = make.agency()
    return make.account(agency=agency), make.agent(agency)


def call(at: datetime, outcome: Outcome = Outcome.NO_ANSWER) -> Told:
    return Told(channel=Channel.CALL, outcome=outcome, made_at=at)


@pytest.mark.parametrize("at", [AT, LATE])
@pytest.mark.parametrize("outcome", [Outcome.CONVERSATION, Outcome.BUSY])
def test_what_is_foreseen_is_what_logging_finds_and_nothing_is_written(
    acting_as, placed, at, outcome
):
    made, agent = placed

    with acting_as(agent) as session:
        foreseen = foresee_action(session, agent, made.id, call(at, outcome))
        written = session.scalar(select(func.count()).where(Action.account_id == made.id))
    with acting_as(agent) as session:
        action = log_action(session, agent, made.id, call(at, outcome), now=at)
        found = session.scalars(select(Breach.rule_id).where(Breach.action_id == action.id)).all()

    assert written == 0
    assert sorted(each.rule_id for each in foreseen.breaches) == sorted(found)


def test_the_eighth_call_is_foreseen_to_be_one_too_many(acting_as, placed):
    made, agent = placed
    for hour in range(7):
        with acting_as(agent) as session:
            at = AT + timedelta(minutes=30 * hour)
            log_action(session, agent, made.id, call(at), now=at)

    with acting_as(agent) as session:
        foreseen = foresee_action(session, agent, made.id, call(AT + timedelta(hours=5)))

    assert "US-REGF-14B-FREQ" in {each.rule_id for each in foreseen.breaches}


def test_another_agencys_account_is_not_there_to_be_foreseen(acting_as, make, placed):
    made, _ = placed
    stranger = make.agent(make.agency())

    with acting_as(stranger) as session, pytest.raises(NotFound):
        foresee_action(session, stranger, made.id, call(AT))


@pytest.mark.abuse("T1")
@pytest.mark.parametrize(
    ("direction", "told_after", "has_hold", "needed"),
    [
        (Direction.OUTBOUND, timedelta(hours=24), False, False),
        (Direction.OUTBOUND, timedelta(hours=24, seconds=1), False, True),
        (Direction.INBOUND, timedelta(hours=25), False, True),
        (Direction.OUTBOUND, timedelta(0), True, True),
        (Direction.INBOUND, timedelta(0), True, False),
    ],
)
def test_a_late_word_and_a_contact_in_spite_of_a_hold_need_a_reason(
    direction, told_after, has_hold, needed
):
    told = Told(channel=Channel.CALL, outcome=Outcome.BUSY, made_at=NOON, direction=direction)

    assert needs_reason(told, now=NOON + told_after, has_hold=has_hold) is needed


@pytest.mark.parametrize(
    ("of_account", "state", "open_"),
    [
        (True, HoldState.OPENED, True),
        (False, HoldState.ACTIVE, True),
        (True, HoldState.RELEASED, False),
    ],
)
def test_a_hold_on_the_account_or_its_person_counts_until_it_is_released(
    acting_as, placed, of_account, state, open_
):
    made, agent = placed
    with acting_as(agent) as session:
        session.add(
            Hold(
                bank_id=made.bank_id,
                id=uuid7(),
                debtor_id=made.debtor_id,
                account_id=made.id if of_account else None,
                agency_ids=[made.agency.id],
                kind=HoldKind.DISPUTE,
                state=state,
                owner=HoldOwner.BANK,
                received_at=NOON,
                opened_side=agent.side,
                opened_by=agent.user_id,
                released_at=NOON if state is HoldState.RELEASED else None,
                release_reason="answered" if state is HoldState.RELEASED else "",
            )
        )

    with acting_as(agent) as session:
        assert has_open_hold(session, made.id) is open_
