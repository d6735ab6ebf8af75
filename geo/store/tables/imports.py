"""What came in, what could not, and what it changed: enough to take it back."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import codes
from geo.store.tables.metadata import city_key, digest, key, metadata, one_of, said, source_key


def row_count(name: str) -> Column[int]:
    """How many rows of the file met this fate."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


import_batch = Table(
    "import_batch",
    metadata,
    key("batch_id"),
    city_key(),
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("datum", Text),
    Column("network_code", Text, ForeignKey("network.network_code")),
    Column("strict", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False, server_default="applied"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    row_count("rows_read"),
    row_count("rows_added"),
    row_count("rows_changed"),
    row_count("rows_unchanged"),
    row_count("rows_failed"),
    Column("report", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    source_key(),
    one_of("kind", codes.BATCH_KIND),
    one_of("status", codes.BATCH_STATUS),
    one_of("datum", codes.DATUM),
    said("file_name"),
    digest("sha256"),
    CheckConstraint(
        "least(rows_read, rows_added, rows_changed, rows_unchanged, rows_failed) >= 0", name="rows_countable"
    ),
    Index("ix_import_batch_city_id_started_at", "city_id", "started_at"),
)

import_row_error = Table(
    "import_row_error",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("import_batch.batch_id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("row_number", Integer),
    Column("column_name", Text),
    Column("value", Text),
    Column("problem", Text, nullable=False),
    Column("remedy", Text),
    Column("severity", Text, nullable=False),
    said("problem"),
    one_of("severity", codes.SEVERITY),
    comment="Rows refused, or taken with a doubt; row_number counts in the file, NULL for the file as a whole.",
)

change_log = Table(
    "change_log",
    metadata,
    key("change_id"),
    city_key(),
    Column("batch_id", BigInteger, ForeignKey("import_batch.batch_id", ondelete="CASCADE")),
    Column("table_name", Text, nullable=False),
    Column("row_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    one_of("action", codes.CHANGE_ACTION),
    said("table_name"),
    said("actor"),
    CheckConstraint(
        "(action = 'insert') = (before IS NULL) AND (action = 'delete') = (after IS NULL)", name="before_and_after"
    ),
    Index("ix_change_log_batch_id", "batch_id"),
    Index("ix_change_log_table_name_row_id", "table_name", "row_id"),
)
