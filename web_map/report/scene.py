"""A map of a report before anything draws it: cells as pixels, lines, stations, numbered gaps in one window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.cells import cells_to_points
from geo.services.planner_report import PlannerReport
from geo.services.scenario_report import ScenarioPart
from geo.types import Box, Bytes, Floats
from web_map.lattice import LatticeGrid, decode_lattice, minutes_to_bytes, people_to_bytes
from web_map.report.content import densest_district
from web_map.report.elements import frame_of
from web_map.report.painting import Class, Window, aspect, minute_classes, paint, palette, reduced
from web_map.report.words import Words, area_name

PAINTED_PIXELS = 4_500_000
"""
Of about so many pixels a map is painted, whatever it is brought down to: cells narrower than a pixel then melt instead
of flickering, and no map takes much longer than a second.
"""

FINEST = 3
"""A map is painted at most so many times finer than its pixels."""

SCENARIO_VIEWS = ("before", "after")

AROUND = 0.08
"""How much more than what changes a map of a scenario shows on every side, as a part of it."""

NUMBERED = {"city": 15, "detail": 40}
"""Up to which rank gaps have their number on a map."""

SCALES_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)

LEAST_BOX_DEG = 0.02
"""A window is never narrower than this: two kilometres."""


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What a map shows. Positions are fractions of the window, from its upper left corner.

    `cells` is uint8[height, width, 4]; `districts` and `streets` are rings of points; `numbered` are places with a
    number (gaps by rank, or new sites) and `numbers_mean` says which, `labels` the names of districts with the width
    there is for them. `scale_km` is a round length, `scale_part` its part of the width.
    """

    window: Window
    classes: Sequence[Class]
    cells: Bytes
    districts: Sequence[Floats]
    streets: Sequence[Floats]
    stations: Floats
    numbered: Sequence[tuple[int, float, float]]
    numbers_mean: str
    labels: Sequence[tuple[str, float, float, float]]
    scale_km: float
    scale_part: float


def grids_of(report: PlannerReport, view: str) -> list[LatticeGrid]:
    """The cells of a view as grids of bytes: their minutes and their people."""
    answered = report.answered
    coverage = answered.coverage if view != "after" else scenario_of(report).answered.coverage
    columns = [minutes_to_bytes(coverage.time_ds), people_to_bytes(answered.people)]
    return decode_lattice(frame_of(report.snapshot, report.question.mode).encode(columns))


def scenario_of(report: PlannerReport) -> ScenarioPart:
    """The scenario of a report whose maps show one."""
    assert report.scenario is not None
    return report.scenario


def box_of(report: PlannerReport, view: str) -> Box:
    """
    What a view shows: the whole city, the district where stations are densest with what lies around it, or (`before`
    and `after`) all that a scenario changes.
    """
    if view in SCENARIO_VIEWS:
        return _box_of_changes(report)
    areas = report.snapshot.areas
    districts = areas[areas["level"] == "district"]
    if districts.empty:
        return _widened(report.snapshot.box)
    if view == "city":
        return _widened(Box(*districts.total_bounds.tolist()))
    code = densest_district(report)
    bounds = districts[districts["code"] == code].total_bounds.tolist()
    west, south, east, north = bounds
    across, up = (east - west) * 0.25, (north - south) * 0.25
    return _widened(Box(west - across, south - up, east + across, north + up))


def shape_of(report: PlannerReport, view: str) -> float:
    """Height of a view by its width, as the land asks for it, within what a page can hold."""
    return min(max(aspect(box_of(report, view)), 0.6), 1.25)


def scene_of(report: PlannerReport, view: str, width: int, height: int, words: Words) -> Scene:
    """A map of a view, `width` by `height` pixels."""
    window = Window.around(box_of(report, view), width, height)
    classes = minute_classes(report.question.minutes)
    times = min(max(round(math.sqrt(PAINTED_PIXELS / (width * height))), 1), FINEST)
    cells = reduced(paint(window.scaled(times), grids_of(report, view), palette(classes), mask=1, finer=times), times)
    stations = window.place(*_stations(report, view))
    scale_km = max((one for one in SCALES_KM if one <= window.width_km / 4), default=SCALES_KM[0])
    return Scene(
        window=window,
        classes=classes,
        cells=cells,
        districts=_rings(report, "district", window),
        streets=_rings(report, "street", window) if view != "city" else [],
        stations=stations[_inside(stations)],
        numbered=_numbered(_places(report, view), window),
        numbers_mean=_numbers_mean(report, view, words),
        labels=_labels(report, window, words),
        scale_km=scale_km,
        scale_part=scale_km / window.width_km,
    )


def _rings(report: PlannerReport, level: str, window: Window) -> list[Floats]:
    """Outlines of one level that touch the window, without corners nobody could see."""
    areas = report.snapshot.areas
    outlines = areas[areas["level"] == level].geometry.to_numpy()
    pixel_deg = (window.box.east - window.box.west) / window.width
    near = [one for one in outlines if one.intersects(shapely.box(*window.box))]
    if not near:
        return []
    return [
        window.place(corners[:, 0], corners[:, 1])
        for outline in shapely.coverage_simplify(np.array(near, dtype=object), 0.7 * pixel_deg)
        for corners in _corners(outline)
    ]


def _corners(outline: shapely.Geometry) -> Iterator[Floats]:
    for part in shapely.get_parts(outline):
        for ring in (part.exterior, *part.interiors):
            yield np.asarray(ring.coords, dtype=np.float64)[:, :2]


def _numbers_mean(report: PlannerReport, view: str, words: Words) -> str:
    """What the numbers of a view count."""
    t = words.t
    if view not in SCENARIO_VIEWS:
        return t("report.legend_gap")
    return t("report.legend_change") if scenario_of(report).siting is None else t("report.legend_site")


def _stations(report: PlannerReport, view: str) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of the stations that count in a view."""
    if view == "after":
        after = scenario_of(report).stations_after
        return after[:, 0], after[:, 1]
    snapshot, eligible = report.snapshot, report.answered.eligible
    return snapshot.lon[eligible], snapshot.lat[eligible]


def _places(report: PlannerReport, view: str) -> list[tuple[int, float, float]]:
    """What is numbered in a view: the largest gaps, or what a scenario changes, with longitude and latitude."""
    if view == "before":
        return []
    if view == "after":
        changes = enumerate(scenario_of(report).changes, 1)
        return [(n, one.lon, one.lat) for n, one in changes if one.lon is not None and one.lat is not None]
    gaps = report.document["gaps"][: NUMBERED[view]]
    return [(gap["rank"], *gap["suggested"]) for gap in gaps if gap["suggested"] is not None]


def _numbered(places: Sequence[tuple[int, float, float]], window: Window) -> list[tuple[int, float, float]]:
    """Those of some places that lie inside the window, where they are in it."""
    if not places:
        return []
    at = window.place(*(np.array([place[axis] for place in places]) for axis in (1, 2)))
    pairs = zip(places, at.tolist(), _inside(at).tolist(), strict=True)
    return [(place[0], x, y) for place, (x, y), inside in pairs if inside]


def _box_of_changes(report: PlannerReport) -> Box:
    """Every place that changes and every cell that does, with something around it."""
    scenario = scenario_of(report)
    lon, lat = cells_to_points(scenario.answered.cells)
    placed = [(one.lon, one.lat) for one in scenario.changes if one.lon is not None and one.lat is not None]
    points = np.concatenate([np.stack([lon, lat], axis=1), np.array(placed, np.float64).reshape(-1, 2)])
    if not len(points):
        return box_of(report, "city")
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    across, up = (east - west) * AROUND, (north - south) * AROUND
    return _widened(Box(west - across, south - up, east + across, north + up))


def _labels(report: PlannerReport, window: Window, words: Words) -> list[tuple[str, float, float, float]]:
    """Names of the districts in view, in the middle of what is in view of them, with how wide that is."""
    areas = report.snapshot.areas
    districts = areas[areas["level"] == "district"]
    named = []
    for row in districts.to_dict("records"):
        seen = row["geometry"].intersection(shapely.box(*window.box))
        if seen.is_empty:
            continue
        middle = max(shapely.get_parts(seen), key=lambda part: part.area).representative_point()
        x, y = window.place(np.array([middle.x]), np.array([middle.y]))[0].tolist()
        west, _, east, _ = seen.bounds
        room = (east - west) / (window.box.east - window.box.west)
        named.append((area_name(row, words, report.english_names), x, y, room))
    return named


def _inside(places: Floats) -> np.ndarray:
    return np.asarray(((places >= 0) & (places <= 1)).all(axis=1))


def _widened(box: Box) -> Box:
    """A box that is not narrower than `LEAST_BOX_DEG` either way."""
    across = max(0.0, LEAST_BOX_DEG - (box.east - box.west)) / 2
    up = max(0.0, LEAST_BOX_DEG - (box.north - box.south)) / 2
    return Box(box.west - across, box.south - up, box.east + across, box.north + up)
