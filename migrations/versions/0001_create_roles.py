"""Create the roles, the schemas and the readers of the principal."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

READERS = {
    "side": "text",
    "user_id": "uuid",
    "org_id": "uuid",
    "bank_id": "uuid",
    "agency_id": "uuid",
    "home_bank_id": "uuid",
    "debtor_id": "uuid",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # Roles belong to the whole server: another database of the portal may have made them already.
    for role, kind in (
        ("portal_owner", "NOLOGIN"),
        ("portal_app", "LOGIN"),
        ("portal_checks", "NOLOGIN"),
        ("portal_backup", "LOGIN"),
    ):
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} {kind} NOSUPERUSER NOBYPASSRLS NOCREATEDB"
            " NOCREATEROLE;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    op.execute("GRANT portal_owner, portal_checks TO CURRENT_USER")
    # A function changes hands to portal_checks only from a role that is its member.
    op.execute("GRANT portal_checks TO portal_owner")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE, CREATE ON SCHEMA public TO portal_owner WITH GRANT OPTION")
    op.execute("GRANT USAGE ON SCHEMA public TO portal_app, portal_checks, portal_backup")
    for schema in ("portal", "doors", "jobs", "sandbox"):
        op.execute(f"CREATE SCHEMA {schema} AUTHORIZATION portal_owner")
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO portal_app")
    op.execute("GRANT USAGE, CREATE ON SCHEMA doors TO portal_checks")
    op.execute("GRANT USAGE ON SCHEMA portal TO portal_checks, portal_backup")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON public.schema_version TO portal_owner")
    op.execute("GRANT SELECT ON public.schema_version TO portal_app")
    op.execute("SET LOCAL ROLE portal_owner")
    for name, kind in READERS.items():
        # STABLE, never IMMUTABLE: a cached plan would keep the first party it was made for.
        op.execute(
            f"CREATE FUNCTION portal.{name}() RETURNS {kind} LANGUAGE sql STABLE PARALLEL SAFE AS"
            f" $$ SELECT nullif(current_setting('portal.{name}', true), '')::{kind} $$"
        )
