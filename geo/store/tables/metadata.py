"""What every table is made with: the naming of constraints, the column kinds, the checks."""

from __future__ import annotations

from collections.abc import Sequence

from geoalchemy2 import Geography, Geometry
from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, ForeignKey, Identity, Index, MetaData

WGS84_SRID = 4326
"""The one reference system of every stored geometry; other datums end at the import."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str) -> Column[int]:
    """A number of our own for each row; never GENERATED ALWAYS, an undo brings rows back under their old number."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def city_key(*, primary_key: bool = False) -> Column[int]:
    """The city a row belongs to; deleting a city deletes its rows."""
    return Column(
        "city_id",
        BigInteger,
        ForeignKey("city.city_id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def source_key() -> Column[int]:
    """Who says so."""
    return Column("source_id", BigInteger, ForeignKey("source.source_id"))


def point(name: str = "geom", *, nullable: bool = False) -> Column[object]:
    """A position, WGS-84, longitude first."""
    return Column(name, Geometry("POINT", srid=WGS84_SRID, spatial_index=False), nullable=nullable)


def multipolygon(name: str = "geom") -> Column[object]:
    """An area, WGS-84."""
    return Column(name, Geometry("MULTIPOLYGON", srid=WGS84_SRID, spatial_index=False), nullable=False)


def geography_of(column: str = "geom") -> Column[object]:
    """
    The same position as geography, kept by the database, for distances in metres.

    A cast in the query is spelled in several ways, of which some match no index (a sequential scan of 100 ms); a
    stored column cannot be misspelled.
    """
    kind = Geography("POINT", srid=WGS84_SRID, spatial_index=False)
    return Column("geog", kind, Computed(f"{column}::geography", persisted=True))


def gist(table: str, column: str) -> Index:
    """A named spatial index; GeoAlchemy2's implicit ones have names that migrations lose."""
    return Index(f"ix_{table}_{column}", column, postgresql_using="gist")


def _literals(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def one_of(column: str, codes: Sequence[str]) -> CheckConstraint:
    """The column holds one of these codes, or NULL where it may."""
    return CheckConstraint(f"{column} IN ({_literals(codes)})", name=column)


def all_of(column: str, codes: Sequence[str]) -> CheckConstraint:
    """Every element of the array column is one of these codes."""
    return CheckConstraint(f"{column} <@ ARRAY[{_literals(codes)}]::text[]", name=column)


def said(column: str) -> CheckConstraint:
    """The text says something: not empty, not blanks (the ideographic one included)."""
    return CheckConstraint(f"btrim({column}, E' \\t\\r\\n\\u3000\\u00a0') <> ''", name=f"{column}_said")


def on_earth(column: str) -> CheckConstraint:
    """The point is a real one, within the bounds of longitude and latitude; a swapped pair (36, 120) fails here."""
    return CheckConstraint(
        f"NOT ST_IsEmpty({column}) AND ST_X({column}) BETWEEN -180 AND 180 AND ST_Y({column}) BETWEEN -90 AND 90",
        name=f"{column}_on_earth",
    )


def countable(column: str, limit: str = "'Infinity'") -> CheckConstraint:
    """Zero or more, and finite; NaN is greater than everything in PostgreSQL, so the upper bound catches it."""
    return CheckConstraint(f"{column} >= 0 AND {column} < {limit}", name=f"{column}_countable")


def partial_date(column: str) -> CheckConstraint:
    """A date as precisely as it is known: `2025`, `2025-01` or `2025-01-17`."""
    return CheckConstraint(rf"{column} ~ '^\d{{4}}(-[01]\d(-[0-3]\d)?)?$'", name=f"{column}_date")


def digest(column: str) -> CheckConstraint:
    """A SHA-256 in lower-case hexadecimal."""
    return CheckConstraint(f"{column} ~ '^[0-9a-f]{{64}}$'", name=f"{column}_digest")
