"""Demand, and the computed answers about who reaches a station: runs, cells, gaps."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
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
    countable,
    digest,
    key,
    metadata,
    multipolygon,
    one_of,
    partial_date,
    point,
    said,
    source_key,
)

demand_layer = Table(
    "demand_layer",
    metadata,
    key("demand_layer_id"),
    city_key(),
    Column("code", Text, nullable=False),
    Column("resolution", SmallInteger, nullable=False),
    Column("total_people", Double, nullable=False),
    source_key(),
    Column("method", Text, nullable=False),
    Column("is_estimate", Boolean, nullable=False),
    Column("as_of", Text),
    Column("is_current", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("code ~ '^[a-z][a-z0-9_]*$'", name="code_plain"),
    CheckConstraint("resolution BETWEEN 0 AND 15", name="resolution_range"),
    said("method"),
    countable("total_people"),
    partial_date("as_of"),
    Index("ix_demand_layer_one_current", "city_id", "code", unique=True, postgresql_where=text("is_current")),
)

demand_cell = Table(
    "demand_cell",
    metadata,
    Column(
        "demand_layer_id",
        BigInteger,
        ForeignKey("demand_layer.demand_layer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("h3", BigInteger, primary_key=True),
    Column("people", Double, nullable=False),
    CheckConstraint("h3 > 0", name="h3_is_cell"),
    countable("people"),
)

coverage_run = Table(
    "coverage_run",
    metadata,
    key("run_id"),
    city_key(),
    Column("snapshot_id", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("input_hash", Text, nullable=False),
    Column("result_hash", Text, nullable=False),
    Column("summary", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    said("snapshot_id"),
    digest("input_hash"),
    digest("result_hash"),
    Index("ix_coverage_run_city_id_created_at", "city_id", "created_at"),
)


def of_run(*, primary_key: bool) -> Column[int]:
    """The run a row is a result of; it goes when the run goes."""
    return Column(
        "run_id",
        BigInteger,
        ForeignKey("coverage_run.run_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


coverage_cell = Table(
    "coverage_cell",
    metadata,
    of_run(primary_key=True),
    Column("h3", BigInteger, primary_key=True),
    Column("minutes_ds", Integer),
    Column("share", Double, nullable=False),
    Column("people", Double, nullable=False),
    Column("covered_people", Double, nullable=False),
    Column("state", Text, nullable=False),
    CheckConstraint("h3 > 0", name="h3_is_cell"),
    CheckConstraint("minutes_ds >= 0", name="minutes_ds_countable"),
    CheckConstraint("share BETWEEN 0 AND 1", name="share_range"),
    countable("people"),
    countable("covered_people"),
    one_of("state", codes.CELL_STATE),
    comment="minutes_ds: travel time from the cell's centre in deciseconds, NULL when nothing is reached.",
)

gap = Table(
    "gap",
    metadata,
    key("gap_id"),
    of_run(primary_key=False),
    Column("stable_id", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("people", Double, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("district", Text),
    Column("street", Text),
    # A stored result outlives the facilities it speaks of.
    Column("nearest_facility_id", BigInteger, ForeignKey("facility.facility_id", ondelete="SET NULL")),
    Column("nearest_ds", Integer),
    point("suggested_geom", nullable=True),
    multipolygon("geom"),
    said("stable_id"),
    countable("people"),
    CheckConstraint("cells > 0", name="cells_some"),
    CheckConstraint("rank > 0", name="rank_from_one"),
    CheckConstraint("nearest_ds >= 0", name="nearest_ds_countable"),
    UniqueConstraint("run_id", "stable_id"),
    UniqueConstraint("run_id", "rank"),
    Index("ix_gap_nearest_facility_id", "nearest_facility_id"),
)
