"""A pooled connection never carries the last principal into the next unit of work."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.principal import Principal, bind_principal

ROUNDS = 2_000
THREADS = 8


@pytest.mark.abuse("A3")
def test_eight_threads_on_two_connections_never_see_a_foreign_row(make, app, engine):
    banks = [make.account().bank.id for _ in range(2)]
    small = create_engine(
        engine.url, pool_size=2, max_overflow=0, connect_args={"options": "-c lock_timeout=2s"}
    )
    foreign = []
    lock = threading.Lock()

    def run(seed: int) -> None:
        dice = Random(seed)
        for _ in range(ROUNDS // THREADS):
            bank_id = dice.choice(banks)
            with Session(small) as session:
                bind_principal(session, Principal.system(bank_id))
                seen = set(session.scalars(select(Account.bank_id)))
                if seen != {bank_id}:
                    with lock:
                        foreign.append(seen)
                end = dice.choice(("commit", "rollback", "error", "savepoint"))
                if end == "commit":
                    session.commit()
                elif end == "error":
                    with pytest.raises(Exception, match="division by zero"):
                        session.execute(text("SELECT 1 / 0"))
                    session.rollback()
                elif end == "savepoint":
                    with session.begin_nested():
                        session.execute(text("SELECT 1"))
                    session.commit()
                else:
                    session.rollback()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(run, range(THREADS)))
    with small.connect() as connection:
        left = connection.execute(select(Account.bank_id)).all()
    small.dispose()

    assert foreign == []
    assert left == []


@pytest.mark.abuse("A7")
def test_a_prepared_statement_gives_each_principal_its_own_rows(make, engine):
    banks = [make.account().bank.id for _ in range(2)]
    with engine.connect() as connection, Session(connection) as session:
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql("PREPARE mine AS SELECT bank_id FROM accounts")
        connection.commit()
        for bank_id in banks * 8:
            bind_principal(session, Principal.system(bank_id))
            rows = connection.exec_driver_sql("EXECUTE mine").all()
            session.commit()
            connection.commit()
            assert {row[0] for row in rows} == {bank_id}
        connection.exec_driver_sql("DEALLOCATE mine")
        connection.exec_driver_sql("RESET plan_cache_mode")
        connection.commit()


@pytest.mark.abuse("A6")
def test_two_banks_may_use_the_same_numbers(make, acting_as, admin):
    first, second = make.account(), make.account()

    admin.execute(
        "UPDATE accounts SET account_ref = 'SAME' WHERE (bank_id, id) IN ((%s, %s), (%s, %s))",
        [first.bank_id, first.id, second.bank_id, second.id],
    )

    for made in (first, second):
        with acting_as(Principal.system(made.bank_id)) as session:
            assert session.scalars(select(Account.account_ref)).all() == ["SAME"]
