"""Booking and the proof of the books, on a real server under the portal's own role."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from psycopg import sql

from portal.core.errors import Conflict
from portal.core.ledger.check import check_ledger
from portal.core.ledger.models import Balance, Book, PostingKind
from portal.core.ledger.service import allocate, lock_balance, post, reverse
from portal.core.money import Money
from portal.core.principal import Principal

DAY = date(2026, 11, 24)
LINE_CHANGES = {
    "bank_id": "uuidv7()",
    "id": "uuidv7()",
    "posting_id": "uuidv7()",
    "account_id": "uuidv7()",
    "debtor_id": "uuidv7()",
    "from_book": "'unapplied'",
    "to_book": "'commission'",
    "amount_minor": "amount_minor + 1",
    "currency": "'EUR'",
}


def _pay(acting_as, made, minor, cause):
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        moves, rest = allocate(balance, Money(minor, made.currency), Book.BANK)
        posting = post(
            session,
            system,
            balance,
            kind=PostingKind.RECOVERY,
            cause=cause,
            effective_on=DAY,
            moves=moves,
        )
    return posting, rest


def test_a_payment_pays_fees_then_interest_then_principal(make, acting_as):
    made = make.account(principal=1_000, interest=200, fees=50)

    _pay(acting_as, made, 300, "recovery:1")

    with acting_as(Principal.system(made.bank_id)) as session:
        balance = session.get_one(Balance, (made.bank_id, made.id))
        assert (balance.fees_minor, balance.interest_minor, balance.principal_minor) == (0, 0, 950)


def test_what_comes_in_beyond_the_debt_is_handed_back_and_not_booked(make, acting_as):
    made = make.account(principal=1_000, interest=0, fees=0)

    _, rest = _pay(acting_as, made, 1_500, "recovery:1")

    assert rest == Money(500, "USD")


def test_the_same_cause_is_booked_once(make, acting_as):
    made = make.account()
    _pay(acting_as, made, 100, "recovery:same")

    with pytest.raises(Conflict):
        _pay(acting_as, made, 100, "recovery:same")


def test_a_reversal_restores_the_balance_and_can_be_made_once(make, acting_as):
    made = make.account(principal=1_000, interest=200, fees=50)
    posting, _ = _pay(acting_as, made, 300, "recovery:1")
    system = Principal.system(made.bank_id)

    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        reverse(session, system, balance, posting, on=DAY, reason="bounced")

    with acting_as(system) as session:
        balance = lock_balance(session, made.bank_id, made.id)
        assert balance.total_minor == 1_250
        with pytest.raises(Conflict):
            reverse(session, system, balance, posting, on=DAY, reason="again")


def test_untouched_books_have_no_faults(make, acting_as):
    made = make.account()
    _pay(acting_as, made, 100, "recovery:1")

    with acting_as(Principal.system(made.bank_id)) as session:
        report = check_ledger(session, made.bank_id)

    assert (report.lines, report.postings, report.balances) == (4, 2, 1)
    assert report.faults == ()


@pytest.mark.abuse("M16")
@pytest.mark.parametrize("column", LINE_CHANGES)
def test_a_line_changed_by_the_owner_of_the_database_is_found(make, acting_as, admin, column):
    made = make.account()
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(
            sql.SQL(
                "UPDATE ledger_lines SET {column} = {value} WHERE (bank_id, id) ="
                " (SELECT bank_id, id FROM ledger_lines WHERE bank_id = %s"
                "  ORDER BY random() LIMIT 1)"
            ).format(column=sql.Identifier(column), value=sql.SQL(LINE_CHANGES[column])),
            [made.bank_id],
        )

    with acting_as(Principal.system(made.bank_id)) as session:
        report = check_ledger(session, made.bank_id)

    assert report.faults


@pytest.mark.abuse("M16")
@pytest.mark.parametrize("column", ["principal_minor", "interest_minor", "fees_minor"])
def test_a_balance_changed_by_the_owner_of_the_database_is_found(make, acting_as, admin, column):
    made = make.account()
    admin.execute(
        sql.SQL("UPDATE balances SET {0} = {0} + 1 WHERE bank_id = %s").format(
            sql.Identifier(column)
        ),
        [made.bank_id],
    )

    with acting_as(Principal.system(made.bank_id)) as session:
        report = check_ledger(session, made.bank_id)

    assert [fault.fault for fault in report.faults] == ["the balance differs from its lines"]


@pytest.mark.abuse("M15")
def test_the_portals_role_can_neither_change_nor_remove_a_line(make, acting_as):
    made = make.account()

    for statement in ("UPDATE ledger_lines SET amount_minor = 1", "DELETE FROM ledger_lines"):
        with (
            pytest.raises(Exception, match="permission denied"),
            acting_as(Principal.system(made.bank_id)) as session,
        ):
            session.connection().exec_driver_sql(statement)


@pytest.mark.abuse("M18")
@pytest.mark.parametrize(
    ("from_book", "to_book", "amount"),
    [
        ("origin", "principal", 0),
        ("origin", "principal", -5),
        ("principal", "principal", 5),
        ("nowhere", "principal", 5),
        (None, "principal", 5),
    ],
)
def test_a_malformed_line_is_refused_by_the_database(make, admin, from_book, to_book, amount):
    made = make.account()
    posting = admin.execute("SELECT id FROM postings WHERE bank_id = %s", [made.bank_id]).fetchone()

    with pytest.raises(psycopg.IntegrityError):
        admin.execute(
            "INSERT INTO ledger_lines (bank_id, posting_id, account_id, debtor_id, from_book,"
            " to_book, amount_minor, currency) VALUES (%s, %s, %s, %s, %s, %s, %s, 'USD')",
            [made.bank_id, posting[0], made.id, made.debtor_id, from_book, to_book, amount],
        )
