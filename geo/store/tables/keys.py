"""Keys of programs and people who may write: what each may do, never what it is."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Table, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY

from geo.store.tables import codes
from geo.store.tables.metadata import all_of, city_key, digest, key, metadata, said

api_key = Table(
    "api_key",
    metadata,
    key("key_id"),
    city_key(),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("secret_digest", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("district_code", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    # To the day: enough to find keys nobody needs, too little to follow anybody.
    Column("last_used_on", Date),
    said("name"),
    CheckConstraint("char_length(name) <= 80", name="name_short"),
    CheckConstraint("prefix ~ '^[0-9a-z]{8}$'", name="prefix_plain"),
    digest("secret_digest"),
    all_of("scopes", codes.KEY_SCOPE),
    CheckConstraint("cardinality(scopes) > 0", name="scopes_some"),
    said("district_code"),
    UniqueConstraint("city_id", "name"),
    comment="The secret is shown once, when the key is made; only its SHA-256 is here. district_code NULL: everywhere.",
)
