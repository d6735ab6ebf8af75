"""What stays the same from one question to the next: who lives in which cell, and in whose district it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.coverage.areas import LEVELS, NO_AREA, area_of_points, outside_study_area
from geo.coverage.gaps import Borders
from geo.coverage.summary import StreetRows, Tally, district_table, places_among, street_table, tally
from geo.types import Bools, Floats, Ints, Longs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.coverage.grid import CellGrid


@dataclass(frozen=True, slots=True)
class Ground:
    """
    The people of one demand layer on one grid, and the areas of its cells and stations.

    `district` and `street` are rows of `areas` for every cell, `NO_AREA` for none; cells `outside` are in no district.
    `borders` are those a gap may cross. `street_rows` groups cells for the street table; where no districts are
    mapped, the whole city is its one district. `station_areas` are the rows of `areas` that hold each station, one
    column per level.
    """

    city_name: str
    people: Floats
    district: Ints
    street: Ints
    outside: Bools
    borders: Borders
    street_rows: StreetRows
    station_areas: Ints
    areas: GeoDataFrame

    @classmethod
    def lay(
        cls,
        city_name: str,
        grid: CellGrid,
        people: Floats,
        areas: GeoDataFrame,
        area_of_cell: Mapping[str, Ints],
        station_lon: Floats,
        station_lat: Floats,
    ) -> Ground:
        """Put people and areas on a grid; both are in the order of its cells."""
        nowhere = np.full(len(people), NO_AREA, dtype=np.int32)
        district, street = (np.asarray(area_of_cell.get(level, nowhere)) for level in LEVELS)
        outside = outside_study_area({"district": district, "street": street}, len(people))
        one_row = np.where(outside, -1, 0).astype(np.int64)
        parent = places_among(areas, "district", district) if _has(areas, "district") else one_row
        stations = [area_of_points(station_lon, station_lat, areas, level) for level in LEVELS]
        return cls(
            city_name=city_name,
            people=np.asarray(people),
            district=district,
            street=street,
            outside=outside,
            borders=Borders.of_grid(grid.cells, grid.around, district, street),
            street_rows=StreetRows.of_cells(parent, street),
            station_areas=np.stack(stations, axis=1),
            areas=areas,
        )

    def tables(self, fates: NDArray[np.float64], eligible: Bools) -> tuple[Tally, pd.DataFrame, pd.DataFrame]:
        """
        People by fate for the city, for every district and for every street; whole numbers that add up.

        The district table is empty where no districts are mapped, the street table where no streets are.
        """
        whole = tally(fates)
        stations = self._stations_by_area(eligible)
        districts = district_table(fates, self.district, self.areas, stations, whole)
        above = districts if _has(self.areas, "district") else self._city_as_district(whole)
        streets = street_table(fates, self.street_rows, self.areas, stations, above)
        return whole, districts, streets if _has(self.areas, "street") else streets.iloc[:0]

    def area_name(self, row: int) -> str:
        """Name of an area, empty for none."""
        return "" if row == NO_AREA else str(self.areas["name"].iloc[row])

    def _stations_by_area(self, eligible: Bools) -> Longs:
        rows = self.station_areas[eligible].ravel()
        return np.bincount(rows[rows != NO_AREA], minlength=len(self.areas)).astype(np.int64)

    def _city_as_district(self, whole: Tally) -> pd.DataFrame:
        return pd.DataFrame([{"code": "", "name": self.city_name, **whole.as_dict()}])


def _has(areas: GeoDataFrame, level: str) -> bool:
    return bool((areas["level"] == level).any())
