"""
Places: the physical door (site), what the door is (facility), and everything said about it.

A site can hold several facilities, a facility can carry the plates of several networks. The city stands in every row
that another row points to, and the pair is the foreign key: no facility can ever hang on a door of another city.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo.store.tables import codes
from geo.store.tables.metadata import (
    all_of,
    city_key,
    countable,
    digest,
    geography_of,
    gist,
    key,
    metadata,
    on_earth,
    one_of,
    point,
    said,
    source_key,
)

EMPTY_ARRAY = text("'{}'::text[]")

network = Table(
    "network",
    metadata,
    Column("network_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    said("network_code"),
    said("name"),
    comment="The plates a door can carry (工会驿站, 环卫爱心驿站 …); reference rows, seeded by the migrations.",
)

site = Table(
    "site",
    metadata,
    key("site_id"),
    city_key(),
    point("geom"),
    point("entrance_geom", nullable=True),
    geography_of("geom"),
    Column("raw_lng", Double),
    Column("raw_lat", Double),
    Column("coord_datum", Text, nullable=False),
    Column("coord_source", Text),
    Column("coord_method", Text),
    Column("precision_m", Double),
    Column("address", Text),
    Column("landmark_hint", Text),
    # `district` and `street` follow the area layer where there is one; the register's own claim stays beside them.
    Column("district_code", Text),
    Column("street_code", Text),
    Column("district", Text),
    Column("street", Text),
    Column("district_stated", Text),
    Column("street_stated", Text),
    Column("floor", Text),
    Column("street_facing", Boolean),
    Column("inside_building", Boolean),
    Column("host_type", Text),
    Column("host_name", Text),
    Column("bike_parking", Text),
    Column("area_m2", Double),
    Column("seats", Integer),
    Column("capacity_people", Integer),
    Column("step_free", Boolean),
    Column("content_hash", Text),
    source_key(),
    on_earth("geom"),
    on_earth("entrance_geom"),
    one_of("coord_datum", codes.DATUM),
    one_of("coord_method", codes.COORD_METHOD),
    one_of("host_type", codes.HOST_TYPE),
    one_of("bike_parking", codes.BIKE_PARKING),
    countable("precision_m"),
    countable("area_m2"),
    CheckConstraint("seats >= 0", name="seats_countable"),
    CheckConstraint("capacity_people >= 0", name="capacity_people_countable"),
    digest("content_hash"),
    UniqueConstraint("city_id", "site_id"),
    Index("ix_site_city_id_content_hash", "city_id", "content_hash"),
    gist("site", "geom"),
    gist("site", "geog"),
)

facility = Table(
    "facility",
    metadata,
    key("facility_id"),
    city_key(),
    Column("site_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("alt_names", ARRAY(Text), nullable=False, server_default=EMPTY_ARRAY),
    Column("facility_type", Text, nullable=False),
    Column("facility_class", Text),
    Column("star", SmallInteger),
    Column("attended", Text),
    Column("user_groups", ARRAY(Text), nullable=False, server_default=EMPTY_ARRAY),
    Column("member_only", Boolean),
    Column("entry_methods", ARRAY(Text), nullable=False, server_default=EMPTY_ARRAY),
    Column("first_use_needs", Text),
    Column("entry_note", Text),
    Column("status", Text, nullable=False, server_default="active"),
    Column("status_reason", Text),
    Column("status_until", Date),
    Column("opened_on", Date),
    Column("retired_on", Date),
    Column("org_id", BigInteger, ForeignKey("org.org_id")),
    Column("public_phone", Text),
    Column("hours_text", Text),
    Column("hours_certain", Boolean, nullable=False, server_default=text("false")),
    Column("is_synthetic", Boolean, nullable=False, server_default=text("false")),
    Column("last_verified_on", Date),
    Column("visible", Boolean, nullable=False, server_default=text("true")),
    source_key(),
    Column("import_batch_id", BigInteger, ForeignKey("import_batch.batch_id")),
    Column("content_hash", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("note", Text),
    said("name"),
    one_of("facility_type", codes.FACILITY_TYPE),
    one_of("facility_class", codes.FACILITY_CLASS),
    one_of("attended", codes.ATTENDED),
    one_of("first_use_needs", codes.FIRST_USE),
    one_of("status", codes.STATUS),
    all_of("user_groups", codes.USER_GROUP),
    all_of("entry_methods", codes.ENTRY_METHOD),
    CheckConstraint("star BETWEEN 1 AND 5", name="star_range"),
    CheckConstraint("retired_on >= opened_on", name="retired_after_opened"),
    digest("content_hash"),
    UniqueConstraint("city_id", "facility_id"),
    ForeignKeyConstraint(["city_id", "site_id"], ["site.city_id", "site.site_id"]),
    Index("ix_facility_site_id", "site_id"),
    Index("ix_facility_city_id_name", "city_id", "name"),
    Index("ix_facility_import_batch_id", "import_batch_id"),
)

network_membership = Table(
    "network_membership",
    metadata,
    Column("network_code", Text, ForeignKey("network.network_code"), primary_key=True),
    Column("facility_id", BigInteger, primary_key=True),
    city_key(),
    Column("code", Text),
    said("code"),
    UniqueConstraint("city_id", "network_code", "code"),
    ForeignKeyConstraint(["city_id", "facility_id"], ["facility.city_id", "facility.facility_id"], ondelete="CASCADE"),
    Index("ix_network_membership_facility_id", "facility_id"),
    comment="The networks of a facility and its code in each; a code names one facility per city and network.",
)


def of_facility(*, primary_key: bool = True) -> Column[int]:
    """The facility a row describes; it goes when the facility goes."""
    return Column(
        "facility_id",
        BigInteger,
        ForeignKey("facility.facility_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def minutes_of_day() -> list[CheckConstraint]:
    """Opening begins within a day and ends after it began; 22:00 to 06:00 is 1320 to 1800."""
    return [
        CheckConstraint("opens_min BETWEEN 0 AND 1439", name="opens_within_day"),
        CheckConstraint("closes_min > opens_min AND closes_min <= 2880", name="closes_after_opening"),
    ]


amenity_at_facility = Table(
    "amenity_at_facility",
    metadata,
    of_facility(),
    Column("amenity_code", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("quantity", Integer),
    Column("hours_override", Text),
    Column("checked_on", Date),
    source_key(),
    one_of("amenity_code", codes.AMENITY),
    one_of("state", codes.AMENITY_STATE),
    CheckConstraint("quantity >= 0", name="quantity_countable"),
)

service_at_facility = Table(
    "service_at_facility",
    metadata,
    of_facility(),
    Column("service_code", Text, primary_key=True),
    Column("hours_override", Text),
    Column("note", Text),
    source_key(),
    one_of("service_code", codes.SERVICE),
)

opening_rule = Table(
    "opening_rule",
    metadata,
    of_facility(),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("byday", ARRAY(SmallInteger), nullable=False),
    Column("opens_min", SmallInteger, nullable=False),
    Column("closes_min", SmallInteger, nullable=False),
    Column("valid_from", Text),
    Column("valid_to", Text),
    Column("season", Text),
    Column("holiday_policy", Text, nullable=False, server_default="unknown"),
    Column("certain", Boolean, nullable=False, server_default=text("false")),
    *minutes_of_day(),
    CheckConstraint("byday <@ '{1,2,3,4,5,6,7}'::smallint[] AND cardinality(byday) > 0", name="byday_weekdays"),
    CheckConstraint(r"valid_from ~ '^[01]\d-[0-3]\d$'", name="valid_from_month_day"),
    CheckConstraint(r"valid_to ~ '^[01]\d-[0-3]\d$'", name="valid_to_month_day"),
    CheckConstraint("(valid_from IS NULL) = (valid_to IS NULL)", name="valid_both_ends"),
    one_of("holiday_policy", codes.HOLIDAY_POLICY),
    comment="Minutes after midnight of the day the opening begins; closes_min beyond 1440 runs past midnight.",
)

opening_exception = Table(
    "opening_exception",
    metadata,
    key("exception_id"),
    of_facility(primary_key=False),
    Column("on_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("opens_min", SmallInteger),
    Column("closes_min", SmallInteger),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("note", Text),
    source_key(),
    one_of("kind", codes.EXCEPTION_KIND),
    *minutes_of_day(),
    CheckConstraint(
        "closed = (opens_min IS NULL) AND (opens_min IS NULL) = (closes_min IS NULL)", name="closed_or_hours"
    ),
    Index("ix_opening_exception_facility_id_on_date", "facility_id", "on_date"),
)

evidence = Table(
    "evidence",
    metadata,
    key("evidence_id"),
    Column("source_id", BigInteger, ForeignKey("source.source_id", ondelete="CASCADE"), nullable=False),
    of_facility(primary_key=False),
    Column("quote", Text, nullable=False),
    Column("field", Text),
    said("quote"),
    Index("ix_evidence_facility_id", "facility_id"),
)
