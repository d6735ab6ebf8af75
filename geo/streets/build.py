"""
From ways as they were drawn to the graph of one mode: cut at junctions, measured on the ellipsoid, freed of islands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pyproj import Geod

from geo.errors import InputError
from geo.streets import kernels
from geo.streets.graph import HIGHWAYS, LONGEST_DS, NOT_ALLOWED, Arcs, Edges, StreetGraph
from geo.streets.modes import BACKWARD, FORWARD, Mode
from geo.types import Bools, Bytes, Cells, Floats, Ints, Longs

MIN_COMPONENT_M = 5000.0
"""
Least street length (in metres) of a part of the network that nothing connects to the rest; shorter ones are islands.
"""
GEOD = Geod(ellps="WGS84")


class NoStreetsError(InputError):
    """There is no street a mode may use."""


class TopSpeedError(InputError):
    """A mode's speeds contradict its top speed."""


@dataclass(frozen=True)
class StreetWays:
    """
    Streets as they were drawn, for every mode at once.

    `refs[way_start[w]:way_start[w + 1]]` are the node ids of way `w`. `node_id` ascends; a ref that is not among them
    is missing from the extract. `directions` has bits `FORWARD` and `BACKWARD` for every way, `barriers` the ascending
    ids of the nodes that end a way, both by the mode's code.
    """

    node_id: Longs
    node_lon: Floats
    node_lat: Floats
    refs: Longs
    way_start: Longs
    way_id: Longs
    highway: Bytes
    name_id: Ints
    names: list[str]
    directions: Mapping[str, Bytes]
    barriers: Mapping[str, Longs]


@dataclass(frozen=True)
class GraphReport:
    """What became of the ways: what the graph holds and what was left out, and why."""

    nodes: int
    edges: int
    length_km: float
    one_way_edges: int
    missing_nodes: int
    barriers: int
    island_nodes: int
    island_edges: int
    island_length_km: float
    islands: int


@dataclass(frozen=True)
class _Pieces:
    """Edges before they are numbered: positions of both ends in the drawing, and what they inherit from their way."""

    first: Longs
    last: Longs
    tail: Longs
    head: Longs
    way: Longs
    length_m: Floats


def build_graph(
    ways: StreetWays, mode: Mode, *, min_component_m: float = MIN_COMPONENT_M
) -> tuple[StreetGraph, GraphReport]:
    """
    Build the graph of one mode.

    Parts of the network that can reach one another both ways are kept if their streets measure at least
    `min_component_m`; the longest part is always kept. Edges between a kept part and a dropped one are dropped.

    Raises
    ------
    NoStreetsError
        The mode may use none of the ways.
    """
    drawing = _Drawing.of(ways, mode)
    pieces, node_count, barriers = drawing.pieces()
    if not len(pieces.first):
        raise NoStreetsError(f"The streets hold nothing that mode '{mode.code}' may use.")
    forward_ds, backward_ds = _edge_times(ways, mode, pieces)
    keep, part = _without_islands(pieces, node_count, forward_ds, backward_ds, min_component_m)
    graph = _assemble(ways, mode, drawing, pieces, keep, forward_ds, backward_ds)
    report = GraphReport(
        nodes=graph.node_count,
        edges=graph.edge_count,
        length_km=graph.length_km,
        one_way_edges=int(((graph.edges.forward_ds < 0) | (graph.edges.backward_ds < 0)).sum()),
        missing_nodes=drawing.missing,
        barriers=barriers,
        island_nodes=node_count - graph.node_count,
        island_edges=int((~keep).sum()),
        island_length_km=float(pieces.length_m[~keep].sum()) / 1000,
        islands=part,
    )
    return graph, report


@dataclass(frozen=True)
class _Drawing:
    """The vertices of every permitted way in a row: node, way, place, and metres since the first of them."""

    node: Longs
    way: Longs
    lon: Floats
    lat: Floats
    along_m: Floats
    begins: Bools
    ends: Bools
    blocked: Bools
    missing: int

    @classmethod
    def of(cls, ways: StreetWays, mode: Mode) -> _Drawing:
        """
        Lay out the ways a mode may use.

        A way is cut where a node is missing: nobody knows what lies between. A node named twice in a row counts once.
        """
        way = np.repeat(np.arange(len(ways.way_id)), np.diff(ways.way_start))
        used = ways.directions[mode.code][way] > 0
        way, refs, run = way[used], ways.refs[used], np.flatnonzero(used)
        node = np.searchsorted(ways.node_id, refs)
        node[node == len(ways.node_id)] = 0
        present = ways.node_id[node] == refs if len(ways.node_id) else np.zeros(len(refs), np.bool_)
        repeated = np.concatenate(([False], (refs[1:] == refs[:-1]) & (way[1:] == way[:-1])))
        # positions in the file tell neighbours apart from vertices that only became neighbours because one between is
        # missing
        run = run - np.cumsum(repeated)
        kept = present & ~repeated
        node, way, run = node[kept], way[kept], run[kept]
        apart = (way[1:] != way[:-1]) | (run[1:] != run[:-1] + 1)
        begins, ends = np.concatenate(([True], apart)), np.concatenate((apart, [True]))
        lon, lat = ways.node_lon[node], ways.node_lat[node]
        blocked = np.isin(ways.node_id[node], ways.barriers[mode.code])
        along_m = _along_m(lon, lat, begins)
        return cls(node, way, lon, lat, along_m, begins, ends, blocked, int((~present).sum()))

    def pieces(self) -> tuple[_Pieces, int, int]:
        """
        Cut the ways at junctions. Returns the pieces, how many nodes they have and how many ends at barriers.

        A junction is a node where ways begin, end or meet. Every piece that ends at a barrier gets a node of its own
        there, so that the street stays usable up to the barrier from both sides and through it from none.
        """
        meets = np.bincount(self.node, minlength=int(self.node.max(initial=-1)) + 1) > 1
        cut = np.flatnonzero(self.begins | self.ends | meets[self.node] | self.blocked)
        same = ~self.ends[cut[:-1]]
        first, last = cut[:-1][same], cut[1:][same]
        tail, head = self.node[first].copy(), self.node[last].copy()
        spare = len(meets)
        barriers = 0
        for end, node in ((first, tail), (last, head)):
            stopped = np.flatnonzero(self.blocked[end])
            node[stopped] = spare + barriers + np.arange(len(stopped))
            barriers += len(stopped)
        used, numbers = np.unique(np.concatenate((tail, head)), return_inverse=True)
        tail, head = numbers[: len(tail)], numbers[len(tail) :]
        length_m = self.along_m[last] - self.along_m[first]
        return _Pieces(first, last, tail, head, self.way[first], length_m), len(used), barriers


def _along_m(lon: Floats, lat: Floats, begins: Bools) -> Floats:
    """Metres along the vertices, on the ellipsoid; the jump from one way to the next counts nothing."""
    if not len(lon):
        return np.empty(0)
    _, _, step = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step = np.where(begins[1:], 0.0, step)
    return np.concatenate(([0.0], np.cumsum(step)))


def _edge_times(ways: StreetWays, mode: Mode, pieces: _Pieces) -> tuple[Ints, Ints]:
    """Travel time of every piece in both directions (in deciseconds), -1 where it may not be used."""
    speed_ms = np.array([mode.class_speed_ms(highway) for highway in HIGHWAYS])[ways.highway[pieces.way]]
    time_ds = np.rint(10 * pieces.length_m / speed_ms)
    if time_ds.max() > LONGEST_DS:
        raise InputError("A street is longer than the Earth's circumference; the extract is damaged.")
    # a tile's halo trusts this speed; an edge that beats it would make answers wrong without a word
    if (10 * pieces.length_m > (time_ds + 0.5) * mode.top_speed_ms * (1 + 1e-9)).any():
        raise TopSpeedError(f"Mode '{mode.code}' is faster somewhere than its top speed of {mode.top_speed_ms:g} m/s.")
    bits = ways.directions[mode.code][pieces.way]
    forward_ds = np.where(bits & FORWARD, time_ds, NOT_ALLOWED).astype(np.int32)
    backward_ds = np.where(bits & BACKWARD, time_ds, NOT_ALLOWED).astype(np.int32)
    return forward_ds, backward_ds


def _without_islands(
    pieces: _Pieces, node_count: int, forward_ds: Ints, backward_ds: Ints, min_component_m: float
) -> tuple[Bools, int]:
    """Which pieces to keep, and how many parts of the network were dropped."""
    arcs, _ = arcs_of(node_count, pieces.tail, pieces.head, forward_ds, backward_ds)
    component = np.empty(node_count, np.int32)
    found = kernels.strong_components((arcs.indptr, arcs.packed), component)
    inside = component[pieces.tail] == component[pieces.head]
    length_m = np.bincount(component[pieces.tail[inside]], weights=pieces.length_m[inside], minlength=found)
    large = length_m >= min_component_m
    large[np.argmax(length_m)] = True
    return large[component[pieces.tail]] & large[component[pieces.head]], int((~large).sum())


def arcs_of(node_count: int, tail: Longs, head: Longs, forward_ds: Ints, backward_ds: Ints) -> tuple[Arcs, Arcs]:
    """Every permitted direction of every edge as an arc: once by where it starts, once by where it ends."""
    out, back = forward_ds >= 0, backward_ds >= 0
    start = np.concatenate((tail[out], head[back]))
    end = np.concatenate((head[out], tail[back]))
    weight_ds = np.concatenate((forward_ds[out], backward_ds[back]))
    return _to_arcs(node_count, start, end, weight_ds), _to_arcs(node_count, end, start, weight_ds)


def _to_arcs(node_count: int, start: Longs, end: Longs, weight_ds: Ints) -> Arcs:
    """Arcs in compressed rows; of parallel arcs the lightest stays, and loops lead nowhere."""
    order = np.lexsort((weight_ds, end, start))
    start, end, weight_ds = start[order], end[order], weight_ds[order]
    first = np.concatenate(([True], (start[1:] != start[:-1]) | (end[1:] != end[:-1])))[: len(start)]
    keep = first & (start != end)
    start, end, weight_ds = start[keep], end[keep], weight_ds[keep]
    indptr = np.zeros(node_count + 1, np.int32)
    np.cumsum(np.bincount(start, minlength=node_count), out=indptr[1:])
    packed = np.ascontiguousarray(np.column_stack((end, weight_ds)), dtype=np.int32)
    return Arcs(indptr, packed, int(weight_ds.max(initial=0)))


def _assemble(
    ways: StreetWays,
    mode: Mode,
    drawing: _Drawing,
    pieces: _Pieces,
    keep: Bools,
    forward_ds: Ints,
    backward_ds: Ints,
) -> StreetGraph:
    """Number nodes in Morton order and edges by their tails, and put the arrays together."""
    first, last = pieces.first[keep], pieces.last[keep]
    used, at = np.unique(np.concatenate((pieces.tail[keep], pieces.head[keep])), return_index=True)
    vertex = np.concatenate((first, last))[at]
    order = morton_order(drawing.lon[vertex], drawing.lat[vertex])
    number = np.empty(int(used[-1]) + 1, np.int64)
    number[used[order]] = np.arange(len(used))
    tail, head = number[pieces.tail[keep]], number[pieces.head[keep]]

    # edges by their tails, so that pieces of street near in space are near in memory
    rows = np.lexsort((first, head, tail))
    tail, head, first, last = tail[rows], head[rows], first[rows], last[rows]
    kept = np.flatnonzero(keep)[rows]
    size = last - first + 1
    shape_start = np.concatenate(([0], np.cumsum(size)))
    vertices = np.arange(shape_start[-1]) + np.repeat(first - shape_start[:-1], size)
    way = pieces.way[kept]
    edges = Edges(
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length_m=pieces.length_m[kept],
        forward_ds=forward_ds[kept],
        backward_ds=backward_ds[kept],
        shape_start=shape_start,
        name_id=ways.name_id[way],
        highway=ways.highway[way],
        way_id=ways.way_id[way],
    )
    forward, reverse = arcs_of(len(used), tail, head, edges.forward_ds, edges.backward_ds)
    return StreetGraph(
        mode=mode,
        node_lon=drawing.lon[vertex][order],
        node_lat=drawing.lat[vertex][order],
        forward=forward,
        reverse=reverse,
        edges=edges,
        shape_lon=drawing.lon[vertices],
        shape_lat=drawing.lat[vertices],
        shape_m=drawing.along_m[vertices] - np.repeat(drawing.along_m[first], size),
        names=ways.names,
    )


def morton_order(lon: Floats, lat: Floats) -> Longs:
    """The order of points along a Z-curve, ties by position in the arrays."""
    code = _spread(_steps(lon)) | (_spread(_steps(lat)) << np.uint64(1))
    return np.argsort(code, kind="stable")


def _steps(degrees: Floats) -> Cells:
    """Degrees as steps of one ten-millionth, the unit of OSM, from the least of them."""
    steps: Cells = np.rint((degrees - degrees.min()) * 1e7).astype(np.uint64)
    return steps


def _spread(steps: Cells) -> Cells:
    """The lower 32 bits with a zero between every two."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        steps = (steps | (steps << np.uint64(shift))) & np.uint64(mask)
    return steps
