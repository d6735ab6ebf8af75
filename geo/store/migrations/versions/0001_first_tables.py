"""Make the first tables: cities, places, areas, demand, imports, coverage."""
# ruff: noqa: E501 - one column or constraint per line, as the database has it, reads better than the same line folded

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES_IN_ORDER_OF_MAKING = (
    "city",
    "network",
    "city_revision",
    "coverage_run",
    "org",
    "snapshot_version",
    "source",
    "street_network",
    "area",
    "coverage_cell",
    "declared_figure",
    "demand_layer",
    "host",
    "import_batch",
    "site",
    "change_log",
    "demand_cell",
    "facility",
    "import_row_error",
    "amenity_at_facility",
    "evidence",
    "gap",
    "network_membership",
    "opening_exception",
    "opening_rule",
    "service_at_facility",
)

NETWORKS = (
    ("union_station", "工会驿站", "Union stations"),
    ("sanitation", "环卫爱心驿站", "Sanitation stations"),
    ("outdoor_worker", "户外劳动者服务站点", "Outdoor workers' service points"),
    ("worker_harbour", "劳动者港湾", "Workers' harbours"),
    ("driver_home", "司机之家", "Drivers' homes"),
    ("rider_station", "骑手驿站", "Rider stations"),
    ("worker_home", "职工之家", "Workers' homes"),
    ("grid", "工会网格工作站", "Union grid workstations"),
    ("mother_room", "爱心妈妈小屋", "Mothers' rooms"),
    ("childcare", "爱心托管驿站", "Childcare stations"),
    ("public_toilet", "公共厕所", "Public toilets"),
)
"""Code, Chinese name, English name, as they were when this revision was written."""


def upgrade() -> None:
    # PostGIS is there already where the role may not install it; IF NOT EXISTS asks for the right only when it has work to do.
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")

    op.create_table(
        "city",
        sa.Column("city_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text()),
        sa.Column("is_synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_city_name_said")),
        sa.CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'", name=op.f("ck_city_slug_plain")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_city")),
        sa.UniqueConstraint("slug", name=op.f("uq_city_slug")),
    )
    op.create_table(
        "network",
        sa.Column("network_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_network_name_said")),
        sa.CheckConstraint(
            "btrim(network_code, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_network_network_code_said")
        ),
        sa.PrimaryKeyConstraint("network_code", name=op.f("pk_network")),
        comment="The plates a door can carry (工会驿站, 环卫爱心驿站 …); reference rows, seeded by the migrations.",
    )
    op.create_table(
        "city_revision",
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_city_revision_revision_counts_up")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_city_revision_city_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_city_revision")),
        comment="Counts the changes of a city's facts, in the transaction that makes them; the snapshot follows it.",
    )
    op.create_table(
        "coverage_run",
        sa.Column("run_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("result_hash", sa.Text(), nullable=False),
        sa.Column("summary", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "btrim(snapshot_id, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_coverage_run_snapshot_id_said")
        ),
        sa.CheckConstraint("input_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_coverage_run_input_hash_digest")),
        sa.CheckConstraint("result_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_coverage_run_result_hash_digest")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_coverage_run_city_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_coverage_run")),
    )
    op.create_index("ix_coverage_run_city_id_created_at", "coverage_run", ["city_id", "created_at"])
    op.create_table(
        "org",
        sa.Column("org_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("org_code", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text()),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_org_name_said")),
        sa.CheckConstraint("btrim(org_code, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_org_org_code_said")),
        sa.CheckConstraint(
            "level IN ('national', 'province', 'city', 'district', 'street', 'enterprise')", name=op.f("ck_org_level")
        ),
        sa.CheckConstraint("parent_id <> org_id", name=op.f("ck_org_not_its_own_parent")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_org_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["org.org_id"], name=op.f("fk_org_parent_id")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_org")),
        sa.UniqueConstraint("city_id", "org_code", name=op.f("uq_org_city_id_org_code")),
    )
    op.create_table(
        "snapshot_version",
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "btrim(snapshot_id, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_snapshot_version_snapshot_id_said")
        ),
        sa.CheckConstraint("state_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_snapshot_version_state_hash_digest")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_snapshot_version_city_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("city_id", "snapshot_id", name=op.f("pk_snapshot_version")),
    )
    op.create_table(
        "source",
        sa.Column("source_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("licence", sa.Text()),
        sa.Column("as_of", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.CheckConstraint("as_of ~ '^\\d{4}(-[01]\\d(-[0-3]\\d)?)?$'", name=op.f("ck_source_as_of_date")),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_source_name_said")),
        sa.CheckConstraint(
            "kind IN ('register', 'osm', 'census', 'article', 'survey', 'report', 'generator', 'other')",
            name=op.f("ck_source_kind"),
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_source_sha256_digest")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_source_city_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source")),
    )
    op.create_index("ix_source_city_id_sha256", "source", ["city_id", "sha256"])
    op.create_table(
        "street_network",
        sa.Column("street_network_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("extract_name", sa.Text(), nullable=False),
        sa.Column("extract_sha256", sa.Text(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("folder", sa.Text()),
        sa.Column("report", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "btrim(extract_name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_street_network_extract_name_said")
        ),
        sa.CheckConstraint("extract_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_street_network_extract_sha256_digest")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_street_network_city_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("street_network_id", name=op.f("pk_street_network")),
    )
    op.create_index(
        "ix_street_network_one_current",
        "street_network",
        ["city_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "area",
        sa.Column("area_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text()),
        sa.Column("parent_code", sa.Text()),
        sa.Column("admin_level", sa.SmallInteger()),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("source_id", sa.BigInteger()),
        sa.Column("street_network_id", sa.BigInteger()),
        sa.CheckConstraint("btrim(code, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_area_code_said")),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_area_name_said")),
        sa.CheckConstraint("level IN ('district', 'street')", name=op.f("ck_area_level")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_area_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_area_source_id")),
        sa.ForeignKeyConstraint(
            ["street_network_id"],
            ["street_network.street_network_id"],
            name=op.f("fk_area_street_network_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_area")),
        sa.UniqueConstraint("city_id", "level", "code", name=op.f("uq_area_city_id_level_code")),
    )
    op.create_index("ix_area_geom", "area", ["geom"], postgresql_using="gist")
    op.create_table(
        "coverage_cell",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("h3", sa.BigInteger(), nullable=False),
        sa.Column("minutes_ds", sa.Integer()),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("people", sa.Double(), nullable=False),
        sa.Column("covered_people", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "covered_people >= 0 AND covered_people < 'Infinity'",
            name=op.f("ck_coverage_cell_covered_people_countable"),
        ),
        sa.CheckConstraint("people >= 0 AND people < 'Infinity'", name=op.f("ck_coverage_cell_people_countable")),
        sa.CheckConstraint(
            "state IN ('covered', 'partly', 'outside', 'off_network', 'outside_area')",
            name=op.f("ck_coverage_cell_state"),
        ),
        sa.CheckConstraint("h3 > 0", name=op.f("ck_coverage_cell_h3_is_cell")),
        sa.CheckConstraint("minutes_ds >= 0", name=op.f("ck_coverage_cell_minutes_ds_countable")),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_coverage_cell_share_range")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["coverage_run.run_id"], name=op.f("fk_coverage_cell_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "h3", name=op.f("pk_coverage_cell")),
        comment="minutes_ds: travel time from the cell's centre in deciseconds, NULL when nothing is reached.",
    )
    op.create_table(
        "declared_figure",
        sa.Column("figure_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("qualifier", sa.Text()),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text()),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("facility_type", sa.Text()),
        sa.Column("facility_class", sa.Text()),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint("as_of ~ '^\\d{4}(-[01]\\d(-[0-3]\\d)?)?$'", name=op.f("ck_declared_figure_as_of_date")),
        sa.CheckConstraint("btrim(area, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_declared_figure_area_said")),
        sa.CheckConstraint(
            "btrim(metric, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_declared_figure_metric_said")
        ),
        sa.CheckConstraint(
            "btrim(owner, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_declared_figure_owner_said")
        ),
        sa.CheckConstraint(
            "btrim(wording, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_declared_figure_wording_said")
        ),
        sa.CheckConstraint(
            "facility_class IN ('basic', 'benchmark', 'smart24h')", name=op.f("ck_declared_figure_facility_class")
        ),
        sa.CheckConstraint(
            "facility_type IN ('union_station', 'sanitation_station', 'driver_home', 'rider_station', 'worker_home', 'shared_worker_home', 'grid_town', 'grid_base', 'mother_room', 'childcare_station', 'childcare_centre', 'sanitation_apartment', 'worker_apartment', 'culture_palace', 'health_check_centre', 'startup_park', 'partner_corner', 'mobile_station', 'public_toilet')",
            name=op.f("ck_declared_figure_facility_type"),
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'about', 'more_than', 'nearly')", name=op.f("ck_declared_figure_qualifier")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_declared_figure_value_counts")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_declared_figure_city_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_declared_figure_source_id")),
        sa.PrimaryKeyConstraint("figure_id", name=op.f("pk_declared_figure")),
        sa.UniqueConstraint(
            "city_id",
            "metric",
            "area",
            "owner",
            "as_of",
            name=op.f("uq_declared_figure_city_id_metric_area_owner_as_of"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "demand_layer",
        sa.Column("demand_layer_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("resolution", sa.SmallInteger(), nullable=False),
        sa.Column("total_people", sa.Double(), nullable=False),
        sa.Column("source_id", sa.BigInteger()),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("is_estimate", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.Text()),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("as_of ~ '^\\d{4}(-[01]\\d(-[0-3]\\d)?)?$'", name=op.f("ck_demand_layer_as_of_date")),
        sa.CheckConstraint(
            "btrim(method, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_demand_layer_method_said")
        ),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_demand_layer_code_plain")),
        sa.CheckConstraint(
            "total_people >= 0 AND total_people < 'Infinity'", name=op.f("ck_demand_layer_total_people_countable")
        ),
        sa.CheckConstraint("resolution BETWEEN 0 AND 15", name=op.f("ck_demand_layer_resolution_range")),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_demand_layer_city_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_demand_layer_source_id")),
        sa.PrimaryKeyConstraint("demand_layer_id", name=op.f("pk_demand_layer")),
    )
    op.create_index(
        "ix_demand_layer_one_current",
        "demand_layer",
        ["city_id", "code"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "host",
        sa.Column("host_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("street_network_id", sa.BigInteger(), nullable=False),
        sa.Column("osm_id", sa.Text(), nullable=False),
        sa.Column("host_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column(
            "geog", Geography("POINT", srid=4326, spatial_index=False), sa.Computed("geom::geography", persisted=True)
        ),
        sa.Column("opening_hours", sa.Text()),
        sa.CheckConstraint("btrim(osm_id, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_host_osm_id_said")),
        sa.CheckConstraint(
            "host_type IN ('union_built', 'party_centre', 'community', 'government_hall', 'bank', 'telecom', 'post_express', 'fuel', 'bus_station', 'metro', 'toilet', 'sanitation_depot', 'mall', 'convenience_24h', 'restaurant', 'pharmacy', 'estate_agent', 'hospital', 'library', 'park', 'construction_site', 'ev_station', 'container', 'enterprise')",
            name=op.f("ck_host_host_type"),
        ),
        sa.CheckConstraint(
            "NOT ST_IsEmpty(geom) AND ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90",
            name=op.f("ck_host_geom_on_earth"),
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_host_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["street_network_id"],
            ["street_network.street_network_id"],
            name=op.f("fk_host_street_network_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("host_id", name=op.f("pk_host")),
        sa.UniqueConstraint("street_network_id", "osm_id", name=op.f("uq_host_street_network_id_osm_id")),
        comment="Existing buildings that could take a station in; osm_id is written n123, w123 or r123.",
    )
    op.create_index("ix_host_city_id_host_type", "host", ["city_id", "host_type"])
    op.create_index("ix_host_geog", "host", ["geog"], postgresql_using="gist")
    op.create_table(
        "import_batch",
        sa.Column("batch_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text()),
        sa.Column("network_code", sa.Text()),
        sa.Column("strict", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Text(), server_default="applied", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("rows_read", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_added", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("report", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint(
            "btrim(file_name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_import_batch_file_name_said")
        ),
        sa.CheckConstraint("datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name=op.f("ck_import_batch_datum")),
        sa.CheckConstraint(
            "kind IN ('register', 'declared', 'streets', 'areas', 'demand')", name=op.f("ck_import_batch_kind")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_import_batch_sha256_digest")),
        sa.CheckConstraint("status IN ('applied', 'undone')", name=op.f("ck_import_batch_status")),
        sa.CheckConstraint(
            "least(rows_read, rows_added, rows_changed, rows_unchanged, rows_failed) >= 0",
            name=op.f("ck_import_batch_rows_countable"),
        ),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_import_batch_city_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["network_code"], ["network.network_code"], name=op.f("fk_import_batch_network_code")),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_import_batch_source_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_city_id_started_at", "import_batch", ["city_id", "started_at"])
    op.create_table(
        "site",
        sa.Column("site_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("entrance_geom", Geometry("POINT", srid=4326, spatial_index=False)),
        sa.Column(
            "geog", Geography("POINT", srid=4326, spatial_index=False), sa.Computed("geom::geography", persisted=True)
        ),
        sa.Column("raw_lng", sa.Double()),
        sa.Column("raw_lat", sa.Double()),
        sa.Column("coord_datum", sa.Text(), nullable=False),
        sa.Column("coord_source", sa.Text()),
        sa.Column("coord_method", sa.Text()),
        sa.Column("precision_m", sa.Double()),
        sa.Column("address", sa.Text()),
        sa.Column("landmark_hint", sa.Text()),
        sa.Column("district_code", sa.Text()),
        sa.Column("street_code", sa.Text()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("district_stated", sa.Text()),
        sa.Column("street_stated", sa.Text()),
        sa.Column("floor", sa.Text()),
        sa.Column("street_facing", sa.Boolean()),
        sa.Column("inside_building", sa.Boolean()),
        sa.Column("host_type", sa.Text()),
        sa.Column("host_name", sa.Text()),
        sa.Column("bike_parking", sa.Text()),
        sa.Column("area_m2", sa.Double()),
        sa.Column("seats", sa.Integer()),
        sa.Column("capacity_people", sa.Integer()),
        sa.Column("step_free", sa.Boolean()),
        sa.Column("content_hash", sa.Text()),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint("area_m2 >= 0 AND area_m2 < 'Infinity'", name=op.f("ck_site_area_m2_countable")),
        sa.CheckConstraint("bike_parking IN ('none', 'kerb', 'reserved')", name=op.f("ck_site_bike_parking")),
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_site_content_hash_digest")),
        sa.CheckConstraint("coord_datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name=op.f("ck_site_coord_datum")),
        sa.CheckConstraint(
            "coord_method IN ('survey', 'phone_gps', 'geocode', 'map_pick', 'poi_match', 'synthetic')",
            name=op.f("ck_site_coord_method"),
        ),
        sa.CheckConstraint(
            "host_type IN ('union_built', 'party_centre', 'community', 'government_hall', 'bank', 'telecom', 'post_express', 'fuel', 'bus_station', 'metro', 'toilet', 'sanitation_depot', 'mall', 'convenience_24h', 'restaurant', 'pharmacy', 'estate_agent', 'hospital', 'library', 'park', 'construction_site', 'ev_station', 'container', 'enterprise')",
            name=op.f("ck_site_host_type"),
        ),
        sa.CheckConstraint("precision_m >= 0 AND precision_m < 'Infinity'", name=op.f("ck_site_precision_m_countable")),
        sa.CheckConstraint(
            "NOT ST_IsEmpty(entrance_geom) AND ST_X(entrance_geom) BETWEEN -180 AND 180 AND ST_Y(entrance_geom) BETWEEN -90 AND 90",
            name=op.f("ck_site_entrance_geom_on_earth"),
        ),
        sa.CheckConstraint(
            "NOT ST_IsEmpty(geom) AND ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90",
            name=op.f("ck_site_geom_on_earth"),
        ),
        sa.CheckConstraint("capacity_people >= 0", name=op.f("ck_site_capacity_people_countable")),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_site_seats_countable")),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_site_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_site_source_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site")),
        sa.UniqueConstraint("city_id", "site_id", name=op.f("uq_site_city_id_site_id")),
    )
    op.create_index("ix_site_city_id_content_hash", "site", ["city_id", "content_hash"])
    op.create_index("ix_site_geog", "site", ["geog"], postgresql_using="gist")
    op.create_index("ix_site_geom", "site", ["geom"], postgresql_using="gist")
    op.create_table(
        "change_log",
        sa.Column("change_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger()),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("before", JSONB()),
        sa.Column("after", JSONB()),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(action = 'insert') = (before IS NULL) AND (action = 'delete') = (after IS NULL)",
            name=op.f("ck_change_log_before_and_after"),
        ),
        sa.CheckConstraint("action IN ('insert', 'update', 'delete')", name=op.f("ck_change_log_action")),
        sa.CheckConstraint("btrim(actor, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_change_log_actor_said")),
        sa.CheckConstraint(
            "btrim(table_name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_change_log_table_name_said")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.batch_id"], name=op.f("fk_change_log_batch_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_change_log_city_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_change_log")),
    )
    op.create_index("ix_change_log_batch_id", "change_log", ["batch_id"])
    op.create_index("ix_change_log_table_name_row_id", "change_log", ["table_name", "row_id"])
    op.create_table(
        "demand_cell",
        sa.Column("demand_layer_id", sa.BigInteger(), nullable=False),
        sa.Column("h3", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Double(), nullable=False),
        sa.CheckConstraint("people >= 0 AND people < 'Infinity'", name=op.f("ck_demand_cell_people_countable")),
        sa.CheckConstraint("h3 > 0", name=op.f("ck_demand_cell_h3_is_cell")),
        sa.ForeignKeyConstraint(
            ["demand_layer_id"],
            ["demand_layer.demand_layer_id"],
            name=op.f("fk_demand_cell_demand_layer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("demand_layer_id", "h3", name=op.f("pk_demand_cell")),
    )
    op.create_table(
        "facility",
        sa.Column("facility_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt_names", ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("facility_type", sa.Text(), nullable=False),
        sa.Column("facility_class", sa.Text()),
        sa.Column("star", sa.SmallInteger()),
        sa.Column("attended", sa.Text()),
        sa.Column("user_groups", ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("member_only", sa.Boolean()),
        sa.Column("entry_methods", ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("first_use_needs", sa.Text()),
        sa.Column("entry_note", sa.Text()),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("status_until", sa.Date()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("retired_on", sa.Date()),
        sa.Column("org_id", sa.BigInteger()),
        sa.Column("public_phone", sa.Text()),
        sa.Column("hours_text", sa.Text()),
        sa.Column("hours_certain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_verified_on", sa.Date()),
        sa.Column("visible", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("source_id", sa.BigInteger()),
        sa.Column("import_batch_id", sa.BigInteger()),
        sa.Column("content_hash", sa.Text()),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("attended IN ('staffed', 'unstaffed', 'mixed')", name=op.f("ck_facility_attended")),
        sa.CheckConstraint("btrim(name, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_facility_name_said")),
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_facility_content_hash_digest")),
        sa.CheckConstraint(
            "entry_methods <@ ARRAY['open_door', 'staff', 'wechat_scan', 'app_qr', 'member_qr', 'id_card', 'face', 'pin', 'key', 'call']::text[]",
            name=op.f("ck_facility_entry_methods"),
        ),
        sa.CheckConstraint(
            "facility_class IN ('basic', 'benchmark', 'smart24h')", name=op.f("ck_facility_facility_class")
        ),
        sa.CheckConstraint(
            "facility_type IN ('union_station', 'sanitation_station', 'driver_home', 'rider_station', 'worker_home', 'shared_worker_home', 'grid_town', 'grid_base', 'mother_room', 'childcare_station', 'childcare_centre', 'sanitation_apartment', 'worker_apartment', 'culture_palace', 'health_check_centre', 'startup_park', 'partner_corner', 'mobile_station', 'public_toilet')",
            name=op.f("ck_facility_facility_type"),
        ),
        sa.CheckConstraint("first_use_needs IN ('none', 'register', 'app')", name=op.f("ck_facility_first_use_needs")),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'temporarily_closed', 'suspended', 'retired')",
            name=op.f("ck_facility_status"),
        ),
        sa.CheckConstraint(
            "user_groups <@ ARRAY['rider', 'courier', 'sanitation', 'ride_hail', 'taxi', 'truck', 'traffic_police', 'municipal', 'garden', 'construction', 'security', 'designated_driver', 'vendor', 'women_nursing', 'union_member', 'anyone']::text[]",
            name=op.f("ck_facility_user_groups"),
        ),
        sa.CheckConstraint("retired_on >= opened_on", name=op.f("ck_facility_retired_after_opened")),
        sa.CheckConstraint("star BETWEEN 1 AND 5", name=op.f("ck_facility_star_range")),
        sa.ForeignKeyConstraint(
            ["city_id", "site_id"], ["site.city_id", "site.site_id"], name=op.f("fk_facility_city_id_site_id")
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.city_id"], name=op.f("fk_facility_city_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.batch_id"], name=op.f("fk_facility_import_batch_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], name=op.f("fk_facility_org_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_facility_source_id")),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_facility")),
        sa.UniqueConstraint("city_id", "facility_id", name=op.f("uq_facility_city_id_facility_id")),
    )
    op.create_index("ix_facility_city_id_name", "facility", ["city_id", "name"])
    op.create_index("ix_facility_import_batch_id", "facility", ["import_batch_id"])
    op.create_index("ix_facility_site_id", "facility", ["site_id"])
    op.create_table(
        "import_row_error",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer()),
        sa.Column("column_name", sa.Text()),
        sa.Column("value", sa.Text()),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text()),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "btrim(problem, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_import_row_error_problem_said")
        ),
        sa.CheckConstraint("severity IN ('error', 'warning')", name=op.f("ck_import_row_error_severity")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.batch_id"], name=op.f("fk_import_row_error_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "ordinal", name=op.f("pk_import_row_error")),
        comment="Rows refused, or taken with a doubt; row_number counts in the file, NULL for the file as a whole.",
    )
    op.create_table(
        "amenity_at_facility",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("amenity_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer()),
        sa.Column("hours_override", sa.Text()),
        sa.Column("checked_on", sa.Date()),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint(
            "amenity_code IN ('water_hot', 'water_cold', 'microwave', 'fridge', 'meal_discount', 'table', 'seat', 'recliner', 'aircon', 'heating', 'fan', 'toilet_inside', 'toilet_near', 'handwash', 'shower', 'laundry', 'phone_charge', 'powerbank', 'ebike_charge', 'battery_swap', 'ev_charge', 'tyre_pump', 'repair_tools', 'sewing', 'umbrella', 'raincoat', 'locker', 'tool_storage', 'first_aid', 'heat_medicine', 'aed', 'bp_meter', 'tele_clinic', 'emergency_button', 'wifi', 'books', 'tv', 'self_print', 'notice_screen', 'nursing', 'milk_fridge', 'diaper_table', 'childcare_drop', 'step_free', 'ramp', 'women_room', 'smoke_room', 'fire_ext', 'cctv', 'smoke_alarm')",
            name=op.f("ck_amenity_at_facility_amenity_code"),
        ),
        sa.CheckConstraint(
            "state IN ('available', 'limited', 'broken', 'absent', 'unknown')",
            name=op.f("ck_amenity_at_facility_state"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_amenity_at_facility_quantity_countable")),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.facility_id"],
            name=op.f("fk_amenity_at_facility_facility_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_amenity_at_facility_source_id")),
        sa.PrimaryKeyConstraint("facility_id", "amenity_code", name=op.f("pk_amenity_at_facility")),
    )
    op.create_table(
        "evidence",
        sa.Column("evidence_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("field", sa.Text()),
        sa.CheckConstraint("btrim(quote, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_evidence_quote_said")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name=op.f("fk_evidence_facility_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.source_id"], name=op.f("fk_evidence_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_facility_id", "evidence", ["facility_id"])
    op.create_table(
        "gap",
        sa.Column("gap_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("stable_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("people", sa.Double(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("nearest_facility_id", sa.BigInteger()),
        sa.Column("nearest_ds", sa.Integer()),
        sa.Column("suggested_geom", Geometry("POINT", srid=4326, spatial_index=False)),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint("btrim(stable_id, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_gap_stable_id_said")),
        sa.CheckConstraint("people >= 0 AND people < 'Infinity'", name=op.f("ck_gap_people_countable")),
        sa.CheckConstraint("cells > 0", name=op.f("ck_gap_cells_some")),
        sa.CheckConstraint("nearest_ds >= 0", name=op.f("ck_gap_nearest_ds_countable")),
        sa.CheckConstraint("rank > 0", name=op.f("ck_gap_rank_from_one")),
        sa.ForeignKeyConstraint(
            ["nearest_facility_id"],
            ["facility.facility_id"],
            name=op.f("fk_gap_nearest_facility_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["coverage_run.run_id"], name=op.f("fk_gap_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gap_id", name=op.f("pk_gap")),
        sa.UniqueConstraint("run_id", "rank", name=op.f("uq_gap_run_id_rank")),
        sa.UniqueConstraint("run_id", "stable_id", name=op.f("uq_gap_run_id_stable_id")),
    )
    op.create_index("ix_gap_nearest_facility_id", "gap", ["nearest_facility_id"])
    op.create_table(
        "network_membership",
        sa.Column("network_code", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.CheckConstraint(
            "btrim(code, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=op.f("ck_network_membership_code_said")
        ),
        sa.ForeignKeyConstraint(
            ["city_id", "facility_id"],
            ["facility.city_id", "facility.facility_id"],
            name=op.f("fk_network_membership_city_id_facility_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["city_id"], ["city.city_id"], name=op.f("fk_network_membership_city_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["network_code"], ["network.network_code"], name=op.f("fk_network_membership_network_code")
        ),
        sa.PrimaryKeyConstraint("network_code", "facility_id", name=op.f("pk_network_membership")),
        sa.UniqueConstraint(
            "city_id", "network_code", "code", name=op.f("uq_network_membership_city_id_network_code_code")
        ),
        comment="The networks of a facility and its code in each; a code names one facility per city and network.",
    )
    op.create_index("ix_network_membership_facility_id", "network_membership", ["facility_id"])
    op.create_table(
        "opening_exception",
        sa.Column("exception_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens_min", sa.SmallInteger()),
        sa.Column("closes_min", sa.SmallInteger()),
        sa.Column("closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint(
            "kind IN ('holiday', 'makeup_workday', 'repair', 'event', 'keeper', 'weather_extension')",
            name=op.f("ck_opening_exception_kind"),
        ),
        sa.CheckConstraint(
            "closed = (opens_min IS NULL) AND (opens_min IS NULL) = (closes_min IS NULL)",
            name=op.f("ck_opening_exception_closed_or_hours"),
        ),
        sa.CheckConstraint(
            "closes_min > opens_min AND closes_min <= 2880", name=op.f("ck_opening_exception_closes_after_opening")
        ),
        sa.CheckConstraint("opens_min BETWEEN 0 AND 1439", name=op.f("ck_opening_exception_opens_within_day")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name=op.f("fk_opening_exception_facility_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_opening_exception_source_id")),
        sa.PrimaryKeyConstraint("exception_id", name=op.f("pk_opening_exception")),
    )
    op.create_index("ix_opening_exception_facility_id_on_date", "opening_exception", ["facility_id", "on_date"])
    op.create_table(
        "opening_rule",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("byday", ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("opens_min", sa.SmallInteger(), nullable=False),
        sa.Column("closes_min", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Text()),
        sa.Column("valid_to", sa.Text()),
        sa.Column("season", sa.Text()),
        sa.Column("holiday_policy", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("certain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "byday <@ '{1,2,3,4,5,6,7}'::smallint[] AND cardinality(byday) > 0",
            name=op.f("ck_opening_rule_byday_weekdays"),
        ),
        sa.CheckConstraint(
            "holiday_policy IN ('open', 'closed', 'weekday', 'unknown')", name=op.f("ck_opening_rule_holiday_policy")
        ),
        sa.CheckConstraint("valid_from ~ '^[01]\\d-[0-3]\\d$'", name=op.f("ck_opening_rule_valid_from_month_day")),
        sa.CheckConstraint("valid_to ~ '^[01]\\d-[0-3]\\d$'", name=op.f("ck_opening_rule_valid_to_month_day")),
        sa.CheckConstraint("(valid_from IS NULL) = (valid_to IS NULL)", name=op.f("ck_opening_rule_valid_both_ends")),
        sa.CheckConstraint(
            "closes_min > opens_min AND closes_min <= 2880", name=op.f("ck_opening_rule_closes_after_opening")
        ),
        sa.CheckConstraint("opens_min BETWEEN 0 AND 1439", name=op.f("ck_opening_rule_opens_within_day")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name=op.f("fk_opening_rule_facility_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("facility_id", "ordinal", name=op.f("pk_opening_rule")),
        comment="Minutes after midnight of the day the opening begins; closes_min beyond 1440 runs past midnight.",
    )
    op.create_table(
        "service_at_facility",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("hours_override", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("source_id", sa.BigInteger()),
        sa.CheckConstraint(
            "service_code IN ('legal_aid', 'psych', 'health_check', 'join_union', 'haircut', 'training', 'job_info', 'mutual_aid_swap')",
            name=op.f("ck_service_at_facility_service_code"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.facility_id"],
            name=op.f("fk_service_at_facility_facility_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name=op.f("fk_service_at_facility_source_id")),
        sa.PrimaryKeyConstraint("facility_id", "service_code", name=op.f("pk_service_at_facility")),
    )
    network = sa.table("network", sa.column("network_code"), sa.column("name"), sa.column("name_en"))
    op.bulk_insert(network, [dict(zip(("network_code", "name", "name_en"), row, strict=True)) for row in NETWORKS])


def downgrade() -> None:
    # The extension stays: others may use it, and an ordinary role could not bring it back.
    for table in reversed(TABLES_IN_ORDER_OF_MAKING):
        op.drop_table(table)
