"""What the database itself says: who owns what, which rows each role may reach, by which keys."""

from __future__ import annotations

import pytest

from portal import app as _all_models
from portal.core.db import Base

#: Tables without a party's rows: their names are in the open, or they belong to the machine.
WITHOUT_PARTY = {"schema_version"}
#: Kept by the job queue and the payment sandbox: ids and test money, no party's data.
MACHINE_SCHEMAS = {"jobs", "sandbox"}
#: Everybody's by design: an organisation's name is on its letters, a wrapped key opens nothing.
REFERENCE = {"banks", "agencies", "org_keys", "installation"}
OWNER_COLUMNS = {"bank_id", "org_id", "chain_id", "owner_id"}
DEFINERS = {"doors"}
COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}


@pytest.mark.abuse("A4")
def test_the_portals_role_owns_nothing_and_is_no_member_of_anything(admin):
    role = admin.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = 'portal_app'"
    ).fetchone()
    owned = admin.execute(
        "SELECT relname FROM pg_class WHERE relowner = 'portal_app'::regrole"
    ).fetchall()
    memberships = admin.execute(
        "SELECT roleid::regrole FROM pg_auth_members WHERE member = 'portal_app'::regrole"
    ).fetchall()

    assert role == (False, False, False, False)
    assert owned == []
    assert memberships == []


@pytest.mark.abuse("A5")
def test_every_table_with_a_partys_data_forces_its_policies(admin):
    rows = admin.execute(
        "SELECT n.nspname, c.relname, c.relrowsecurity AND c.relforcerowsecurity"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'doors')"
    ).fetchall()

    open_tables = {name for _, name, forced in rows if not forced} - WITHOUT_PARTY
    assert len(rows) > 30
    assert open_tables == set()


@pytest.mark.abuse("A5")
def test_every_granted_command_has_a_policy(admin):
    grants = admin.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_app' AND table_schema = 'public'"
    ).fetchall()
    policies = admin.execute(
        "SELECT c.relname, p.polcmd FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    ).fetchall()
    covered = {
        (table, command)
        for table, letter in policies
        for command in ([COMMANDS[letter]] if letter != "*" else COMMANDS.values())
    }

    missing = {grant for grant in grants if grant[0] not in WITHOUT_PARTY} - covered
    assert missing == set()


@pytest.mark.abuse("A5")
def test_policies_are_plain_comparisons(admin):
    texts = admin.execute(
        "SELECT polname, coalesce(pg_get_expr(polqual, polrelid), '')"
        " || coalesce(pg_get_expr(polwithcheck, polrelid), '') FROM pg_policy"
    ).fetchall()

    nested = [name for name, text in texts if "select" in text.lower() or "exists" in text.lower()]
    assert len(texts) > 50
    assert nested == []


@pytest.mark.abuse("A5")
def test_definer_functions_live_behind_doors_with_a_fixed_search_path(admin):
    rows = admin.execute(
        "SELECT n.nspname, p.proname, p.proconfig, p.proowner::regrole::text,"
        " has_function_privilege('public', p.oid, 'execute')"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef"
    ).fetchall()

    assert len(rows) > 15
    for schema, name, config, owner, public in rows:
        assert schema in DEFINERS, name
        assert config == ["search_path=pg_catalog, pg_temp"], name
        assert owner == "portal_checks", name
        assert not public, name


@pytest.mark.abuse("A5")
def test_there_are_no_views_and_no_grants_on_the_doors_tables(admin):
    views = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('v', 'm') AND n.nspname IN ('public', 'doors', 'portal')"
    ).fetchall()
    grants = admin.execute(
        "SELECT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_app' AND table_schema = 'doors'"
    ).fetchall()

    assert views == []
    assert grants == []


@pytest.mark.abuse("A6")
def test_every_key_starts_with_the_party_that_owns_the_row(admin):
    rows = admin.execute(
        "SELECT c.relname, i.indexrelid::regclass::text, a.attname"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE i.indisunique AND n.nspname = 'public' AND c.relkind = 'r'"
    ).fetchall()

    strays = {
        (table, index)
        for table, index, first in rows
        if first not in OWNER_COLUMNS and table not in REFERENCE | WITHOUT_PARTY
    }
    assert len(rows) > 40
    assert strays == set()


@pytest.mark.abuse("A6")
def test_every_foreign_key_between_parties_rows_carries_the_party(admin):
    rows = admin.execute(
        "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, a.attname"
        " FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " WHERE c.contype = 'f' AND n.nspname = 'public'"
    ).fetchall()

    strays = {
        (table, target)
        for table, target, first in rows
        if first not in OWNER_COLUMNS and target not in REFERENCE
    }
    assert len(rows) > 20
    assert strays == set()


@pytest.mark.abuse("A7")
def test_the_readers_of_the_principal_are_stable_and_never_immutable(admin):
    rows = admin.execute(
        "SELECT p.proname, p.provolatile FROM pg_proc p JOIN pg_namespace n"
        " ON n.oid = p.pronamespace WHERE n.nspname = 'portal'"
    ).fetchall()

    assert len(rows) == 7
    assert {kind for _, kind in rows} == {"s"}


def test_the_books_and_the_audit_record_can_only_be_added_to(admin):
    rows = admin.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_app' AND table_name IN"
        " ('ledger_lines', 'postings', 'verifications', 'audit_rows', 'actions', 'breaches')"
    ).fetchall()

    assert {privilege for _, privilege in rows} == {"SELECT", "INSERT"}


def test_there_are_no_triggers_for_invariants(admin):
    rows = admin.execute(
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT t.tgisinternal AND n.nspname IN ('public', 'doors')"
    ).fetchall()

    assert rows == []


def test_models_and_schema_have_the_same_columns(admin):
    rows = admin.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    ).fetchall()
    in_database: dict[str, set[str]] = {}
    for table, column in rows:
        in_database.setdefault(table, set()).add(column)

    assert _all_models.create_app is not None
    for name, table in Base.metadata.tables.items():
        if table.schema is None:
            assert {column.name for column in table.columns} == in_database[name], name


@pytest.mark.abuse("A3")
def test_without_a_principal_every_table_is_empty(make, engine, admin):
    make.account(agency=make.agency())
    tables = [
        row[0]
        for row in admin.execute(
            "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = 'portal_app' AND table_schema = 'public'"
            " AND privilege_type = 'SELECT'"
        ).fetchall()
        if row[0] not in {"schema_version", "installation"}
    ]

    with engine.connect() as connection:
        counts = {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in tables
        }

    assert len(tables) > 25
    assert {table for table, count in counts.items() if count} == set()
