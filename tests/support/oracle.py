"""
Travel times by brute force, to hold the kernels against.

Nothing here is shared with what it judges: every position is made a node of its own by cutting its edge in pieces, the
pieces become a scipy matrix, and scipy's Dijkstra runs once per facility. Slow, and plain enough to be believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geo.streets.graph import StreetGraph
from geo.streets.snap import Snaps
from geo.types import UNREACHED, Bools, Ints, Longs

NOTHING = (UNREACHED << 32) | 0xFFFFFFFF
"""The pair (time, facility) of "no facility" as one number, as `keys` makes them."""
FACILITIES_AT_ONCE = 16


class Oracle:
    """All shortest paths from points and nodes to facilities, edges cut at every position."""

    def __init__(self, graph: StreetGraph, facilities: Snaps, points: Snaps, overhead_ds: int = 0) -> None:
        self.node_count = graph.node_count
        self.facility_count = len(facilities)
        self.point_count = len(points)
        self._arcs: dict[tuple[int, int], int] = {}
        self._size = graph.node_count
        doors = self._more(len(facilities))
        starts = self._more(len(points))
        standing: dict[int, list[tuple[float, int, int]]] = defaultdict(list)
        for f in range(len(facilities)):
            if facilities.edge[f] >= 0:
                place = self._place(standing[int(facilities.edge[f])], float(facilities.fraction[f]))
                self._arc(place, doors[f], int(facilities.access_ds[f]) + overhead_ds)
        for p in range(len(points)):
            if points.edge[p] >= 0:
                place = self._place(standing[int(points.edge[p])], float(points.fraction[p]))
                self._arc(starts[p], place, int(points.access_ds[p]))
        self._cut_edges(graph, standing)
        self._doors, self._starts = np.array(doors), np.array(starts)
        self._towards = self._matrix()

    def _more(self, count: int) -> list[int]:
        first, self._size = self._size, self._size + count
        return list(range(first, self._size))

    def _arc(self, start: int, end: int, weight: int) -> None:
        known = self._arcs.get((start, end))
        if start != end and (known is None or weight < known):
            self._arcs[start, end] = weight

    def _place(self, on_edge: list[tuple[float, int, int]], fraction: float) -> int:
        """The node of a position; positions at the same place share it."""
        for known, node, _ in on_edge:
            if known == fraction:
                return node
        node = self._more(1)[0]
        on_edge.append((fraction, node, 0))
        return node

    def _cut_edges(self, graph: StreetGraph, standing: dict[int, list[tuple[float, int, int]]]) -> None:
        """Add every edge, in pieces where something stands on it."""
        edges = graph.edges
        rows = zip(
            edges.tail.tolist(),
            edges.head.tolist(),
            edges.forward_ds.tolist(),
            edges.backward_ds.tolist(),
            strict=True,
        )
        for e, (tail, head, forward, backward) in enumerate(rows):
            stops = [(0.0, tail), *sorted((x, node) for x, node, _ in standing.get(e, [])), (1.0, head)]
            for (x0, node0), (x1, node1) in pairwise(stops):
                if forward >= 0:
                    self._arc(node0, node1, round(forward * x1) - round(forward * x0))
                if backward >= 0:
                    self._arc(node1, node0, round(backward * x1) - round(backward * x0))
                # an end of an edge is the node itself, whatever the direction of the edge
                if x0 == x1 and len(stops) > 2:
                    self._arc(node0, node1, 0)
                    self._arc(node1, node0, 0)

    def _matrix(self) -> csr_matrix:
        """Arcs against the direction of travel. Weights are scaled and count hops, for scipy drops arcs of weight 0."""
        self._scale = self._size + 1
        start, end = np.array(list(self._arcs), np.int64).reshape(-1, 2).T
        weight = np.array(list(self._arcs.values()), np.float64) * self._scale + 1
        return csr_matrix((weight, (end, start)), shape=(self._size, self._size))

    def rows(self) -> Iterator[tuple[int, Longs, Longs]]:
        """For every facility: its number, the time (in deciseconds) from every node and from every point."""
        for first in range(0, self.facility_count, FACILITIES_AT_ONCE):
            block = self._doors[first : first + FACILITIES_AT_ONCE]
            scaled = dijkstra(self._towards, indices=block)
            reached = np.isfinite(scaled)
            times = np.full(scaled.shape, UNREACHED, np.int64)
            times[reached] = scaled[reached] // self._scale
            for f, row in enumerate(times, start=first):
                yield f, row[: self.node_count], row[self._starts]

    def keys(self) -> tuple[Longs, Longs]:
        """(time, facility) as one number, for every node and every point (rows) and every facility (columns)."""
        nodes = np.full((self.node_count, self.facility_count), NOTHING, np.int64)
        points = np.full((self.point_count, self.facility_count), NOTHING, np.int64)
        for f, from_nodes, from_points in self.rows():
            for keys, times in ((nodes, from_nodes), (points, from_points)):
                keys[:, f] = np.where(times < UNREACHED, (times << 32) | f, NOTHING)
        return nodes, points


def least(keys: Longs, eligible: Bools | None = None, cutoff_ds: int | None = None) -> tuple[Ints, Ints]:
    """Time and facility of the least key of every row."""
    times, facilities = first(keys, 1, eligible, cutoff_ds)
    return times[:, 0], facilities[:, 0]


def first(keys: Longs, k: int, eligible: Bools | None = None, cutoff_ds: int | None = None) -> tuple[Ints, Ints]:
    """Times and facilities of the `k` least keys of every row, filled with `UNREACHED` and -1."""
    keys = keys if eligible is None else keys[:, eligible]
    if cutoff_ds is not None:
        keys = np.where(keys >> 32 <= cutoff_ds, keys, NOTHING)
    filled = np.full((len(keys), max(k, keys.shape[1])), NOTHING, np.int64)
    filled[:, : keys.shape[1]] = keys
    best = np.sort(np.partition(filled, k - 1, axis=1)[:, :k], axis=1)
    return (best >> 32).astype(np.int32), (best & 0xFFFFFFFF).astype(np.uint32).astype(np.int32)
