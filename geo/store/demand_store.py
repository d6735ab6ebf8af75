"""Demand layers: people by cell, what they are, and where the figure comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, insert, select, update

from geo.cells import from_signed, to_signed
from geo.store.bulk import copy_rows
from geo.store.tables import demand_cell, demand_layer, source
from geo.types import Cells, Floats


@dataclass(frozen=True, slots=True)
class StoredDemand:
    """One layer of people by H3 cell of one resolution, sorted by cell."""

    code: str
    resolution: int
    cells: Cells
    people: Floats
    is_estimate: bool
    method: str
    as_of: str | None
    source: str
    sha256: str | None


LAYERS = (
    select(
        demand_layer.c.demand_layer_id,
        demand_layer.c.code,
        demand_layer.c.resolution,
        demand_layer.c.is_estimate,
        demand_layer.c.method,
        demand_layer.c.as_of,
        source.c.name.label("source"),
        source.c.sha256,
    )
    .select_from(demand_layer.outerjoin(source, demand_layer.c.source_id == source.c.source_id))
    .where(demand_layer.c.city_id == bindparam("city_id"), demand_layer.c.is_current)
    .order_by(demand_layer.c.code)
)
CELLS = (
    select(demand_cell.c.h3, demand_cell.c.people)
    .where(demand_cell.c.demand_layer_id == bindparam("demand_layer_id"))
    .order_by(demand_cell.c.h3)
)


def put_layer(connection: Connection, city_id: int, layer: StoredDemand, *, source_id: int) -> int:
    """
    Write a layer and make it the one in use for its code; the layer before stays as history.

    Returns the number of the layer.
    """
    same_code = (demand_layer.c.city_id == city_id) & (demand_layer.c.code == layer.code)
    connection.execute(update(demand_layer).where(same_code, demand_layer.c.is_current).values(is_current=False))
    made = insert(demand_layer).values(
        city_id=city_id,
        code=layer.code,
        resolution=layer.resolution,
        total_people=float(layer.people.sum()),
        source_id=source_id,
        method=layer.method,
        is_estimate=layer.is_estimate,
        as_of=layer.as_of,
        is_current=True,
    )
    layer_id = int(connection.execute(made.returning(demand_layer.c.demand_layer_id)).scalar_one())
    columns = {"demand_layer_id": layer_id, "h3": to_signed(layer.cells), "people": layer.people}
    copy_rows(connection, demand_cell, pd.DataFrame(columns))
    return layer_id


def holds(connection: Connection, city_id: int, layer: StoredDemand) -> bool:
    """Whether the layer in use has the same cells with the same people, made the same way from the same file."""
    rows = connection.execute(LAYERS.where(demand_layer.c.code == layer.code), {"city_id": city_id}).mappings().all()
    said = ("resolution", "is_estimate", "method", "as_of", "source", "sha256")
    if not rows or any(rows[0][name] != getattr(layer, name) for name in said):
        return False
    there = _with_cells(connection, dict(rows[0]))
    return np.array_equal(there.cells, layer.cells) and np.array_equal(there.people, layer.people)


def load_layers(connection: Connection, city_id: int) -> list[StoredDemand]:
    """The layers in use in a city with their cells, by code."""
    rows = connection.execute(LAYERS, {"city_id": city_id}).mappings().all()
    return [_with_cells(connection, dict(row)) for row in rows]


def layer_files(connection: Connection, city_id: int) -> list[tuple[str, str | None, str | None]]:
    """The layers in use in a city without their cells: code, name of the source, digest of its file."""
    rows = connection.execute(LAYERS, {"city_id": city_id}).mappings()
    return [(row["code"], row["source"], row["sha256"]) for row in rows]


def _with_cells(connection: Connection, row: dict[str, object]) -> StoredDemand:
    layer_id = row.pop("demand_layer_id")
    found = connection.execute(CELLS, {"demand_layer_id": layer_id}).all()
    columns = np.array([tuple(pair) for pair in found], dtype=[("h3", np.int64), ("people", np.float64)])
    row["source"] = row["source"] or ""
    return StoredDemand(cells=from_signed(columns["h3"]), people=columns["people"].copy(), **row)  # type: ignore[arg-type]
