"""What stays the same from one question to the next: who lives in which cell, and in whose district it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cells import NO_CELL, parents, positions_in
from geo.coverage.areas import LEVELS, NO_AREA, area_of_points, has_level, outside_study_area
from geo.coverage.field import people_by_fate
from geo.coverage.gaps import Borders
from geo.coverage.summary import StreetRows, Tally, district_table, places_among, street_table, tally
from geo.types import Bools, Cells, Floats, Ints, Longs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.coverage.grid import CellGrid


@dataclass(frozen=True, slots=True)
class Settled:
    """
    Where the people of one demand layer live, as finely as anything in the city is counted.

    `district` and `street` are rows of the areas for every cell. One such table serves every mode, so that a district
    has the same people whether one walks or rides, although the grids differ.
    """

    cells: Cells
    people: Floats
    district: Ints
    street: Ints

    @classmethod
    def of_grid(cls, cells: Cells, people: Floats, area_of_cell: Mapping[str, Ints]) -> Settled:
        """The inhabited cells of a grid, with the areas of the grid's cells by level."""
        inhabited = np.flatnonzero(np.asarray(people) > 0)
        nowhere = np.full(len(cells), NO_AREA, dtype=np.int32)
        district, street = (np.asarray(area_of_cell.get(level, nowhere))[inhabited] for level in LEVELS)
        return cls(cells[inhabited], people[inhabited], district, street)


@dataclass(frozen=True, slots=True)
class Ground:
    """
    The people of one demand layer on the grid of one mode, and the areas of its cells and stations.

    People are kept in groups: `group_cell` is the position of each group's cell in the grid, `group_outside` and
    `group_off_network` what becomes of it whatever is asked. A cell of a coarse grid across a border has a group on
    each side. `people`, `district`, `street` and `outside` are columns of the grid. `borders` are those a gap may
    cross. `street_rows` sorts groups for the street table; where no districts are mapped, the whole city is its one
    district. `station_areas` are the rows of `areas` that hold each station, one column per level.
    """

    city_name: str
    areas: GeoDataFrame
    group_cell: Longs
    group_people: Floats
    group_district: Ints
    group_outside: Bools
    group_off_network: Bools
    people: Floats
    district: Ints
    street: Ints
    outside: Bools
    borders: Borders
    street_rows: StreetRows
    station_areas: Ints

    @classmethod
    def lay(
        cls,
        city_name: str,
        grid: CellGrid,
        settled: Settled,
        areas: GeoDataFrame,
        area_of_cell: Mapping[str, Ints],
        station_lon: Floats,
        station_lat: Floats,
    ) -> Ground:
        """
        Put people and areas on a grid; `area_of_cell` is in the order of its cells.

        Raises
        ------
        ValueError
            The grid was laid without this layer: some of its people have no cell.
        """
        group_cell = positions_in(grid.cells, parents(settled.cells, grid.resolution))
        if (group_cell == NO_CELL).any():
            raise ValueError(f"The grid lacks the cells of {int((group_cell == NO_CELL).sum())} groups of people.")
        group_areas = dict(zip(LEVELS, (settled.district, settled.street), strict=True))
        group_outside = outside_study_area(areas, group_areas, len(group_cell))
        nowhere = np.full(len(grid), NO_AREA, dtype=np.int32)
        cell_areas = {level: np.asarray(area_of_cell.get(level, nowhere)) for level in LEVELS}
        one_row = np.where(group_outside, -1, 0).astype(np.int64)
        parent = places_among(areas, "district", settled.district) if has_level(areas, "district") else one_row
        stations = [area_of_points(station_lon, station_lat, areas, level) for level in LEVELS]
        return cls(
            city_name=city_name,
            areas=areas,
            group_cell=group_cell,
            group_people=settled.people,
            group_district=settled.district,
            group_outside=group_outside,
            group_off_network=grid.off_network[group_cell],
            people=np.bincount(group_cell, weights=settled.people, minlength=len(grid)).astype(np.float64),
            district=cell_areas["district"],
            street=cell_areas["street"],
            outside=_all_outside(group_cell, group_outside, outside_study_area(areas, cell_areas, len(grid))),
            borders=Borders.of_grid(grid.cells, grid.around, cell_areas["district"], cell_areas["street"]),
            street_rows=StreetRows.of(parent, settled.street),
            station_areas=np.stack(stations, axis=1),
        )

    def fates(self, share: Floats) -> NDArray[np.float64]:
        """People of every group by fate, from the share of each cell's streets within the limit."""
        return people_by_fate(self.group_people, share[self.group_cell], self.group_off_network, self.group_outside)

    def by_cell(self, of_group: Floats) -> Floats:
        """Sum a column of the groups over the cells of the grid."""
        return np.bincount(self.group_cell, weights=of_group, minlength=len(self.people)).astype(np.float64)

    def tables(self, fates: NDArray[np.float64], eligible: Bools) -> tuple[Tally, pd.DataFrame, pd.DataFrame]:
        """
        People by fate for the city, for every district and for every street; whole numbers that add up.

        The district table is empty where no districts are mapped, the street table where no streets are.
        """
        whole = tally(fates)
        stations = self._stations_by_area(eligible)
        districts = district_table(fates, self.group_district, self.areas, stations, whole)
        above = districts if has_level(self.areas, "district") else self._city_as_district(whole)
        streets = street_table(fates, self.street_rows, self.areas, stations, above)
        return whole, districts, streets if has_level(self.areas, "street") else streets.iloc[:0]

    def area_name(self, row: int) -> str:
        """Name of an area, empty for none."""
        return "" if row == NO_AREA else str(self.areas["name"].iloc[row])

    def _stations_by_area(self, eligible: Bools) -> Longs:
        rows = self.station_areas[eligible].ravel()
        return np.bincount(rows[rows != NO_AREA], minlength=len(self.areas)).astype(np.int64)

    def _city_as_district(self, whole: Tally) -> pd.DataFrame:
        return pd.DataFrame([{"code": "", "name": self.city_name, **whole.as_dict()}])


def _all_outside(group_cell: Longs, group_outside: Bools, by_itself: Bools) -> Bools:
    """Cells outside the city: those with people by all of their people, the others by themselves."""
    inside = np.bincount(group_cell[~group_outside], minlength=len(by_itself)) > 0
    inhabited = np.bincount(group_cell, minlength=len(by_itself)) > 0
    return np.where(inhabited, ~inside, by_itself)
