"""Create the audit record, request keys, messages, passcodes and the installation's own row."""

from __future__ import annotations

from alembic import op

from migrations.support import DEBTOR, ORG, begin, make_door, protect

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE audit_rows (
            chain_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            side text NOT NULL,
            org_id uuid,
            actor_id uuid NOT NULL,
            verb text NOT NULL CHECK (verb ~ '^[a-z][a-z-]*\\.[a-z][a-z-]*$'),
            subject_kind text NOT NULL,
            subject_id uuid NOT NULL,
            facts jsonb NOT NULL DEFAULT '{}',
            payload_sealed bytea,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (chain_id, id)
        )""")
    op.execute("CREATE INDEX audit_rows_subject_idx ON audit_rows (chain_id, subject_id)")
    # Whoever acts writes the row; only the owner of the chain reads it.
    protect(
        "audit_rows",
        "SELECT, INSERT",
        chain_select="chain_id = portal.org_id()",
        actor_insert="actor_id = portal.user_id()",
    )
    op.execute("""
        CREATE TABLE request_keys (
            owner_id uuid NOT NULL,
            endpoint text NOT NULL,
            key text NOT NULL CHECK (length(key) BETWEEN 8 AND 200),
            request_sha256 bytea NOT NULL,
            answer jsonb,
            made_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (owner_id, endpoint, key)
        )""")
    protect("request_keys", "SELECT, INSERT, UPDATE", owner="owner_id = portal.user_id()")
    op.execute("""
        CREATE TABLE messages (
            org_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            channel text NOT NULL CHECK (channel IN ('email', 'text')),
            kind text NOT NULL,
            to_sealed bytea NOT NULL,
            subject text NOT NULL DEFAULT '',
            body_sealed bytea NOT NULL,
            state text NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'sent', 'failed')),
            tries int NOT NULL DEFAULT 0,
            made_at timestamptz NOT NULL,
            sent_at timestamptz,
            PRIMARY KEY (org_id, id)
        )""")
    protect(
        "messages",
        "SELECT, INSERT, UPDATE",
        org=ORG,
        home_insert="org_id = portal.home_bank_id()",
        other_insert="portal.side() IN ('operator', 'bank', 'agency')",
    )
    # The operator sees that messages leave, of whatever organisation: never to whom, never what.
    op.execute("CREATE INDEX messages_made_idx ON messages (made_at DESC, id DESC)")
    op.execute(
        "GRANT SELECT (org_id, id, channel, kind, state, tries, made_at, sent_at) ON messages"
        " TO portal_checks"
    )
    op.execute("CREATE POLICY messages_checks ON messages FOR SELECT TO portal_checks USING (true)")
    make_door(
        "list_deliveries(before timestamptz, most int) RETURNS TABLE (org_id uuid, id uuid,"
        " channel text, kind text, state text, tries int, made_at timestamptz,"
        " sent_at timestamptz)",
        """
        SELECT m.org_id, m.id, m.channel, m.kind, m.state, m.tries, m.made_at, m.sent_at
        FROM public.messages m
        WHERE portal.side() = 'operator' AND m.made_at < before
        ORDER BY m.made_at DESC, m.id DESC LIMIT most""",
    )
    make_door(
        "count_deliveries() RETURNS TABLE (state text, count bigint, oldest timestamptz)",
        """
        SELECT m.state, count(*), min(m.made_at) FROM public.messages m
        WHERE portal.side() = 'operator' GROUP BY m.state""",
    )
    op.execute("""
        CREATE TABLE passcodes (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            code_hash bytea NOT NULL,
            browser_hash bytea NOT NULL,
            contact_point_id uuid NOT NULL,
            tries int NOT NULL DEFAULT 0,
            made_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id)
        )""")
    op.execute("CREATE INDEX passcodes_debtor_idx ON passcodes (bank_id, debtor_id, made_at)")
    protect("passcodes", "SELECT, INSERT, UPDATE", debtor=DEBTOR)
    op.execute("""
        CREATE TABLE installation (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            demo boolean NOT NULL,
            clock_shift interval NOT NULL DEFAULT '0',
            key_check bytea
        )""")
    op.execute("INSERT INTO installation (demo) VALUES (false)")
    protect(
        "installation",
        "SELECT, UPDATE",
        anyone_select="true",
        operator_update="portal.side() = 'operator'",
    )
