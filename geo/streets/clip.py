"""Cutting one city out of the extract of a province: its streets and some ground around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.streets.build import StreetWays
from geo.types import Bools, Floats

HALO_M = 5000.0
"""How far (in metres) streets are kept beyond the city's border: more than a quarter of an hour by e-bike."""
METRES_PER_DEGREE = 111_320.0


def widened(outline: MultiPolygon, halo_m: float) -> BaseGeometry:
    """The outline with a halo of metres around it, right to a percent, which is enough for a margin."""
    squeeze = np.cos(np.radians(outline.centroid.y))

    def scaled(factor_x: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([factor_x, 1.0])

    flat = shapely.transform(outline, lambda points: points * scaled(squeeze))
    return shapely.transform(flat.buffer(halo_m / METRES_PER_DEGREE), lambda points: points * scaled(1 / squeeze))


def inside(outline: BaseGeometry, lon: Floats, lat: Floats) -> Bools:
    """Which points lie inside an outline."""
    shapely.prepare(outline)
    return np.asarray(shapely.contains_xy(outline, lon, lat), dtype=np.bool_)


def clip_streets(ways: StreetWays, outline: MultiPolygon, *, halo_m: float = HALO_M) -> StreetWays:
    """The ways that have a node within the outline or the halo around it. Whole ways, so that no crossing is lost."""
    wanted = inside(widened(outline, halo_m), ways.node_lon, ways.node_lat)
    at = np.searchsorted(ways.node_id, ways.refs)
    at[at == len(ways.node_id)] = 0
    hit = wanted[at] & (ways.node_id[at] == ways.refs)
    kept = np.logical_or.reduceat(hit, ways.way_start[:-1]) if len(ways.way_id) else np.empty(0, np.bool_)
    size = np.diff(ways.way_start)
    refs = ways.refs[np.repeat(kept, size)]
    needed = np.isin(ways.node_id, refs)
    return replace(
        ways,
        node_id=ways.node_id[needed],
        node_lon=ways.node_lon[needed],
        node_lat=ways.node_lat[needed],
        refs=refs,
        way_start=np.concatenate(([0], np.cumsum(size[kept]))),
        way_id=ways.way_id[kept],
        highway=ways.highway[kept],
        name_id=ways.name_id[kept],
        directions={code: bits[kept] for code, bits in ways.directions.items()},
    )
