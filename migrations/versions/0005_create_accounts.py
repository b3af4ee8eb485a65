"""Create debtors, their contact points, their accounts and what was tried before referral."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCIES, AGENCY, BANK, DEBTOR, begin, protect

revision = "0005"
down_revision = "0004"

SELF = "bank_id = portal.home_bank_id() AND id = portal.debtor_id()"


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE debtors (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            customer_ref text NOT NULL CHECK (customer_ref <> ''),
            name text NOT NULL CHECK (name <> ''),
            language text NOT NULL,
            country char(2) NOT NULL,
            state text NOT NULL DEFAULT '',
            postcode text NOT NULL DEFAULT '',
            city text NOT NULL DEFAULT '',
            zones text[] NOT NULL DEFAULT '{}',
            wrapped_key bytea NOT NULL,
            birth_sealed bytea,
            id_last4_sealed bytea,
            agency_ids uuid[] NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, customer_ref)
        )""")
    op.execute("CREATE INDEX debtors_name_idx ON debtors USING gin (name gin_trgm_ops)")
    protect("debtors", "SELECT, INSERT, UPDATE", bank=BANK, agency_select=AGENCIES, self=SELF)
    op.execute("""
        CREATE TABLE contact_points (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('phone', 'email', 'address')),
            value_sealed bytea NOT NULL,
            value_index bytea NOT NULL,
            source text NOT NULL DEFAULT 'bank_file',
            received_at timestamptz NOT NULL DEFAULT now(),
            agency_ids uuid[] NOT NULL DEFAULT '{}',
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, debtor_id, kind, value_index),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id)
        )""")
    protect(
        "contact_points",
        "SELECT, INSERT, UPDATE",
        bank=BANK,
        agency_select=AGENCIES,
        debtor_select=DEBTOR,
    )
    op.execute("""
        CREATE TABLE import_files (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            file_name text NOT NULL,
            sha256 bytea NOT NULL,
            size_bytes bigint NOT NULL,
            encoding text NOT NULL,
            delimiter text NOT NULL,
            state text NOT NULL CHECK (state IN ('uploaded', 'checked', 'committed', 'refused')),
            mapping jsonb,
            report jsonb,
            uploaded_by uuid NOT NULL,
            uploaded_at timestamptz NOT NULL DEFAULT now(),
            committed_at timestamptz,
            PRIMARY KEY (bank_id, id)
        )""")
    # The same bytes are committed once; an upload given up half way may be made again.
    op.execute(
        "CREATE UNIQUE INDEX import_files_committed_key ON import_files (bank_id, sha256)"
        " WHERE state = 'committed'"
    )
    protect("import_files", "SELECT, INSERT, UPDATE", bank=BANK)
    op.execute("""
        CREATE TABLE import_chunks (
            bank_id uuid NOT NULL,
            import_id uuid NOT NULL,
            number int NOT NULL,
            sealed bytea NOT NULL,
            PRIMARY KEY (bank_id, import_id, number),
            FOREIGN KEY (bank_id, import_id) REFERENCES import_files (bank_id, id)
        )""")
    op.execute("ALTER TABLE import_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL")
    protect("import_chunks", "SELECT, INSERT, DELETE", bank=BANK)
    op.execute("""
        CREATE TABLE import_mappings (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            headings_key bytea NOT NULL,
            mapping jsonb NOT NULL,
            changed_by uuid NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, headings_key)
        )""")
    protect("import_mappings", "SELECT, INSERT, UPDATE", bank=BANK)
    op.execute("""
        CREATE TABLE accounts (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            account_ref text NOT NULL CHECK (account_ref <> ''),
            product text NOT NULL,
            currency char(3) NOT NULL,
            credit_limit_minor bigint CHECK (credit_limit_minor >= 0),
            itemisation_on date NOT NULL,
            past_due_since date NOT NULL,
            months_past_due int NOT NULL CHECK (months_past_due >= 0),
            last_payment_minor bigint CHECK (last_payment_minor >= 0),
            state text NOT NULL DEFAULT 'ready'
                CHECK (state IN ('ready', 'offered', 'placed', 'closed')),
            agency_id uuid,
            placement_id uuid,
            last_action_at timestamptz,
            import_id uuid,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, account_ref),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id),
            FOREIGN KEY (bank_id, import_id) REFERENCES import_files (bank_id, id)
        )""")
    op.execute("CREATE INDEX accounts_debtor_idx ON accounts (bank_id, debtor_id)")
    op.execute("CREATE INDEX accounts_state_idx ON accounts (bank_id, state, id)")
    op.execute(
        "CREATE INDEX accounts_agency_idx ON accounts (agency_id, last_action_at NULLS FIRST, id)"
        " WHERE agency_id IS NOT NULL"
    )
    protect("accounts", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY, debtor=DEBTOR)
    op.execute("""
        CREATE TABLE efforts (
            bank_id uuid NOT NULL,
            account_id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('sms', 'call', 'demand_letter')),
            times int NOT NULL CHECK (times > 0),
            last_on date,
            PRIMARY KEY (bank_id, account_id, kind),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id)
        )""")
    protect("efforts", "SELECT, INSERT, UPDATE", bank=BANK)
