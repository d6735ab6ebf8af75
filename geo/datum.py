"""
The four datums positions arrive in and leave by, both ways, on whole arrays.

WGS-84 is what GPS, OpenStreetMap and everything inside this product use. CGCS2000, the national datum, differs from
it by less than GPS can see and is passed through. GCJ-02 (Amap, Tencent, Apple in China) moves a position by 300-700
m by a smooth formula, BD-09 (Baidu) moves a GCJ-02 position by about 900 m more. The makers publish no formula: this
is the reverse-engineered one in general use, and how closely their own converters follow it was not checked.

Outside the region where makers shift (`geo.datum_region`) nothing is moved. The shift does not stop dead at the
region's edge but fades out over a tenth of a degree beyond it. A hard edge would tear the map: two positions on
either side of it would have one image, and some image no position, so no inverse could be exact there. Faded, the
mapping is one-to-one everywhere, and going there and back is exact to a micrometre from Kashgar to Tokyo.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geo.datum_region import SHIFTED_REGION
from geo.errors import InputError
from geo.types import Box, Floats

Position: TypeAlias = tuple[Floats, Floats]
"""Longitudes and latitudes in degrees, two arrays of one shape."""

Shift: TypeAlias = Callable[[Floats, Floats], Position]
"""Degrees to add to a longitude and a latitude."""

AXIS_M: Final = 6378245.0
ECCENTRICITY2: Final = 0.00669342162296594323
"""The formula's ellipsoid (Krasovsky 1940), not WGS-84's: its constants are part of the formula."""

BD_FACTOR: Final = np.pi * 3000 / 180

FADE_DEG: Final = 0.1
"""Over how many degrees beyond the region's edge the shift fades to nothing."""

CHINA_BOX: Final = Box(west=73.0, south=3.0, east=136.0, north=54.0)
"""A box around all of China: what lies outside it cannot be a Chinese station in any datum."""

STEPS_LIMIT: Final = 60
SETTLED_DEG: Final = 1e-13
"""When the inverse stops: a hundredth of a micrometre, a few units in the last place of a longitude."""


class Datum(StrEnum):
    """What the numbers of a position refer to."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class PositionError(InputError):
    """Numbers that are no position on Earth."""


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Position:
    """
    Positions of a datum as WGS-84, exact to a micrometre as the inverse of `from_wgs84`.

    Returns arrays of the shape given; raises PositionError for what is not finite or not on Earth.
    """
    lon, lat = checked(lon, lat)
    if datum is Datum.BD09:
        lon, lat = unshifted(lon, lat, bd_shift)
    if datum in (Datum.BD09, Datum.GCJ02):
        lon, lat = unshifted(lon, lat, gcj_shift)
    return lon, lat


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Position:
    """
    WGS-84 positions in another datum; outside the region where makers shift they come back as they are.

    Returns arrays of the shape given; raises PositionError for what is not finite or not on Earth.
    """
    lon, lat = checked(lon, lat)
    if datum in (Datum.BD09, Datum.GCJ02):
        lon, lat = shifted(lon, lat, gcj_shift)
    if datum is Datum.BD09:
        lon, lat = shifted(lon, lat, bd_shift)
    return lon, lat


def convert(lon: ArrayLike, lat: ArrayLike, *, source: Datum, target: Datum) -> Position:
    """Positions of one datum in another, by way of WGS-84; unchanged when the two are the same."""
    if source is target:
        return checked(lon, lat)
    return from_wgs84(*to_wgs84(lon, lat, source), target)


def checked(lon: ArrayLike, lat: ArrayLike) -> Position:
    """Two arrays of one shape, each position finite and on Earth; raises PositionError naming the first that is not."""
    lon, lat = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    if lon.shape != lat.shape:
        raise PositionError(f"{lon.size} longitudes came with {lat.size} latitudes; each position needs both.")
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not on_earth.all():
        first = int(np.argmin(on_earth))
        raise PositionError(
            f"{np.count_nonzero(~on_earth)} of {lon.size} positions are not on Earth, the first at place {first}: "
            f"longitude {lon.flat[first]}, latitude {lat.flat[first]}. Longitudes run from -180 to 180, latitudes from "
            "-90 to 90, and empty values must be left out."
        )
    return lon, lat


def shift_weight(lon: Floats, lat: Floats) -> Floats:
    """How much of the shift applies at a position: 1 where makers shift, 0 beyond the fading, smooth in between."""
    region = region_polygon()
    weight = np.asarray(shapely.contains_xy(region, lon, lat), dtype=np.float64)
    west, south, east, north = region.bounds
    # most positions are inside or far away, and only the rest need the dear distance
    near = (weight == 0) & (lon > west - FADE_DEG) & (lon < east + FADE_DEG)
    near &= (lat > south - FADE_DEG) & (lat < north + FADE_DEG)
    if near.any():
        part = shapely.distance(region, shapely.points(lon[near], lat[near])) / FADE_DEG
        weight[near] = np.where(part < 1, 1 - part * part * (3 - 2 * part), 0.0)
    return weight


@cache
def region_polygon() -> shapely.Polygon:
    """The region where makers shift, prepared for many questions."""
    polygon = shapely.Polygon([tuple(map(float, corner.split(","))) for corner in SHIFTED_REGION.split()])
    shapely.prepare(polygon)
    return polygon


def shifted(lon: Floats, lat: Floats, shift: Shift) -> Position:
    """Positions moved by a shift, as far as it applies where they are."""
    weight = shift_weight(lon, lat)
    inside = weight > 0
    # the formula is for China; at a pole it would divide by nothing
    east, north = shift(lon[inside], lat[inside])
    moved_lon, moved_lat = lon.copy(), lat.copy()
    moved_lon[inside] += weight[inside] * east
    moved_lat[inside] += weight[inside] * north
    return moved_lon, moved_lat


def unshifted(lon: Floats, lat: Floats, shift: Shift) -> Position:
    """
    The positions that `shifted` moves to the given ones.

    The fixed point of p = q - shift(p), started at q. The shift changes so slowly that each step shrinks the error
    about two-hundredfold inside the region and at least fivefold where it fades; so each position is followed until
    its own step is nothing, rather than all for a number of steps that only the inside would deserve.
    """
    x, y = lon.ravel().copy(), lat.ravel().copy()
    target_x, target_y = x.copy(), y.copy()
    moving = np.arange(x.size)
    for _ in range(STEPS_LIMIT):
        image_x, image_y = shifted(x[moving], y[moving], shift)
        step_x, step_y = target_x[moving] - image_x, target_y[moving] - image_y
        x[moving] += step_x
        y[moving] += step_y
        moving = moving[np.maximum(np.abs(step_x), np.abs(step_y)) > SETTLED_DEG]
        if not moving.size:
            break
    return x.reshape(lon.shape), y.reshape(lat.shape)


def gcj_shift(lon: Floats, lat: Floats) -> Position:
    """Degrees from a WGS-84 position to its GCJ-02 position."""
    sin, pi = np.sin, np.pi
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    wave_north = common + 20 * sin(pi * y) + 40 * sin(pi * y / 3) + 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)
    wave_east = common + 20 * sin(pi * x) + 40 * sin(pi * x / 3) + 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave_north * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave_east * 2 / 3

    # metres become degrees on the formula's own ellipsoid
    phi = np.radians(lat)
    flattening = 1 - ECCENTRICITY2 * sin(phi) ** 2
    east_radius_m = AXIS_M / np.sqrt(flattening) * np.cos(phi)
    north_radius_m = AXIS_M * (1 - ECCENTRICITY2) / flattening**1.5
    return np.degrees(east_m / east_radius_m), np.degrees(north_m / north_radius_m)


def bd_shift(lon: Floats, lat: Floats) -> Position:
    """Degrees from a GCJ-02 position to its BD-09 position."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_FACTOR)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_FACTOR)
    return radius * np.cos(angle) + 0.0065 - lon, radius * np.sin(angle) + 0.006 - lat
