"""What rows tell besides: holds open, wrong numbers close, later contacts are judged by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.holds import open_hold, release_hold
from portal.core.accounts.models import Hold, HoldState
from portal.core.actions.contact import may_contact
from portal.core.actions.models import Breach, PermitState
from portal.core.actions.permits import ask_permit, get_permit
from portal.core.actions.rejudging import judge_again
from portal.core.parties.models import ContactStatement, StatementKind
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind
from tests.support.action_files import CALLED, NOW, book, day_file, ref_of

HOUR = timedelta(hours=1)


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def agent(make, agency):
    return make.agent(agency)


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


def _row(made, **cells):
    return {"placement_ref": ref_of(made), **cells}


def _holds(acting_as, principal, made):
    with acting_as(principal) as session:
        return session.scalars(select(Hold).where(Hold.debtor_id == made.debtor_id)).all()


@pytest.mark.parametrize(
    ("word", "kind"),
    [("RPC–dispute", HoldKind.DISPUTE), ("RPC–hardship", HoldKind.HARDSHIP)],
)
def test_a_row_that_tells_of_a_reason_opens_its_hold(make, acting_as, agent, made, word, kind):
    booked = book(agent, made.bank_id, day_file([_row(made, outcome_code=word)]))

    (hold,) = _holds(acting_as, make.vendor_manager(made.bank), made)
    assert (hold.kind, hold.state) == (kind, HoldState.OPENED)
    assert (hold.account_id, hold.received_at) == (made.id, CALLED)
    assert hold.action_id is not None
    assert booked.tidings == {kind.value: 1}
    with acting_as(agent) as session:
        answer = may_contact(session, [made.id], Channel.CALL, at=NOW)
    assert not answer[made.id].is_allowed


@pytest.mark.abuse("T7")
def test_a_call_after_the_dispute_is_judged_by_it_once_the_machine_has_looked(
    acting_as, agent, made
):
    rows = [
        _row(made, outcome_code="RPC-dispute"),
        _row(made, at=(CALLED + 3 * HOUR).isoformat(), outcome_code="busy"),
    ]
    book(agent, made.bank_id, day_file(rows))
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        judge_again(session, system, made.debtor_id, since=CALLED, now=NOW, cause="late_row")

    with acting_as(agent) as session:
        codes = session.scalars(select(Breach.code).where(Breach.account_id == made.id)).all()
    assert "on_hold" in codes


def test_an_open_permit_is_taken_back(acting_as, agent, made):
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=CALLED)
    row = _row(made, at=(CALLED - HOUR).isoformat(), outcome_code="RPC-dispute")

    book(agent, made.bank_id, day_file([row]))

    with acting_as(agent) as session:
        assert get_permit(session, permit.id).state is PermitState.VOID


def test_the_same_told_twice_is_one_hold(make, acting_as, agent, made):
    rows = [
        _row(made, outcome_code="RPC-dispute"),
        _row(made, outcome_code="RPC-dispute", at=(CALLED + HOUR).isoformat()),
    ]

    booked = book(agent, made.bank_id, day_file(rows))

    assert len(_holds(acting_as, make.vendor_manager(made.bank), made)) == 1
    assert booked.tidings["dispute"] >= 1


def test_what_the_bank_has_settled_since_is_not_opened_again(make, acting_as, agent, made):
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        hold = open_hold(
            session,
            manager,
            made.debtor_id,
            kind=HoldKind.DISPUTE,
            at=CALLED + HOUR,
            account_id=made.id,
        )
        release_hold(session, manager, hold.id, reason="answered", at=CALLED + 2 * HOUR)

    booked = book(agent, made.bank_id, day_file([_row(made, outcome_code="RPC-dispute")]))

    assert booked.tidings == {}
    assert [hold.state for hold in _holds(acting_as, manager, made)] == [HoldState.RELEASED]


def test_a_wrong_number_of_the_banks_is_closed_and_any_other_is_only_noted(
    make, acting_as, agency, agent, made
):
    other = make.account(bank=made.bank, agency=agency)
    rows = [
        _row(made, outcome_code="wrong number", target="", contact=made.phone),
        _row(other, outcome_code="wrong number", target="", contact="+16465550199"),
    ]

    booked = book(agent, made.bank_id, day_file(rows))

    assert booked.tidings == {"wrong_number": 1}
    with acting_as(agent) as session:
        kinds = session.scalars(
            select(ContactStatement.kind).where(ContactStatement.debtor_id == made.debtor_id)
        ).all()
    assert StatementKind.WRONG_NUMBER in kinds
    assert StatementKind.OPT_OUT in kinds
