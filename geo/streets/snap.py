"""
Joining points to streets: the nearest piece of street a mode may use, and where along it.

A point joins the nearest *edge*, not the nearest node: on real streets the difference moves one cell in twenty across a
ten-minute limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from geo.streets import kernels
from geo.streets.graph import StreetGraph
from geo.types import Box, Floats, Ints, Longs

OFF_NETWORK = -1
"""The edge of a point that has no street within the limit."""
CELL_M = 80.0
"""Least side (in metres) of the squares that segments are filed under; about one block of a dense city."""
CELLS_PER_VERTEX = 4
"""
How many squares there may be for every vertex of the drawing; a thinly built region gets larger squares instead of
more.
"""

Grid: TypeAlias = tuple[float, float, float, float, int, int]
"""West, south, width and height of a square in degrees, columns, rows."""


@dataclass(frozen=True)
class Snaps:
    """
    Where points join the network, one row per point.

    `edge` is -1 where no permitted street lies within the limit. `fraction` runs from the edge's tail (0) to its head
    (1). `distance_m` leads straight to the street and `access_ds` is the time it takes. `lon` and `lat` are the
    position on the street, or the point itself where it is off the network.
    """

    edge: Ints
    fraction: Floats
    distance_m: Floats
    access_ds: Ints
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, rows: Ints) -> Snaps:
        """The same facts for some of the points, in the order asked for."""
        return Snaps(*(column[rows] for column in vars(self).values()))


class EdgeIndex:
    """
    Finds the nearest permitted edge of a graph.

    Segments are filed under the squares of a grid in one pass over the drawing, which is quicker than reading a stored
    index. Among edges equally near, as at a junction, the one that comes first in the graph is taken, so that an answer
    never depends on chance.
    """

    def __init__(self, graph: StreetGraph) -> None:
        self.graph = graph
        self._grid = _grid_over(graph.bounds, len(graph.shape_lon))
        edge_of_vertex = np.repeat(np.arange(graph.edge_count, dtype=np.int32), np.diff(graph.edges.shape_start))
        self._shape = (graph.shape_lon, graph.shape_lat, graph.shape_m, edge_of_vertex, graph.edges.length_m)
        self._cells = _file_segments(graph, edge_of_vertex, self._grid)

    def snap(self, lon: Floats, lat: Floats, limit_m: float | None = None) -> Snaps:
        """
        Join points (WGS-84 degrees) to their nearest edges.

        `limit_m` is the mode's snap limit unless another is given. Points that are not numbers are off the network.
        """
        graph = self.graph
        lon = np.ascontiguousarray(lon, dtype=np.float64)
        lat = np.ascontiguousarray(lat, dtype=np.float64)
        edge = np.empty(len(lon), np.int32)
        fraction, distance_m, on_lon, on_lat = (np.empty(len(lon)) for _ in range(4))
        kernels.snap_points(
            lon,
            lat,
            graph.mode.snap_limit_m if limit_m is None else limit_m,
            self._shape,
            self._cells,
            self._grid,
            (edge, fraction, distance_m, on_lon, on_lat),
        )
        access_ds = np.where(edge >= 0, np.rint(10 * distance_m / graph.mode.off_street_speed_ms), 0).astype(np.int32)
        return Snaps(edge, fraction, distance_m, access_ds, on_lon, on_lat)


def positions(graph: StreetGraph, edge: Ints, fraction: Floats) -> tuple[Floats, Floats]:
    """
    Longitude and latitude of positions along edges, `fraction` of the length from the tail, on the drawing of the
    street.
    """
    edge = np.ascontiguousarray(edge, dtype=np.int32)
    fraction = np.ascontiguousarray(fraction, dtype=np.float64)
    lon, lat = np.empty(len(edge)), np.empty(len(edge))
    shape = (graph.shape_lon, graph.shape_lat, graph.shape_m, graph.edges.length_m, graph.edges.shape_start)
    kernels.place_on_edges(*shape, edge, fraction, lon, lat)
    return lon, lat


def _grid_over(bounds: Box, vertex_count: int) -> Grid:
    """Squares over a box, as small as a block unless that would be too many."""
    lat = math.radians((bounds.south + bounds.north) / 2)
    east_m, north_m = 111_320.0 * max(math.cos(lat), 0.01), 111_132.0
    area_m2 = (bounds.east - bounds.west) * east_m * (bounds.north - bounds.south) * north_m
    side_m = max(CELL_M, math.sqrt(area_m2 / (CELLS_PER_VERTEX * vertex_count + 1)))
    width, height = side_m / east_m, side_m / north_m
    columns = int((bounds.east - bounds.west) / width) + 1
    rows = int((bounds.north - bounds.south) / height) + 1
    return (bounds.west, bounds.south, width, height, columns, rows)


def _file_segments(graph: StreetGraph, edge_of_vertex: Ints, grid: Grid) -> tuple[Longs, Ints]:
    """Which segments touch every square, in compressed rows: count, make room, write."""
    counted = np.zeros(grid[4] * grid[5] + 1, np.int64)
    drawing = (graph.shape_lon, graph.shape_lat, edge_of_vertex, grid)
    kernels.file_segments_pass(*drawing, counted, np.empty(0, np.int32))
    start = np.concatenate(([0], np.cumsum(counted[:-1])))
    segments = np.empty(start[-1], np.int32)
    kernels.file_segments_pass(*drawing, start.copy(), segments)
    return start, segments
