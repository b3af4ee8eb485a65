"""Runs the migrations as portal_owner, on the administrator's connection."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

connection: Connection = context.config.attributes["connection"]


context.configure(
    connection=connection,
    target_metadata=None,
    transaction_per_migration=True,
    version_table="schema_version",
    version_table_schema="public",
)
with context.begin_transaction():
    context.run_migrations()
