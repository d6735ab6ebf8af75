"""What stays the same from one coverage question to the next: who lives in which cell, and in whose district it lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.cells import NO_CELL, positions_in
from geo.coverage.areas import LEVELS, NO_AREA, area_of_points, outside_study_area
from geo.coverage.demand import PeopleByCell, spread_to_grid
from geo.coverage.grid import CellGrid, build_grid, cut_streets
from geo.coverage.summary import places_among
from geo.types import Bools, Floats, Ints, Longs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.streets.graph import StreetGraph
    from geo.streets.snap import EdgeIndex


@dataclass(frozen=True, slots=True)
class Ground:
    """
    The people of one demand layer on one grid, and the areas of its cells and stations.

    `district` and `street` are rows of `areas` for every cell, `parent` the row of the district table (one row for the
    whole city where no districts are mapped), -1 outside. `station_areas` are the rows of `areas` that hold each
    station, one column per level.
    """

    people: Floats
    district: Ints
    street: Ints
    outside: Bools
    parent: Longs
    has_districts: bool
    station_areas: Ints
    areas: GeoDataFrame

    @classmethod
    def lay(
        cls,
        grid: CellGrid,
        source: PeopleByCell,
        areas: GeoDataFrame,
        area_of_cell: dict[str, Ints],
        station_lon: Floats,
        station_lat: Floats,
    ) -> Ground:
        """
        Put people and areas on a grid.

        Raises
        ------
        ValueError
            The grid was laid without this layer: some of its people have no cell.
        """
        nowhere = np.full(len(grid), NO_AREA, dtype=np.int32)
        district, street = (area_of_cell.get(level, nowhere) for level in LEVELS)
        outside = outside_study_area({"district": district, "street": street}, len(grid))
        has_districts = bool((areas["level"] == "district").any())
        city_row = np.where(outside, -1, 0).astype(np.int64)
        stations = [area_of_points(station_lon, station_lat, areas, level) for level in LEVELS]
        return cls(
            people=people_on_grid(grid, source),
            district=district,
            street=street,
            outside=outside,
            parent=places_among(areas, "district", district) if has_districts else city_row,
            has_districts=has_districts,
            station_areas=np.stack(stations, axis=1),
            areas=areas,
        )

    def stations_by_area(self, eligible: Bools) -> Longs:
        """How many eligible stations lie in every row of `areas`."""
        rows = self.station_areas[eligible].ravel()
        return np.bincount(rows[rows != NO_AREA], minlength=len(self.areas)).astype(np.int64)

    def area_name(self, row: int) -> str:
        """Name of an area, empty for none."""
        return "" if row == NO_AREA else str(self.areas["name"].iloc[row])


def lay_grid(graph: StreetGraph, index: EdgeIndex, layers: Iterable[PeopleByCell]) -> CellGrid:
    """The grid of a mode: every cell that its streets touch and every cell where some layer counts people."""
    resolution = graph.mode.cell_resolution
    pieces = cut_streets(graph, resolution)
    spread = [spread_to_grid(layer, resolution, pieces.cells, pieces.street_m).cells for layer in layers]
    inhabited = np.unique(np.concatenate([np.zeros(0, dtype=np.uint64), *spread]))
    return build_grid(index, pieces, resolution, inhabited)


def people_on_grid(grid: CellGrid, source: PeopleByCell) -> Floats:
    """People in every cell of a grid; their sum is the source's. Raises ValueError where the grid lacks a cell."""
    on_street = grid.street_m > 0
    spread = spread_to_grid(source, grid.resolution, grid.cells[on_street], grid.street_m[on_street])
    place = positions_in(grid.cells, spread.cells)
    if (place == NO_CELL).any():
        missing = int((place == NO_CELL).sum())
        raise ValueError(f"The grid lacks {missing} cells where people are counted; lay it with this layer.")
    people = np.zeros(len(grid))
    people[place] = spread.people
    return people


def whole_city_row(name: str, counts: dict[str, int | float]) -> pd.DataFrame:
    """A district table of one row for a city without districts, so that its streets have something to sum to."""
    return pd.DataFrame([{"code": "", "name": name, **counts}])
