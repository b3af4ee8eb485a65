"""What follows a hold: whom it is told to, and what ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.holds import open_hold, release_hold
from portal.core.accounts.said import Said
from portal.core.accounts.statements import record_statement, withdraw_statement
from portal.core.parties.models import StatementKind
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import HoldKind
from portal.jobs import holds as hold_jobs
from portal.jobs import messages
from tests.support.factories import NOON, TODAY


@pytest.fixture
def made(make):
    return make.account(agency=make.agency())


@pytest.fixture
def run_jobs(admin, made):
    """Run what this test's parties have in the queue, and what that enqueues, and nothing else."""
    tasks = {
        "tell_of_hold": hold_jobs.tell_of_hold,
        "share_person": hold_jobs.share_person,
        "lift_own_stop": hold_jobs.lift_own_stop,
        "deliver_message": messages.deliver_message,
    }

    done: list[int] = []

    def run():
        while found := admin.execute(
            "SELECT id, task_name, args FROM jobs.procrastinate_jobs WHERE task_name = ANY (%s)"
            " AND coalesce(args->>'bank_id', args->>'org_id') = ANY (%s) AND id <> ALL (%s)"
            " ORDER BY id",
            [list(tasks), [str(made.bank_id), str(made.agency.id)], done],
        ).fetchall():
            for job_id, name, arguments in found:
                done.append(job_id)
                tasks[name].func(**arguments)

    return run


def _told(outbox, *addresses):
    return [sent for sent in outbox.sent if sent.to in addresses]


def test_the_bank_is_told_of_an_agencys_hold_and_the_agency_of_its_release(
    make, acting_as, run_jobs, outbox, made
):
    person = make.staff(made.agency, Role.AGENCY_MANAGER)
    agent, manager = make.agent(made.agency), make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        hold = open_hold(
            session, agent, made.debtor_id, kind=HoldKind.BEREAVEMENT, at=NOON, note="in May"
        )
    run_jobs()
    first = _told(outbox, made.bank.email, person.email)
    with acting_as(manager) as session:
        release_hold(session, manager, hold.id, reason="Settled", at=NOON)
    run_jobs()
    second = _told(outbox, made.bank.email, person.email)[len(first) :]

    assert [(sent.to, sent.subject) for sent in first] == [
        (made.bank.email, "A hold was opened and waits for you")
    ]
    assert f"/bank/holds/{hold.id}" in first[0].text
    assert "2026-11-26" in first[0].text
    assert [(sent.to, sent.subject) for sent in second] == [(person.email, "A hold was released")]
    for sent in (*first, *second):
        assert made.name not in sent.text
        assert "bereavement" not in sent.text
        assert "in May" not in sent.text


def test_an_agency_is_told_of_the_banks_hold_in_its_own_language(
    make, acting_as, run_jobs, outbox, made
):
    person = make.staff(made.agency, Role.AGENCY_MANAGER)
    with acting_as(Principal.machine_of(made.agency.id)) as session:
        session.merge(person).language = "zh"
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        open_hold(session, manager, made.debtor_id, kind=HoldKind.LITIGATION, at=NOON)

    run_jobs()

    assert [sent.subject for sent in _told(outbox, person.email)] == ["有账户已停催"]
    assert _told(outbox, made.bank.email) == []


def test_a_stop_the_person_takes_back_is_lifted_by_the_worker(make, acting_as, run_jobs, made):
    with acting_as(made.debtor) as session:
        said = Said(kind=StatementKind.CEASE)
        stop = record_statement(session, made.debtor, made.debtor_id, said, at=NOON)
    with acting_as(made.debtor) as session:
        withdraw_statement(session, made.debtor, stop.id, at=NOON + timedelta(minutes=1))
        still = len(list_holds(session))

    run_jobs()

    with acting_as(made.debtor) as session:
        assert (still, list_holds(session)) == (1, [])


def test_holds_end_on_their_day_and_an_agencys_words_reach_the_others(
    make, acting_as, run_jobs, admin, monkeypatch, made
):
    agent, second = make.agent(made.agency), make.agency()
    with acting_as(agent) as session:
        hold = open_hold(
            session,
            agent,
            made.debtor_id,
            kind=HoldKind.BREATHING_SPACE,
            at=NOON,
            starts_on=TODAY,
            ends_on=TODAY + timedelta(days=2),
        )
    admin.execute(
        "UPDATE debtors SET agency_ids = agency_ids || %s WHERE id = %s",
        [second.id, made.debtor_id],
    )
    run_jobs()
    with acting_as(make.agent(second)) as session:
        seen = [each.id for each in list_holds(session)]
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=3))

    hold_jobs.end_holds.func(0)

    assert seen == [hold.id]
    with acting_as(agent) as session:
        assert list_holds(session) == []
