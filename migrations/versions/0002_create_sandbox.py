"""Create the tables of the payment sandbox: a provider's state, apart from the portal's."""

from __future__ import annotations

from alembic import op

from migrations.support import begin

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    begin()
    op.execute(
        """
        CREATE TABLE sandbox.objects (
            account text NOT NULL,
            id text NOT NULL UNIQUE,
            seq bigint GENERATED ALWAYS AS IDENTITY,
            kind text NOT NULL CHECK (
                kind IN ('checkout.session', 'payment_intent', 'customer', 'event')
            ),
            body jsonb NOT NULL,
            hidden jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL,
            PRIMARY KEY (account, id),
            CHECK (body ->> 'id' = id AND body ->> 'object' = kind)
        )
        """
    )
    op.execute("CREATE INDEX objects_listed ON sandbox.objects (account, kind, seq)")
    op.execute(
        """
        CREATE INDEX objects_open ON sandbox.objects (((body ->> 'expires_at')::bigint))
        WHERE kind = 'checkout.session' AND body ->> 'status' = 'open'
        """
    )
    op.execute(
        """
        CREATE TABLE sandbox.idempotency_keys (
            account text NOT NULL,
            key text NOT NULL,
            fingerprint text NOT NULL,
            status integer,
            answer text,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (account, key)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE sandbox.endpoints (
            account text PRIMARY KEY,
            url text NOT NULL,
            secret text NOT NULL CHECK (secret <> '')
        )
        """
    )
    op.execute(
        """
        CREATE TABLE sandbox.deliveries (
            account text NOT NULL REFERENCES sandbox.endpoints,
            event_id text NOT NULL,
            seq bigint GENERATED ALWAYS AS IDENTITY,
            attempts integer NOT NULL DEFAULT 0,
            next_at timestamptz,
            delivered_at timestamptz,
            last_status integer,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (account, event_id),
            FOREIGN KEY (account, event_id) REFERENCES sandbox.objects (account, id)
        )
        """
    )
    op.execute(
        "CREATE INDEX deliveries_due ON sandbox.deliveries (next_at) WHERE next_at IS NOT NULL"
    )
    op.execute("GRANT USAGE ON SCHEMA sandbox TO portal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sandbox TO portal_app")
