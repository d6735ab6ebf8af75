"""People come in: a table by H3 cell as it is, a census by area spread over where people live in the area."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from geo.cells import NO_CELL, cells_to_points, polygon_to_cells, positions_in
from geo.coverage.areas import area_of_cells
from geo.coverage.demand import (
    LAND_METHOD,
    RESIDENTIAL_STREETS,
    STREETS_METHOD,
    PeopleByCell,
    homes_km2,
    spread_districts,
)
from geo.coverage.demand_methods import COUNT_METHOD
from geo.coverage.demand_tables import match_areas, read_cell_table, read_district_table
from geo.coverage.grid import StreetPieces, cut_streets
from geo.coverage.land import LandCells
from geo.coverage.summary import places_among
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.services.street_files import load_current_graph, load_current_land
from geo.settings import Settings
from geo.store import area_store, city_store, demand_store, source_store
from geo.store.city_store import City
from geo.store.demand_store import StoredDemand
from geo.store.source_store import Source
from geo.streets.graph import HIGHWAYS, StreetGraph
from geo.streets.land import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, RETAIL, Land
from geo.types import Bools, Cells, Floats, Longs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SPREAD_MODE = "walk"
"""Mode whose streets a census is spread along: people live where one can walk, whatever they ride."""

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
    method = f"{COUNT_METHOD.format(resolution=table.resolution)}, column {table.column}"
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
    land = load_current_land(connection, settings, city)
    progress("spreading people over homes")
    homes = homes_of(graph, land)
    people = spread_over_homes(graph, homes, of_level, totals, level)
    method = f"{homes.method}, column {table.column}"
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


@dataclass(frozen=True, slots=True)
class Homes:
    """
    What people live on in every cell that has a street or residential land.

    `cells` are sorted; `homes` is metres of residential street or square kilometres of ground, as `method` says.
    """

    cells: Cells
    homes: Floats
    street_m: Floats
    method: str


def homes_of(graph: StreetGraph, land: Land) -> Homes:
    """Where people live: on residential land and along residential streets, along these alone where none is mapped."""
    resolution = graph.mode.cell_resolution
    pieces = cut_streets(graph, resolution)
    wanted = np.array([name in RESIDENTIAL_STREETS for name in HIGHWAYS])
    residential = np.flatnonzero(wanted[np.asarray(graph.edges.highway)[pieces.edge]])
    if not land.of_kinds([RESIDENTIAL]).any():
        return Homes(pieces.cells, _metres(pieces, residential), pieces.street_m, STREETS_METHOD)

    # the streets of homes by what is mapped under them: homes already counted as land, work, or nothing
    lon, lat = middles(graph, pieces, residential)
    at_home = _within(land.shape[land.of_kinds([RESIDENTIAL])], lon, lat)
    at_work = ~at_home & _within(land.shape[land.of_kinds([COMMERCIAL, RETAIL, INDUSTRIAL])], lon, lat)
    along = [_metres(pieces, residential[which]) for which in (~at_home & ~at_work, at_work)]

    mapped = LandCells.of(land, resolution)
    cells = np.union1d(pieces.cells, mapped.cells[mapped.residential_km2 > 0]).astype(np.uint64)
    unmapped_m, at_work_m, street_m = (_on(cells, pieces.cells, column) for column in (*along, pieces.street_m))
    lived_on = mapped.residential_km2 > 0
    residential_km2 = _on(cells, mapped.cells[lived_on], mapped.residential_km2[lived_on])
    return Homes(cells, homes_km2(residential_km2, unmapped_m, at_work_m), street_m, LAND_METHOD)


def spread_over_homes(
    graph: StreetGraph, homes: Homes, areas: GeoDataFrame, totals: Floats, level: str
) -> PeopleByCell:
    """
    Spread each area's people over the cells of its homes (an estimate, `Homes.method`).

    `areas` are of one level, `totals` their people in the same order. An area without homes and streets is spread over
    all the cells inside it.
    """
    lon, lat = cells_to_points(homes.cells)
    area = places_among(areas, level, area_of_cells(homes.cells, lon, lat, areas, level))
    bare = np.flatnonzero((np.bincount(area[area != NO_CELL], minlength=len(areas)) == 0) & (totals > 0))
    inside = [polygon_to_cells(areas.geometry.iloc[one], graph.mode.cell_resolution) for one in bare]
    cells = np.unique(np.concatenate([homes.cells, *inside]))
    of_cell = np.full(len(cells), NO_CELL, dtype=np.int64)
    for one, filled in zip(bare, inside, strict=True):
        of_cell[positions_in(cells, filled)] = one
    known = positions_in(cells, homes.cells)
    of_cell[known] = np.where(area != NO_CELL, area, of_cell[known])
    lived_on, street_m = (_on(cells, homes.cells, column) for column in (homes.homes, homes.street_m))
    return spread_districts(totals, cells, of_cell, lived_on, street_m)


def middles(graph: StreetGraph, pieces: StreetPieces, which: Longs) -> tuple[Floats, Floats]:
    """Degrees of the middle of some pieces of street, along the street."""
    edge = pieces.edge[which].astype(np.int64)
    wanted_m = (pieces.start[which] + pieces.end[which]) / 2 * graph.edges.length_m[edge]
    start, end = graph.edges.shape_start[edge].astype(np.int64), graph.edges.shape_start[edge + 1].astype(np.int64)
    # metres grow along every edge, so that one sorted column serves all of them: edge first, metres second
    longest_m = float(graph.edges.length_m.max(initial=0.0)) + 1.0
    of_vertex = np.repeat(np.arange(graph.edge_count), np.diff(graph.edges.shape_start))
    vertex = np.searchsorted(of_vertex * longest_m + graph.shape_m, edge * longest_m + wanted_m, side="right") - 1
    vertex = np.clip(vertex, start, end - 2)
    step_m = graph.shape_m[vertex + 1] - graph.shape_m[vertex]
    part = np.clip((wanted_m - graph.shape_m[vertex]) / np.where(step_m > 0, step_m, 1.0), 0.0, 1.0)
    lon, lat = (
        np.asarray(line[vertex] + part * (line[vertex + 1] - line[vertex]), np.float64)
        for line in (graph.shape_lon, graph.shape_lat)
    )
    return lon, lat


def _within(shapes: NDArray[np.object_], lon: Floats, lat: Floats) -> Bools:
    """Which points lie on some of the land."""
    found = np.zeros(len(lon), dtype=np.bool_)
    if len(shapes):
        found[shapely.STRtree(shapes).query(shapely.points(lon, lat), predicate="intersects")[0]] = True
    return found


def _metres(pieces: StreetPieces, which: Longs) -> Floats:
    """Length (in metres) of some pieces in every cell that streets touch."""
    of_cell = np.bincount(pieces.cell[which], weights=pieces.length_m[which], minlength=len(pieces.cells))
    return of_cell.astype(np.float64)


def _on(cells: Cells, some: Cells, column: Floats) -> Floats:
    """A column of some cells on all cells, 0 elsewhere."""
    everywhere = np.zeros(len(cells))
    everywhere[positions_in(cells, some)] = column
    return everywhere


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
