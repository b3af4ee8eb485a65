"""Create permits, judgements kept for replay, and what became of a breach."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, begin, make_door, protect

revision = "0015"
down_revision = "0014"

SEES = """(portal.bank_id() = bank OR portal.agency_id() = ANY (d.agency_ids)
        OR (portal.home_bank_id() = bank AND portal.debtor_id() = d.id))"""

DOORS = {
    "read_open_permits(bank uuid, people uuid[], moment timestamptz)"
    " RETURNS TABLE (id uuid, debtor_id uuid, channel text, asked_by uuid,"
    " expires_at timestamptz)": f"""
        SELECT p.id, p.debtor_id, p.channel,
            CASE WHEN portal.bank_id() = bank OR p.agency_id = portal.agency_id()
                THEN p.asked_by END,
            p.expires_at
        FROM public.permits p
        JOIN public.debtors d ON d.bank_id = p.bank_id AND d.id = p.debtor_id
        WHERE p.bank_id = bank AND d.bank_id = bank AND p.debtor_id = ANY (people)
            AND p.state = 'granted' AND p.granted_at <= moment AND p.expires_at > moment
            AND {SEES}""",
    "void_permits(bank uuid, person uuid, moment timestamptz, why text) RETURNS bigint": f"""
        WITH gone AS (
            UPDATE public.permits p SET state = 'void', voided_at = moment, void_reason = why
            FROM public.debtors d
            WHERE p.bank_id = bank AND p.debtor_id = person AND p.state IN ('granted', 'asked')
                AND d.bank_id = bank AND d.id = person AND {SEES} RETURNING 1),
        theirs AS (
            SELECT a.id FROM public.accounts a
            JOIN public.debtors d ON d.bank_id = a.bank_id AND d.id = a.debtor_id
            WHERE a.bank_id = bank AND a.debtor_id = person AND a.agency_id IS NOT NULL
                AND d.bank_id = bank AND {SEES}
            FOR NO KEY UPDATE OF a SKIP LOCKED),
        again AS (
            UPDATE public.accounts a SET contact_closes_at = '1970-01-01 00:00+00'
            FROM theirs t WHERE a.bank_id = bank AND a.id = t.id RETURNING 1)
        SELECT count(*) FROM gone""",
    "read_bank_rules(bank uuid, on_day date) RETURNS TABLE (id uuid, version int, hash text,"
    " document jsonb)": """
        SELECT r.id, r.version, r.hash, r.document FROM public.bank_rules r
        WHERE r.bank_id = bank AND r.effective_from <= on_day
            AND (portal.bank_id() = bank OR portal.home_bank_id() = bank OR EXISTS (
                SELECT 1 FROM public.panel m
                WHERE m.bank_id = bank AND m.agency_id = portal.agency_id()))
        ORDER BY r.effective_from DESC, r.version DESC LIMIT 1""",
}


def upgrade() -> None:
    begin()
    # A granted permit reserves the person: no two overlap, whoever asks and through what channel.
    op.execute("""
        CREATE TABLE permits (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            account_id uuid NOT NULL,
            placement_id uuid,
            agency_id uuid,
            asked_side text NOT NULL,
            asked_by uuid NOT NULL,
            channel text NOT NULL,
            target text NOT NULL DEFAULT 'consumer',
            purpose text NOT NULL DEFAULT '',
            contact_point_id uuid,
            asked_at timestamptz NOT NULL,
            verdict text NOT NULL,
            state text NOT NULL CHECK (state IN ('granted', 'denied', 'asked', 'refused', 'used',
                'returned', 'void')),
            next_allowed_at timestamptz,
            granted_at timestamptz,
            expires_at timestamptz,
            used_at timestamptz,
            action_id uuid,
            decided_at timestamptz,
            decided_by uuid,
            decided_side text,
            decision_reason text NOT NULL DEFAULT '',
            voided_at timestamptz,
            void_reason text NOT NULL DEFAULT '',
            facts jsonb NOT NULL,
            judgement jsonb NOT NULL,
            packs jsonb NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            CHECK (state NOT IN ('granted', 'used') OR expires_at > granted_at),
            CHECK ((state = 'used') = (action_id IS NOT NULL)),
            CHECK (state <> 'granted' OR verdict = 'allow' OR decision_reason <> ''),
            CONSTRAINT permits_one_at_a_time EXCLUDE USING gist (bank_id WITH =, debtor_id WITH =,
                tstzrange(granted_at, expires_at) WITH &&) WHERE (state = 'granted')
        )""")
    op.execute("CREATE INDEX permits_debtor_idx ON permits (bank_id, debtor_id, asked_at)")
    op.execute("CREATE INDEX permits_account_idx ON permits (bank_id, account_id, asked_at)")
    op.execute("CREATE INDEX permits_asked_idx ON permits (bank_id, asked_at, id)")
    op.execute("CREATE INDEX permits_agency_idx ON permits (agency_id, asked_at, id)")
    protect(
        "permits",
        "SELECT, INSERT, UPDATE (state, granted_at, expires_at, used_at, action_id, decided_at,"
        " decided_by, decided_side, decision_reason, voided_at, void_reason)",
        bank=BANK,
        agency=AGENCY,
    )
    op.execute("GRANT SELECT, UPDATE ON permits TO portal_checks")
    op.execute("GRANT SELECT, UPDATE (contact_closes_at) ON accounts TO portal_checks")
    op.execute("CREATE POLICY accounts_checks ON accounts TO portal_checks USING (true)")
    op.execute("CREATE POLICY permits_checks ON permits TO portal_checks USING (true)")
    op.execute("""
        CREATE TABLE judgements (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            action_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            made_by_agency_id uuid,
            number int NOT NULL CHECK (number > 0),
            cause text NOT NULL,
            verdict text NOT NULL,
            rules text[] NOT NULL DEFAULT '{}',
            facts jsonb NOT NULL,
            packs jsonb NOT NULL,
            judged_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, action_id, number),
            FOREIGN KEY (bank_id, action_id) REFERENCES actions (bank_id, id)
        )""")
    protect("judgements", "SELECT, INSERT", bank=BANK, agency=AGENCY)
    op.execute("ALTER TABLE breaches DROP CONSTRAINT breaches_state_check")
    op.execute("""
        ALTER TABLE breaches
            ADD CONSTRAINT breaches_state_check CHECK (state IN ('open', 'explained', 'upheld',
                'waived', 'remedied', 'cleared')),
            ADD COLUMN prong text NOT NULL DEFAULT '',
            ADD COLUMN judgement_number int NOT NULL DEFAULT 1,
            ADD COLUMN changed_at timestamptz""")
    op.execute("GRANT UPDATE (state, changed_at, agency_id) ON breaches TO portal_app")
    op.execute("CREATE INDEX breaches_action_idx ON breaches (bank_id, action_id)")
    op.execute("CREATE INDEX breaches_state_idx ON breaches (bank_id, state, found_at, id)")
    op.execute("""
        CREATE TABLE breach_events (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            breach_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            made_by_agency_id uuid,
            from_state text NOT NULL,
            to_state text NOT NULL,
            reason text NOT NULL CHECK (reason <> ''),
            by_side text NOT NULL,
            by_user uuid NOT NULL,
            by_name text NOT NULL DEFAULT '',
            at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, breach_id) REFERENCES breaches (bank_id, id),
            CHECK (from_state <> to_state)
        )""")
    op.execute("CREATE INDEX breach_events_breach_idx ON breach_events (bank_id, breach_id, at)")
    # The agency that acted answers for its breach, also when the account has moved on.
    made = f"({AGENCY} OR made_by_agency_id = portal.agency_id())"
    protect("breach_events", "SELECT, INSERT", bank=BANK, agency=made)
    op.execute(f"ALTER POLICY breaches_agency ON breaches USING {made}")
    op.execute("""
        CREATE TABLE bank_rules (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            version int NOT NULL CHECK (version > 0),
            hash text NOT NULL,
            document jsonb NOT NULL,
            settings jsonb NOT NULL,
            effective_from date NOT NULL,
            note text NOT NULL DEFAULT '',
            made_by uuid NOT NULL,
            made_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, version)
        )""")
    protect("bank_rules", "SELECT, INSERT", bank=BANK)
    for table in ("bank_rules", "panel"):
        op.execute(f"GRANT SELECT ON {table} TO portal_checks")
        op.execute(
            f"CREATE POLICY {table}_checks ON {table} FOR SELECT TO portal_checks USING (true)"
        )
    for head, body in DOORS.items():
        make_door(head, body)
