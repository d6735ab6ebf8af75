"""Keep a register's remarks, and organisations of which only the name is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("facility", sa.Column("note", sa.Text()))
    op.alter_column("org", "level", nullable=True)
    op.create_index("ix_org_city_id_name", "org", ["city_id", "name"])


def downgrade() -> None:
    op.drop_index("ix_org_city_id_name", "org")
    # What has no level cannot stay where every organisation has one; facilities keep everything but their keeper.
    op.execute("UPDATE facility SET org_id = NULL FROM org WHERE org.org_id = facility.org_id AND org.level IS NULL")
    op.execute("DELETE FROM org WHERE level IS NULL")
    op.alter_column("org", "level", nullable=False)
    op.drop_column("facility", "note")
