"""Recording promises: one at a time, no more than is owed, within sixty days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.plans.models import Promise, PromiseState
from portal.core.plans.promises import record_promise
from tests.support.factories import NOON, TODAY

WEEK = TODAY + timedelta(days=7)


def _record(acting_as, agent, made, *, minor=50_000, currency="USD", due_on=WEEK, replaces=None):
    with acting_as(agent) as session:
        return record_promise(
            session,
            agent,
            made.id,
            Money(minor, currency),
            due_on=due_on,
            at=NOON,
            today=TODAY,
            replaces=replaces,
        )


def _states(acting_as, principal, made):
    with acting_as(principal) as session:
        rows = session.execute(
            select(Promise.id, Promise.state).where(Promise.account_id == made.id)
        )
        return {row.id: row.state for row in rows}


@pytest.fixture
def placed(make):
    agency = make.agency()
    made = make.account(agency=agency)
    return made, make.agent(agency, Role.COLLECTOR)


def test_a_promise_runs_and_bank_and_debtor_see_it(acting_as, make, placed):
    made, agent = placed

    promise = _record(acting_as, agent, made)

    assert promise.placement_id == made.placement_id
    running = {promise.id: PromiseState.ACTIVE}
    assert _states(acting_as, make.vendor_manager(made.bank), made) == running
    assert _states(acting_as, made.debtor, made) == running


def test_a_second_promise_needs_to_say_that_it_replaces_the_first(acting_as, placed):
    made, agent = placed
    first = _record(acting_as, agent, made)

    with pytest.raises(Conflict):
        _record(acting_as, agent, made, minor=10_000)
    second = _record(acting_as, agent, made, minor=10_000, replaces=first.id)

    assert _states(acting_as, agent, made) == {
        first.id: PromiseState.SUPERSEDED,
        second.id: PromiseState.ACTIVE,
    }


def test_a_promise_that_ended_meanwhile_cannot_be_replaced(acting_as, placed):
    made, agent = placed
    first = _record(acting_as, agent, made)
    second = _record(acting_as, agent, made, replaces=first.id)

    with pytest.raises(Conflict):
        _record(acting_as, agent, made, replaces=first.id)

    assert _states(acting_as, agent, made)[second.id] is PromiseState.ACTIVE


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minor": 0}, "amount"),
        ({"minor": 246_738}, "amount"),
        ({"currency": "CNY"}, "amount"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on"),
        ({"due_on": TODAY + timedelta(days=61)}, "due_on"),
    ],
)
def test_what_nobody_can_promise_is_refused_at_its_field(acting_as, placed, values, field):
    made, agent = placed

    with pytest.raises(Invalid) as refused:
        _record(acting_as, agent, made, **values)

    assert refused.value.values["field"] == field
    assert _states(acting_as, agent, made) == {}


@pytest.mark.parametrize(
    "values",
    [{"minor": 246_737}, {"minor": 1}, {"due_on": TODAY}, {"due_on": TODAY + timedelta(days=60)}],
)
def test_the_edges_can_be_promised(acting_as, placed, values):
    made, agent = placed

    assert _record(acting_as, agent, made, **values).state is PromiseState.ACTIVE


@pytest.mark.abuse("A1")
def test_another_agencys_account_does_not_exist(acting_as, make, placed):
    made, _ = placed

    with pytest.raises(NotFound):
        _record(acting_as, make.agent(make.agency()), made)


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN])
def test_who_does_not_collect_records_no_promises(acting_as, make, placed, role):
    made, _ = placed

    with pytest.raises(PermissionDenied):
        _record(acting_as, make.agent(made.agency, role), made)
