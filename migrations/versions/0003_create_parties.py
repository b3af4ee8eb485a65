"""Create banks, agencies, their keys, their staff, and a bank's panel of agencies."""

from __future__ import annotations

from alembic import op

from migrations.support import AGENCY, ANYONE_SIGNED_IN, BANK, ORG, begin, protect

revision = "0003"
down_revision = "0002"

ORGANISATION = """
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9-]{2,20}$'),
    name text NOT NULL CHECK (name <> ''),
    name_zh text NOT NULL DEFAULT '',
    country char(2) NOT NULL,
    timezone text NOT NULL,
    languages text[] NOT NULL DEFAULT '{en}',
    phone text NOT NULL DEFAULT '',
    phone_hours text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now()
"""
OPERATOR = "portal.side() = 'operator'"
SELF_OR_COLLEAGUE = f"{ORG} AND (portal.side() <> 'entering' OR id = portal.user_id())"


def upgrade() -> None:
    begin()
    op.execute(f"CREATE TABLE banks ({ORGANISATION}, payment_account text NOT NULL DEFAULT '')")
    op.execute(f"CREATE TABLE agencies ({ORGANISATION})")
    for table, own in (("banks", "id = portal.bank_id()"), ("agencies", "id = portal.agency_id()")):
        # An organisation's name and address are on its letters; nothing else of it is kept here.
        protect(
            table,
            "SELECT, INSERT, UPDATE",
            anyone_select=ANYONE_SIGNED_IN,
            own_update=own,
            operator=OPERATOR,
        )
    op.execute("""
        CREATE TABLE org_keys (
            org_id uuid PRIMARY KEY,
            key_id text NOT NULL,
            wrapped bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        )""")
    # Without the key outside the database a wrapped key opens nothing.
    protect("org_keys", "SELECT, INSERT", anyone=ANYONE_SIGNED_IN)
    op.execute("""
        CREATE TABLE org_secrets (
            org_id uuid NOT NULL,
            kind text NOT NULL,
            sealed bytea NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (org_id, kind)
        )""")
    protect("org_secrets", "SELECT, INSERT, UPDATE, DELETE", org=ORG, operator=OPERATOR)
    op.execute("""
        CREATE TABLE staff (
            org_id uuid NOT NULL,
            id uuid NOT NULL DEFAULT uuidv7(),
            side text NOT NULL CHECK (side IN ('bank', 'agency', 'operator')),
            email text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
            name text NOT NULL CHECK (name <> ''),
            role text NOT NULL,
            status text NOT NULL DEFAULT 'invited'
                CHECK (status IN ('invited', 'active', 'disabled')),
            password_hash text,
            totp_sealed bytea,
            totp_last_step bigint NOT NULL DEFAULT 0,
            recovery_hashes bytea[] NOT NULL DEFAULT '{}',
            sso_issuer text,
            sso_subject text,
            language text NOT NULL DEFAULT 'en',
            theme text NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
            created_at timestamptz NOT NULL DEFAULT now(),
            last_sign_in_at timestamptz,
            PRIMARY KEY (org_id, id),
            UNIQUE (org_id, email),
            UNIQUE (org_id, sso_issuer, sso_subject),
            CHECK ((side = 'bank' AND role IN ('bank_admin', 'vendor_manager', 'bank_analyst'))
                OR (side = 'agency' AND role IN ('agency_admin', 'agency_manager', 'collector'))
                OR (side = 'operator' AND role = 'operator'))
        )""")
    protect("staff", "SELECT, INSERT, UPDATE", org=SELF_OR_COLLEAGUE, operator=OPERATOR)
    op.execute("""
        CREATE TABLE sign_in_providers (
            org_id uuid PRIMARY KEY,
            version int NOT NULL DEFAULT 1,
            discovery_url text NOT NULL,
            issuer text NOT NULL,
            client_id text NOT NULL,
            secret_sealed bytea NOT NULL,
            metadata jsonb NOT NULL,
            enabled boolean NOT NULL DEFAULT false,
            tested_at timestamptz,
            changed_at timestamptz NOT NULL DEFAULT now()
        )""")
    protect("sign_in_providers", "SELECT, INSERT, UPDATE, DELETE", org=ORG, operator=OPERATOR)
    op.execute("""
        CREATE TABLE panel (
            bank_id uuid NOT NULL REFERENCES banks (id),
            agency_id uuid NOT NULL REFERENCES agencies (id),
            status text NOT NULL DEFAULT 'active'
                CHECK (status IN ('active', 'suspended', 'ended')),
            fee_bps int NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
            term_days int NOT NULL CHECK (term_days BETWEEN 1 AND 1096),
            tail_days int NOT NULL DEFAULT 0 CHECK (tail_days BETWEEN 0 AND 366),
            answer_hours int NOT NULL DEFAULT 48 CHECK (answer_hours BETWEEN 1 AND 720),
            capacity int NOT NULL CHECK (capacity >= 0),
            placed int NOT NULL DEFAULT 0 CHECK (placed >= 0),
            places text[] NOT NULL DEFAULT '{}',
            languages text[] NOT NULL DEFAULT '{}',
            products text[] NOT NULL DEFAULT '{}',
            approved_on date NOT NULL,
            PRIMARY KEY (bank_id, agency_id)
        )""")
    op.execute("CREATE INDEX panel_agency_id_idx ON panel (agency_id)")
    protect("panel", "SELECT, INSERT, UPDATE", bank=BANK, agency_select=AGENCY)
