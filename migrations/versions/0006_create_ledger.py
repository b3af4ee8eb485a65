"""Create postings, their lines, the balances they leave and the bank's verification of them."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, BANK, DEBTOR, begin, protect

revision = "0006"
down_revision = "0005"

BOOKS = (
    "'principal', 'interest', 'fees', 'costs', 'origin', 'clearing', 'bank', 'agency_trust',"
    " 'commission', 'unapplied', 'written_off'"
)


def upgrade() -> None:
    begin()
    op.execute("""
        CREATE TABLE postings (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('opening', 'payment', 'settlement', 'recovery',
                'adjustment', 'reversal', 'accrual')),
            cause text NOT NULL CHECK (cause <> ''),
            effective_on date NOT NULL,
            reverses_id uuid,
            reason text NOT NULL DEFAULT '',
            made_by uuid NOT NULL,
            sha256 bytea NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (bank_id, id),
            UNIQUE (bank_id, cause),
            UNIQUE (bank_id, reverses_id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id),
            FOREIGN KEY (bank_id, reverses_id) REFERENCES postings (bank_id, id),
            CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL))
        )""")
    op.execute("CREATE INDEX postings_account_idx ON postings (bank_id, account_id)")
    protect("postings", "SELECT, INSERT", bank=BANK, debtor_select=DEBTOR)
    op.execute(f"""
        CREATE TABLE ledger_lines (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            posting_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            from_book text NOT NULL CHECK (from_book IN ({BOOKS})),
            to_book text NOT NULL CHECK (to_book IN ({BOOKS})),
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            currency char(3) NOT NULL,
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, posting_id) REFERENCES postings (bank_id, id),
            CHECK (from_book <> to_book)
        )""")
    op.execute("CREATE INDEX ledger_lines_account_idx ON ledger_lines (bank_id, account_id)")
    op.execute("CREATE INDEX ledger_lines_posting_idx ON ledger_lines (bank_id, posting_id)")
    protect("ledger_lines", "SELECT, INSERT", bank=BANK, debtor_select=DEBTOR)
    op.execute("""
        CREATE TABLE balances (
            bank_id uuid NOT NULL,
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            agency_id uuid,
            currency char(3) NOT NULL,
            principal_minor bigint NOT NULL CHECK (principal_minor >= 0),
            interest_minor bigint NOT NULL CHECK (interest_minor >= 0),
            fees_minor bigint NOT NULL CHECK (fees_minor >= 0),
            costs_minor bigint NOT NULL DEFAULT 0 CHECK (costs_minor >= 0),
            total_minor bigint NOT NULL GENERATED ALWAYS AS
                (principal_minor + interest_minor + fees_minor + costs_minor) STORED,
            verified_as_of date,
            verified_by uuid,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (bank_id, account_id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id)
        )""")
    op.execute(
        "CREATE INDEX balances_agency_idx ON balances (agency_id) WHERE agency_id IS NOT NULL"
    )
    protect("balances", "SELECT, INSERT, UPDATE", bank=BANK, agency=AGENCY, debtor_select=DEBTOR)
    op.execute("""
        CREATE TABLE verifications (
            bank_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            account_id uuid NOT NULL,
            debtor_id uuid NOT NULL,
            as_of date NOT NULL,
            principal_minor bigint NOT NULL,
            interest_minor bigint NOT NULL,
            fees_minor bigint NOT NULL,
            costs_minor bigint NOT NULL DEFAULT 0,
            currency char(3) NOT NULL,
            source text NOT NULL,
            attested_by uuid NOT NULL,
            attested_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (bank_id, id),
            FOREIGN KEY (bank_id, account_id) REFERENCES accounts (bank_id, id)
        )""")
    op.execute("CREATE INDEX verifications_account_idx ON verifications (bank_id, account_id)")
    protect("verifications", "SELECT, INSERT", bank=BANK, debtor_select=DEBTOR)
