"""What a street extract gives: built networks, administrative areas, buildings that could host a station."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import codes
from geo.store.tables.metadata import (
    city_key,
    digest,
    geography_of,
    gist,
    key,
    metadata,
    multipolygon,
    on_earth,
    one_of,
    point,
    said,
    source_key,
)

street_network = Table(
    "street_network",
    metadata,
    key("street_network_id"),
    city_key(),
    Column("extract_name", Text, nullable=False),
    Column("extract_sha256", Text, nullable=False),
    Column("built_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("folder", Text),
    Column("report", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("is_current", Boolean, nullable=False, server_default=text("false")),
    said("extract_name"),
    digest("extract_sha256"),
    Index("ix_street_network_one_current", "city_id", unique=True, postgresql_where=text("is_current")),
)


def of_street_network(*, nullable: bool) -> Column[int]:
    """The extract a row was read from; it goes when the network goes."""
    return Column(
        "street_network_id",
        BigInteger,
        ForeignKey("street_network.street_network_id", ondelete="CASCADE"),
        nullable=nullable,
    )


area = Table(
    "area",
    metadata,
    key("area_id"),
    city_key(),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("parent_code", Text),
    Column("admin_level", SmallInteger),
    multipolygon("geom"),
    source_key(),
    of_street_network(nullable=True),
    one_of("level", codes.AREA_LEVEL),
    said("code"),
    said("name"),
    UniqueConstraint("city_id", "level", "code"),
    gist("area", "geom"),
)

host = Table(
    "host",
    metadata,
    key("host_id"),
    city_key(),
    of_street_network(nullable=False),
    Column("osm_id", Text, nullable=False),
    Column("host_type", Text, nullable=False),
    Column("name", Text),
    point("geom"),
    geography_of("geom"),
    Column("opening_hours", Text),
    on_earth("geom"),
    one_of("host_type", codes.HOST_TYPE),
    said("osm_id"),
    UniqueConstraint("street_network_id", "osm_id"),
    Index("ix_host_city_id_host_type", "city_id", "host_type"),
    gist("host", "geog"),
    comment="Existing buildings that could take a station in; osm_id is written n123, w123 or r123.",
)
