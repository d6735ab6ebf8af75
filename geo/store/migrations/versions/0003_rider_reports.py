"""Keep what riders report, what operators answer, and which stations are in doubt."""
# ruff: noqa: E501 - one column or constraint per line, as the database has it, reads better than the same line folded

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BLANKS = r"E' \t\r\n\u3000\u00a0'"


def upgrade() -> None:
    op.create_table(
        "report_answer",
        sa.Column("answer_id", sa.BigInteger(), sa.Identity(), nullable=False),
        *of_station("report_answer"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("outcome IN ('answered', 'dismissed')", name=op.f("ck_report_answer_outcome")),
        sa.CheckConstraint(f"btrim(note, {BLANKS}) <> ''", name=op.f("ck_report_answer_note_said")),
        sa.CheckConstraint(f"btrim(answered_by, {BLANKS}) <> ''", name=op.f("ck_report_answer_answered_by_said")),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_report_answer")),
    )
    op.create_index("ix_report_answer_facility_id", "report_answer", ["facility_id", "answered_at"])
    op.create_table(
        "report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        *of_station("report"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amenity_code", sa.Text()),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reporter_digest", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.BigInteger()),
        sa.CheckConstraint(
            "kind IN ('good_confirm', 'locked_in_hours', 'no_answer', 'entry_refused', 'app_barrier', 'hours_wrong', 'moved', 'gone', 'wrong_place', 'name_wrong', 'amenity_broken', 'supplies_out', 'full', 'dirty', 'no_parking', 'upstairs_hard')",
            name=op.f("ck_report_kind"),
        ),
        sa.CheckConstraint(
            "amenity_code IN ('water_hot', 'water_cold', 'microwave', 'fridge', 'meal_discount', 'table', 'seat', 'recliner', 'aircon', 'heating', 'fan', 'toilet_inside', 'toilet_near', 'handwash', 'shower', 'laundry', 'phone_charge', 'powerbank', 'ebike_charge', 'battery_swap', 'ev_charge', 'tyre_pump', 'repair_tools', 'sewing', 'umbrella', 'raincoat', 'locker', 'tool_storage', 'first_aid', 'heat_medicine', 'aed', 'bp_meter', 'tele_clinic', 'emergency_button', 'wifi', 'books', 'tv', 'self_print', 'notice_screen', 'nursing', 'milk_fridge', 'diaper_table', 'childcare_drop', 'step_free', 'ramp', 'women_room', 'smoke_room', 'fire_ext', 'cctv', 'smoke_alarm')",
            name=op.f("ck_report_amenity_code"),
        ),
        sa.CheckConstraint(
            "amenity_code IS NULL OR kind IN ('amenity_broken', 'supplies_out')", name=op.f("ck_report_amenity_of_kind")
        ),
        sa.CheckConstraint("happened_at <= received_at", name=op.f("ck_report_happened_before_received")),
        sa.CheckConstraint("reporter_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_report_reporter_digest_digest")),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["report_answer.answer_id"], name=op.f("fk_report_answer_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report")),
        comment="Open while answer_id is NULL.",
    )
    op.create_index("ix_report_facility_id", "report", ["facility_id", "happened_at"])
    op.create_index("ix_report_answer_id", "report", ["answer_id"])
    op.create_table(
        "station_doubt",
        *of_station("station_doubt"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"btrim(subject, {BLANKS}) <> ''", name=op.f("ck_station_doubt_subject_said")),
        sa.CheckConstraint("reporters > 0", name=op.f("ck_station_doubt_reporters_counted")),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_station_doubt")),
        comment="Stations that riders doubt at present; kept by geo/services/rider_reports.py from the reports.",
    )
    op.create_index("ix_station_doubt_city_id", "station_doubt", ["city_id", "until"])
    op.create_table(
        "report_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(salt) >= 16", name=op.f("ck_report_salt_salt_long_enough")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_report_salt")),
    )
    op.create_table(
        "report_pace",
        sa.Column("sender_digest", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.CheckConstraint("sender_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_report_pace_sender_digest_digest")),
        sa.CheckConstraint("reports > 0", name=op.f("ck_report_pace_reports_counted")),
        sa.PrimaryKeyConstraint("sender_digest", "hour", name=op.f("pk_report_pace")),
        comment="How many reports came from one sender in an hour; rows older than a day are removed.",
    )
    op.create_index("ix_report_pace_hour", "report_pace", ["hour"])


def of_station(table: str) -> tuple[sa.Column[int] | sa.ForeignKeyConstraint, ...]:
    """The columns that say which station of which city a row is about, and their keys."""
    return (
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f(f"fk_{table}_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["city_id", "facility_id"],
            ["facility.city_id", "facility.facility_id"],
            name=op.f(f"fk_{table}_city_id_facility_id"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in ("report_pace", "report_salt", "station_doubt", "report", "report_answer"):
        op.drop_table(table)
