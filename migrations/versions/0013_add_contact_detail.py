"""Add to actions what contact rules count by, and the doors that pool a person's contacts."""

from __future__ import annotations

from alembic import op

from migrations.support import begin, make_door

revision = "0013"
down_revision = "0012"

#: Who may ask about a person: their bank, the agencies that work for it on them, they themselves.
SEES = """(portal.bank_id() = bank OR portal.agency_id() = ANY (d.agency_ids)
        OR (portal.home_bank_id() = bank AND portal.debtor_id() = d.id))"""
#: Stands for any other agency, so that none learns which of them acted.
OTHERS = "'ffffffff-ffff-7fff-bfff-ffffffffffff'::uuid"

DOORS = {
    "read_contacts(bank uuid, people uuid[], since timestamptz, until timestamptz)"
    " RETURNS TABLE (id uuid, debtor_id uuid, account_id uuid, agency_id uuid, channel text,"
    " direction text, outcome text, target text, purpose text, contact_point_id uuid,"
    " external_id text, in_reply_to uuid, automated boolean, made_at timestamptz,"
    " recorded_at timestamptz)": f"""
        SELECT a.id, a.debtor_id, a.account_id,
            CASE WHEN a.made_by_agency_id IS NULL OR portal.bank_id() = bank
                OR a.made_by_agency_id = portal.agency_id() THEN a.made_by_agency_id
                ELSE {OTHERS} END,
            a.channel, a.direction, a.outcome, a.target, a.purpose, a.contact_point_id,
            a.external_id, a.in_reply_to, a.automated, a.made_at, a.recorded_at
        FROM public.actions a
        JOIN public.debtors d ON d.bank_id = a.bank_id AND d.id = a.debtor_id
        WHERE a.bank_id = bank AND d.bank_id = bank AND a.debtor_id = ANY (people)
            AND a.made_at > since AND a.made_at <= until AND {SEES}
        ORDER BY a.made_at, a.id""",
    "lock_person(bank uuid, person uuid) RETURNS boolean": f"""
        WITH locked AS (
            INSERT INTO doors.contact_counters AS c (bank_id, debtor_id)
            SELECT d.bank_id, d.id FROM public.debtors d
            WHERE d.bank_id = bank AND d.id = person AND {SEES}
            ON CONFLICT (bank_id, debtor_id) DO UPDATE SET asked = c.asked + 1 RETURNING 1)
        SELECT EXISTS (SELECT 1 FROM locked)""",
    "keep_pack(digest text, content jsonb) RETURNS void": """
        INSERT INTO doors.rule_packs (hash, document)
        SELECT digest, content WHERE portal.side() IS NOT NULL
        ON CONFLICT (hash) DO NOTHING""",
    "read_pack(digest text) RETURNS jsonb": """
        SELECT p.document FROM doors.rule_packs p
        WHERE p.hash = digest AND portal.side() IS NOT NULL""",
}


def upgrade() -> None:
    begin()
    op.execute("""
        ALTER TABLE contact_points
            ADD COLUMN place text NOT NULL DEFAULT ''
                CHECK (place IN ('', 'mobile', 'home', 'work')),
            ADD COLUMN zones text[] NOT NULL DEFAULT '{}',
            ADD COLUMN basis jsonb""")
    op.execute("""
        ALTER TABLE actions
            ADD COLUMN contact_point_id uuid,
            ADD COLUMN external_id text CHECK (external_id <> ''),
            ADD COLUMN permit_id uuid,
            ADD COLUMN purpose text NOT NULL DEFAULT '',
            ADD COLUMN collector_ref text NOT NULL DEFAULT '',
            ADD COLUMN in_reply_to uuid,
            ADD COLUMN automated boolean NOT NULL DEFAULT false,
            ADD COLUMN late_reason text NOT NULL DEFAULT '',
            ADD COLUMN file_id uuid,
            ADD COLUMN text_sealed bytea""")
    # The same event told twice is one event. A bank's own contacts carry no agency.
    op.execute(
        "CREATE UNIQUE INDEX actions_external_key"
        " ON actions (bank_id, made_by_agency_id, external_id) NULLS NOT DISTINCT"
        " WHERE external_id IS NOT NULL"
    )
    op.execute("CREATE INDEX actions_made_idx ON actions (bank_id, made_at, id)")
    # What was done is never edited; the judgement of it may have to be made again.
    op.execute("GRANT UPDATE (judgement, breach_count, agency_id) ON actions TO portal_app")
    # When somebody may next be called, and until when that holds: kept by a job, for the order of
    # a worklist. What it has not looked at yet comes last, and first to its turn.
    op.execute("""
        ALTER TABLE accounts
            ADD COLUMN contact_opens_at timestamptz NOT NULL DEFAULT '9999-12-31 00:00+00',
            ADD COLUMN contact_closes_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00+00'""")
    op.execute(
        "CREATE INDEX accounts_contact_idx ON accounts (agency_id, contact_opens_at, id)"
        " WHERE agency_id IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX accounts_contact_turn_idx ON accounts (bank_id, contact_closes_at)"
        " WHERE agency_id IS NOT NULL"
    )
    op.execute("""
        CREATE TABLE doors.contact_counters (
            bank_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            asked bigint NOT NULL DEFAULT 1,
            PRIMARY KEY (bank_id, debtor_id)
        )""")
    op.execute("""
        CREATE TABLE doors.rule_packs (
            hash text PRIMARY KEY,
            document jsonb NOT NULL,
            kept_at timestamptz NOT NULL DEFAULT now()
        )""")
    for table in ("contact_counters", "rule_packs"):
        op.execute(f"ALTER TABLE doors.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON doors.{table} TO portal_checks")
        op.execute(f"CREATE POLICY {table}_checks ON doors.{table} TO portal_checks USING (true)")
    for table in ("actions", "debtors"):
        op.execute(f"GRANT SELECT ON {table} TO portal_checks")
        op.execute(
            f"CREATE POLICY {table}_checks ON {table} FOR SELECT TO portal_checks USING (true)"
        )
    for head, body in DOORS.items():
        make_door(head, body)
