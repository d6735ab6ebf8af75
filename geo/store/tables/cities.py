"""Cities, who says what about them, and the version counter the snapshot follows."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from geo.store.tables import codes
from geo.store.tables.metadata import city_key, digest, key, metadata, one_of, partial_date, said, source_key

city = Table(
    "city",
    metadata,
    key("city_id"),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("is_synthetic", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # The slug is a folder name under the data folder as well, so nothing but letters, digits and hyphens.
    CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'", name="slug_plain"),
    said("name"),
)

city_revision = Table(
    "city_revision",
    metadata,
    city_key(primary_key=True),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("revision >= 0", name="revision_counts_up"),
    comment="Counts the changes of a city's facts, in the transaction that makes them; the snapshot follows it.",
)

snapshot_version = Table(
    "snapshot_version",
    metadata,
    city_key(primary_key=True),
    Column("snapshot_id", Text, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revision", BigInteger, nullable=False),
    Column("state_hash", Text, nullable=False),
    said("snapshot_id"),
    digest("state_hash"),
)

source = Table(
    "source",
    metadata,
    key("source_id"),
    city_key(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("quote", Text),
    Column("url", Text),
    Column("licence", Text),
    Column("as_of", Text),
    Column("sha256", Text),
    one_of("kind", codes.SOURCE_KIND),
    said("name"),
    partial_date("as_of"),
    digest("sha256"),
    Index("ix_source_city_id_sha256", "city_id", "sha256"),
)

org = Table(
    "org",
    metadata,
    key("org_id"),
    city_key(),
    Column("parent_id", BigInteger, ForeignKey("org.org_id")),
    Column("level", Text),
    Column("org_code", Text),
    Column("name", Text, nullable=False),
    Column("district_code", Text),
    one_of("level", codes.ORG_LEVEL),
    said("name"),
    said("org_code"),
    CheckConstraint("parent_id <> org_id", name="not_its_own_parent"),
    UniqueConstraint("city_id", "org_code"),
    Index("ix_org_city_id_name", "city_id", "name"),
)

declared_figure = Table(
    "declared_figure",
    metadata,
    key("figure_id"),
    city_key(),
    Column("metric", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("qualifier", Text),
    Column("wording", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("as_of", Text),
    Column("owner", Text, nullable=False),
    # What to count on the map against the figure; NULL where nothing on the map corresponds.
    Column("facility_type", Text),
    Column("facility_class", Text),
    source_key(),
    said("metric"),
    said("wording"),
    said("area"),
    said("owner"),
    partial_date("as_of"),
    one_of("qualifier", codes.QUALIFIER),
    one_of("facility_type", codes.FACILITY_TYPE),
    one_of("facility_class", codes.FACILITY_CLASS),
    CheckConstraint("value >= 0", name="value_counts"),
    # The same metric by another owner, or of another area, is another figure: such figures are never summed.
    UniqueConstraint("city_id", "metric", "area", "owner", "as_of", postgresql_nulls_not_distinct=True),
)
