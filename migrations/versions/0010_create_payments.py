"""Create payments, the inbox of the provider's events, and recoveries."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, protect

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE payments (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            ref text NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            instalment_id uuid,
            purpose text NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            currency char(3) NOT NULL,
            state text NOT NULL CHECK (state IN ('initiated', 'open', 'unknown', 'captured',
                'cleared', 'failed', 'abandoned', 'reversed')),
            gateway_account text NOT NULL,
            checkout_id text,
            checkout_url text,
            intent_id text,
            applied_minor bigint NOT NULL DEFAULT 0
                CHECK (applied_minor BETWEEN 0 AND amount_minor),
            initiated_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            cleared_at timestamptz,
            ended_at timestamptz,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, ref),
            UNIQUE (bank_id, checkout_id),
            UNIQUE (bank_id, intent_id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, instalment_id) REFERENCES instalments (bank_id, id),
            CHECK ((state IN ('cleared', 'reversed')) = (cleared_at IS NOT NULL))
        )""")
    op.execute(
        "CREATE UNIQUE INDEX payments_one_open_key ON payments (bank_id, account_id, purpose)"
        " WHERE state IN ('initiated', 'open', 'unknown', 'captured')"
    )
    op.execute(
        "CREATE INDEX payments_unsettled_idx ON payments (bank_id, initiated_at)"
        " WHERE state IN ('initiated', 'open', 'unknown', 'captured')"
    )
    op.execute("CREATE INDEX payments_account_idx ON payments (bank_id, account_id)")
    protect("payments", "SELECT, INSERT, UPDATE", bank=BANK, debtor=DEBTOR)
    op.execute("""
        CREATE TABLE gateway_events (
            bank_id uuid NOT NULL,
            gateway_account text NOT NULL,
            event_id text NOT NULL,
            kind text NOT NULL,
            object_id text NOT NULL,
            livemode boolean NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL,
            received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            state text NOT NULL DEFAULT 'received'
                CHECK (state IN ('received', 'handled', 'ignored', 'quarantined')),
            reason text NOT NULL DEFAULT '',
            handled_at timestamptz,
            PRIMARY KEY (bank_id, gateway_account, event_id)
        )""")
    op.execute(
        "CREATE INDEX gateway_events_waiting_idx ON gateway_events (bank_id, received_at)"
        " WHERE state = 'received'"
    )
    protect("gateway_events", "SELECT, INSERT, UPDATE", bank=BANK)
    op.execute("""
        CREATE TABLE recoveries (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            placement_id uuid NOT NULL,
            agency_id uuid NOT NULL,
            recipient text NOT NULL CHECK (recipient IN ('agency', 'bank', 'platform')),
            external_ref text NOT NULL CHECK (external_ref <> ''),
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            currency char(3) NOT NULL,
            received_on date NOT NULL,
            state text NOT NULL CHECK (state IN ('reported', 'verified', 'disputed', 'rejected')),
            fee_bps int NOT NULL,
            fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
            payment_id uuid,
            reported_by uuid NOT NULL,
            reported_at timestamptz NOT NULL,
            decided_by uuid,
            decided_at timestamptz,
            reason text NOT NULL DEFAULT '',
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, recipient, external_ref),
            UNIQUE (bank_id, payment_id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, placement_id) REFERENCES placements (bank_id, id),
            FOREIGN KEY (bank_id, payment_id) REFERENCES payments (bank_id, id)
        )""")
    op.execute("CREATE INDEX recoveries_agency_idx ON recoveries (agency_id, bank_id, state)")
    op.execute("CREATE INDEX recoveries_account_idx ON recoveries (bank_id, account_id)")
    protect("recoveries", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY)
