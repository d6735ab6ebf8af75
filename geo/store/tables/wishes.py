"""
Where riders want a station, and what operators make of it.

A wish is given on purpose: its place is kept to some ten metres and its day, and nothing of the phone. As in
`geo/store/tables/reports.py` nobody can be followed: `reporter_digest` is made from the phone's token and the cell, so
that a rider counts once in a cell and is somebody else in the next one.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from geo.store.tables import codes
from geo.store.tables.metadata import all_of, city_key, digest, metadata, on_earth, one_of, point, said

wish_place = Table(
    "wish_place",
    metadata,
    city_key(primary_key=True),
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False, server_default="new"),
    Column("note", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("people_then", Integer),
    one_of("state", codes.WISH_STATE),
    said("note"),
    said("decided_by"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_by_somebody"),
    CheckConstraint("state = 'new' OR decided_at IS NOT NULL", name="decided"),
    comment="A cell of H3 in which somebody wants a station; people_then were those who did when it was decided.",
)

wish = Table(
    "wish",
    metadata,
    # Made by the phone: a wish that is sent twice, because the first answer was lost, is one wish.
    Column("wish_id", Uuid, primary_key=True),
    city_key(),
    Column("cell", BigInteger, nullable=False),
    point("geom"),
    Column("needs", ARRAY(Text), nullable=False),
    Column("hours", ARRAY(Text), nullable=False),
    Column("wished_on", Date, nullable=False),
    Column("reporter_digest", Text, nullable=False),
    on_earth("geom"),
    all_of("needs", codes.AMENITY),
    all_of("hours", codes.WISH_HOURS),
    digest("reporter_digest"),
    ForeignKeyConstraint(["city_id", "cell"], ["wish_place.city_id", "wish_place.cell"], ondelete="CASCADE"),
    UniqueConstraint("city_id", "cell", "reporter_digest"),
    comment="One for each rider and cell, the latest; the place is rounded to some ten metres.",
)
