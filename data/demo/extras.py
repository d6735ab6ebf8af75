"""
What a city has beside its street grid: motorways and the bay bridge, the tunnel, the promenade, gates.

All of it is there to be judged by the import: motorways and tunnels nobody may walk, gates that close a lane, a
footpath by the water that only walkers may use.
"""

from __future__ import annotations

import numpy as np
import shapely
import shapely.ops
from shapely import LineString

from data.demo.chance import chance
from data.demo.geography import MOTORWAYS, mainland, polygons_of
from data.demo.plane import shape_on_plane, to_plane
from data.demo.sheet import Sheet, Way, point_tree, points_at, segment_lines
from data.demo.town_streets import TownStreets
from geo.types import Floats, Longs

_MOTORWAY_STEP_M = 450.0
_PROMENADE_SHORE_M = 55.0
_PROMENADE_STEP_M = 75.0
_PROMENADE_FROM, _PROMENADE_TO = (120.283, 36.048), (120.505, 36.086)
_RAMP_M = 4_000.0
_GATE_SHARE = 0.045
_PRIVATE_GATE_SHARE = 0.3
_PRIVATE_LANE_SHARE = 0.012


def draw_extras(sheet: Sheet, towns: TownStreets, town_ways: list[Way], seed: int) -> None:
    """Draw motorways, tunnel, promenade and gates over the finished streets."""
    _draw_motorways(sheet, towns)
    _draw_tunnel(sheet, towns)
    _draw_promenade(sheet, towns)
    _set_gates(sheet, town_ways, seed)


def _stepped(line: LineString, step_m: float) -> tuple[Floats, Floats]:
    """Points along a line at about even steps, both ends included."""
    count = max(1, round(line.length / step_m))
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, line.length, count + 1)))
    return points[:, 0], points[:, 1]


def _draw_motorways(sheet: Sheet, towns: TownStreets) -> None:
    """Motorways on their own level, joined to the nearest street at both ends by ramps."""
    for name, number, line in MOTORWAYS:
        points = sheet.add_points(*_stepped(LineString(shape_on_plane(line)), _MOTORWAY_STEP_M)).tolist()
        tags = {"highway": "motorway", "name": name, "ref": number}
        if name.endswith("大桥"):
            tags |= {"bridge": "yes", "layer": "1"}
        sheet.add_way(points, tags)
        for end in (points[0], points[-1]):
            _draw_ramp(sheet, towns, end)


def _draw_ramp(sheet: Sheet, towns: TownStreets, point: int) -> None:
    """A slip road from the end of a motorway to the nearest town street, if one is near."""
    x_m, y_m = sheet.positions()
    away_m = np.hypot(x_m[towns.points] - x_m[point], y_m[towns.points] - y_m[point])
    nearest = int(np.argmin(away_m))
    if away_m[nearest] < _RAMP_M:
        sheet.add_way([point, int(towns.points[nearest])], {"highway": "motorway_link", "oneway": "no"})


def _draw_tunnel(sheet: Sheet, towns: TownStreets) -> None:
    """The road tunnel under the mouth of the bay, closed to walkers and bicycles."""
    x_m, y_m = sheet.positions()
    ends = []
    for lonlat in ((120.289, 36.053), (120.262, 35.998)):
        x, y = to_plane(*lonlat)
        ends.append(int(towns.points[np.argmin(np.hypot(x_m[towns.points] - x, y_m[towns.points] - y))]))
    bore = LineString([(x_m[end], y_m[end]) for end in ends])
    middle = sheet.add_points(*(column[1:-1] for column in _stepped(bore, 600.0))).tolist()
    tags = {"highway": "trunk", "name": "胶州湾隧道", "tunnel": "yes", "layer": "-1", "foot": "no", "bicycle": "no"}
    sheet.add_way([ends[0], *middle, ends[1]], tags)


def _draw_promenade(sheet: Sheet, towns: TownStreets) -> None:
    """The footpath between the last street and the sea, from 团岛 to 石老人, with ways down to it."""
    shore = max(polygons_of(mainland().buffer(-_PROMENADE_SHORE_M)), key=lambda part: part.area).exterior
    ends = shape_on_plane([_PROMENADE_FROM, _PROMENADE_TO])
    low, high = sorted(shore.project(shapely.Point(*end)) for end in ends.tolist())
    # The ring starts far away, at the border with 日照, so the stretch between two of its points never wraps.
    x, y = _stepped(LineString(shapely.get_coordinates(shapely.ops.substring(shore, low, high))), _PROMENADE_STEP_M)
    points = sheet.add_points(x, y)
    for start in range(0, len(points) - 1, 40):
        stretch = points[start : start + 41].tolist()
        sheet.add_way(stretch, {"highway": "footway", "name": "滨海步行道", "foot": "designated"})
    _draw_ways_down(sheet, towns, points, x, y)


def _draw_ways_down(sheet: Sheet, towns: TownStreets, numbers: Longs, x: Floats, y: Floats) -> None:
    """Short paths from the last street to the promenade, at most one for every few hundred metres of shore."""
    x_m, y_m = sheet.positions()
    shore = towns.points[towns.shore]
    nearest, away_m = point_tree(x, y).query_nearest(
        points_at(x_m[shore], y_m[shore]), return_distance=True, all_matches=False
    )
    order = np.argsort(away_m, kind="stable")
    taken: set[int] = set()
    for row in order.tolist():
        street, place = int(shore[nearest[0][row]]), int(nearest[1][row])
        if away_m[row] > 330 or place // 5 in taken:
            continue
        line = segment_lines(x_m, y_m, np.array([street]), numbers[[place]])[0]
        if mainland().contains(line):
            taken.add(place // 5)
            sheet.add_way([street, int(numbers[place])], {"highway": "steps" if place % 3 == 0 else "footway"})


def _set_gates(sheet: Sheet, town_ways: list[Way], seed: int) -> None:
    """Gates on some service lanes; behind a private one the lane is closed, and a few lanes are private altogether."""
    lanes = [way for way in town_ways if way.tags["highway"] == "service"]
    whim = chance(seed, 30, np.arange(len(lanes)))
    x_m, y_m = sheet.positions()
    for number, way in enumerate(lanes):
        if whim[number] < _GATE_SHARE:
            first, second = way.points[:2]
            gate = sheet.add_points(
                np.array([0.82 * x_m[first] + 0.18 * x_m[second]]), np.array([0.82 * y_m[first] + 0.18 * y_m[second]])
            )
            private = whim[number] < _GATE_SHARE * _PRIVATE_GATE_SHARE
            sheet.point_tags[int(gate[0])] = {"barrier": "gate"} | ({"access": "private"} if private else {})
            way.points.insert(1, int(gate[0]))
        elif whim[number] > 1 - _PRIVATE_LANE_SHARE:
            way.tags = way.tags | {"access": "private"}
