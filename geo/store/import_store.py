"""
Imports of registers: the batch, its row errors, and the steps from incoming rows to changes of sites and facilities.

The rows go into a temporary table first, and every step after that is one statement over all of them; ten thousand rows
cost little more than ten. The steps are in the order in which `geo.services.register_import` takes them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from geo.errors import NotFoundError
from geo.store.change_store import passing
from geo.store.statements import statement
from geo.store.tables import WGS84_SRID, import_batch, import_row_error, org

incoming = Table(
    "incoming",
    passing,
    Column("row_number", Integer, primary_key=True, autoincrement=False),
    Column("network_code", Text, nullable=False),
    Column("code", Text),
    Column("name", Text, nullable=False),
    Column("facility_type", Text, nullable=False),
    Column("geog", Geography("POINT", srid=WGS84_SRID, spatial_index=False), nullable=False),
    Column("site_hash", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("site", JSONB, nullable=False),
    Column("facility", JSONB, nullable=False),
    Column("children", JSONB, nullable=False),
    # Found out step by step.
    Column("facility_id", BigInteger),
    Column("fate", Text),
    Column("site_id", BigInteger),
    Column("site_fate", Text),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)

facility_document = Table(
    "facility_document",
    passing,
    Column("facility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


class BatchNotFoundError(NotFoundError):
    """No import of the city has this number."""

    def __init__(self, batch_id: int) -> None:
        super().__init__(f"This city has no import {batch_id}. An import names its batch when it ends.")
        self.batch_id = batch_id


@dataclass(frozen=True, slots=True)
class IncomingRow:
    """
    One row of a register in the form of the tables.

    `site`, `facility` and `children` are documents with the columns of their tables; identity is the code in the
    network, or name, type and place where there is no code. The hashes are over what the register says, not over
    where it stands.
    """

    row_number: int
    network_code: str
    code: str | None
    name: str
    facility_type: str
    geog: str
    site_hash: str
    content_hash: str
    site: dict[str, Any]
    facility: dict[str, Any]
    children: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Batch:
    """One import as it is remembered."""

    batch_id: int
    kind: str
    file_name: str
    sha256: str
    datum: str | None
    network_code: str | None
    strict: bool
    status: str
    started_at: datetime
    finished_at: datetime | None
    rows_read: int
    rows_added: int
    rows_changed: int
    rows_unchanged: int
    rows_failed: int
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that could not be taken, or was taken with a doubt (`severity` warning)."""

    row_number: int | None
    column_name: str | None
    value: str | None
    problem: str
    remedy: str | None
    severity: str


BATCH_COLUMNS = tuple(import_batch.c[name] for name in Batch.__dataclass_fields__)


def open_batch(connection: Connection, city_id: int, **described: Any) -> int:
    """Begin a batch in this transaction; returns its number. It is there only if the transaction ends well."""
    statement_ = insert(import_batch).values(city_id=city_id, **described).returning(import_batch.c.batch_id)
    return int(connection.execute(statement_).scalar_one())


def close_batch(connection: Connection, batch_id: int, **outcome: Any) -> None:
    """Write how a batch went: its counts and its report."""
    # clock_timestamp, for now() is the beginning of the transaction.
    connection.execute(
        update(import_batch)
        .where(import_batch.c.batch_id == batch_id)
        .values(finished_at=func.clock_timestamp(), **outcome)
    )


def mark_undone(connection: Connection, batch_id: int) -> None:
    """Remember that a batch was taken back; its row and its log stay."""
    connection.execute(update(import_batch).where(import_batch.c.batch_id == batch_id).values(status="undone"))


def add_row_errors(connection: Connection, batch_id: int, errors: Sequence[RowError]) -> None:
    """Keep the problems of a batch with it, in the order in which they were found."""
    if errors:
        rows = [{"batch_id": batch_id, "ordinal": ordinal, **asdict(error)} for ordinal, error in enumerate(errors)]
        connection.execute(insert(import_row_error), rows)


def list_batches(connection: Connection, city_id: int) -> list[Batch]:
    """The imports of a city, newest first."""
    rows = connection.execute(
        select(*BATCH_COLUMNS).where(import_batch.c.city_id == city_id).order_by(import_batch.c.batch_id.desc())
    )
    return [Batch(**row) for row in rows.mappings()]


def rows_by_outcome(connection: Connection, city_id: int) -> dict[str, int]:
    """How many rows all imports of a city brought, by what became of them."""
    outcomes = ("added", "changed", "unchanged", "failed")
    sums = [func.coalesce(func.sum(import_batch.c[f"rows_{name}"]), 0).label(name) for name in outcomes]
    row = connection.execute(select(*sums).where(import_batch.c.city_id == city_id)).mappings().one()
    return {name: int(row[name]) for name in outcomes}


def get_batch(connection: Connection, city_id: int, batch_id: int) -> Batch:
    """One import; raises BatchNotFoundError."""
    rows = connection.execute(
        select(*BATCH_COLUMNS).where(import_batch.c.city_id == city_id, import_batch.c.batch_id == batch_id)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise BatchNotFoundError(batch_id)
    return Batch(**row)


def row_errors(connection: Connection, batch_id: int) -> list[RowError]:
    """The problems of a batch."""
    columns = (import_row_error.c[name] for name in RowError.__dataclass_fields__)
    rows = connection.execute(
        select(*columns).where(import_row_error.c.batch_id == batch_id).order_by(import_row_error.c.ordinal)
    )
    return [RowError(**row) for row in rows.mappings()]


def ensure_orgs(connection: Connection, city_id: int, names: Collection[str]) -> dict[str, int]:
    """Number of every organisation named, written down if it is new; a register says nothing about their levels."""
    known = select(org.c.name, func.min(org.c.org_id)).where(org.c.city_id == city_id, org.c.name.in_(names))
    found = {name: int(org_id) for name, org_id in connection.execute(known.group_by(org.c.name))}
    fresh = sorted(set(names) - found.keys())
    if fresh:
        connection.execute(insert(org), [{"city_id": city_id, "name": name} for name in fresh])
        found |= {name: int(org_id) for name, org_id in connection.execute(known.group_by(org.c.name))}
    return found


def stage(connection: Connection, city_id: int, rows: Sequence[IncomingRow]) -> dict[str, int]:
    """
    Bring rows to the database and find out what each would do there; returns the number of rows by fate.

    The fates are `added`, `changed` and `unchanged`.
    """
    passing.create_all(connection, tables=[incoming, facility_document], checkfirst=False)
    if rows:
        connection.execute(insert(incoming), [_to_values(row) for row in rows])
    for step in ("register_match_code", "register_match_place"):
        connection.execute(statement(step), {"city_id": city_id})
    connection.execute(statement("register_fates"))
    found = connection.execute(select(incoming.c.fate, func.count()).group_by(incoming.c.fate))
    return {"added": 0, "changed": 0, "unchanged": 0} | {fate: int(count) for fate, count in found}


def _to_values(row: IncomingRow) -> dict[str, Any]:
    # Not asdict, which would copy every document to its leaves.
    return {name: getattr(row, name) for name in IncomingRow.__dataclass_fields__}


def list_changes(connection: Connection, city_id: int, *, batch_id: int, source_id: int | None) -> None:
    """
    Turn the staged rows into changes of doors and facilities, ready for `change_store.write`.

    The rows of a facility (amenities, rules …) carry no source of their own: theirs is the facility's.
    """
    numbers = {"city_id": city_id, "batch_id": batch_id, "source_id": source_id}
    connection.execute(statement("register_number_facilities"))
    for step in ("register_find_sites", "register_move_sites"):
        connection.execute(statement(step), {"city_id": city_id})
    connection.execute(statement("register_number_sites"))
    connection.execute(statement("facility_documents"))
    connection.execute(statement("register_site_changes"), {"city_id": city_id, "source_id": source_id})
    connection.execute(statement("register_facility_changes"), numbers)


def not_in_register(connection: Connection, city_id: int, network_codes: Sequence[str]) -> list[str]:
    """Names of facilities that carry a plate of these networks and that the staged rows do not mention."""
    return list(
        connection.execute(
            statement("register_missing"), {"city_id": city_id, "network_codes": list(network_codes)}
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Where a row's door lies by the areas of the city, against what the register claims.

    `outside_m` is the distance (in metres) to the nearest area for a door that no area covers; None for the others, and
    where the city has no areas.
    """

    row_number: int
    district_stated: str | None
    district: str | None
    outside_m: float | None


def placed_rows(connection: Connection) -> list[Placed]:
    """Where the staged rows that are written came to lie, in the order of the file."""
    return [Placed(*row) for row in connection.execute(statement("register_placed"))]


def rows_of_facilities(connection: Connection) -> dict[int, int]:
    """The row that each facility of the register is described in, by the facility's number."""
    return {
        int(facility_id): int(row)
        for facility_id, row in connection.execute(select(incoming.c.facility_id, incoming.c.row_number))
    }
