"""Each policy carries weight: without any one of them somebody loses what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from portal.core.principal import OPERATOR_ORG, Principal
from tests.support.factories import Factory
from tests.tenancy.world import World, make_world

#: Written with values of the acting principal: `(table, columns, values)` that its policies allow.
_NEW = "uuidv7()"


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    """Make one world to look at."""
    with app.app_context():
        return make_world(Factory())


def _principals(world: World) -> dict[str, Principal]:
    return {
        **world.principals,
        "machine": Principal.system(world.bank.id),
        "agency machine": Principal.machine_of(world.agency.id),
        "operator": Principal.operator_machine(),
        "proving": Principal.proving(world.bank.id, world.account.debtor_id),
        "entering": Principal.entering(world.bank.id, world.ids["bank_staff_id"]),
    }


@contextmanager
def _as(connection: psycopg.Connection, principal: Principal) -> Iterator[None]:
    """Act under the portal's role and a principal, and take everything back."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL ROLE portal_app")
        for name in ("side", "user_id", "org_id", "bank_id", "agency_id", "home_bank_id"):
            _bind(connection, name, getattr(principal, name))
        _bind(connection, "debtor_id", principal.debtor_id)
        yield


def _bind(connection: psycopg.Connection, name: str, value: object) -> None:
    connection.execute(
        sql.SQL("SET LOCAL {} = {}").format(
            sql.Identifier("portal", name), sql.Literal("" if value is None else str(value))
        )
    )


def _tables(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Return each table with a policy, and a column that may be updated to itself."""
    return connection.execute(
        "SELECT DISTINCT c.relname, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid"
        " AND a.attnum > 0 AND a.attgenerated = '' ORDER BY a.attnum LIMIT 1)"
        " FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' ORDER BY 1"
    ).fetchall()


def _reach(
    connection: psycopg.Connection, world: World, table: str, column: str
) -> dict[tuple[str, str], object]:
    """Tell what every principal can read, change and add in one table."""
    reach: dict[tuple[str, str], object] = {}
    for who, principal in _principals(world).items():
        with _as(connection, principal):
            reach[who, "read"] = _count(connection, f"SELECT count(*) FROM {table}")
            reach[who, "change"] = _attempt(connection, f"UPDATE {table} SET {column} = {column}")
            statement = _insertion(table, world, principal)
            if statement:
                reach[who, "add"] = _attempt(connection, statement)
    return reach


def _count(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return row[0] if row else 0


def _attempt(connection: psycopg.Connection, statement: str) -> object:
    try:
        with connection.transaction():
            return connection.execute(statement).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    except psycopg.errors.IntegrityError:
        return "let through"


def _insertion(table: str, world: World, principal: Principal) -> str | None:
    """Return an INSERT for the tables whose policies are for adding alone."""
    bank, user = world.bank.id, principal.user_id
    if table == "audit_rows":
        return (
            "INSERT INTO audit_rows (chain_id, side, actor_id, verb, subject_kind, subject_id, at)"
            f" VALUES ('{bank}', '{principal.side.value}', '{user}', 'test.done', 'test',"
            f" '{bank}', now())"
        )
    if table == "messages":
        other = OPERATOR_ORG if principal.side.value != "operator" else bank
        target = principal.home_bank_id or other
        return (
            "INSERT INTO messages (org_id, channel, kind, to_sealed, body_sealed, made_at)"
            f" VALUES ('{target}', 'text', 'test', '\\x00', '\\x00', now())"
        )
    if table == "holds":
        return (
            "INSERT INTO holds (bank_id, debtor_id, agency_ids, kind, state, owner, received_at,"
            f" opened_side, opened_by) VALUES ('{bank}', '{world.account.debtor_id}',"
            f" ARRAY['{world.agency.id}'::uuid], 'other', 'opened', 'bank', now(),"
            f" '{principal.side.value}', '{user}')"
        )
    return None


def test_dropping_any_one_policy_takes_something_from_somebody(database, world, app):
    unnoticed = []
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        tables = dict(_tables(connection))
        whole = {
            table: _reach(connection, world, table, column) for table, column in tables.items()
        }
        policies = connection.execute(
            "SELECT p.polname, c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
            " AND 'portal_app'::regrole = ANY (p.polroles)"
        ).fetchall()
        for policy, table in policies:
            with connection.transaction(force_rollback=True):
                connection.execute(
                    sql.SQL("DROP POLICY {} ON {}").format(
                        sql.Identifier(policy), sql.Identifier(table)
                    )
                )
                if _reach(connection, world, table, tables[table]) == whole[table]:
                    unnoticed.append(f"{table}: {policy}")

    assert len(policies) > 60
    assert not unnoticed, "\n".join(unnoticed)


def test_opening_any_one_table_shows_a_stranger_what_is_not_theirs(database, world, app):
    unnoticed = []
    stranger = Principal.debtor(world.agency.id, world.agency.id)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        for table, _ in _tables(connection):
            if table in {"banks", "agencies", "org_keys", "installation", "request_keys"}:
                continue
            if table in {"sign_in_providers", "org_secrets", "import_mappings", "passcodes"}:
                continue
            with connection.transaction(force_rollback=True):
                with _as(connection, stranger):
                    closed = _count(connection, f"SELECT count(*) FROM {table}")
                connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
                with _as(connection, stranger):
                    opened = _count(connection, f"SELECT count(*) FROM {table}")
            if closed != 0 or opened == 0:
                unnoticed.append((table, closed, opened))

    assert unnoticed == []
