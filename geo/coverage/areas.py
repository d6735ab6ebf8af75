"""Which district and which street (镇街) a cell or a station lies in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.cells import cells_to_polygons
from geo.measure import require_crs
from geo.types import Bools, Cells, Floats, Ints

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

NO_AREA = -1
"""What stands in an area column for a place in no area."""

LEVELS = ("district", "street")
"""Administrative levels, the larger first."""


def area_of_points(lon: Floats, lat: Floats, areas: GeoDataFrame, level: str) -> Ints:
    """
    Row of `areas` (by position) of one level that holds each point, `NO_AREA` where none does.

    `areas` has columns `level` and `geometry` (WGS-84). Where areas overlap, the first row holds the point.
    """
    require_crs(areas, "areas")
    rows = np.flatnonzero((areas["level"] == level).to_numpy())
    found = np.full(len(lon), NO_AREA, dtype=np.int32)
    if rows.size == 0 or len(lon) == 0:
        return found
    tree = shapely.STRtree(areas.geometry.to_numpy()[rows])
    point, row = tree.query(shapely.points(lon, lat), predicate="intersects")
    return _first_of_each(found, point, rows[row])


def area_of_cells(cells: Cells, lon: Floats, lat: Floats, areas: GeoDataFrame, level: str) -> Ints:
    """
    Row of `areas` (by position) of one level that each cell belongs to, `NO_AREA` where it touches none.

    The cell's centre decides. A cell whose centre is in no area (at the shore, at the city limit) belongs to the
    nearest of those it touches: the people counted in it live on land, and must not fall out of the city with half a
    hexagon.
    """
    found = area_of_points(lon, lat, areas, level)
    left = np.flatnonzero(found == NO_AREA)
    rows = np.flatnonzero((areas["level"] == level).to_numpy())
    if left.size == 0 or rows.size == 0:
        return found
    outlines = areas.geometry.to_numpy()[rows]
    touched, row = shapely.STRtree(outlines).query(cells_to_polygons(cells[left]), predicate="intersects")
    away = shapely.distance(shapely.points(lon[left[touched]], lat[left[touched]]), outlines[row])
    nearest_first = np.lexsort((row, away, touched))
    return _first_of_each(found, left[touched[nearest_first]], rows[row[nearest_first]], in_given_order=True)


def outside_study_area(areas: GeoDataFrame, area_of: Mapping[str, Ints], count: int) -> Bools:
    """
    Which of some places lie outside the city: in no district, or in no street where districts are not mapped.

    `area_of` has their rows of `areas` by level. Where no area at all is mapped nothing is outside, for there is
    nothing to be outside of.
    """
    for level in LEVELS:
        if has_level(areas, level):
            return np.asarray(area_of[level] == NO_AREA, dtype=np.bool_)
    return np.zeros(count, dtype=np.bool_)


def has_level(areas: GeoDataFrame, level: str) -> bool:
    """Whether any area of a level is mapped."""
    return bool((areas["level"] == level).any())


def _first_of_each(found: Ints, place: np.ndarray, row: np.ndarray, *, in_given_order: bool = False) -> Ints:
    """Write to every place the first row that claims it: the smallest, unless the caller has put them in order."""
    order = np.arange(len(place)) if in_given_order else np.lexsort((row, place))
    places, first = np.unique(place[order], return_index=True)
    found[places] = row[order][first]
    return found
