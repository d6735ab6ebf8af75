"""
Streets of the built-up land: the lattice of blocks clipped by shore and hills, thinned, closed along the water,
classed and named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from data.demo.areas import street_index
from data.demo.blocks import Lattice, LatticeEdges, key_point, lattice_edges, line_rank, point_key
from data.demo.chance import chance
from data.demo.geography import hills, mainland, polygons_of
from data.demo.names import lane_names, road_names
from data.demo.plane import shape_on_plane
from data.demo.sheet import Sheet, Tags, components, points_at, segment_lines, spanning_forest
from data.qingdao import STREETS, Street
from geo.types import Bools, Floats, Longs

_SHORE_M = 130.0
"""How far the last street keeps from the water; the promenade runs in between."""

_FOOT_OF_HILL_M = 60.0
_STITCH_REACH_M = 620.0
_SMALLEST_PART = 25
_DROP_CHANCE = np.array([0.17, 0.11, 0.05, 0.02, 0.0, 0.0])
_SPAN_UNITS = np.array([6, 9, 16, 28, 48, 72])
"""After how many units a street at a line of each rank takes a new name."""

_BAY = shapely.Point(*shape_on_plane([(120.21, 36.14)])[0]).buffer(16_500.0)
"""The shores of Jiaozhou Bay, whose road has a name of its own."""

_OLD_TOWN = ("370202", "370203")
_CLOSELY_BUILT = ("370202", "370203", "370212", "370213")


@dataclass(frozen=True, slots=True)
class TownStreets:
    """What the countryside needs to join the towns: their points, connected parts, rim, and where streets were cut."""

    points: Longs
    part: Longs
    rim: Bools
    shore: Bools


@cache
def buildable() -> MultiPolygon:
    """Land that may carry streets: away from the water and off the hills."""
    land = mainland().buffer(-_SHORE_M).difference(hills().buffer(_FOOT_OF_HILL_M))
    return MultiPolygon(polygons_of(land.simplify(5.0)))


def inside(shape: BaseGeometry, x_m: Floats, y_m: Floats) -> Bools:
    """Which points lie inside a shape."""
    shapely.prepare(shape)
    found: Bools = shapely.contains_xy(shape, x_m, y_m)
    return found


def draw_town_streets(sheet: Sheet, lattice: Lattice) -> TownStreets:
    """Draw all streets of the built-up land on the sheet."""
    edges = lattice_edges(lattice.leaves(), lattice.seed)
    keys, ends = _end_points(edges)
    x_m, y_m = lattice.place(*key_point(keys))

    # clip by shore and hills; remember the points whose streets were cut
    kept = _on_land(x_m, y_m, ends[0], ends[1])
    cut = np.zeros(len(keys), bool)
    cut[ends[0][~kept]] = cut[ends[1][~kept]] = True
    edges, start, end = _chosen(edges, kept), ends[0][kept], ends[1][kept]

    # thin without tearing, then close the streets that were cut
    kept = _thinned(edges, len(keys), start, end, lattice.seed)
    edges, start, end = _chosen(edges, kept), start[kept], end[kept]
    used = np.zeros(len(keys), bool)
    used[start] = used[end] = True
    stitches = _stitches(x_m, y_m, np.flatnonzero(cut & used), start, end)

    # leave out crumbs that hang on nothing
    part = components(len(keys), np.r_[start, stitches[0]], np.r_[end, stitches[1]])
    size = np.bincount(part[used], minlength=len(keys))
    big = used & (size[part] >= _SMALLEST_PART)
    numbers = np.full(len(keys), -1, np.int64)
    numbers[big] = sheet.add_points(x_m[big], y_m[big])
    kept = big[start]
    edges, start, end = _chosen(edges, kept), start[kept], end[kept]

    _draw_lattice_ways(sheet, lattice, edges, numbers[start], numbers[end])
    shore_kept = big[stitches[0]]
    _draw_stitches(sheet, numbers[stitches[0][shore_kept]], numbers[stitches[1][shore_kept]])
    degree = np.bincount(np.r_[start, end], minlength=len(keys))
    return TownStreets(numbers[big], part[big], (degree[big] <= 3), cut[big])


def _chosen(edges: LatticeEdges, rows: Bools) -> LatticeEdges:
    return LatticeEdges(edges.axis[rows], edges.i[rows], edges.j[rows], edges.inner[rows])


def _end_points(edges: LatticeEdges) -> tuple[Longs, tuple[Longs, Longs]]:
    """The lattice points in use, and both ends of every piece as positions among them."""
    start_key = point_key(edges.i, edges.j)
    end_key = point_key(edges.i + (edges.axis == 0), edges.j + (edges.axis == 1))
    keys, position = np.unique(np.concatenate([start_key, end_key]), return_inverse=True)
    return keys, (position[: len(start_key)], position[len(start_key) :])


def _on_land(x_m: Floats, y_m: Floats, start: Longs, end: Longs) -> Bools:
    """Pieces whose ends and middle lie on buildable land."""
    ok = inside(buildable(), x_m, y_m)
    kept = ok[start] & ok[end]
    rows = np.flatnonzero(kept)
    middle_x, middle_y = (x_m[start[rows]] + x_m[end[rows]]) / 2, (y_m[start[rows]] + y_m[end[rows]]) / 2
    kept[rows] = inside(buildable(), middle_x, middle_y)
    return kept


def _runs(edges: LatticeEdges, degree: Longs, start: Longs) -> tuple[Longs, Longs]:
    """An order along the lines, and for each piece in that order the run (street between crossings) it is in."""
    line = np.where(edges.axis == 0, edges.j, edges.i)
    along = np.where(edges.axis == 0, edges.i, edges.j)
    order = np.lexsort([along, line, edges.axis])
    same_line = (np.diff(line[order]) == 0) & (np.diff(edges.axis[order]) == 0) & (np.diff(along[order]) == 1)
    goes_on = same_line & (degree[start[order[1:]]] == 2)
    return order, np.concatenate([[0], np.cumsum(~goes_on)])


def _thinned(edges: LatticeEdges, count: int, start: Longs, end: Longs, seed: int) -> Bools:
    """Leave out some streets, finest first, so that blocks differ; what was connected stays connected."""
    degree = np.bincount(np.r_[start, end], minlength=count)
    order, run = _runs(edges, degree, start)
    first = np.flatnonzero(np.r_[True, np.diff(run) > 0])
    last = np.r_[first[1:], len(order)] - 1
    rank = line_rank(edges)[order][first]
    whim = chance(seed, 6, point_key(edges.i, edges.j)[order][first], edges.axis[order][first])
    needed = spanning_forest(count, start[order[first]], end[order[last]], whim - rank)
    keep_run = needed | (whim >= _DROP_CHANCE[rank]) | edges.inner[order][first]
    kept = np.zeros(len(order), bool)
    kept[order] = keep_run[run]
    return kept


def _stitches(x_m: Floats, y_m: Floats, cut: Longs, start: Longs, end: Longs) -> tuple[Longs, Longs]:
    """Links between neighbouring cut ends along shore and hills, where nothing is in between."""
    rings = [ring for part in buildable().geoms for ring in (part.exterior, *part.interiors)]
    tree = shapely.STRtree(rings)
    points = points_at(x_m[cut], y_m[cut])
    ring = np.asarray(tree.nearest(points))
    place_m = shapely.line_locate_point(np.array(rings, dtype=object)[ring], points)
    order = np.lexsort([place_m, ring])
    here, there = order[:-1], order[1:]
    close = (ring[here] == ring[there]) & (place_m[there] - place_m[here] < 1.6 * _STITCH_REACH_M)
    a, b = cut[here[close]], cut[there[close]]
    close = np.hypot(x_m[a] - x_m[b], y_m[a] - y_m[b]) < _STITCH_REACH_M
    a, b = a[close], b[close]
    lines = segment_lines(x_m, y_m, a, b)
    land = buildable().buffer(25.0)
    shapely.prepare(land)
    free = shapely.contains(land, lines)
    crossing = shapely.STRtree(segment_lines(x_m, y_m, start, end)).query(lines, predicate="crosses")[0]
    free[crossing] = False
    known = set(zip(np.minimum(start, end).tolist(), np.maximum(start, end).tolist(), strict=True))
    fresh = [(min(pair), max(pair)) not in known for pair in zip(a.tolist(), b.tolist(), strict=True)]
    free &= np.array(fresh, bool)
    return a[free], b[free]


def _draw_stitches(sheet: Sheet, a: Longs, b: Longs) -> None:
    """The road along the water and around the hills."""
    x_m, y_m = sheet.positions()
    by_hill = inside(hills().buffer(4 * _FOOT_OF_HILL_M), x_m[a], y_m[a])
    by_bay = inside(_BAY, x_m[a], y_m[a])
    name = np.where(by_hill, "环山路", np.where(by_bay, "环湾路", "滨海路"))
    goes_on = (b[:-1] == a[1:]) & (name[:-1] == name[1:])
    breaks = np.r_[0, np.flatnonzero(~goes_on) + 1, len(a)] if len(a) else np.zeros(1, np.int64)
    for low, high in pairwise(breaks.tolist()):
        points = [int(a[low]), *b[low:high].tolist()]
        sheet.add_way(points, {"highway": "tertiary", "name": str(name[low])})


def _draw_lattice_ways(sheet: Sheet, lattice: Lattice, edges: LatticeEdges, start: Longs, end: Longs) -> None:
    """String the pieces of each lattice line into ways, named and classed by the stretch of the line they are on."""
    seed = lattice.seed
    rank = np.where(edges.inner, 0, line_rank(edges))
    line = np.where(edges.axis == 0, edges.j, edges.i)
    along = np.where(edges.axis == 0, edges.i, edges.j)
    offset = (chance(seed, 7, edges.axis, line) * 64).astype(np.int64)
    stretch = (along + offset) // _SPAN_UNITS[rank]
    _, road = np.unique(np.stack([edges.axis, line, stretch, edges.inner], axis=1), axis=0, return_inverse=True)
    road = road.ravel()

    x_m, y_m = sheet.positions()
    middle_x, middle_y = (x_m[start] + x_m[end]) / 2, (y_m[start] + y_m[end]) / 2
    tags = _road_tags(seed, road, rank, edges.inner, middle_x, middle_y)
    steps = _is_steps(seed, rank, middle_x, middle_y, start)

    order = np.lexsort([along, road])
    goes_on = (np.diff(road[order]) == 0) & (np.diff(along[order]) == 1) & (np.diff(steps[order].astype(int)) == 0)
    breaks = np.r_[0, np.flatnonzero(~goes_on) + 1, len(order)]
    for low, high in zip(breaks[:-1].tolist(), breaks[1:].tolist(), strict=True):
        rows = order[low:high]
        way_tags = {"highway": "steps"} if steps[rows[0]] else tags[int(road[rows[0]])]
        sheet.add_way([int(start[rows[0]]), *end[rows].tolist()], way_tags)


def _is_steps(seed: int, rank: Longs, x_m: Floats, y_m: Floats, point: Longs) -> Bools:
    """Lanes that climb: some of the finest ones close to a hill."""
    slope = hills().buffer(380.0)
    climbs: Bools = inside(slope, x_m, y_m) & (rank == 0) & (chance(seed, 8, point) < 0.22)
    return climbs


_KINDS: tuple[tuple[tuple[float, str], ...], ...] = (
    ((0.60, "residential"), (0.74, "living_street"), (0.90, "service"), (1.0, "footway")),
    ((0.82, "residential"), (0.90, "living_street"), (0.985, "tertiary"), (1.0, "cycleway")),
    ((0.70, "tertiary"), (1.0, "residential")),
    ((0.70, "secondary"), (1.0, "tertiary")),
    ((0.55, "primary"), (1.0, "secondary")),
    ((0.30, "trunk"), (1.0, "primary")),
)
"""Kinds of street by the rank of their line, each with the upper end of its share."""

_INNER_KINDS = ((0.42, "service"), (0.70, "residential"), (0.88, "footway"), (1.0, "living_street"))


def _kind(whim: float, kinds: tuple[tuple[float, str], ...]) -> str:
    return next(kind for limit, kind in kinds if whim < limit)


def _name_pool(pools: dict[str, Iterator[str]], town: Street, rank: int) -> Iterator[str]:
    """
    Where the next name for a road comes from.

    Main roads are named once in a district, and everything is in the closely built ones; lanes of towns far apart
    may share a name.
    """
    shared = rank >= 3 or town.district_code in _CLOSELY_BUILT
    key = town.district_code if shared else town.code
    if key not in pools:
        pools[key] = road_names(town.district_code) if shared else lane_names(town.code)
    return pools[key]


def _road_tags(seed: int, road: Longs, rank: Longs, inner: Bools, x_m: Floats, y_m: Floats) -> dict[int, Tags]:
    """Tags of every stretch of road: kind, name, one-way rule."""
    roads, first, length = np.unique(road, return_index=True, return_counts=True)
    middle_x = np.bincount(road, weights=x_m) / length
    middle_y = np.bincount(road, weights=y_m) / length
    towns = [STREETS[number] for number in street_index(middle_x, middle_y).tolist()]
    whim, turn = chance(seed, 9, roads), chance(seed, 10, roads)
    pools: dict[str, Iterator[str]] = {}
    tags: dict[int, Tags] = {}
    for number in np.lexsort([roads, -length, -rank[first]]).tolist():
        is_inner, rank_here, town = bool(inner[first[number]]), int(rank[first[number]]), towns[number]
        kind = _kind(float(whim[number]), _INNER_KINDS if is_inner else _KINDS[rank_here])
        found: Tags = {"highway": kind}
        if not is_inner and kind != "footway" and (rank_here > 0 or length[number] >= 3):
            found["name"] = next(_name_pool(pools, town, rank_here))
        one_way_share = 0.14 if town.district_code in _OLD_TOWN else 0.04
        if kind in ("secondary", "tertiary", "residential") and not is_inner and turn[number] < one_way_share:
            found["oneway"] = "yes"
        if kind in ("trunk", "primary"):
            found["sidewalk"] = "both"
        tags[int(roads[number])] = found
    return tags
