"""Coverage runs: what was asked, what came out, and enough hashes to see whether it would come out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, bindparam, func, insert, select

from geo.cells import from_signed, to_signed
from geo.errors import NotFoundError
from geo.store.bulk import copy_rows
from geo.store.tables import coverage_cell, coverage_run, facility, gap

WGS84_SRID = 4326


class RunNotFoundError(NotFoundError):
    """The city has no run of this number."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"There is no coverage run {run_id}.")
        self.run_id = run_id


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One stored answer without its cells and gaps."""

    run_id: int
    snapshot_id: str
    parameters: dict[str, Any]
    input_hash: str
    result_hash: str
    summary: dict[str, Any]
    created_at: datetime


RUN_COLUMNS = (
    coverage_run.c.run_id,
    coverage_run.c.snapshot_id,
    coverage_run.c.parameters,
    coverage_run.c.input_hash,
    coverage_run.c.result_hash,
    coverage_run.c.summary,
    coverage_run.c.created_at,
)
RUNS = select(*RUN_COLUMNS).where(coverage_run.c.city_id == bindparam("city_id"))
CELLS = (
    select(*(column for column in coverage_cell.c if column.name != "run_id"))
    .where(coverage_cell.c.run_id == bindparam("run_id"))
    .order_by(coverage_cell.c.h3)
)
GAPS = (
    select(
        *(column for column in gap.c if column.name not in {"gap_id", "run_id", "suggested_geom", "geom"}),
        func.ST_AsBinary(gap.c.suggested_geom).label("suggested_geom"),
        func.ST_AsBinary(gap.c.geom).label("geom"),
    )
    .where(gap.c.run_id == bindparam("run_id"))
    .order_by(gap.c.rank)
)


def add_run(
    connection: Connection,
    city_id: int,
    *,
    snapshot_id: str,
    parameters: dict[str, Any],
    input_hash: str,
    result_hash: str,
    summary: dict[str, Any],
) -> int:
    """Write down a run and return its number."""
    values = {
        "city_id": city_id,
        "snapshot_id": snapshot_id,
        "parameters": parameters,
        "input_hash": input_hash,
        "result_hash": result_hash,
        "summary": summary,
    }
    return int(connection.execute(insert(coverage_run).values(values).returning(coverage_run.c.run_id)).scalar_one())


def add_cells(connection: Connection, run_id: int, cells: pd.DataFrame) -> int:
    """Append a run's cells (h3 as uint64, the other columns as in the table); returns how many."""
    rows = cells.assign(h3=to_signed(cells["h3"].to_numpy(dtype=np.uint64)), run_id=run_id)
    return copy_rows(connection, coverage_cell, rows)


def add_gaps(connection: Connection, run_id: int, gaps: gpd.GeoDataFrame) -> int:
    """
    Append a run's gaps (columns as in the table, shapes in WGS-84); returns how many.

    A nearest facility that was removed since the snapshot was made is left out of the row, not the row out of the run.
    """
    rows = pd.DataFrame(gaps).assign(run_id=run_id)
    rows["nearest_facility_id"] = _still_there(connection, rows["nearest_facility_id"])
    for name in ("suggested_geom", "geom"):
        shapes = shapely.set_srid(rows[name].to_numpy(dtype=object), WGS84_SRID)
        rows[name] = shapely.to_wkb(shapes, hex=True, include_srid=True)
    return copy_rows(connection, gap, rows)


def _still_there(connection: Connection, facility_ids: pd.Series[int]) -> pd.Series[int]:
    """The facilities that exist, the others missing; those that exist cannot go before the transaction ends."""
    wanted = [int(one) for one in facility_ids.dropna().unique()]
    held = (
        select(facility.c.facility_id)
        .where(facility.c.facility_id.in_(wanted))
        .with_for_update(key_share=True, read=True)
    )
    there = set(connection.execute(held).scalars())
    kept = [one if one is not None and one in there else None for one in facility_ids]
    return pd.Series(kept, index=facility_ids.index, dtype="Int64")


def list_runs(connection: Connection, city_id: int, *, limit: int = 50, before: int | None = None) -> list[StoredRun]:
    """A city's runs, the newest first; `before` a run's number gives the page after it."""
    wanted = RUNS if before is None else RUNS.where(coverage_run.c.run_id < before)
    rows = connection.execute(wanted.order_by(coverage_run.c.run_id.desc()).limit(limit), {"city_id": city_id})
    return [StoredRun(**row) for row in rows.mappings()]


def newest_run_of(connection: Connection, city_id: int, snapshot_id: str, parameters: dict[str, Any]) -> int | None:
    """Number of the newest run of a city that asked this of this snapshot; None where none is stored."""
    asked = (coverage_run.c.snapshot_id == snapshot_id) & (coverage_run.c.parameters == parameters)
    newest = select(func.max(coverage_run.c.run_id)).where(coverage_run.c.city_id == city_id, asked)
    number: int | None = connection.execute(newest).scalar_one()
    return number


def load_run(connection: Connection, city_id: int, run_id: int) -> StoredRun:
    """One run of a city; raises RunNotFoundError."""
    wanted = RUNS.where(coverage_run.c.run_id == run_id)
    row = connection.execute(wanted, {"city_id": city_id}).mappings().one_or_none()
    if row is None:
        raise RunNotFoundError(run_id)
    return StoredRun(**row)


def load_cells(connection: Connection, run_id: int) -> pd.DataFrame:
    """A run's cells by cell (h3 as uint64); `minutes_ds` is missing where nothing is reached."""
    result = connection.execute(CELLS, {"run_id": run_id})
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    return frame.assign(
        h3=from_signed(frame["h3"].to_numpy(dtype=np.int64)), minutes_ds=frame["minutes_ds"].astype("Int32")
    )


def load_gaps(connection: Connection, run_id: int) -> gpd.GeoDataFrame:
    """A run's gaps by rank, with outlines and suggested points (WGS-84)."""
    result = connection.execute(GAPS, {"run_id": run_id})
    frame = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    for name in ("suggested_geom", "geom"):
        frame[name] = shapely.from_wkb(frame[name].to_numpy(dtype=object))
    return gpd.GeoDataFrame(frame, geometry="geom", crs="EPSG:4326")
