"""Reminders by the worker: every bank's in turn, some at a time, and a bad one stops no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.errors import Conflict
from portal.jobs import reminders as jobs
from portal.jobs.worker import TASK_MODULES, work
from portal.web.reminder_making import ReminderMaker
from tests.support import reminders as ladder
from tests.support.factories import NOON


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def bank(make):
    made = make.account()
    ladder.start(make, made.bank)
    return made.bank


def states(bank):
    return [(each.step, each.state) for each in ladder.reminders(bank)]


def test_a_run_plans_and_takes_what_is_reached_at_every_bank(make, bank):
    other = make.account()
    ladder.start(make, other.bank)
    silent = make.account()

    jobs.send_reminders.func(0)

    assert states(bank) == states(other.bank) == [("sms-1", "sent")]
    assert states(silent.bank) == []


def test_a_run_tells_what_it_did_and_the_next_finds_nothing_to_do(make, bank):
    for _ in range(3):
        make.account(bank=bank)

    first, second = jobs.run_ladder(bank.id), jobs.run_ladder(bank.id)

    assert (first.planned, dict(first.tried), first.failed) == (4, {"sent": 4}, 0)
    assert (second.planned, dict(second.tried)) == (0, {})


def test_a_run_stops_when_its_time_is_up(make, bank):
    ran = jobs.run_ladder(bank.id, until=NOON)

    assert (ran.planned, dict(ran.tried)) == (0, {})


def test_one_that_fails_is_left_for_later_and_keeps_no_other_waiting(make, bank, monkeypatch):
    make.account(bank=bank)
    made, bad = ReminderMaker.message, []

    def message(self, facts):
        if not bad:
            bad.append(facts.account.id)
            raise Conflict("a fault of this one alone")
        return made(self, facts)

    monkeypatch.setattr(ReminderMaker, "message", message)
    ran = jobs.run_ladder(bank.id)
    assert (dict(ran.tried), ran.failed) == ({"sent": 1}, 1)

    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=10))
    assert dict(jobs.run_ladder(bank.id).tried) == {"sent": 1}
    assert {each.account_id for each in ladder.reminders(bank)} >= set(bad)


def test_what_was_paid_meanwhile_is_closed_before_anything_else(make, bank, admin):
    ladder.plan(bank, NOON)
    admin.execute(
        "UPDATE balances SET principal_minor = 0, interest_minor = 0, fees_minor = 0"
        " WHERE bank_id = %s",
        [bank.id],
    )

    ran = jobs.run_ladder(bank.id)

    assert (ran.closed, states(bank)) == (1, [("sms-1", "skipped")])


def test_the_worker_knows_the_task_and_delivers_what_it_posts(app, settings, bank, outbox):
    assert "portal.jobs.reminders" in TASK_MODULES
    jobs.run_ladder(bank.id)
    before = len(outbox.texts.sent)

    work(app, settings, wait=False, concurrency=1)

    texts = [sent.text for sent in outbox.texts.sent[before:]]
    assert any(text.startswith(f"{bank.name}: a friendly note") for text in texts)
