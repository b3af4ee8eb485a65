"""What every migration says alike: who runs it, how long it may wait, how a table is protected."""

from __future__ import annotations

from alembic import op

#: Who may see a row, as plain column comparisons: they hold on every node of a distributed server.
BANK = "bank_id = portal.bank_id()"
AGENCY = "agency_id = portal.agency_id()"
AGENCIES = "portal.agency_id() = ANY (agency_ids)"
DEBTOR = "bank_id = portal.home_bank_id() AND debtor_id = portal.debtor_id()"
ORG = "org_id = portal.org_id()"
ANYONE_SIGNED_IN = "portal.side() IS NOT NULL"


def begin(*, as_owner: bool = True) -> None:
    """Open a migration: wait no longer than two seconds for a lock, and act as the owner."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    if as_owner:
        op.execute("SET LOCAL ROLE portal_owner")


def protect(table: str, grants: str, **policies: str) -> None:
    """Force row-level security on a table, grant the app's role `grants`, and add the policies.

    A policy is named `<who>` (all commands) or `<who>_<select|insert|update>`; its text is the
    condition on a row, read and written alike.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for who, condition in policies.items():
        command = who.rsplit("_", 1)[-1].upper()
        if command not in ("SELECT", "INSERT", "UPDATE"):
            command = "ALL"
        clause = f"WITH CHECK ({condition})" if command == "INSERT" else f"USING ({condition})"
        bare = table.rsplit(".", 1)[-1]
        op.execute(f"CREATE POLICY {bare}_{who} ON {table} FOR {command} TO portal_app {clause}")
    op.execute(f"GRANT {grants} ON {table} TO portal_app")


def make_door(head: str, body: str) -> None:
    """Create a definer function in `doors`: `head` is its signature and what it returns.

    It belongs to portal_checks, whose own policies let it see all rows, and gives the app's role
    no more than its body selects.
    """
    name, arguments = head.split(" RETURNS ")[0].rstrip(")").split("(", 1)
    kinds = [argument.strip().split(" ", 1)[1] for argument in arguments.split(",") if argument]
    function = f"doors.{name}({', '.join(kinds)})"
    op.execute(
        f"CREATE FUNCTION doors.{head} LANGUAGE sql VOLATILE SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ {body} $$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO portal_app")
    op.execute(f"ALTER FUNCTION {function} OWNER TO portal_checks")
