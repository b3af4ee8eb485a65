"""Create referrals, the offers made to agencies, placements and letters."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, make_door, protect

revision = "0007"
down_revision = "0006"

LIVE = "('offered', 'queried', 'accepted', 'working', 'pending_recall', 'objected')"
MANDATED = "('accepted', 'working', 'pending_recall', 'objected')"

#: What the public may ask by a letter's mandate code: who works for whom, until when. No debt.
DOORS = {
    "add_mandate_code(hash bytea, bank uuid, placement uuid) RETURNS void": """
        INSERT INTO doors.mandate_codes (code_hash, bank_id, placement_id)
        SELECT hash, bank, placement WHERE portal.side() IN ('bank', 'agency', 'system')""",
    "find_mandate(hash bytea, today date) RETURNS TABLE (bank_id uuid, agency_id uuid,"
    " term_start date, term_end date)": f"""
        SELECT p.bank_id, p.agency_id, p.term_start, p.term_end
        FROM doors.mandate_codes m
        JOIN public.placements p ON p.bank_id = m.bank_id AND p.id = m.placement_id
        WHERE m.code_hash = hash AND p.state IN {MANDATED}
            AND today BETWEEN p.term_start AND p.term_end""",
}


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE referrals (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            ref text NOT NULL,
            filter jsonb NOT NULL,
            shares jsonb NOT NULL,
            seed text NOT NULL,
            account_count int NOT NULL CHECK (account_count > 0),
            total_minor bigint NOT NULL CHECK (total_minor >= 0),
            currency char(3) NOT NULL,
            made_by uuid NOT NULL,
            made_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, ref)
        )""")
    protect("referrals", "SELECT, INSERT", bank=BANK)
    op.execute("""
        CREATE TABLE offers (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            referral_id uuid NOT NULL,
            referral_ref text NOT NULL,
            agency_id uuid NOT NULL REFERENCES agencies (id),
            state text NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'lapsed')),
            account_count int NOT NULL CHECK (account_count > 0),
            total_minor bigint NOT NULL,
            currency char(3) NOT NULL,
            fee_bps int NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
            term_days int NOT NULL,
            tail_days int NOT NULL DEFAULT 0,
            offered_at timestamptz NOT NULL,
            answer_by timestamptz NOT NULL,
            answered_at timestamptz,
            answered_by uuid,
            reason text NOT NULL DEFAULT '',
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, referral_id, agency_id),
            FOREIGN KEY (bank_id, referral_id) REFERENCES referrals (bank_id, id)
        )""")
    op.execute("CREATE INDEX offers_agency_idx ON offers (agency_id, state, id)")
    protect("offers", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY)
    op.execute("""
        CREATE TABLE placements (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            ref text NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            referral_id uuid NOT NULL,
            offer_id uuid NOT NULL,
            agency_id uuid NOT NULL REFERENCES agencies (id),
            state text NOT NULL CHECK (state IN ('offered', 'queried', 'accepted', 'working',
                'pending_recall', 'objected', 'final_recall', 'close_requested', 'returned',
                'closed', 'declined', 'lapsed')),
            number int NOT NULL DEFAULT 1 CHECK (number > 0),
            placed_minor bigint NOT NULL CHECK (placed_minor >= 0),
            currency char(3) NOT NULL,
            fee_bps int NOT NULL,
            tail_days int NOT NULL DEFAULT 0,
            offered_at timestamptz NOT NULL,
            accepted_at timestamptz,
            first_action_at timestamptz,
            term_start date,
            term_end date,
            ended_at timestamptz,
            reason text NOT NULL DEFAULT '',
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, ref),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, offer_id) REFERENCES offers (bank_id, id),
            CHECK (state NOT IN ('accepted', 'working') OR term_start IS NOT NULL)
        )""")
    op.execute(
        "CREATE UNIQUE INDEX placements_one_live_key ON placements (bank_id, account_id)"
        f" WHERE state IN {LIVE}"
    )
    op.execute("CREATE INDEX placements_offer_idx ON placements (bank_id, offer_id)")
    op.execute("CREATE INDEX placements_agency_idx ON placements (agency_id, bank_id, state)")
    protect(
        "placements",
        "SELECT, INSERT, UPDATE",
        bank=BANK,
        agency_select=AGENCY,
        agency_update=AGENCY,
        debtor_select=DEBTOR,
    )
    op.execute("""
        CREATE TABLE doors.mandate_codes (
            code_hash bytea PRIMARY KEY,
            bank_id uuid NOT NULL,
            placement_id uuid NOT NULL
        )""")
    op.execute(
        "ALTER TABLE doors.mandate_codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    )
    op.execute("GRANT SELECT, INSERT ON doors.mandate_codes TO portal_checks")
    op.execute(
        "CREATE POLICY mandate_codes_checks ON doors.mandate_codes TO portal_checks USING (true)"
    )
    op.execute("GRANT SELECT ON placements TO portal_checks")
    op.execute(
        "CREATE POLICY placements_checks ON placements FOR SELECT TO portal_checks USING (true)"
    )
    for head, body in DOORS.items():
        make_door(head, body)
    op.execute("""
        CREATE TABLE letters (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            kind text NOT NULL CHECK (kind IN ('notice', 'agreement', 'receipt')),
            subject_id uuid,
            language text NOT NULL,
            template_version text NOT NULL,
            snapshot_sealed bytea NOT NULL,
            snapshot_sha256 bytea NOT NULL,
            pdf_sealed bytea,
            pdf_sha256 bytea,
            issued_at timestamptz NOT NULL,
            issued_by uuid NOT NULL,
            expires_at timestamptz,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, kind, subject_id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id)
        )""")
    op.execute("CREATE INDEX letters_account_idx ON letters (bank_id, account_id)")
    protect("letters", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY, debtor=DEBTOR)
