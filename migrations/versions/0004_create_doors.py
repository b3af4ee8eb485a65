"""Create the doors: what has to be looked up before anyone is known, by exact hash only."""

from __future__ import annotations

from alembic import op

from migrations.support import begin, make_door

revision = "0004"
down_revision = "0003"

TABLES = {
    "sessions": """
        id_hash bytea PRIMARY KEY,
        data jsonb NOT NULL,
        org_id uuid,
        user_id uuid,
        created_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL""",
    "staff_emails": """
        email_hash bytea PRIMARY KEY,
        org_id uuid NOT NULL,
        staff_id uuid NOT NULL,
        side text NOT NULL""",
    "invitations": """
        token_hash bytea PRIMARY KEY,
        org_id uuid NOT NULL,
        staff_id uuid NOT NULL,
        side text NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz""",
    "letter_codes": """
        code_hash bytea PRIMARY KEY,
        bank_id uuid NOT NULL,
        account_id uuid NOT NULL,
        debtor_id uuid NOT NULL,
        letter_id uuid NOT NULL,
        expires_at timestamptz NOT NULL,
        misses int NOT NULL DEFAULT 0,
        voided_at timestamptz""",
    "merchants": """
        address_hash bytea PRIMARY KEY,
        bank_id uuid NOT NULL""",
    "attempts": """
        scope text NOT NULL,
        key_hash bytea NOT NULL,
        slot bigint NOT NULL,
        count int NOT NULL,
        PRIMARY KEY (scope, key_hash, slot)""",
}

FUNCTIONS = {
    # -- sessions ---------------------------------------------------------------------------
    "read_session(hash bytea, moment timestamptz) RETURNS TABLE (data jsonb, created_at"
    " timestamptz, seen_at timestamptz)": """
        SELECT s.data, s.created_at, s.seen_at FROM doors.sessions s
        WHERE s.id_hash = hash AND s.expires_at > moment""",
    "write_session(hash bytea, content jsonb, org uuid, person uuid, created timestamptz,"
    " moment timestamptz, expires timestamptz) RETURNS void": """
        INSERT INTO doors.sessions (id_hash, data, org_id, user_id, created_at, seen_at, expires_at)
        VALUES (hash, content, org, person, created, moment, expires)
        ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, org_id = excluded.org_id,
            user_id = excluded.user_id, seen_at = excluded.seen_at,
            expires_at = excluded.expires_at""",
    "update_session(hash bytea, content jsonb, org uuid, person uuid, moment timestamptz,"
    " expires timestamptz) RETURNS boolean": """
        WITH changed AS (
            UPDATE doors.sessions SET data = content, org_id = org, user_id = person,
                seen_at = moment, expires_at = expires
            WHERE id_hash = hash RETURNING 1)
        SELECT EXISTS (SELECT 1 FROM changed)""",
    "delete_session(hash bytea) RETURNS void": """
        DELETE FROM doors.sessions WHERE id_hash = hash""",
    "end_sessions(org uuid, person uuid) RETURNS bigint": """
        WITH gone AS (
            DELETE FROM doors.sessions s WHERE s.user_id = person AND s.org_id = org
                AND (org = portal.org_id() OR portal.side() = 'operator') RETURNING 1)
        SELECT count(*) FROM gone""",
    "sweep_sessions(moment timestamptz) RETURNS bigint": """
        WITH gone AS (DELETE FROM doors.sessions WHERE expires_at <= moment RETURNING 1)
        SELECT count(*) FROM gone""",
    # -- staff ------------------------------------------------------------------------------
    "find_staff(hash bytea) RETURNS TABLE (org_id uuid, staff_id uuid, side text)": """
        SELECT e.org_id, e.staff_id, e.side FROM doors.staff_emails e WHERE e.email_hash = hash""",
    "add_staff_email(hash bytea, org uuid, staff uuid, org_side text) RETURNS boolean": """
        WITH added AS (
            INSERT INTO doors.staff_emails (email_hash, org_id, staff_id, side)
            SELECT hash, org, staff, org_side
            WHERE org = portal.org_id() OR portal.side() = 'operator'
            ON CONFLICT (email_hash) DO NOTHING RETURNING 1)
        SELECT EXISTS (SELECT 1 FROM added)""",
    "add_invitation(hash bytea, org uuid, staff uuid, org_side text, expires timestamptz)"
    " RETURNS void": """
        INSERT INTO doors.invitations (token_hash, org_id, staff_id, side, expires_at)
        SELECT hash, org, staff, org_side, expires
        WHERE org = portal.org_id() OR portal.side() = 'operator'""",
    "find_invitation(hash bytea, moment timestamptz) RETURNS TABLE (org_id uuid, staff_id uuid,"
    " side text)": """
        SELECT i.org_id, i.staff_id, i.side FROM doors.invitations i
        WHERE i.token_hash = hash AND i.used_at IS NULL AND i.expires_at > moment""",
    "use_invitation(hash bytea, moment timestamptz) RETURNS boolean": """
        WITH used AS (
            UPDATE doors.invitations SET used_at = moment
            WHERE token_hash = hash AND used_at IS NULL AND expires_at > moment RETURNING 1)
        SELECT EXISTS (SELECT 1 FROM used)""",
    "end_invitations(org uuid, staff uuid) RETURNS bigint": """
        WITH gone AS (
            DELETE FROM doors.invitations i WHERE i.org_id = org AND i.staff_id = staff
                AND i.used_at IS NULL AND (org = portal.org_id() OR portal.side() = 'operator')
            RETURNING 1)
        SELECT count(*) FROM gone""",
    # -- letters ----------------------------------------------------------------------------
    "add_letter_code(hash bytea, bank uuid, account uuid, debtor uuid, letter uuid,"
    " expires timestamptz) RETURNS void": """
        INSERT INTO doors.letter_codes
            (code_hash, bank_id, account_id, debtor_id, letter_id, expires_at)
        SELECT hash, bank, account, debtor, letter, expires
        WHERE portal.side() IN ('bank', 'agency', 'system')""",
    "find_letter_code(hash bytea, moment timestamptz) RETURNS TABLE (bank_id uuid,"
    " account_id uuid, debtor_id uuid, letter_id uuid)": """
        SELECT c.bank_id, c.account_id, c.debtor_id, c.letter_id FROM doors.letter_codes c
        WHERE c.code_hash = hash AND c.expires_at > moment AND c.voided_at IS NULL""",
    "miss_letter_code(hash bytea, most int, moment timestamptz) RETURNS int": """
        UPDATE doors.letter_codes SET misses = misses + 1,
            voided_at = CASE WHEN misses + 1 >= most THEN moment END
        WHERE code_hash = hash AND voided_at IS NULL RETURNING misses""",
    # -- payments ---------------------------------------------------------------------------
    "add_merchant(hash bytea, bank uuid) RETURNS void": """
        INSERT INTO doors.merchants (address_hash, bank_id)
        SELECT hash, bank WHERE bank = portal.bank_id() OR portal.side() = 'operator'
        ON CONFLICT (address_hash) DO NOTHING""",
    "find_merchant(hash bytea) RETURNS uuid": """
        SELECT m.bank_id FROM doors.merchants m WHERE m.address_hash = hash""",
    # -- counters ---------------------------------------------------------------------------
    "count_attempt(what text, hash bytea, span bigint) RETURNS int": """
        INSERT INTO doors.attempts AS a (scope, key_hash, slot, count)
        VALUES (what, hash, span, 1)
        ON CONFLICT (scope, key_hash, slot) DO UPDATE SET count = a.count + 1 RETURNING a.count""",
    "read_attempts(what text, hash bytea, span bigint) RETURNS int": """
        SELECT coalesce((SELECT a.count FROM doors.attempts a
            WHERE a.scope = what AND a.key_hash = hash AND a.slot = span), 0)""",
    "clear_attempts(what text, hash bytea) RETURNS void": """
        DELETE FROM doors.attempts WHERE scope = what AND key_hash = hash""",
    "sweep_attempts(what text, before bigint) RETURNS bigint": """
        WITH gone AS (
            DELETE FROM doors.attempts a WHERE a.scope = what AND a.slot < before RETURNING 1)
        SELECT count(*) FROM gone""",
}


def upgrade() -> None:
    begin()
    for name, columns in TABLES.items():
        op.execute(f"CREATE TABLE doors.{name} ({columns})")
        op.execute(f"ALTER TABLE doors.{name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON doors.{name} TO portal_checks")
        op.execute(f"CREATE POLICY {name}_checks ON doors.{name} TO portal_checks USING (true)")
    op.execute("CREATE INDEX sessions_user_idx ON doors.sessions (user_id)")
    op.execute("CREATE INDEX sessions_expires_idx ON doors.sessions (expires_at)")
    for head, body in FUNCTIONS.items():
        make_door(head, body)
