"""Create the job queue's own tables, as procrastinate ships them, in schema `jobs`."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.support import begin

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    begin()
    op.execute("SET LOCAL search_path = jobs")
    connection = op.get_bind()
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("SET LOCAL search_path = public")
    # Jobs carry ids and no personal data; every worker serves every party.
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO portal_app")
    op.execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA jobs TO portal_app")
    op.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO portal_app")
