"""Create a bank's plan policy, plans and their instalments."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, protect

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE plan_policies (
            bank_id uuid NOT NULL REFERENCES banks (id),
            id uuid NOT NULL DEFAULT uuidv7(),
            currency char(3) NOT NULL,
            effective_from date NOT NULL,
            bands jsonb NOT NULL,
            start_within_days int NOT NULL CHECK (start_within_days BETWEEN 1 AND 90),
            grace_days int NOT NULL DEFAULT 5 CHECK (grace_days BETWEEN 0 AND 60),
            answer_days int NOT NULL DEFAULT 3 CHECK (answer_days BETWEEN 1 AND 30),
            minimum_payment_minor bigint NOT NULL CHECK (minimum_payment_minor > 0),
            charges_paused boolean NOT NULL DEFAULT false,
            misses_that_end int NOT NULL DEFAULT 2 CHECK (misses_that_end >= 2),
            made_by uuid NOT NULL,
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, currency, effective_from)
        )""")
    protect(
        "plan_policies",
        "SELECT, INSERT",
        bank=BANK,
        debtor_select="bank_id = portal.home_bank_id()",
    )
    op.execute("""
        CREATE TABLE plans (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            policy_id uuid,
            state text NOT NULL CHECK (state IN ('asked', 'active', 'in_cure', 'paused',
                'defaulted', 'completed', 'cancelled', 'renegotiated')),
            version int NOT NULL DEFAULT 1,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            total_minor bigint NOT NULL CHECK (total_minor > 0),
            currency char(3) NOT NULL,
            frequency text NOT NULL CHECK (frequency IN ('weekly', 'fortnightly', 'monthly')),
            instalment_count int NOT NULL CHECK (instalment_count BETWEEN 1 AND 600),
            starts_on date NOT NULL,
            balance_verified_on date,
            answer_by date,
            accepted_at timestamptz,
            evidence jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, policy_id) REFERENCES plan_policies (bank_id, id)
        )""")
    op.execute(
        "CREATE UNIQUE INDEX plans_one_live_key ON plans (bank_id, account_id)"
        " WHERE state IN ('asked', 'active', 'in_cure', 'paused')"
    )
    protect("plans", "SELECT, INSERT, UPDATE", bank=BANK, agency_select=AGENCY, debtor=DEBTOR)
    op.execute("""
        CREATE TABLE instalments (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            plan_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            number int NOT NULL CHECK (number > 0),
            due_on date NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            paid_minor bigint NOT NULL DEFAULT 0 CHECK (paid_minor BETWEEN 0 AND amount_minor),
            currency char(3) NOT NULL,
            state text NOT NULL DEFAULT 'due'
                CHECK (state IN ('due', 'part_paid', 'paid', 'missed', 'cancelled')),
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, plan_id, number),
            FOREIGN KEY (bank_id, plan_id) REFERENCES plans (bank_id, id)
        )""")
    op.execute(
        "CREATE INDEX instalments_due_idx ON instalments (bank_id, due_on)"
        " WHERE state IN ('due', 'part_paid')"
    )
    op.execute(
        "CREATE INDEX instalments_agency_idx ON instalments (agency_id, due_on)"
        " WHERE agency_id IS NOT NULL"
    )
    protect("instalments", "SELECT, INSERT, UPDATE", bank=BANK, agency_select=AGENCY, debtor=DEBTOR)
