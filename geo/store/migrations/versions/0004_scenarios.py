"""Keep what planners try: named scenarios that a link can open again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BLANKS = r"E' \t\r\n\u3000\u00a0'"


def upgrade() -> None:
    op.create_table(
        "scenario",
        sa.Column("scenario_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", JSONB(), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9A-Za-z_-]{10}$'", name=op.f("ck_scenario_code_plain")),
        sa.CheckConstraint("secret_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_scenario_secret_digest_digest")),
        sa.CheckConstraint("kind IN ('what_if', 'siting')", name=op.f("ck_scenario_kind")),
        sa.CheckConstraint(f"btrim(name, {BLANKS}) <> ''", name=op.f("ck_scenario_name_said")),
        sa.CheckConstraint("char_length(name) <= 80", name=op.f("ck_scenario_name_short")),
        sa.CheckConstraint("jsonb_typeof(question) = 'object'", name=op.f("ck_scenario_question_object")),
        sa.CheckConstraint("jsonb_typeof(changes) = 'array'", name=op.f("ck_scenario_changes_array")),
        sa.CheckConstraint("jsonb_typeof(result) = 'object'", name=op.f("ck_scenario_result_object")),
        sa.CheckConstraint(f"btrim(snapshot_id, {BLANKS}) <> ''", name=op.f("ck_scenario_snapshot_id_said")),
        sa.CheckConstraint("input_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_scenario_input_hash_digest")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_scenario_city_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scenario_id", name=op.f("pk_scenario")),
        sa.UniqueConstraint("code", name=op.f("uq_scenario_code")),
        comment="The code is what a link holds; whoever saved it has the secret, of which only the digest is here.",
    )
    op.create_index("ix_scenario_city_id_scenario_id", "scenario", ["city_id", "scenario_id"])


def downgrade() -> None:
    op.drop_table("scenario")
