"""
What riders say of stations, what operators answer, and which stations are in doubt.

No row says where a rider was, and none can be strung together into where a rider went: `reporter_digest` is made from
the phone's token and the station, so that the same rider counts once per station and is somebody else at the next
one. The hourly limit needs one name across stations; that one is salted anew every day and forgotten with the salt.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)

from geo.store.tables import codes
from geo.store.tables.metadata import city_key, digest, key, metadata, one_of, said


def station() -> ForeignKeyConstraint:
    """The facility of the same city that a row is about; the row goes when the facility goes."""
    return ForeignKeyConstraint(
        ["city_id", "facility_id"], ["facility.city_id", "facility.facility_id"], ondelete="CASCADE"
    )


report_answer = Table(
    "report_answer",
    metadata,
    key("answer_id"),
    city_key(),
    Column("facility_id", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note", Text),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    one_of("outcome", codes.REPORT_OUTCOME),
    said("note"),
    said("answered_by"),
    station(),
    Index("ix_report_answer_facility_id", "facility_id", "answered_at"),
)

report = Table(
    "report",
    metadata,
    # Made by the phone: a report that is sent twice, because the first answer was lost, is one report.
    Column("report_id", Uuid, primary_key=True),
    city_key(),
    Column("facility_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amenity_code", Text),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("reporter_digest", Text, nullable=False),
    Column("answer_id", BigInteger, ForeignKey("report_answer.answer_id", ondelete="SET NULL")),
    one_of("kind", codes.REPORT_KIND),
    one_of("amenity_code", codes.AMENITY),
    CheckConstraint("amenity_code IS NULL OR kind IN ('amenity_broken', 'supplies_out')", name="amenity_of_kind"),
    CheckConstraint("happened_at <= received_at", name="happened_before_received"),
    digest("reporter_digest"),
    station(),
    Index("ix_report_facility_id", "facility_id", "happened_at"),
    Index("ix_report_answer_id", "answer_id"),
    comment="Open while answer_id is NULL.",
)

station_doubt = Table(
    "station_doubt",
    metadata,
    city_key(),
    Column("facility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("reporters", Integer, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    said("subject"),
    CheckConstraint("reporters > 0", name="reporters_counted"),
    station(),
    Index("ix_station_doubt_city_id", "city_id", "until"),
    comment="Stations that riders doubt at present; kept by geo/services/rider_reports.py from the reports.",
)

report_salt = Table(
    "report_salt",
    metadata,
    Column("day", Date, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    CheckConstraint("octet_length(salt) >= 16", name="salt_long_enough"),
)

report_pace = Table(
    "report_pace",
    metadata,
    Column("sender_digest", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("reports", Integer, nullable=False),
    digest("sender_digest"),
    CheckConstraint("reports > 0", name="reports_counted"),
    Index("ix_report_pace_hour", "hour"),
    comment="How many reports came from one sender in an hour; rows older than a day are removed.",
)
