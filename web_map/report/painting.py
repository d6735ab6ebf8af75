"""
Cells of a lattice as pixels, without a browser: the same grid, the same colours, the same rounding as on the page.

A map of a report is a window in Web Mercator (so that it lies on the page's map pixel by pixel), painted as one array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.types import Box, Bytes, Floats
from web_map.lattice import MINUTE_STEPS, NO_DATA, LatticeGrid, bytes_to_people

MERGE_ABOVE_STEP = 0.7
"""Cells narrower than about 1.4 pixels are merged, as on the page (`lattice.js`), or single ones would come and go."""

ROWS_AT_ONCE = 256
"""How many rows of pixels are painted at a time: a picture for print would fill the memory otherwise."""

WITHIN = ("#2b5c9b", "#8fbfe3")
BEYOND = ("#fde9a9", "#f7b267", "#e0603a", "#9c1c2b")
"""Blue within the limit, yellow to red beyond it, as on the planner's page: told apart with any colour vision."""


@dataclass(frozen=True, slots=True)
class Class:
    """Minutes above `over`, up to `top` (infinity for the last), and their colour."""

    over: float
    top: float
    colour: str


def minute_classes(limit: float) -> list[Class]:
    """The classes of a map of minutes: two within the limit, the others beyond, with a break at the limit itself."""
    beyond = [min(60.0, float(round(times * limit))) for times in (1.5, 2, 3)]
    tops = sorted({float(round(limit / 2)), limit} | {top for top in beyond if top > limit})
    tops = [top for top in tops if top > 0]
    overs = [0.0, *tops]
    inside = sum(top <= limit for top in tops)
    colours = [*WITHIN[len(WITHIN) - inside :], *BEYOND]
    closed = [Class(over, top, colour) for over, top, colour in zip(overs, tops, colours, strict=False)]
    return [*closed, Class(tops[-1], math.inf, BEYOND[-1])]


def palette(classes: Sequence[Class]) -> list[str | None]:
    """The colour of every byte of a column of minutes; None for "no data"."""
    tops = np.array([one.top * MINUTE_STEPS for one in classes])
    places = [int(np.argmax(byte <= tops)) for byte in range(NO_DATA)]
    return [*(classes[place].colour for place in places), None]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map: its box in degrees, and how many pixels it has."""

    box: Box
    width: int
    height: int

    @classmethod
    def around(cls, box: Box, width: int, height: int, *, margin: float = 0.03) -> Window:
        """A window of this size that shows a whole box, and more on the sides where it is wider."""
        left, right, bottom, top = _x(box.west), _x(box.east), _y(box.south), _y(box.north)
        across, up = (right - left) * (1 + 2 * margin), (top - bottom) * (1 + 2 * margin)
        unit = max(across / width, up / height, 1e-9)
        middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
        half_x, half_y = unit * width / 2, unit * height / 2
        west, east = _lon(middle_x - half_x), _lon(middle_x + half_x)
        return cls(Box(west, _lat(middle_y - half_y), east, _lat(middle_y + half_y)), width, height)

    def place(self, lon: Floats, lat: Floats) -> Floats:
        """Positions as fractions of the window, from its upper left corner, float64[p, 2]."""
        box = self.box
        x = (np.asarray(lon, dtype=np.float64) - box.west) / (box.east - box.west)
        bottom, top = _y(box.south), _y(box.north)
        y = np.arcsinh(np.tan(np.radians(np.asarray(lat, dtype=np.float64))))
        return np.stack([x, (top - y) / (top - bottom)], axis=-1)

    @property
    def width_km(self) -> float:
        """How far it is across the window's middle."""
        middle = math.radians((self.box.south + self.box.north) / 2)
        return (self.box.east - self.box.west) * 111.32 * math.cos(middle)

    def scaled(self, times: int) -> Window:
        """The same window with more pixels."""
        return Window(self.box, self.width * times, self.height * times)


def aspect(box: Box) -> float:
    """Height of a box in Web Mercator by its width."""
    return (_y(box.north) - _y(box.south)) / max(_x(box.east) - _x(box.west), 1e-9)


def paint(
    window: Window, grids: Sequence[LatticeGrid], colours: Sequence[str | None], *, mask: int, finer: int = 1
) -> Bytes:
    """
    The cells of a window as pixels, uint8[height, width, 4] (red, green, blue, opacity).

    Column 0 chooses the colour; a cell whose column `mask` (people) is zero or without data is left out. Cells narrower
    than `finer` pixels, which will become one, are merged first, as the map of a page merges them.
    """
    table = np.zeros((256, 4), dtype=np.uint8)
    for byte, colour in enumerate(colours):
        if colour is not None:
            table[byte] = (*bytes.fromhex(colour[1:]), 255)
    picture = np.zeros((window.height, window.width, 4), dtype=np.uint8)
    box = window.box
    lon = np.radians(box.west + (np.arange(window.width) + 0.5) / window.width * (box.east - box.west))
    top, bottom = _y(box.north), _y(box.south)
    q = top - (np.arange(window.height) + 0.5) / window.height * (top - bottom)
    for grid in grids:
        values = np.where((grid.columns[mask] == 0) | (grid.columns[mask] == NO_DATA), NO_DATA, grid.columns[0])
        level = merge_level(grid, window, finer)
        values = patch_means(values, grid.columns[mask], level)
        for start in range(0, window.height, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            found = _bytes_at(grid, values, lon, q[rows], level)
            here = found != NO_DATA
            picture[rows][here] = table[found[here]]
    return picture


def merge_level(grid: LatticeGrid, window: Window, finer: int) -> int:
    """How often cells are merged by two each way before they are painted; 0 where `finer` pixels show one."""
    box, q = window.box, _y((window.box.south + window.box.north) / 2)
    pixel = math.radians(box.east - box.west) / window.width * finer
    lon = math.radians((box.west + box.east) / 2) + np.array([0.0, pixel])
    a, b, w = grid.inverse @ np.stack(
        [np.cos(lon) / math.cosh(q), np.sin(lon) / math.cosh(q), np.full(2, math.tanh(q))]
    )
    step = math.hypot(*np.diff([a / w, b / w], axis=1).ravel().tolist())
    return max(0, math.ceil(math.log2(step / MERGE_ABOVE_STEP)))


def patch_means(values: Bytes, people: Bytes, level: int) -> Bytes:
    """
    The mean byte of every patch of 2^level by 2^level cells, every person counting alike; 255 where none has a value.

    What a merged cell shows is the mean of minutes and not of colours, so that it has a colour of the legend.
    """
    if level == 0:
        return values
    side = 1 << level
    rows, columns = ((length >> level) + 1 for length in values.shape)
    weights = np.zeros((rows * side, columns * side))
    weights[: values.shape[0], : values.shape[1]] = np.where(values == NO_DATA, 0.0, bytes_to_people(people))
    sums = np.zeros_like(weights)
    sums[: values.shape[0], : values.shape[1]] = values
    folded = [one.reshape(rows, side, columns, side).sum(axis=(1, 3)) for one in (sums * weights, weights)]
    means = np.floor(folded[0] / np.where(folded[1] > 0, folded[1], 1) + 0.5)
    return np.where(folded[1] > 0, means, NO_DATA).astype(np.uint8)


def _bytes_at(grid: LatticeGrid, values: Bytes, lon: Floats, q: Floats, level: int) -> Bytes:
    """The byte of the patch of cells under every pixel, 255 where there is none."""
    sin, cos = np.tanh(q)[:, None], (1 / np.cosh(q))[:, None]
    around = grid.inverse[:, 0, None] * np.cos(lon) + grid.inverse[:, 1, None] * np.sin(lon)
    a, b, w = (cos * around[row][None, :] + grid.inverse[row, 2] * sin for row in range(3))
    a, b = a / w, b / w
    # round to the nearest hexagon: of x + y + z = 0, the coordinate with the largest error follows from the others
    x, y, z = np.rint(a), np.rint(b - a), np.rint(-b)
    off_x, off_y, off_z = np.abs(x - a), np.abs(y - b + a), np.abs(z + b)
    i = np.where((off_x > off_y) & (off_x > off_z), -y - z, x)
    j = np.where((off_z >= off_x) & (off_z >= off_y), x + y, -z)
    i, j = i.astype(np.int64) - grid.i0, j.astype(np.int64) - grid.j0
    ni, nj = grid.columns[0].shape
    inside = (w > 0) & (i >= 0) & (j >= 0) & (i < ni) & (j < nj)
    i, j = i >> level, j >> level
    return np.where(inside, values[np.where(inside, i, 0), np.where(inside, j, 0)], NO_DATA).astype(np.uint8)


def reduced(picture: Bytes, times: int) -> Bytes:
    """A picture with a `times`-th of the pixels each way, the colours of what melts together averaged by opacity."""
    if times == 1:
        return picture
    height, width = picture.shape[0] // times, picture.shape[1] // times
    sums = np.zeros((height, width, 4), dtype=np.uint32)
    for row in range(times):
        for column in range(times):
            part = picture[row : height * times : times, column : width * times : times].astype(np.uint32)
            part[..., :3] *= part[..., 3:]
            sums += part
    sums[..., :3] //= np.maximum(sums[..., 3:], 1)
    sums[..., 3] //= times * times
    return sums.astype(np.uint8)


def _x(lon: float) -> float:
    return math.radians(lon)


def _y(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))


def _lon(x: float) -> float:
    return math.degrees(x)


def _lat(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y)))
