"""Keep the keys of those who may write, and know single edits from files in the list of imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BLANKS = r"E' \t\r\n\u3000\u00a0'"


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("district_code", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_on", sa.Date()),
        sa.CheckConstraint(f"btrim(name, {BLANKS}) <> ''", name=op.f("ck_api_key_name_said")),
        sa.CheckConstraint("char_length(name) <= 80", name=op.f("ck_api_key_name_short")),
        sa.CheckConstraint("prefix ~ '^[0-9a-z]{8}$'", name=op.f("ck_api_key_prefix_plain")),
        sa.CheckConstraint("secret_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_api_key_secret_digest_digest")),
        sa.CheckConstraint("scopes <@ ARRAY['stations:write', 'reports:read']::text[]", name=op.f("ck_api_key_scopes")),
        sa.CheckConstraint("cardinality(scopes) > 0", name=op.f("ck_api_key_scopes_some")),
        sa.CheckConstraint(f"btrim(district_code, {BLANKS}) <> ''", name=op.f("ck_api_key_district_code_said")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_api_key_city_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
        sa.UniqueConstraint("city_id", "name", name=op.f("uq_api_key_city_id_name")),
        comment=(
            "The secret is shown once, when the key is made; only its SHA-256 is here. district_code NULL: everywhere."
        ),
    )
    kinds("'register', 'declared', 'streets', 'areas', 'demand', 'edit'")


def downgrade() -> None:
    op.execute("UPDATE import_batch SET kind = 'register' WHERE kind = 'edit'")
    kinds("'register', 'declared', 'streets', 'areas', 'demand'")
    op.drop_table("api_key")


def kinds(there: str) -> None:
    """Let batches be of these kinds."""
    op.drop_constraint(op.f("ck_import_batch_kind"), "import_batch", type_="check")
    op.create_check_constraint(op.f("ck_import_batch_kind"), "import_batch", f"kind IN ({there})")
