"""
The flat sheet the demo city is drawn on: kilometres-sized shapes, metres east and north of a point near its middle.

A drawing needs no map projection: at the corners of the municipality the sheet is wrong by one per cent in
east-west lengths, which no one can see in an invented street. Nothing measured by the product is measured here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.types import Floats

_LON_0, _LAT_0 = 120.2, 36.35
_METRES_PER_LAT = 110_970.0
_METRES_PER_LON = 111_320.0 * math.cos(math.radians(_LAT_0))


def to_plane(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Put WGS-84 degrees on the sheet: metres east and north."""
    x_m = (np.asarray(lon, float) - _LON_0) * _METRES_PER_LON
    y_m = (np.asarray(lat, float) - _LAT_0) * _METRES_PER_LAT
    return x_m, y_m


def to_degrees(x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
    """Take metres on the sheet back to WGS-84 degrees, rounded to the 1e-7 that OSM stores."""
    lon = np.asarray(x_m, float) / _METRES_PER_LON + _LON_0
    lat = np.asarray(y_m, float) / _METRES_PER_LAT + _LAT_0
    return np.round(lon, 7), np.round(lat, 7)


def shape_on_plane(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Put a list of (lon, lat) on the sheet as an array of (x, y)."""
    pairs = np.asarray(lonlat, float)
    return np.column_stack(to_plane(pairs[:, 0], pairs[:, 1]))
