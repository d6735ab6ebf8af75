"""The sheet that streets are drawn on: points in metres, and ways that string points together under OSM tags."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.types import Floats, Longs

Tags = dict[str, str]


@dataclass(slots=True)
class Way:
    """A line through points of the sheet, with its OSM tags."""

    points: list[int]
    tags: Tags


@dataclass(slots=True)
class Sheet:
    """Points and ways drawn so far."""

    _x: list[Floats] = field(default_factory=list)
    _y: list[Floats] = field(default_factory=list)
    count: int = 0
    ways: list[Way] = field(default_factory=list)
    point_tags: dict[int, Tags] = field(default_factory=dict)

    def add_points(self, x_m: Floats, y_m: Floats) -> Longs:
        """Put points on the sheet and return their numbers."""
        numbers = np.arange(self.count, self.count + len(x_m), dtype=np.int64)
        self._x.append(np.asarray(x_m, float))
        self._y.append(np.asarray(y_m, float))
        self.count += len(x_m)
        return numbers

    def add_way(self, points: list[int], tags: Tags) -> None:
        """String points together."""
        self.ways.append(Way(points, tags))

    def positions(self) -> tuple[Floats, Floats]:
        """All points drawn so far, metres east and north."""
        self._x, self._y = [np.concatenate(self._x)], [np.concatenate(self._y)]
        return self._x[0], self._y[0]


@dataclass(frozen=True, slots=True)
class Segments:
    """The straight pieces of some ways, one row each."""

    start: Longs
    end: Longs
    way: Longs

    @staticmethod
    def of(ways: list[Way]) -> Segments:
        """Cut ways into their straight pieces."""
        sizes = np.array([len(way.points) for way in ways], dtype=np.int64)
        flat = np.fromiter((point for way in ways for point in way.points), np.int64, int(sizes.sum()))
        owner = np.repeat(np.arange(len(ways)), sizes)
        same = owner[:-1] == owner[1:]
        return Segments(flat[:-1][same], flat[1:][same], owner[:-1][same])


def segment_lines(x_m: Floats, y_m: Floats, start: Longs, end: Longs) -> NDArray[np.object_]:
    """Straight lines between pairs of points, as shapes."""
    ends = np.empty((len(start), 2, 2))
    ends[:, 0, 0], ends[:, 0, 1] = x_m[start], y_m[start]
    ends[:, 1, 0], ends[:, 1, 1] = x_m[end], y_m[end]
    return np.asarray(shapely.linestrings(ends), dtype=object)


def points_at(x_m: Floats, y_m: Floats) -> NDArray[np.object_]:
    """Points of the sheet, as shapes."""
    return np.asarray(shapely.points(x_m, y_m), dtype=object)


def point_tree(x_m: Floats, y_m: Floats) -> shapely.STRtree:
    """Points of the sheet, ready to be asked for the nearest."""
    return shapely.STRtree(points_at(x_m, y_m))


def components(count: int, start: Longs, end: Longs) -> Longs:
    """Label the connected parts of a graph: every point gets the smallest number in its part."""
    label = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(label[start], label[end])
        new = label.copy()
        np.minimum.at(new, start, low)
        np.minimum.at(new, end, low)
        np.minimum.at(new, label[start], low)
        np.minimum.at(new, label[end], low)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


def spanning_forest(count: int, start: Longs, end: Longs, weight: Floats) -> NDArray[np.bool_]:
    """Mark the edges of a minimum spanning forest (Borůvka): without the others everything stays connected."""
    order = np.argsort(weight, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    chosen = np.zeros(len(order), dtype=bool)
    label = np.arange(count, dtype=np.int64)
    while True:
        a, b = label[start], label[end]
        open_edges = np.flatnonzero(a != b)
        if not len(open_edges):
            return chosen
        best = np.full(count, len(order), dtype=np.int64)
        np.minimum.at(best, a[open_edges], rank[open_edges])
        np.minimum.at(best, b[open_edges], rank[open_edges])
        chosen[order[best[best < len(order)]]] = True
        label = components(count, start[chosen], end[chosen])
