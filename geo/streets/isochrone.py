"""
Isochrones: the ground from which a facility is reached in time, drawn as polygons with holes, and how true they are.

How one is drawn
    Every node of a fine lattice near the reached streets joins its nearest street, as a rider there would, and gets the
    time of that street position plus the way to the street. Inside is what keeps the limit and lies within `access_m`
    of a street. The line where inside ends is traced through the squares of the lattice (marching squares), straight
    between nodes, and simplified.

What is promised
    Every reached position on a street lies inside, to the last metre of a partial edge: a strip along reached streets
    (`strip_m` to each side, the narrowest that the lattice can promise) is inside whatever else holds. A longer limit
    contains a shorter one, to the centimetre. What is fenced in but out of reach (a railway yard, a courtyard without a
    gate) is a hole. Outlines are counter-clockwise and holes clockwise, as RFC 7946 wants.

What is not
    A polygon cannot be exact: two carriageways a few metres apart may differ by minutes. So each outline says which
    share of the streets inside it is *not* reached (`unreached_share`, exact along partial edges) and which share of
    its area (`unreached_area_share`, over the nodes of the lattice). People are counted with fields, never with
    outlines.

Why this way
    Buffers around reached streets, united, were refused: they swallow every other street within the buffer. Of the
    street length inside the ten-minute outline of one station of Porto 16 % was out of reach with buffers and 6 % is
    now; for 784 stations together 9 % and 3 %. Hulls (convex, concave) fill rivers and railway yards, and H3 cells are
    either too coarse to part two streets or too many to draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.measure import distances_m, polygon_areas_km2
from geo.streets import kernels, search
from geo.streets.graph import StreetGraph
from geo.streets.search import Field, Stretches, Targets
from geo.types import Bools, Floats, Ints, Longs

ACCESS_M = 50.0
"""How far (in metres) from a street ground still counts as belonging to it: the depth of a row of buildings."""
LEAST_ACCESS_M, MOST_ACCESS_M = 25.0, 200.0
STEP_M = 10.0
"""Distance (in metres) between nodes of the lattice."""
TOLERANCE_M = 3.0
"""How far (in metres) simplifying may move an outline."""
MOST_NODES = 8_000_000
"""Nodes of the largest lattice that is laid; a wider reach gets a coarser one, and its outline says so."""

COORDINATE_DIGITS = 7
"""Decimals of the degrees of an outline: a centimetre."""
MOST_REPAIRS = 3
"""How often simplified lines that meet get their detail back; it takes one round, and a second one is rare."""
MEASURED_DEG = 0.001
"""Over how many degrees the metres of the plane are measured."""


class AccessDistanceError(InputError):
    """An access distance that outlines cannot be drawn with."""

    def __init__(self, access_m: float) -> None:
        super().__init__(
            f"An access distance of {access_m:g} m is out of range: ask for {LEAST_ACCESS_M:g} to {MOST_ACCESS_M:g}."
        )


@dataclass(frozen=True, slots=True)
class Isochrone:
    """
    The ground from which the nearest eligible facility is reached within a limit (WGS-84), and how true the outline is.

    `reached_m` is the street length reached, all of it inside; `unreached_m` the length inside that is not.
    `unreached_area_share` is the share of the area inside from whose places, each joined to its nearest street, the
    limit is not kept. `step_m` is the lattice it was drawn on, `access_m` how far ground from a street may lie.
    """

    limit_ds: int
    outline: MultiPolygon
    area_km2: float
    reached_m: float
    unreached_m: float
    unreached_area_share: float
    access_m: float
    step_m: float

    @property
    def unreached_share(self) -> float:
        """Share (0 to 1) of the street length inside the outline that is not reached."""
        inside_m = self.reached_m + self.unreached_m
        return self.unreached_m / inside_m if inside_m > 0 else 0.0


def isochrones(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limits_ds: Sequence[int],
    *,
    eligible: Bools | None = None,
    access_m: float = ACCESS_M,
) -> list[Isochrone]:
    """
    Outline the ground from which an eligible facility is reached, for every limit (in deciseconds) in the order given.

    `field` must have been searched with the same `eligible` and a cut-off of at least the longest limit. A limit that
    nothing is reached within has an empty outline.

    Raises
    ------
    AccessDistanceError
        `access_m` is out of range.
    """
    if not LEAST_ACCESS_M <= access_m <= MOST_ACCESS_M:
        raise AccessDistanceError(access_m)
    reached = {limit: search.reached_stretches(graph, targets, field, limit, eligible) for limit in limits_ds}
    widest = max(reached, default=0)
    if not reached or len(reached[widest].edge) == 0:
        return [_nothing(limit, access_m) for limit in limits_ds]

    lines = {limit: Lines.of_stretches(graph, stretches) for limit, stretches in reached.items()}
    lattice = Lattice.over(lines[widest], access_m)
    access_m = max(access_m, lattice.strip_m)
    ground = search.lattice_times(
        graph, targets, field, access_m, lattice.frame, lattice.block_of, lattice.node_count, eligible
    )
    drawn: dict[int, Isochrone] = {}
    within = MultiPolygon()
    for limit in sorted(reached):
        if len(reached[limit].edge) == 0:
            drawn[limit] = _nothing(limit, access_m)
            continue
        gap_m = _gaps_m(graph, lattice, ground, lines[limit], limit, access_m)
        within = _nested(_outline(lattice, gap_m), within)
        street_m, late = _street_m(graph, lattice, ground, reached[limit], within), ground.time_ds[gap_m < 0] > limit
        drawn[limit] = _stated(lattice, limit, within, street_m, float(late.mean()), access_m)
    return [drawn[limit] for limit in limits_ds]


@dataclass(frozen=True, slots=True)
class Lines:
    """Stretches of street as drawn: vertices in WGS-84 degrees, each with the number of the stretch it belongs to."""

    line: Longs
    lon: Floats
    lat: Floats

    @classmethod
    def of_stretches(cls, graph: StreetGraph, stretches: Stretches) -> Lines:
        """Draw stretches as their streets are drawn."""
        drawing = (graph.shape_lon, graph.shape_lat, graph.shape_m, graph.edges.shape_start, graph.edges.length_m)
        parts = (stretches.edge, stretches.start, stretches.end)
        none = np.empty(0)
        count = kernels.draw_stretches(drawing, parts, np.empty(0, np.int64), none, none)
        lines = cls(np.empty(count, np.int64), np.empty(count), np.empty(count))
        kernels.draw_stretches(drawing, parts, lines.line, lines.lon, lines.lat)
        return lines


@dataclass(frozen=True, slots=True)
class Lattice:
    """
    A square lattice over reached streets, in metres of the plane that touches the ellipsoid in its middle.

    Over a city of a hundred kilometres the plane is wrong by half a per cent at its rim, which moves an outline by the
    width of a door. Nodes come in square blocks, and only blocks near a reached street have memory: `blocks` lists
    them, `block_of` is their place in that list, -1 for none.
    """

    west: float
    south: float
    east_m: float
    north_m: float
    step_m: float
    rows: int
    columns: int
    blocks: Ints
    block_of: Ints

    @classmethod
    def over(cls, lines: Lines, access_m: float) -> Lattice:
        """Lay a lattice around lines, as fine as `STEP_M` unless that would take too many nodes."""
        step_m = STEP_M
        while True:
            lattice = cls._with_step(lines, access_m, step_m)
            if lattice.node_count <= MOST_NODES:
                return lattice
            step_m = math.ceil(step_m * math.sqrt(lattice.node_count / MOST_NODES))

    @classmethod
    def _with_step(cls, lines: Lines, access_m: float, step_m: float) -> Lattice:
        south, north, west, east = lines.lat.min(), lines.lat.max(), lines.lon.min(), lines.lon.max()
        east_m, north_m = metres_per_degree((south + north) / 2)
        # two nodes more than anything inside can reach, so that no outline ends at the rim
        margin_m = max(access_m, strip_m(step_m)) + 2 * step_m
        side_m = kernels.BLOCK * step_m
        rows = int(((north - south) * north_m + 2 * margin_m) / side_m) + 1
        columns = int(((east - west) * east_m + 2 * margin_m) / side_m) + 1
        origin = (float(west - margin_m / east_m), float(south - margin_m / north_m))
        marked = np.zeros(rows * columns, np.int32)
        frame = (*origin, east_m, north_m, step_m, rows, columns)
        kernels.mark_blocks(lines.lon, lines.lat, lines.line, frame, margin_m, marked)
        blocks = np.flatnonzero(marked).astype(np.int32)
        block_of = np.where(marked == 1, np.cumsum(marked, dtype=np.int32) - 1, -1).astype(np.int32)
        return cls(*frame, blocks, block_of)

    @property
    def frame(self) -> search.LatticeFrame:
        """The lattice as the kernels take it."""
        return self.west, self.south, self.east_m, self.north_m, self.step_m, self.rows, self.columns

    @property
    def node_count(self) -> int:
        """Nodes that have memory."""
        return len(self.blocks) * kernels.BLOCK**2

    @property
    def strip_m(self) -> float:
        """Width of the strip along reached streets that lies inside."""
        return strip_m(self.step_m)

    def metres(self, lon: Floats, lat: Floats) -> NDArray[np.float64]:
        """Degrees as metres from the lattice's corner, float64[n, 2]."""
        return np.column_stack(((lon - self.west) * self.east_m, (lat - self.south) * self.north_m))

    def degrees(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres from the corner as degrees, to the centimetre."""
        scale = np.array([self.east_m, self.north_m])
        degrees: NDArray[np.float64] = np.round(metres / scale + np.array([self.west, self.south]), COORDINATE_DIGITS)
        return degrees


def strip_m(step_m: float) -> float:
    """
    Width (in metres, to each side) of the strip along reached streets that is inside whatever else holds.

    The line through a square of the lattice lies within a diagonal of an outer corner, and simplifying moves it by the
    tolerance: a strip wider than both together never loses a street.
    """
    return math.sqrt(2) * step_m + 1.1 * tolerance_m(step_m)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres per degree of longitude and of latitude on the ellipsoid."""
    half = MEASURED_DEG / 2
    east_m, north_m = distances_m([-half, 0.0], [lat, lat - half], [half, 0.0], [lat, lat + half]) / MEASURED_DEG
    return float(east_m), float(north_m)


def tolerance_m(step_m: float) -> float:
    """How far (in metres) simplifying may move an outline drawn on a lattice of so many metres."""
    return TOLERANCE_M * step_m / STEP_M


def _nothing(limit_ds: int, access_m: float) -> Isochrone:
    return Isochrone(limit_ds, MultiPolygon(), 0.0, 0.0, 0.0, 0.0, access_m, STEP_M)


def _gaps_m(
    graph: StreetGraph, lattice: Lattice, ground: search.Ground, lines: Lines, limit_ds: int, access_m: float
) -> NDArray[np.float32]:
    """
    How many metres every node lies outside (inside, where negative): beyond the limit, or too far from any street.

    Cut off at one step, so that the line between a node inside and one that misses by far is drawn half-way and not at
    the first one's foot.
    """
    gap_m = np.empty(lattice.node_count, np.float32)
    kernels.open_gaps(
        *(ground.nearest_m2, ground.time_ds, limit_ds, graph.mode.speed_ms, access_m, lattice.step_m, gap_m)
    )
    kernels.paint_strip(lines.lon, lines.lat, lines.line, lattice.frame, lattice.block_of, lattice.strip_m, gap_m)
    return gap_m


@dataclass(frozen=True, slots=True)
class Rings:
    """
    Closed lines around the inside, which lies on their left: vertices in metres of a lattice, one ring after the other.

    `ring` is the number of the ring a vertex belongs to, `side` the side of a square of the lattice it lies on.
    """

    x_m: Floats
    y_m: Floats
    ring: Longs
    side: Longs

    @classmethod
    def around(cls, lattice: Lattice, gap_m: NDArray[np.float32]) -> Rings:
        """Trace where the gap passes through zero."""
        place = (lattice.frame, lattice.block_of, lattice.blocks, gap_m)
        nothing, none = np.empty(0, np.int64), np.empty(0)
        count = kernels.trace_squares(*place, nothing, nothing, none, none)
        start, end = np.empty(count, np.int64), np.empty(count, np.int64)
        x_m, y_m = np.empty(count), np.empty(count)
        kernels.trace_squares(*place, start, end, x_m, y_m)

        # put the pieces in the order of their rings
        by_start = np.argsort(start)
        after = by_start[np.searchsorted(start[by_start], end)]
        order, ring = np.empty(count, np.int64), np.empty(count, np.int64)
        kernels.follow_rings(after, order, ring)
        return cls(x_m[order], y_m[order], ring, start[order])

    def needed(self, lattice: Lattice) -> Bools:
        """The vertices to keep: all where lines pass close by one another, elsewhere what the tolerance asks for."""
        kept = np.empty(len(self.ring), np.bool_)
        ring_start = np.searchsorted(self.ring, np.arange(self.ring[-1] + 2))
        kernels.lock_vertices(self.side, ring_start, np.argsort(self.side), lattice.columns * kernels.BLOCK, kept)
        kernels.thin_rings(self.x_m, self.y_m, ring_start, tolerance_m(lattice.step_m), kept)
        return kept

    def ground(self, kept: Bools) -> MultiPolygon:
        """The ground inside."""
        rings = np.asarray(shapely.linearrings(self.x_m[kept], self.y_m[kept], indices=self.ring[kept]))
        outer = shapely.is_ccw(rings)
        shells = np.asarray(shapely.polygons(rings[outer]), dtype=object)
        return MultiPolygon(_with_holes(shells, rings[~outer]))

    def where_lines_meet(self, kept: Bools) -> Bools:
        """All vertices of the traced line behind simplified steps that meet another step than their neighbours."""
        at = np.flatnonzero(kept)
        ring = self.ring[at]
        closes = np.r_[ring[1:] != ring[:-1], True]
        then = np.where(closes, at[np.searchsorted(ring, ring)], np.roll(at, -1))
        until = np.where(closes, np.searchsorted(self.ring, ring, side="right"), np.roll(at, -1))
        ends = np.stack((self.x_m[[at, then]], self.y_m[[at, then]]), axis=-1).swapaxes(0, 1)
        steps = np.asarray(shapely.linestrings(ends))
        one, other = shapely.STRtree(steps).query(steps, predicate="intersects")
        meeting = (one != other) & (then[one] != at[other]) & (then[other] != at[one])
        found = np.zeros(len(kept), np.bool_)
        for step in np.unique(one[meeting]).tolist():
            found[at[step] : until[step]] = True
        return found


def _outline(lattice: Lattice, gap_m: NDArray[np.float32]) -> MultiPolygon:
    """The ground inside, in metres of the lattice, simplified."""
    rings = Rings.around(lattice, gap_m)
    kept = rings.needed(lattice)
    ground = rings.ground(kept)
    for _ in range(MOST_REPAIRS):
        if ground.is_valid:
            return ground
        kept |= rings.where_lines_meet(kept)
        ground = rings.ground(kept)
    # what is cut off or filled now lies within the tolerance of the line, where no reached street can be
    return _as_polygons(ground)


def _with_holes(shells: NDArray[np.object_], holes: NDArray[np.object_]) -> list[shapely.Polygon]:
    """Every hole in the smallest shell around it."""
    tree = shapely.STRtree(shells)
    hole, shell = tree.query(shapely.get_point(holes, 0), predicate="within")
    order = np.lexsort((shapely.area(shells[shell]), hole))
    hole, first = np.unique(hole[order], return_index=True)
    owner = shell[order][first]
    by_owner: dict[int, list[shapely.LinearRing]] = {}
    for h, s in zip(hole.tolist(), owner.tolist(), strict=True):
        by_owner.setdefault(s, []).append(holes[h])
    return [shapely.Polygon(one.exterior, by_owner.get(s)) if s in by_owner else one for s, one in enumerate(shells)]


def _nested(ground: MultiPolygon, within: MultiPolygon) -> MultiPolygon:
    """The ground together with that of a shorter limit, from which simplifying may have shaved a little."""
    if within.is_empty or shapely.covers(ground, within):
        return ground
    return _as_polygons(shapely.union(ground, within))


def _as_polygons(ground: BaseGeometry) -> MultiPolygon:
    """The polygons of whatever an operation made, as one that is valid."""
    parts = _polygons(ground)
    broken = ~shapely.is_valid(parts)
    if broken.any():
        # part by part: mending a whole city because two of its lines meet would cost seconds
        parts = np.concatenate([parts[~broken], *(_polygons(one) for one in shapely.make_valid(parts[broken]))])
    whole = MultiPolygon(parts.tolist())
    return whole if whole.is_valid else MultiPolygon(_polygons(shapely.make_valid(whole)).tolist())


def _polygons(ground: BaseGeometry) -> NDArray[np.object_]:
    parts: NDArray[np.object_] = shapely.get_parts(shapely.get_parts(ground))
    polygons: NDArray[np.object_] = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return polygons


def _stated(
    lattice: Lattice,
    limit_ds: int,
    outline_m: MultiPolygon,
    street_m: tuple[float, float],
    unreached_area_share: float,
    access_m: float,
) -> Isochrone:
    """An outline in degrees with all that is said about it; `street_m` is what is reached inside and what is not."""
    outline = shapely.orient_polygons(_as_polygons(shapely.transform(outline_m, lattice.degrees)))
    area_km2 = float(polygon_areas_km2(np.array([outline], dtype=object))[0])
    return Isochrone(limit_ds, outline, area_km2, *street_m, unreached_area_share, access_m, lattice.step_m)


def _street_m(
    graph: StreetGraph, lattice: Lattice, ground: search.Ground, reached: Stretches, outline_m: MultiPolygon
) -> tuple[float, float]:
    """Length (in metres) of the streets inside an outline that are reached, and of those that are not."""
    rest = _rest(np.union1d(np.flatnonzero(ground.is_near), reached.edge).astype(np.int32), reached)
    lines = Lines.of_stretches(graph, rest)
    drawn = np.asarray(shapely.linestrings(lattice.metres(lines.lon, lines.lat), indices=lines.line))
    shapely.prepare(outline_m)
    inside = shapely.contains_properly(outline_m, drawn)
    crossing = shapely.intersects(outline_m, drawn) & ~inside
    cut = shapely.intersection(shapely.multilinestrings(drawn[crossing]), outline_m)
    unreached_m = float(shapely.length(drawn[inside]).sum() + shapely.length(cut))
    # all that is reached lies inside: that is what the strip along it is for
    reached_m = float(((reached.end - reached.start) * graph.edges.length_m[reached.edge]).sum())
    return reached_m, unreached_m


def _rest(edges: Ints, reached: Stretches) -> Stretches:
    """What of some edges is not reached: every edge begins a stretch, and so does every end of a reached one."""
    edge = np.r_[edges, reached.edge]
    start = np.r_[np.zeros(len(edges)), reached.end]
    end = np.r_[reached.start, np.ones(len(edges))]
    until = np.r_[reached.edge, edges]
    by_start, by_end = np.lexsort((start, edge)), np.lexsort((end, until))
    edge, start, end = edge[by_start], start[by_start], end[by_end]
    there = end > start
    return Stretches(edge[there], start[there], end[there])
