"""Keep where riders want a station and what operators make of it, and keys for those who review it."""
# ruff: noqa: E501 - one column or constraint per line, as the database has it, reads better than the same line folded

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BLANKS = r"E' \t\r\n\u3000\u00a0'"


def upgrade() -> None:
    op.create_table(
        "wish_place",
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("people_then", sa.Integer()),
        sa.CheckConstraint("state IN ('new', 'accepted', 'declined', 'built')", name=op.f("ck_wish_place_state")),
        sa.CheckConstraint(f"btrim(note, {BLANKS}) <> ''", name=op.f("ck_wish_place_note_said")),
        sa.CheckConstraint(f"btrim(decided_by, {BLANKS}) <> ''", name=op.f("ck_wish_place_decided_by_said")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_wish_place_decided_by_somebody")
        ),
        sa.CheckConstraint("state = 'new' OR decided_at IS NOT NULL", name=op.f("ck_wish_place_decided")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_wish_place_city_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city_id", "cell", name=op.f("pk_wish_place")),
        comment="A cell of H3 in which somebody wants a station; people_then were those who did when it was decided.",
    )
    op.create_table(
        "wish",
        sa.Column("wish_id", sa.Uuid(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("hours", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("wished_on", sa.Date(), nullable=False),
        sa.Column("reporter_digest", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "NOT ST_IsEmpty(geom) AND ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90",
            name=op.f("ck_wish_geom_on_earth"),
        ),
        sa.CheckConstraint(
            "needs <@ ARRAY['water_hot', 'water_cold', 'microwave', 'fridge', 'meal_discount', 'table', 'seat', 'recliner', 'aircon', 'heating', 'fan', 'toilet_inside', 'toilet_near', 'handwash', 'shower', 'laundry', 'phone_charge', 'powerbank', 'ebike_charge', 'battery_swap', 'ev_charge', 'tyre_pump', 'repair_tools', 'sewing', 'umbrella', 'raincoat', 'locker', 'tool_storage', 'first_aid', 'heat_medicine', 'aed', 'bp_meter', 'tele_clinic', 'emergency_button', 'wifi', 'books', 'tv', 'self_print', 'notice_screen', 'nursing', 'milk_fridge', 'diaper_table', 'childcare_drop', 'step_free', 'ramp', 'women_room', 'smoke_room', 'fire_ext', 'cctv', 'smoke_alarm']::text[]",
            name=op.f("ck_wish_needs"),
        ),
        sa.CheckConstraint("hours <@ ARRAY['early', 'noon', 'evening', 'night']::text[]", name=op.f("ck_wish_hours")),
        sa.CheckConstraint("reporter_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_wish_reporter_digest_digest")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_wish_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["city_id", "cell"],
            ["wish_place.city_id", "wish_place.cell"],
            name=op.f("fk_wish_city_id_cell"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("wish_id", name=op.f("pk_wish")),
        sa.UniqueConstraint("city_id", "cell", "reporter_digest", name=op.f("uq_wish_city_id_cell_reporter_digest")),
        comment="One for each rider and cell, the latest; the place is rounded to some ten metres.",
    )
    scopes("'stations:write', 'reports:read', 'wishes:review'")


def downgrade() -> None:
    # A key for wishes alone opens nothing that is left; the others keep what else they are for.
    op.execute("DELETE FROM api_key WHERE scopes = ARRAY['wishes:review']::text[]")
    op.execute("UPDATE api_key SET scopes = array_remove(scopes, 'wishes:review')")
    scopes("'stations:write', 'reports:read'")
    for table in ("wish", "wish_place"):
        op.drop_table(table)


def scopes(there: str) -> None:
    """Let keys have these scopes."""
    op.drop_constraint(op.f("ck_api_key_scopes"), "api_key", type_="check")
    op.create_check_constraint(op.f("ck_api_key_scopes"), "api_key", f"scopes <@ ARRAY[{there}]::text[]")
