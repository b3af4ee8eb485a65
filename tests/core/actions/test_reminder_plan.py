"""Which step an account has reached: in order, with days between, one a day for a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.core.accounts.holds import open_hold
from portal.core.actions.ladder import DEFAULT_STEPS
from portal.core.actions.ladder_words import bank_of
from portal.core.actions.ladders import find_ladder, set_ladder
from portal.core.actions.reminder_plan import close_settled, count_reached, plan_reminders
from portal.core.errors import PermissionDenied
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules import HoldKind
from tests.support import reminders as ladder
from tests.support.factories import NOON, TODAY
from tests.support.parallel import at_once


def steps_of(bank, account_id=None):
    return [(each.step, each.due_on) for each in ladder.reminders(bank, account_id)]


def day(number):
    return TODAY + timedelta(days=number)


def at(number):
    return NOON + timedelta(days=number)


@pytest.fixture
def overdue(make, admin):
    """An account that fell overdue so many days ago, with a ladder that runs."""

    def account(days, **options):
        made = make.account(**options)
        admin.execute(
            "UPDATE accounts SET past_due_since = %s WHERE id = %s",
            [TODAY - timedelta(days=days), made.id],
        )
        return made

    return account


def test_each_step_is_reached_on_its_day_and_once(make, overdue):
    made = overdue(0)
    ladder.start(make, made.bank)

    planned = [ladder.plan(made.bank, at(number)) for number in range(40)]

    assert [number for number, count in enumerate(planned) if count] == [1, 7, 15, 30, 31]
    assert steps_of(made.bank) == [
        ("sms-1", day(1)),
        ("sms-2", day(7)),
        ("call-1", day(15)),
        ("letter-1", day(30)),
        ("sms-3", day(31)),
    ]


def test_an_account_long_overdue_begins_with_the_first_step_and_keeps_the_days_between(
    make, overdue
):
    made = overdue(90)
    ladder.start(make, made.bank)

    for number in range(32):
        ladder.plan(made.bank, at(number))

    assert [(step, (on - TODAY).days) for step, on in steps_of(made.bank)] == [
        ("sms-1", 0),
        ("sms-2", 6),
        ("call-1", 14),
        ("letter-1", 29),
        ("sms-3", 30),
    ]


def test_the_days_between_count_from_when_a_step_was_really_taken(make, overdue, admin):
    made = overdue(90)
    ladder.start(make, made.bank)
    ladder.plan(made.bank, at(0))
    admin.execute(
        "UPDATE reminders SET state = 'sent', done_at = %s WHERE account_id = %s",
        [at(4), made.id],
    )

    assert [ladder.plan(made.bank, at(number)) for number in (6, 9, 10)] == [0, 0, 1]


def test_a_step_nobody_took_is_passed_over_by_the_next(make, overdue):
    made = overdue(15)
    ladder.start(make, made.bank, steps=DEFAULT_STEPS[2:4])

    ladder.plan(made.bank, at(0))
    ladder.plan(made.bank, at(15))

    assert [(each.step, each.state, each.reason) for each in ladder.reminders(made.bank)] == [
        ("call-1", "skipped", "overtaken"),
        ("letter-1", "waiting", ""),
    ]


def test_a_step_put_in_before_where_an_account_stands_is_not_made_up_for(make, acting_as, overdue):
    made = overdue(20)
    manager = ladder.start(make, made.bank, steps=DEFAULT_STEPS[1:2])
    ladder.plan(made.bank, at(0))
    with acting_as(manager) as session:
        set_ladder(
            session, manager, DEFAULT_STEPS[:3], running=True, effective_from=day(0), at=at(0)
        )

    assert ladder.plan(made.bank, at(8)) == 1
    assert [step for step, _ in steps_of(made.bank)] == ["sms-2", "call-1"]


def test_of_two_accounts_one_is_reminded_of_a_day_the_longer_overdue_first(make, overdue):
    first = overdue(5)
    second = overdue(9, person=first)
    ladder.start(make, first.bank)

    counts = [ladder.plan(first.bank, at(0)), ladder.plan(first.bank, at(0))]
    ladder.plan(first.bank, at(1))

    assert counts == [1, 0]
    assert steps_of(first.bank, second.id) == [("sms-1", day(0))]
    assert steps_of(first.bank, first.id) == [("sms-1", day(1))]


def test_what_is_not_the_banks_own_to_remind_of_is_left_alone(make, acting_as, overdue, admin):
    plain = overdue(5)
    bank = plain.bank
    settled, unverified, stale, closed, held, held_person = (
        overdue(5, bank=bank) for _ in range(6)
    )
    placed = overdue(5, bank=bank, agency=make.agency())
    admin.execute(
        "UPDATE balances SET principal_minor = 0, interest_minor = 0, fees_minor = 0"
        " WHERE account_id = %s",
        [settled.id],
    )
    admin.execute(
        "UPDATE balances SET verified_as_of = NULL WHERE account_id = %s", [unverified.id]
    )
    admin.execute(
        "UPDATE balances SET verified_as_of = %s WHERE account_id = %s",
        [TODAY - timedelta(days=91), stale.id],
    )
    admin.execute("UPDATE accounts SET state = 'closed' WHERE id = %s", [closed.id])
    manager = ladder.start(make, bank)
    for made, account_id in ((held, held.id), (held_person, None)):
        with acting_as(manager) as session:
            open_hold(
                session,
                manager,
                made.debtor_id,
                kind=HoldKind.HARDSHIP,
                account_id=account_id,
                at=NOON,
            )

    ladder.plan(bank, at(0))

    assert [each.account_id for each in ladder.reminders(bank)] == [plain.id]
    assert placed.agency is not None


def test_somebody_who_pays_by_a_plan_is_not_reminded(make, overdue, admin):
    made = overdue(5)
    ladder.start(make, made.bank)
    admin.execute(
        "INSERT INTO plans (bank_id, account_id, debtor_id, state, amount_minor, total_minor,"
        " currency, frequency, instalment_count, starts_on, balance_verified_on, created_at)"
        " VALUES (%s, %s, %s, 'active', 100, 100, 'USD', 'monthly', 1, %s, %s, now())",
        [made.bank_id, made.id, made.debtor_id, TODAY, TODAY],
    )

    assert ladder.plan(made.bank, at(0)) == 0


def test_nothing_is_planned_while_the_ladder_is_switched_off(make, overdue):
    made = overdue(5)
    ladder.start(make, made.bank, running=False)

    assert ladder.plan(made.bank, at(0)) == 0
    assert steps_of(made.bank) == []


def test_a_large_portfolio_is_planned_some_at_a_time(make, overdue):
    made = overdue(5)
    for _ in range(4):
        overdue(5, bank=made.bank)
    ladder.start(make, made.bank)

    assert [ladder.plan(made.bank, at(0), size=2) for _ in range(4)] == [2, 2, 1, 0]


def test_two_who_plan_at_once_write_each_step_down_once(make, app, overdue):
    made = overdue(5)
    for _ in range(6):
        overdue(5, bank=made.bank)
    ladder.start(make, made.bank)

    results = at_once(app, 4, lambda _: ladder.plan(made.bank, at(0)))

    assert all(isinstance(result, int) for result in results)
    ladder.plan(made.bank, at(0))
    assert len({each.account_id for each in ladder.reminders(made.bank)}) == 7
    assert len(ladder.reminders(made.bank)) == 7


def test_an_account_somebody_has_locked_is_left_for_the_next_time(make, admin, overdue):
    made = overdue(5)
    ladder.start(make, made.bank)

    with admin.transaction():
        admin.execute("SELECT 1 FROM accounts WHERE id = %s FOR UPDATE", [made.id])
        assert ladder.plan(made.bank, at(0)) == 0

    assert ladder.plan(made.bank, at(0)) == 1


def test_what_would_be_reached_on_a_day_can_be_counted_beforehand(make, acting_as, overdue):
    first = overdue(5)
    overdue(9, person=first)
    overdue(6, bank=first.bank)
    ladder.start(make, first.bank)
    system = Principal.system(first.bank_id)

    with acting_as(system) as session:
        found = find_ladder(session, first.bank_id, day(1))
        counts = count_reached(session, bank_of(session, first.bank_id), found, day(1))

    assert counts == {"sms-1": 2}
    assert steps_of(first.bank) == []


def test_steps_end_when_the_debt_is_paid_or_the_account_goes_to_an_agency(
    make, acting_as, overdue, admin
):
    paid = overdue(5)
    placed = overdue(5, bank=paid.bank)
    kept = overdue(5, bank=paid.bank)
    ladder.start(make, paid.bank)
    ladder.plan(paid.bank, at(0))
    admin.execute(
        "UPDATE balances SET principal_minor = 0, interest_minor = 0, fees_minor = 0"
        " WHERE account_id = %s",
        [paid.id],
    )
    make.place(placed, make.agency())
    system = Principal.system(paid.bank_id)

    with acting_as(system) as session:
        count = close_settled(session, system, at=at(0))

    found = {each.account_id: (each.state, each.reason) for each in ladder.reminders(paid.bank)}
    assert count == 2
    assert found == {
        paid.id: ("skipped", "nothing_owed"),
        placed.id: ("skipped", "referred"),
        kept.id: ("waiting", ""),
    }


def test_only_who_sends_reminders_plans_them(make, acting_as, overdue):
    made = overdue(5)
    ladder.start(make, made.bank)
    analyst = Principal.staff(Side.BANK, made.bank_id, made.id, Role.BANK_ANALYST)

    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        plan_reminders(session, analyst, today=date(2026, 11, 24), at=NOON, size=1)
    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        close_settled(session, analyst, at=NOON)
