"""Create holds, and what a person said and wishes about being contacted."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCIES, BANK, DEBTOR, begin, protect

revision = "0014"
down_revision = "0013"

KINDS = """('dispute', 'cease', 'attorney', 'hardship', 'bereavement', 'bankruptcy',
    'breathing_space', 'plan_preparation', 'statute_barred_refusal', 'complaint', 'litigation',
    'balance_unverified', 'credential_lapsed', 'other')"""


def upgrade() -> None:
    begin()
    # No account means the hold is on the person: on every account they have at the bank.
    op.execute(f"""
        CREATE TABLE holds (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            account_id uuid,
            agency_ids uuid[] NOT NULL DEFAULT '{{}}',
            kind text NOT NULL CHECK (kind IN {KINDS}),
            state text NOT NULL CHECK (state IN ('opened', 'active', 'released')),
            owner text NOT NULL CHECK (owner IN ('bank', 'agency')),
            due_on date,
            starts_on date,
            ends_on date,
            extension_days int NOT NULL DEFAULT 0 CHECK (extension_days >= 0),
            ref text NOT NULL DEFAULT '',
            note_sealed bytea,
            received_at timestamptz NOT NULL,
            opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            opened_side text NOT NULL,
            opened_by uuid NOT NULL,
            opened_org uuid,
            action_id uuid,
            confirmed_at timestamptz,
            confirmed_by uuid,
            released_at timestamptz,
            released_by uuid,
            release_reason text NOT NULL DEFAULT '',
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            CHECK (starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on),
            CHECK ((state = 'released') = (released_at IS NOT NULL)),
            CHECK (state <> 'released' OR release_reason <> '')
        )""")
    op.execute(
        "CREATE UNIQUE INDEX holds_one_open_key ON holds (bank_id, debtor_id, account_id, kind)"
        " NULLS NOT DISTINCT WHERE state <> 'released'"
    )
    op.execute("CREATE INDEX holds_debtor_idx ON holds (bank_id, debtor_id)")
    op.execute(
        "CREATE INDEX holds_due_idx ON holds (bank_id, due_on, id) WHERE state <> 'released'"
    )
    protect(
        "holds",
        "SELECT, INSERT, UPDATE (agency_ids, state, owner, due_on, ends_on, extension_days, ref,"
        " confirmed_at, confirmed_by, released_at, released_by, release_reason)",
        bank=BANK,
        agency_select=AGENCIES,
        agency_insert=AGENCIES,
        debtor_select=DEBTOR,
        debtor_insert=DEBTOR,
    )
    op.execute("""
        CREATE TABLE contact_wishes (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            agency_ids uuid[] NOT NULL DEFAULT '{}',
            channels text[] CHECK (channels <@ ARRAY['call', 'sms', 'email', 'letter', 'visit',
                'in_app']),
            days int[] CHECK (days <@ ARRAY[0, 1, 2, 3, 4, 5, 6]),
            opens_minute int CHECK (opens_minute BETWEEN 0 AND 1440),
            closes_minute int CHECK (closes_minute BETWEEN 0 AND 1440),
            weekly_maximum int CHECK (weekly_maximum BETWEEN 0 AND 50),
            write_only boolean NOT NULL DEFAULT false,
            no_work boolean NOT NULL DEFAULT false,
            received_at timestamptz NOT NULL,
            ended_at timestamptz,
            told_side text NOT NULL CHECK (told_side IN ('debtor', 'agency', 'bank', 'system')),
            told_by uuid NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id),
            CHECK ((opens_minute IS NULL) = (closes_minute IS NULL)),
            CHECK (opens_minute < closes_minute)
        )""")
    op.execute(
        "CREATE UNIQUE INDEX contact_wishes_one_key ON contact_wishes (bank_id, debtor_id)"
        " WHERE ended_at IS NULL"
    )
    op.execute("CREATE INDEX contact_wishes_debtor_idx ON contact_wishes (bank_id, debtor_id)")
    protect(
        "contact_wishes",
        "SELECT, INSERT, UPDATE (agency_ids, ended_at)",
        bank=BANK,
        agency=AGENCIES,
        debtor=DEBTOR,
    )
    op.execute("""
        CREATE TABLE contact_statements (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            debtor_id uuid NOT NULL,
            account_id uuid,
            agency_ids uuid[] NOT NULL DEFAULT '{}',
            kind text NOT NULL CHECK (kind IN ('opt_out', 'consent', 'cease', 'representation',
                'barred_place', 'barred_time', 'wrong_number', 'dispute')),
            channel text,
            contact_point_id uuid,
            scope text,
            form text NOT NULL DEFAULT 'unknown',
            place text,
            given_to uuid,
            valid_from date,
            valid_until date,
            details jsonb NOT NULL DEFAULT '{}',
            detail_sealed bytea,
            received_at timestamptz NOT NULL,
            ended_at timestamptz,
            told_side text NOT NULL,
            told_by uuid NOT NULL,
            action_id uuid,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            CHECK (ended_at IS NULL OR ended_at >= received_at)
        )""")
    op.execute(
        "CREATE INDEX contact_statements_debtor_idx ON contact_statements (bank_id, debtor_id)"
    )
    protect(
        "contact_statements",
        "SELECT, INSERT, UPDATE (agency_ids, ended_at, details)",
        bank=BANK,
        agency=AGENCIES,
        debtor=DEBTOR,
    )
