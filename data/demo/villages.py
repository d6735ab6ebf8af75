"""
The countryside: villages of a few lanes, the roads between them, and footpaths into the hills.

Villages lie where fields are, in rows of lanes as in Shandong. Roads join each village to its neighbours (edges of
a triangulation that cross nothing), enough to reach everything and some more; the shortest ways between towns
become the main roads and are named after both ends, as county roads are.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint

from data.demo.blocks import Lattice
from data.demo.chance import chance, stream
from data.demo.geography import hills
from data.demo.names import village_names
from data.demo.plane import to_plane
from data.demo.sheet import Segments, Sheet, point_tree, points_at, segment_lines, spanning_forest
from data.demo.town_streets import TownStreets, buildable, inside
from data.demo.towns import TOWNS
from data.qingdao import STREETS
from geo.types import Bools, Floats, Longs

VILLAGE_COUNT = 1500
_SPACING_M = 1450.0
_LONGEST_ROAD_M = 6500.0
_EXTRA_ROAD_SHARE = 0.42
_RIM_STEP_M = 420.0


@dataclass(frozen=True, slots=True)
class Village:
    """A village that was drawn: its name, its middle, and the points of its lanes."""

    name: str
    x_m: float
    y_m: float
    points: Longs
    cut_off: bool


def draw_countryside(sheet: Sheet, lattice: Lattice, towns: TownStreets, scale: float) -> list[Village]:
    """Draw villages, the roads between them and the towns, and hill paths; some hamlets stay cut off on purpose."""
    middles = _village_places(lattice, max(12, round(VILLAGE_COUNT * scale)))
    names = village_names()
    picked = stream(lattice.seed, "village names").permutation(len(names))
    villages = [
        _draw_village(sheet, lattice.seed, number, names[picked[number % len(names)]], x_m, y_m, cut_off=False)
        for number, (x_m, y_m) in enumerate(middles)
    ]
    _draw_roads(sheet, lattice.seed, villages, towns)
    for name, lon, lat in _CUT_OFF:
        x, y = to_plane(lon, lat)
        villages.append(_draw_village(sheet, lattice.seed, len(villages), name, float(x), float(y), cut_off=True))
    _draw_hill_paths(sheet, lattice.seed, towns)
    return villages


_CUT_OFF = (
    ("灵山岛李家村", 120.163, 35.770),
    ("灵山岛沙嘴子", 120.166, 35.758),
    ("田横岛东村", 120.970, 36.415),
    ("竹岔岛村", 120.308, 35.942),
)
"""Hamlets on islands: their lanes reach no other street, and the import has to say so."""


def _village_places(lattice: Lattice, count: int) -> NDArray[np.float64]:
    """Middles of villages: on land outside the towns, never too close to each other."""
    chances = stream(lattice.seed, "villages")
    west, south, east, north = buildable().bounds
    tries = 14 * VILLAGE_COUNT
    x_m, y_m = chances.uniform(west, east, tries), chances.uniform(south, north, tries)
    margin = buildable().buffer(-320.0)
    free = inside(margin, x_m, y_m) & ~lattice.near_town(x_m, y_m, 250.0)
    free |= inside(margin, x_m, y_m) & lattice.near_town(x_m, y_m, 250.0) & (_clear_of_town(lattice, x_m, y_m))
    points = np.column_stack([x_m, y_m])[free]
    taken: dict[tuple[int, int], list[int]] = defaultdict(list)
    kept: list[int] = []
    for number, (x, y) in enumerate(points.tolist()):
        column, row = int(x // _SPACING_M), int(y // _SPACING_M)
        near = (other for dx in (-1, 0, 1) for dy in (-1, 0, 1) for other in taken[column + dx, row + dy])
        if all((points[other, 0] - x) ** 2 + (points[other, 1] - y) ** 2 > _SPACING_M**2 for other in near):
            taken[column, row].append(number)
            kept.append(number)
        if len(kept) == count:
            break
    return points[kept]


def _clear_of_town(lattice: Lattice, x_m: Floats, y_m: Floats) -> Bools:
    """Places around which, some hundred metres away, nothing is built up."""
    clear = np.ones(len(x_m), bool)
    for angle in np.linspace(0, 2 * np.pi, 6, endpoint=False):
        clear &= lattice.density(x_m + 480 * np.cos(angle), y_m + 480 * np.sin(angle)) == 0
    clear &= lattice.density(x_m, y_m) == 0
    return clear


def _draw_village(sheet: Sheet, seed: int, number: int, name: str, x_m: float, y_m: float, *, cut_off: bool) -> Village:
    """Draw one village: rows and columns of lanes, a little crooked, with a few pieces missing."""
    size, shape, turn, wide = chance(seed, 20, number, np.arange(4))
    columns, rows = 3 + int(4 * size), 3 + int(3.5 * shape)
    if cut_off:
        columns, rows = 3, 3
    across, along = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
    crooked = chance(seed, 21, number, np.arange(2 * columns * rows)).reshape(2, rows, columns) - 0.5
    east, north = (across + 0.28 * crooked[0]) * (78 + 36 * wide), (along + 0.22 * crooked[1]) * (58 + 26 * wide)
    angle = 0.5 * (turn - 0.5)
    points = sheet.add_points(
        (x_m + east * np.cos(angle) - north * np.sin(angle)).ravel(),
        (y_m + east * np.sin(angle) + north * np.cos(angle)).ravel(),
    ).reshape(rows, columns)
    for row in range(rows):
        sheet.add_way(points[row].tolist(), {"highway": "residential"})
    for column in range(columns):
        whole = column in (0, columns // 2, columns - 1)
        line = points[:, column].tolist()
        kind = "residential" if whole else "living_street" if chance(seed, 22, number, column)[0] < 0.4 else "service"
        sheet.add_way(line if whole else line[: max(2, rows - column % 2)], {"highway": kind})
    return Village(name, x_m, y_m, points.ravel(), cut_off)


@dataclass(frozen=True, slots=True)
class _Anchors:
    """Points where country roads may begin: corners of villages, and the rim of towns. Each belongs to a patch."""

    point: Longs
    patch: Longs


def _anchors(sheet: Sheet, villages: list[Village], towns: TownStreets) -> _Anchors:
    """All anchors; towns come first, each connected part of town streets is one patch."""
    x_m, y_m = sheet.positions()
    rim = towns.points[towns.rim]
    cell = np.stack([x_m[rim] // _RIM_STEP_M, y_m[rim] // _RIM_STEP_M], axis=1)
    _, first = np.unique(cell, axis=0, return_index=True)
    parts, part = np.unique(towns.part[towns.rim][first], return_inverse=True)
    corners = [[v.points[0], v.points[-1], v.points[len(v.points) // 2]] for v in villages]
    point = np.concatenate([rim[first], np.array(corners, np.int64).ravel()])
    patch = np.concatenate([part.ravel(), len(parts) + np.repeat(np.arange(len(villages)), 3)])
    return _Anchors(point, patch)


def _draw_roads(sheet: Sheet, seed: int, villages: list[Village], towns: TownStreets) -> None:
    """Draw the roads between villages and towns."""
    anchors = _anchors(sheet, villages, towns)
    a, b, length_m = _possible_roads(sheet, anchors)
    needed = spanning_forest(int(anchors.patch.max()) + 1, anchors.patch[a], anchors.patch[b], length_m)
    extra = (chance(seed, 23, anchors.point[a], anchors.point[b]) < _EXTRA_ROAD_SHARE) & (length_m < 3600)
    kept = needed | extra
    a, b, length_m = a[kept], b[kept], length_m[kept]
    labels = _main_roads(sheet, anchors, a, b, length_m)
    x_m, y_m = sheet.positions()
    for row, (start, end) in enumerate(zip(anchors.point[a].tolist(), anchors.point[b].tolist(), strict=True)):
        bend = _bent(seed, start, end, x_m[[start, end]], y_m[[start, end]], float(length_m[row]))
        middle = sheet.add_points(*bend).tolist()
        kind, name = labels.get(row, ("unclassified", ""))
        sheet.add_way([start, *middle, end], {"highway": kind} | ({"name": name} if name else {}))


def _possible_roads(sheet: Sheet, anchors: _Anchors) -> tuple[Longs, Longs, Floats]:
    """Lines between neighbouring patches that stay on land and cross no street, one per pair of patches."""
    x_m, y_m = sheet.positions()
    ax, ay = x_m[anchors.point], y_m[anchors.point]
    a, b = _triangulated(ax, ay)
    length_m = np.hypot(ax[a] - ax[b], ay[a] - ay[b])
    good = (anchors.patch[a] != anchors.patch[b]) & (length_m < _LONGEST_ROAD_M)
    a, b, length_m = a[good], b[good], length_m[good]

    # one road per pair of patches
    pair = np.minimum(anchors.patch[a], anchors.patch[b]) * 100_000 + np.maximum(anchors.patch[a], anchors.patch[b])
    order = np.lexsort([length_m, pair])
    first = order[np.r_[True, np.diff(pair[order]) != 0]]
    big = _is_large(anchors.patch)[a] | _is_large(anchors.patch)[b]
    good = np.zeros(len(a), bool)
    good[first] = True
    good |= big & (length_m < 2500)
    a, b, length_m = a[good], b[good], length_m[good]

    lines = segment_lines(ax, ay, a, b)
    land = buildable().buffer(20.0)
    shapely.prepare(land)
    free = shapely.contains(land, lines)
    streets = Segments.of(sheet.ways)
    tree = shapely.STRtree(segment_lines(x_m, y_m, streets.start, streets.end))
    free[tree.query(lines, predicate="crosses")[0]] = False
    return a[free], b[free], length_m[free]


def _is_large(patch: Longs) -> Bools:
    """Anchors of patches with many of them: towns, which several roads may leave towards the same village."""
    large: Bools = np.bincount(patch)[patch] > 12
    return large


def _triangulated(x_m: Floats, y_m: Floats) -> tuple[Longs, Longs]:
    """Edges of the Delaunay triangulation of some points, each once, as positions among them."""
    points = np.round(np.column_stack([x_m, y_m]), 3)
    edges = shapely.get_parts(shapely.delaunay_triangles(MultiPoint(points), only_edges=True))
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
    number = {tuple(point): position for position, point in enumerate(points.tolist())}
    pairs = sorted({tuple(sorted((number[tuple(p)], number[tuple(q)]))) for p, q in ends.tolist()})
    table = np.array(pairs, np.int64)
    return table[:, 0], table[:, 1]


def _bent(seed: int, start: int, end: int, x_m: Floats, y_m: Floats, length_m: float) -> tuple[Floats, Floats]:
    """Points between the ends of a road, swung gently to one side or both."""
    count = int(np.clip(length_m // 240, 1, 14))
    share = np.arange(1, count + 1) / (count + 1)
    first, second = 0.05 * length_m * 2 * (chance(seed, 24, start, end, np.arange(2)) - 0.5)
    aside = first * np.sin(np.pi * share) + 0.6 * second * np.sin(2 * np.pi * share)
    dx, dy = x_m[1] - x_m[0], y_m[1] - y_m[0]
    return (x_m[0] + dx * share - dy / length_m * aside, y_m[0] + dy * share + dx / length_m * aside)


def _main_roads(sheet: Sheet, anchors: _Anchors, a: Longs, b: Longs, length_m: Floats) -> dict[int, tuple[str, str]]:
    """Kind and name of the roads on a shortest way between neighbouring towns."""
    near = _town_patches(sheet, anchors)
    roads: dict[int, list[tuple[int, float, int]]] = defaultdict(list)
    patches = zip(anchors.patch[a].tolist(), anchors.patch[b].tolist(), length_m.tolist(), strict=True)
    for row, (start, end, length) in enumerate(patches):
        roads[start].append((end, length + 150, row))
        roads[end].append((start, length + 150, row))
    labels: dict[int, tuple[str, str]] = {}
    for first, second in _neighbouring_towns():
        path = _shortest(roads, near.get(first, -1), near.get(second, -1))
        kind = "primary" if first[:6] != second[:6] else "secondary"
        name = _short_name(first) + _short_name(second) + "路"
        for row in path:
            labels.setdefault(row, (kind, name))
    return labels


def _short_name(code: str) -> str:
    """The first character of a town's name, as roads between towns take it."""
    return next(street.name for street in STREETS if street.code == code)[0]


def _town_patches(sheet: Sheet, anchors: _Anchors) -> dict[str, int]:
    """The patch that lies nearest to the drawn centre of each town."""
    x_m, y_m = sheet.positions()
    tree = point_tree(x_m[anchors.point], y_m[anchors.point])
    towns = [town for town in TOWNS if town.built_km > 0]
    centre = to_plane([town.lon for town in towns], [town.lat for town in towns])
    nearest = np.asarray(tree.nearest(points_at(*centre)))
    return {town.code: int(anchors.patch[row]) for town, row in zip(towns, nearest, strict=True)}


def _neighbouring_towns() -> list[tuple[str, str]]:
    """Pairs of towns that a triangulation of their centres joins, nearest first."""
    towns = [town for town in TOWNS if town.built_km > 0]
    x_m, y_m = to_plane([town.lon for town in towns], [town.lat for town in towns])
    a, b = _triangulated(x_m, y_m)
    apart_m = np.hypot(x_m[a] - x_m[b], y_m[a] - y_m[b])
    order = np.argsort(apart_m, kind="stable")
    return [(towns[a[k]].code, towns[b[k]].code) for k in order.tolist() if apart_m[k] < 26_000]


def _shortest(roads: dict[int, list[tuple[int, float, int]]], start: int, goal: int) -> list[int]:
    """Rows of the roads on the shortest way between two patches; empty if there is none."""
    best = {start: 0.0}
    came: dict[int, tuple[int, int]] = {}
    queue = [(0.0, start)]
    while queue:
        far, here = heapq.heappop(queue)
        if here == goal:
            break
        if far > best[here]:
            continue
        for there, length, row in roads.get(here, ()):
            if far + length < best.get(there, np.inf):
                best[there] = far + length
                came[there] = (here, row)
                heapq.heappush(queue, (far + length, there))
    path = []
    while goal in came and goal != start:
        goal, row = came[goal]
        path.append(row)
    return path


def _draw_hill_paths(sheet: Sheet, seed: int, towns: TownStreets) -> None:
    """Footpaths and steps that climb from the last street into a hill and end there."""
    x_m, y_m = sheet.positions()
    foot = towns.points[towns.shore]
    near = inside(hills().buffer(260.0), x_m[foot], y_m[foot])
    starts = foot[near & (chance(seed, 25, foot) < 0.16)]
    for start in starts.tolist():
        hill = min(hills().geoms, key=lambda part: part.distance(shapely.Point(x_m[start], y_m[start])))
        top = hill.representative_point()
        away_m = float(np.hypot(top.x - x_m[start], top.y - y_m[start]))
        count = int(min(9, away_m * 0.7 // 90))
        if count < 2:
            continue
        share = np.arange(1, count + 1) * 90.0 / away_m
        sway = 45 * (chance(seed, 26, start, np.arange(count)) - 0.5)
        x = x_m[start] + (top.x - x_m[start]) * share + sway
        path = sheet.add_points(x, y_m[start] + (top.y - y_m[start]) * share - sway).tolist()
        half = count // 2
        sheet.add_way([start, *path[: half + 1]], {"highway": "footway", "name": "登山步道"})
        sheet.add_way(path[half:], {"highway": "steps"})
