"""What was tried and is worth keeping: a question, what is to be different, and what came out."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import codes
from geo.store.tables.metadata import city_key, digest, key, metadata, one_of, said

scenario = Table(
    "scenario",
    metadata,
    key("scenario_id"),
    city_key(),
    Column("code", Text, nullable=False, unique=True),
    Column("secret_digest", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("question", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("input_hash", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("code ~ '^[0-9A-Za-z_-]{10}$'", name="code_plain"),
    digest("secret_digest"),
    one_of("kind", codes.SCENARIO_KIND),
    said("name"),
    CheckConstraint("char_length(name) <= 80", name="name_short"),
    CheckConstraint("jsonb_typeof(question) = 'object'", name="question_object"),
    CheckConstraint("jsonb_typeof(changes) = 'array'", name="changes_array"),
    CheckConstraint("jsonb_typeof(result) = 'object'", name="result_object"),
    said("snapshot_id"),
    digest("input_hash"),
    Index("ix_scenario_city_id_scenario_id", "city_id", "scenario_id"),
    comment="The code is what a link holds; whoever saved it has the secret, of which only the digest is here.",
)
