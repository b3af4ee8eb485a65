"""Create the files agencies log their day with, and a bank's own reminders."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, protect

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE action_files (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            agency_id uuid NOT NULL REFERENCES agencies (id),
            file_name text NOT NULL,
            sha256 bytea NOT NULL,
            size_bytes bigint NOT NULL,
            encoding text NOT NULL DEFAULT '',
            delimiter text NOT NULL DEFAULT '',
            state text NOT NULL CHECK (state IN ('uploaded', 'checked', 'committed', 'refused')),
            mapping jsonb,
            report jsonb,
            row_count int NOT NULL DEFAULT 0,
            breach_count int NOT NULL DEFAULT 0,
            uploaded_by uuid NOT NULL,
            uploaded_at timestamptz NOT NULL DEFAULT now(),
            committed_at timestamptz,
            PRIMARY KEY (bank_id, id)
        )""")
    # The same bytes are committed once.
    op.execute(
        "CREATE UNIQUE INDEX action_files_committed_key"
        " ON action_files (bank_id, agency_id, sha256) WHERE state = 'committed'"
    )
    protect("action_files", "SELECT, INSERT, UPDATE", bank_select=BANK, agency=AGENCY)
    op.execute("""
        CREATE TABLE action_file_chunks (
            bank_id uuid NOT NULL,
            file_id uuid NOT NULL,
            agency_id uuid NOT NULL,
            number int NOT NULL,
            sealed bytea NOT NULL,
            PRIMARY KEY (bank_id, file_id, number),
            FOREIGN KEY (bank_id, file_id) REFERENCES action_files (bank_id, id)
        )""")
    op.execute("ALTER TABLE action_file_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL")
    protect("action_file_chunks", "SELECT, INSERT, DELETE", agency=AGENCY)
    op.execute("""
        CREATE TABLE reminder_ladders (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            version int NOT NULL CHECK (version > 0),
            steps jsonb NOT NULL,
            is_running boolean NOT NULL DEFAULT false,
            effective_from date NOT NULL,
            made_by uuid NOT NULL,
            made_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, version)
        )""")
    protect("reminder_ladders", "SELECT, INSERT", bank=BANK)
    # One row for each step reached on an account; a step is never taken twice.
    op.execute("""
        CREATE TABLE reminders (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            step text NOT NULL CHECK (step <> ''),
            channel text NOT NULL CHECK (channel IN ('sms', 'email', 'call', 'letter')),
            department text NOT NULL,
            due_on date NOT NULL,
            state text NOT NULL
                CHECK (state IN ('due', 'sent', 'waiting', 'refused', 'skipped')),
            reason text NOT NULL DEFAULT '',
            tried_at timestamptz,
            next_try_at timestamptz,
            done_at timestamptz,
            action_id uuid,
            permit_id uuid,
            answer_by date,
            ladder_version int NOT NULL,
            judgement jsonb NOT NULL DEFAULT '{}',
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, account_id, step),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, debtor_id) REFERENCES debtors (bank_id, id)
        )""")
    op.execute("CREATE INDEX reminders_due_idx ON reminders (bank_id, state, due_on, id)")
    op.execute("CREATE INDEX reminders_debtor_idx ON reminders (bank_id, debtor_id, due_on)")
    protect("reminders", "SELECT, INSERT, UPDATE", bank=BANK, debtor_select=DEBTOR)
    # A formal demand of the bank's own is a letter too, and its e-mails count as tried.
    _widen("letters", ("notice", "agreement", "receipt", "demand"))
    _widen("efforts", ("sms", "email", "call", "demand_letter"))


def _widen(table: str, kinds: tuple[str, ...]) -> None:
    """Let a table's kind be one of these."""
    named = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_kind_check")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_kind_check CHECK (kind IN ({named})) NOT VALID"
    )
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_kind_check")
