"""Lengths and areas on the WGS-84 ellipsoid: the one place where degrees become metres."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.types import Floats

WGS84 = CRS.from_epsg(4326)
"""The reference system of everything stored, computed and sent."""

_ELLIPSOID = Geod(ellps="WGS84")


class HasCrs(Protocol):
    """A frame or series of geometries that may know its reference system."""

    @property
    def crs(self) -> CRS | None:
        """The reference system, None where nobody said."""


class MissingCrsError(InputError):
    """Geometries without a reference system."""

    def __init__(self, what: str) -> None:
        super().__init__(f"`{what}` has no reference system; set it where the file is read.")


class WrongCrsError(InputError):
    """Geometries in another reference system than WGS-84 longitude and latitude."""

    def __init__(self, what: str, crs: CRS) -> None:
        super().__init__(f"`{what}` is in {crs.name}; bring it to WGS-84 longitude and latitude (EPSG:4326) first.")


def require_crs(frame: HasCrs, what: str) -> None:
    """
    Refuse geometries that are not in WGS-84 longitude and latitude.

    Raises
    ------
    MissingCrsError, WrongCrsError
        Named after `what`, so that the reader knows which of several frames is meant.
    """
    if frame.crs is None:
        raise MissingCrsError(what)
    if not CRS.from_user_input(frame.crs).equals(WGS84, ignore_axis_order=True):
        raise WrongCrsError(what, frame.crs)


def distances_m(lon: ArrayLike, lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike) -> Floats:
    """Distance (in metres) from each point to its partner, along the ellipsoid."""
    starts = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in (lon, lat)]
    ends = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in (to_lon, to_lat)]
    x1, y1, x2, y2 = (np.ascontiguousarray(one) for one in np.broadcast_arrays(*starts, *ends))
    if x1.size == 0:
        return np.zeros(0)
    return np.asarray(_ELLIPSOID.inv(x1, y1, x2, y2)[2], dtype=np.float64)


def step_lengths_m(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Lengths (in metres) of the steps along one chain of points: one fewer than points."""
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return distances_m(lons[:-1], lats[:-1], lons[1:], lats[1:])


def line_lengths_m(lines: ArrayLike) -> Floats:
    """Lengths (in metres) of an array of lines in WGS-84 degrees."""
    shapes: NDArray[np.object_] = np.atleast_1d(np.asarray(lines, dtype=object))
    points, line_of_point = shapely.get_coordinates(shapes, return_index=True)
    steps = step_lengths_m(points[:, 0], points[:, 1]) if len(points) else np.zeros(0)
    inside = np.diff(line_of_point) == 0
    return np.bincount(line_of_point[1:][inside], weights=steps[inside], minlength=len(shapes)).astype(np.float64)


def polygon_areas_km2(polygons: ArrayLike) -> Floats:
    """
    Areas (in square kilometres) of an array of polygons or multipolygons in WGS-84 degrees, holes taken off.

    Rings may run either way: a clockwise outline has the same area as a counter-clockwise one.
    """
    shapes: NDArray[np.object_] = np.atleast_1d(np.asarray(polygons, dtype=object))
    return np.array([_polygon_area_m2(shape) for shape in shapes], dtype=np.float64) / 1e6


def _polygon_area_m2(shape: BaseGeometry) -> float:
    oriented = shapely.orient_polygons(shape)
    return abs(float(_ELLIPSOID.geometry_area_perimeter(oriented)[0]))
