"""Import of a real referral file against a bare COPY of the same rows into the same tables."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime

import psycopg
from psycopg import sql

from bench.ground import BenchGround
from bench.result import Result
from portal.core.accounts.deliveries import (
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.imports import commit_file
from portal.demo.referral_file import write_referral_file
from portal.web.uow import transaction
from tests.support.factories import Factory

ROWS = 20_000
AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
#: In the order their foreign keys allow.
TABLES = (
    "debtors",
    "contact_points",
    "accounts",
    "efforts",
    "postings",
    "ledger_lines",
    "balances",
    "verifications",
)


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    """Import into a fresh bank each round, copy the same rows out, remove them, copy them in."""
    ours, baseline = [], []
    for seed in range(1, rounds + 1):
        text = io.StringIO()
        write_referral_file(
            text,
            country="US",
            min_months=2,
            rows=ROWS,
            seed=seed,
            as_of=date(2026, 10, 31),
            trailer=True,
        )
        content = text.getvalue().encode()
        bank_id, seconds = _import(content)
        ours.append(ROWS / seconds)
        baseline.append(ROWS / copy_again(ground.database.admin_url, bank_id, TABLES))
    return [
        Result(
            "import of accounts, against a bare COPY as superuser",
            statistics.median(ours),
            statistics.median(baseline),
            "accounts/s",
            0.3,
        )
    ]


def _import(content: bytes) -> tuple[object, float]:
    make = Factory()
    bank = make.bank()
    actor = make.vendor_manager(bank)
    started = time.perf_counter()
    with transaction(actor) as session:
        kept = receive_file(session, actor, io.BytesIO(content), file_name="bench.csv", at=AT)
        mapping = remembered_mapping(session, bank.id, open_delivery(session, kept))
    with transaction(actor) as session:
        kept = get_import(session, actor, kept.id)
        commit_file(session, actor, kept, mapping, at=AT, today=AT.date(), attested=True)
    return bank.id, time.perf_counter() - started


def copy_again(admin_url: str, bank_id: object, tables: Sequence[str]) -> float:
    """Copy one bank's rows out and in again as superuser; return the seconds of going in."""
    with psycopg.connect(admin_url) as connection:
        kept = {table: _columns(connection, table) for table in tables}
        bodies = {
            table: _read(connection, table, columns, bank_id) for table, columns in kept.items()
        }
        for table in reversed(tables):
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE bank_id = %s").format(sql.Identifier(table)),
                [bank_id],
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM")
        connection.autocommit = False
        started = time.perf_counter()
        for table, columns in kept.items():
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with connection.cursor().copy(statement) as copy:
                copy.write(bodies[table])
        connection.commit()
        return time.perf_counter() - started


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
    ]


def _read(connection: psycopg.Connection, table: str, columns: list[str], bank_id: object) -> bytes:
    statement = sql.SQL("COPY (SELECT {} FROM {} WHERE bank_id = {}) TO STDOUT (FORMAT BINARY)")
    with connection.cursor().copy(
        statement.format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier(table),
            sql.Literal(str(bank_id)),
        )
    ) as copy:
        return b"".join(bytes(part) for part in copy)
