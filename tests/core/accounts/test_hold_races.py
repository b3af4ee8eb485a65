"""A hold opened while somebody asks for a permit, or logs a call: never both, and never stuck."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from portal.core.accounts.holds import open_hold
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.rules import Channel, HoldKind, Outcome
from portal.web.uow import transaction
from tests.support.factories import NOON
from tests.support.parallel import at_once

AT = NOON + timedelta(hours=1)
PEOPLE = 50
TURNS = 20

BOTH = """
    SELECT count(*) FROM permits p JOIN holds h USING (bank_id, debtor_id)
    WHERE p.bank_id = %s AND h.state <> 'released' AND p.state = 'granted'"""


@pytest.mark.abuse("T7")
def test_in_a_thousand_races_no_permit_stands_beside_a_hold(make, app, admin):
    bank, agency = make.bank(), make.agency()
    people = [make.account(bank=bank, agency=agency) for _ in range(PEOPLE)]
    agent, manager = make.agent(agency), make.vendor_manager(bank)
    states: list[str] = []
    start = threading.Barrier(2)

    def hold(made):
        with transaction(manager) as session:
            open_hold(session, manager, made.debtor_id, kind=HoldKind.DISPUTE, at=AT)

    def ask(made):
        with transaction(agent) as session:
            states.append(ask_permit(session, agent, made.id, Channel.CALL, at=AT).state)

    def turn(number):
        for made in people:
            start.wait(timeout=30)
            (hold if number else ask)(made)

    for _ in range(TURNS):
        assert at_once(app, 2, turn) == [None, None]
        assert admin.execute(BOTH, [bank.id]).fetchone() == (0,)
        admin.execute("DELETE FROM holds WHERE bank_id = %s", [bank.id])
        admin.execute("DELETE FROM permits WHERE bank_id = %s", [bank.id])

    assert len(states) == PEOPLE * TURNS
    assert set(states) == {"granted", "denied"}


@pytest.mark.abuse("T7")
@pytest.mark.parametrize("scope", ["person", "account"])
def test_a_hold_and_a_call_on_one_account_wait_for_each_other_and_never_deadlock(make, app, scope):
    bank, agency = make.bank(), make.agency()
    people = [make.account(bank=bank, agency=agency) for _ in range(40)]
    agent, other, manager = make.agent(agency), make.agent(agency), make.vendor_manager(bank)
    start = threading.Barrier(3)

    def hold(made):
        with transaction(manager) as session:
            account_id = made.id if scope == "account" else None
            open_hold(
                session,
                manager,
                made.debtor_id,
                kind=HoldKind.HARDSHIP,
                account_id=account_id,
                at=AT,
            )

    def ask(made):
        with transaction(other) as session:
            ask_permit(session, other, made.id, Channel.CALL, at=AT)

    def log(made):
        with transaction(agent) as session:
            log_call(session, agent, made.id, outcome=Outcome.BUSY, made_at=AT, now=AT)

    def turn(number):
        for made in people:
            start.wait(timeout=30)
            (hold, ask, log)[number](made)

    assert at_once(app, 3, turn) == [None, None, None]
