"""People come in: a table by H3 cell as it is, a census by area spread over the area's residential streets."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sqlalchemy import Connection, Engine

from geo.cells import NO_CELL, cells_to_points, polygon_to_cells, positions_in
from geo.coverage.areas import area_of_cells
from geo.coverage.demand import DISTRICT_METHOD, RESIDENTIAL_STREETS, PeopleByCell, spread_districts
from geo.coverage.demand_tables import match_areas, read_cell_table, read_district_table
from geo.coverage.grid import StreetPieces, cut_streets
from geo.coverage.summary import places_among
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.services.street_files import load_current_graph
from geo.settings import Settings
from geo.store import area_store, city_store, demand_store, source_store
from geo.store.city_store import City
from geo.store.demand_store import StoredDemand
from geo.store.source_store import Source
from geo.streets.graph import HIGHWAYS, StreetGraph
from geo.types import Floats

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SPREAD_MODE = "walk"
"""Mode whose streets a census is spread along: people live where one can walk, whatever they ride."""

COUNT_METHOD = "counted by H3 cell of resolution {resolution}, column {column}"

_LAYER_CODE = re.compile(r"[a-z][a-z0-9_]*")
_PARTIAL_DATE = re.compile(r"\d{4}(-[01]\d(-[0-3]\d)?)?")


class LayerCodeError(InputError):
    """A layer's code that cannot stand in an address."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"`{code}` cannot name a demand layer: write small Latin letters, digits and _, such as residents."
        )


@dataclass(frozen=True, slots=True)
class DemandReport:
    """What an import of people did. `people` is the sum of the table, and of the cells it became: the same number."""

    layer: str
    people: float
    cells: int
    resolution: int
    is_estimate: bool
    method: str
    column: str
    other_columns: list[str]
    rows_read: int
    total_rows_left_out: list[str] = field(default_factory=list)
    areas_without_people: list[str] = field(default_factory=list)
    changed: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def import_demand(
    engine: Engine,
    settings: Settings,
    city_slug: str,
    path: Path,
    *,
    layer: str = "residents",
    column: str | None = None,
    by: Literal["h3", "district", "street"] = "h3",
    as_of: str | None = None,
    progress: Progress = silent,
) -> DemandReport:
    """
    Bring a table of people into a city as a demand layer, in place of the layer of the same code.

    The same file for the same layer a second time changes nothing, and says so.

    Parameters
    ----------
    column
        Heading of the people; unset: the heading named like the layer, else the usual ones.
    by
        What a row is: an H3 cell of any resolution, or a district or street (镇街) by name or code.
    as_of
        When the figures held: 2020, 2020-11 or 2020-11-01.

    Raises
    ------
    DemandTableError, UnknownAreaError
        The table is bad, or names areas the city does not have.
    LayerCodeError, InputError
        The layer's code is no code, or the date no date.
    CityNotFoundError, NoStreetsYetError
        There is no such city, or a census comes before the streets it is spread along.
    """
    if not _LAYER_CODE.fullmatch(layer):
        raise LayerCodeError(layer)
    if as_of is not None and not _PARTIAL_DATE.fullmatch(as_of):
        raise InputError(f"`{as_of}` is not a date: write 2020, 2020-11 or 2020-11-01.")
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        progress("reading people")
        if by == "h3":
            stored, report = _read_cells(path, layer, column)
        else:
            stored, report = _read_areas(connection, settings, city, path, layer, column, by, progress)
    progress("writing people")
    changed = _write(engine, city, replace(stored, as_of=as_of), "other" if by == "h3" else "census")
    return replace(report, changed=changed)


def _read_cells(path: Path, layer: str, column: str | None) -> tuple[StoredDemand, DemandReport]:
    table = read_cell_table(path, column=column, layer=layer)
    method = COUNT_METHOD.format(resolution=table.resolution, column=table.column)
    stored = _stored(layer, table.people, table.resolution, path, table.sha256, method=method, is_estimate=False)
    return stored, DemandReport(
        layer=layer,
        people=table.people.total,
        cells=len(table.people.cells),
        resolution=table.resolution,
        is_estimate=False,
        method=method,
        column=table.column,
        other_columns=table.other_columns,
        rows_read=table.rows_read,
    )


def _read_areas(
    connection: Connection,
    settings: Settings,
    city: City,
    path: Path,
    layer: str,
    column: str | None,
    level: str,
    progress: Progress,
) -> tuple[StoredDemand, DemandReport]:
    table = read_district_table(path, column=column, layer=layer)
    areas = area_store.load_areas(connection, city.city_id)
    of_level = areas[areas["level"] == level].reset_index(drop=True)
    place = match_areas(table, of_level["code"].tolist(), of_level["name"].tolist())
    totals = np.bincount(place, weights=table.people, minlength=len(of_level)).astype(np.float64)
    graph = load_current_graph(connection, settings, city, SPREAD_MODE)
    progress("spreading people along streets")
    people = spread_along_streets(graph, of_level, totals, level)
    method = f"{DISTRICT_METHOD}, column {table.column}"
    resolution = graph.mode.cell_resolution
    stored = _stored(layer, people, resolution, path, table.sha256, method=method, is_estimate=True)
    return stored, DemandReport(
        layer=layer,
        people=people.total,
        cells=len(people.cells),
        resolution=resolution,
        is_estimate=True,
        method=method,
        column=table.column,
        other_columns=[],
        rows_read=table.rows_read,
        total_rows_left_out=table.total_rows,
        areas_without_people=of_level["name"][np.bincount(place, minlength=len(of_level)) == 0].tolist(),
    )


def spread_along_streets(graph: StreetGraph, areas: GeoDataFrame, totals: Floats, level: str) -> PeopleByCell:
    """
    Spread each area's people over the cells of its streets (an estimate, `DISTRICT_METHOD`).

    `areas` are of one level, `totals` their people in the same order. An area without any street is spread over all the
    cells inside it.
    """
    pieces = cut_streets(graph, graph.mode.cell_resolution)
    lon, lat = cells_to_points(pieces.cells)
    area = places_among(areas, level, area_of_cells(pieces.cells, lon, lat, areas, level))
    bare = np.flatnonzero((np.bincount(area[area != NO_CELL], minlength=len(areas)) == 0) & (totals > 0))
    inside = [polygon_to_cells(areas.geometry.iloc[one], graph.mode.cell_resolution) for one in bare]
    cells = np.unique(np.concatenate([pieces.cells, *inside]))
    of_cell = np.full(len(cells), NO_CELL, dtype=np.int64)
    for one, filled in zip(bare, inside, strict=True):
        of_cell[positions_in(cells, filled)] = one
    with_street = positions_in(cells, pieces.cells)
    of_cell[with_street] = np.where(area != NO_CELL, area, of_cell[with_street])
    street_m, residential_m = np.zeros(len(cells)), np.zeros(len(cells))
    street_m[with_street] = pieces.street_m
    residential_m[with_street] = _residential_m(graph, pieces)
    return spread_districts(totals, cells, of_cell, residential_m, street_m)


def _residential_m(graph: StreetGraph, pieces: StreetPieces) -> Floats:
    """Length (in metres) of residential streets in every cell that streets touch."""
    wanted = np.array([name in RESIDENTIAL_STREETS for name in HIGHWAYS])
    counted = np.where(wanted[np.asarray(graph.edges.highway)[pieces.edge]], pieces.length_m, 0.0)
    return np.bincount(pieces.cell, weights=counted, minlength=len(pieces.cells)).astype(np.float64)


def _stored(
    layer: str, people: PeopleByCell, resolution: int, path: Path, sha256: str, *, method: str, is_estimate: bool
) -> StoredDemand:
    return StoredDemand(
        code=layer,
        resolution=resolution,
        cells=people.cells,
        people=people.people,
        is_estimate=is_estimate,
        method=method,
        as_of=None,
        source=path.name,
        sha256=sha256,
    )


def _write(engine: Engine, city: City, layer: StoredDemand, source_kind: str) -> bool:
    """Write the layer unless it is there already; tells whether anything changed."""
    with engine.begin() as connection:
        city_store.lock_city(connection, city.city_id)
        if demand_store.holds(connection, city.city_id, layer):
            return False
        described = Source(kind=source_kind, name=layer.source, as_of=layer.as_of, sha256=layer.sha256)
        source_id = source_store.ensure_source(connection, city.city_id, described)
        demand_store.put_layer(connection, city.city_id, layer, source_id=source_id)
        city_store.bump_revision(connection, city.city_id)
    return True
