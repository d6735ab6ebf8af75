"""
A made-up city in which 60,000 cells of walking are lived in, served as any city is: the planner's page at its budget.

Its streets are those of `cities.synthetic_ways`, fewer; people live in some of its cells and not in others, as they do
in a city, and stations stand where people are. The rest is what the real builder makes of that.
"""

from __future__ import annotations

import numpy as np
import shapely

from benchmarks.cities import scattered_near, synthetic_ways
from geo.cells import parents
from geo.coverage.demand import PeopleByCell, sum_by_cell
from geo.coverage.grid import cut_streets
from geo.snapshot.model import Snapshot
from geo.streets.build import build_graph
from geo.streets.graph import StreetGraph
from geo.streets.modes import WALK
from tests.support.grid_city import areas_frame
from tests.support.toy_snapshot import toy_snapshot
from tests.web_map.conftest import door

INHABITED = 60_000
SIDE = 520
"""Crossings along one side: a city of thirty kilometres, with some 94,000 cells that have a street."""

STATIONS = 700
DISTRICTS, STREETS_OF_EACH = 10, 14
"""As many as Qingdao has."""

PEOPLE_PER_CELL = 90.0
"""On average, where anybody lives at all: five million in all."""


def made_city() -> Snapshot:
    """The city, the same every time, with `INHABITED` cells to within one in a hundred."""
    graph, _ = build_graph(synthetic_ways(SIDE), WALK)
    random = np.random.default_rng(60)
    places = scattered_near(graph, random, STATIONS).tolist()
    stations = [
        door(0, 0, name=f"第{number}号驿站", lon=lon, lat=lat, district="一区", street="一街道")
        for number, (lon, lat) in enumerate(places, 1)
    ]
    return toy_snapshot(stations, graph=graph, areas=made_areas(graph), people=made_people(graph, random))


def made_people(graph: StreetGraph, random: np.random.Generator) -> PeopleByCell:
    """People in so many cells of resolution 9 that `INHABITED` of resolution 10 have some; unevenly many in each."""
    pieces = cut_streets(graph, 10)
    above, parts = np.unique(parents(np.unique(pieces.cells), 9), return_counts=True)
    order = random.permutation(len(above))
    chosen = order[np.cumsum(parts[order]) <= INHABITED]
    return sum_by_cell(above[chosen], np.ceil(parts[chosen] * PEOPLE_PER_CELL * random.lognormal(0, 0.8, len(chosen))))


def made_areas(graph: StreetGraph):  # type: ignore[no-untyped-def]  # geopandas has no types
    """Districts and streets in columns and rows."""
    west, south, east, north = graph.bounds
    rows: list[tuple[str, str, str, str | None, shapely.MultiPolygon]] = []
    for district in range(DISTRICTS):
        left, right = (west + (east - west) * (district + end) / DISTRICTS for end in (0, 1))
        code = str(1 + district)
        rows.append(("district", code, f"第{code}区", None, box(left, south, right, north)))
        for street in range(STREETS_OF_EACH):
            bottom, top = (south + (north - south) * (street + end) / STREETS_OF_EACH for end in (0, 1))
            name = f"第{code}区第{street + 1}街道"
            rows.append(("street", f"{code}{street:02}", name, code, box(left, bottom, right, top)))
    return areas_frame(rows).assign(name_en=None)


def box(west: float, south: float, east: float, north: float) -> shapely.MultiPolygon:
    """A rectangle in degrees."""
    return shapely.MultiPolygon([shapely.box(west, south, east, north)])
