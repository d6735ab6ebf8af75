"""A city one can draw: straight streets on a square lattice, every block the same length."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.streets.build import StreetWays, build_graph
from geo.streets.graph import HIGHWAYS, StreetGraph
from geo.streets.modes import BOTH, FORWARD, WALK, Mode

ORIGIN_LON, ORIGIN_LAT = 120.38, 36.07
"""The south-west corner of the city, in Qingdao."""

DEGREE_LAT_M = 110_970.0
DEGREE_LON_M = 90_100.0
"""Metres per degree around the origin, good to a tenth of a per cent: enough to place things."""


def lon_lat(x_m: float, y_m: float) -> tuple[float, float]:
    """The point so many metres east and north of the corner."""
    return ORIGIN_LON + x_m / DEGREE_LON_M, ORIGIN_LAT + y_m / DEGREE_LAT_M


def grid_graph(
    columns: int = 8, rows: int = 8, block_m: float = 100.0, *, mode: Mode = WALK, highway: str = "residential"
) -> StreetGraph:
    """Streets from west to east and from south to north, `columns` × `rows` crossings, both directions open."""
    number = np.arange(columns * rows).reshape(rows, columns)
    lon = ORIGIN_LON + np.tile(np.arange(columns) * block_m / DEGREE_LON_M, rows)
    lat = ORIGIN_LAT + np.repeat(np.arange(rows) * block_m / DEGREE_LAT_M, columns)
    ways = [*number, *number.T]
    both = np.full(len(ways), BOTH, dtype=np.uint8)
    streets = StreetWays(
        node_id=np.arange(columns * rows, dtype=np.int64),
        node_lon=lon,
        node_lat=lat,
        refs=np.concatenate(ways).astype(np.int64),
        way_start=np.concatenate([[0], np.cumsum([len(way) for way in ways])]).astype(np.int64),
        way_id=np.arange(len(ways), dtype=np.int64),
        highway=np.full(len(ways), HIGHWAYS.index(highway), dtype=np.uint8),
        name_id=np.full(len(ways), -1, dtype=np.int32),
        names=[],
        directions={mode.code: both},
        barriers={mode.code: np.zeros(0, dtype=np.int64)},
    )
    return build_graph(streets, mode, min_component_m=0.0)[0]


def graph_of_lines(
    lines: list[list[tuple[float, float]]], *, mode: Mode = WALK, one_way: frozenset[int] = frozenset()
) -> StreetGraph:
    """
    Streets drawn as lines of metres east and north of the corner; they join where they share a vertex.

    Those named in `one_way` may only be used as they are drawn. Islands stay.
    """
    spots = sorted({spot for line in lines for spot in line})
    number = {spot: i for i, spot in enumerate(spots)}
    lon, lat = np.array([lon_lat(*spot) for spot in spots]).T
    streets = StreetWays(
        node_id=np.arange(len(spots), dtype=np.int64),
        node_lon=lon,
        node_lat=lat,
        refs=np.array([number[spot] for line in lines for spot in line], dtype=np.int64),
        way_start=np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        way_id=np.arange(len(lines), dtype=np.int64),
        highway=np.full(len(lines), HIGHWAYS.index("residential"), dtype=np.uint8),
        name_id=np.full(len(lines), -1, dtype=np.int32),
        names=[],
        directions={mode.code: np.array([FORWARD if i in one_way else BOTH for i in range(len(lines))], np.uint8)},
        barriers={mode.code: np.zeros(0, dtype=np.int64)},
    )
    return build_graph(streets, mode, min_component_m=0.0)[0]


def box_area(west_m: float, south_m: float, east_m: float, north_m: float) -> shapely.MultiPolygon:
    """A rectangle by its distances from the corner."""
    return shapely.MultiPolygon([shapely.box(*lon_lat(west_m, south_m), *lon_lat(east_m, north_m))])


def areas_frame(rows: list[tuple[str, str, str, str | None, shapely.MultiPolygon]]) -> gpd.GeoDataFrame:
    """Areas from (level, code, name, parent code, shape), with the columns of the snapshot's areas."""
    level, code, name, parent, shape = zip(*rows, strict=True) if rows else ([], [], [], [], [])
    columns = {"level": level, "code": code, "name": name, "parent_code": parent}
    return gpd.GeoDataFrame(columns, geometry=list(shape), crs="EPSG:4326")
