"""Create actions, the rules they broke, and promises."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, protect

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    begin()
    # `agency_id` is the agency that may read the row now, `made_by_agency_id` the one that acted.
    op.execute("""
        CREATE TABLE actions (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            placement_id uuid,
            agency_id uuid,
            made_by_agency_id uuid,
            made_by uuid NOT NULL,
            channel text NOT NULL CHECK (channel IN ('call', 'sms', 'email', 'letter', 'visit',
                'in_app')),
            direction text NOT NULL CHECK (direction IN ('outbound', 'inbound')),
            outcome text NOT NULL,
            target text NOT NULL DEFAULT 'consumer',
            note_sealed bytea,
            made_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            judgement jsonb NOT NULL DEFAULT '{}',
            breach_count int NOT NULL DEFAULT 0,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, placement_id) REFERENCES placements (bank_id, id)
        )""")
    op.execute("CREATE INDEX actions_debtor_idx ON actions (bank_id, debtor_id, made_at)")
    op.execute("CREATE INDEX actions_account_idx ON actions (bank_id, account_id, made_at)")
    protect("actions", "SELECT, INSERT", bank=BANK, agency=AGENCY, debtor_select=DEBTOR)
    op.execute("""
        CREATE TABLE breaches (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            action_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            made_by_agency_id uuid,
            rule_id text NOT NULL,
            code text NOT NULL,
            citation text NOT NULL,
            severity text NOT NULL,
            verdict text NOT NULL,
            facts jsonb NOT NULL,
            pack text NOT NULL,
            pack_version text NOT NULL,
            pack_hash text NOT NULL,
            state text NOT NULL DEFAULT 'open'
                CHECK (state IN ('open', 'explained', 'upheld', 'waived', 'remedied')),
            found_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, action_id) REFERENCES actions (bank_id, id)
        )""")
    op.execute("CREATE INDEX breaches_account_idx ON breaches (bank_id, account_id)")
    op.execute("CREATE INDEX breaches_agency_idx ON breaches (bank_id, made_by_agency_id)")
    protect("breaches", "SELECT, INSERT", bank=BANK, agency=AGENCY)
    op.execute("""
        CREATE TABLE promises (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            placement_id uuid,
            agency_id uuid,
            made_by_agency_id uuid,
            action_id uuid,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            currency char(3) NOT NULL,
            due_on date NOT NULL,
            state text NOT NULL DEFAULT 'active'
                CHECK (state IN ('active', 'kept', 'partial', 'broken', 'cancelled', 'superseded')),
            made_at timestamptz NOT NULL,
            recorded_by uuid NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id)
        )""")
    op.execute(
        "CREATE UNIQUE INDEX promises_one_active_key ON promises (bank_id, account_id)"
        " WHERE state = 'active'"
    )
    op.execute("CREATE INDEX promises_account_idx ON promises (bank_id, account_id)")
    op.execute(
        "CREATE INDEX promises_agency_idx ON promises (agency_id, due_on) WHERE state = 'active'"
    )
    protect("promises", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY, debtor_select=DEBTOR)
