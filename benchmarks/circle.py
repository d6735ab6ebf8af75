"""
Ten minutes around every facility, counted in people: cells of resolution 10, one site more, ten thousand sites, a week.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.cities import City, scattered_near
from benchmarks.timing import Row, measure
from geo.cells import disk, points_to_cells
from geo.coverage.changes import CellLinks
from geo.coverage.field import cell_coverage
from geo.coverage.gains import crowd_on
from geo.coverage.grid import CellGrid, build_grid, cut_streets
from geo.coverage.successive import shares_of_sets
from geo.coverage.trial import Trials
from geo.streets import search
from geo.streets.gains import Crowd, gains, people_covered
from geo.streets.search import Targets
from geo.streets.snap import EdgeIndex, Snaps
from geo.types import Cells, Floats

TEN_MINUTES_DS = 6000
RESOLUTION = 10
STEPS_AROUND = 598
"""Cells from the middle of the synthetic city to the end of the land around it: a municipality of a million cells."""
SITES = 10_000
HELD_TO_TRIALS = 200
"""How many gains are held to those of one trial after another."""
HOURS = 168
SETS = 19
"""Different sets of open stations in a week, as real opening hours give."""


@dataclass(frozen=True)
class Inhabited:
    """A grid over a city, the people of its cells, and the same people along the streets."""

    grid: CellGrid
    people: Floats
    crowd: Crowd
    sites: Snaps

    @classmethod
    def of(cls, city: City) -> Inhabited:
        """People in every cell with a street, the same every time; land around the synthetic city has none."""
        random = np.random.default_rng(SITES)
        index = EdgeIndex(city.graph)
        around = municipality(city) if city.name == "synthetic" else np.empty(0, np.uint64)
        grid = build_grid(index, cut_streets(city.graph, RESOLUTION), RESOLUTION, around)
        people = np.where(grid.street_m > 0, random.integers(0, 200, len(grid)), 0).astype(float)
        sites = index.snap(*scattered_near(city.graph, random, SITES).T)
        return cls(grid, people, crowd_on(grid, city.graph, people), sites)


def municipality(city: City) -> Cells:
    """The city's cells and the land around, much of it without a street."""
    box = city.graph.bounds
    middle = points_to_cells([(box.west + box.east) / 2], [(box.south + box.north) / 2], RESOLUTION)
    return disk(int(middle[0]), STEPS_AROUND)


def circle(city: City, targets: Targets) -> Iterator[Row]:
    """People within ten minutes: of a field, of one site more, of ten thousand sites, and by the hours of a week."""
    graph, lived = city.graph, Inhabited.of(city)
    travel = search.field(graph, targets, None, TEN_MINUTES_DS)
    ask_sites = (graph, targets, travel, TEN_MINUTES_DS, lived.crowd, lived.sites)

    def people_by_cell() -> float:
        covered = cell_coverage(lived.grid, graph, targets, travel, TEN_MINUTES_DS)
        return weighed(covered.share, lived.people)

    trials = Trials.within(
        graph, lived.grid, CellLinks.of_grid(graph, lived.grid), targets, TEN_MINUTES_DS, lived.people
    )
    one_by_one = [trials.gain(lived.sites.take(np.array([site]))) for site in range(HELD_TO_TRIALS)]
    np.testing.assert_allclose(gains(*ask_sites)[:HELD_TO_TRIALS], one_by_one, rtol=0, atol=1e-4)
    places = itertools.cycle([city.points.take(np.array([p])) for p in range(len(city.points))])
    sets = open_by_hour(targets.count)

    within = (graph, targets, travel, TEN_MINUTES_DS, lived.crowd)
    np.testing.assert_allclose(people_covered(*within), people_by_cell(), rtol=1e-9)
    yield measure("cells_res10", city.name, "yiquan", lambda: people_covered(*within))
    yield measure("cells_res10", f"{city.name}, every cell's share and state", "yiquan", people_by_cell)
    yield measure("cells_res10", city.name, "centres only", lambda: people_by_centre(city, targets, travel, lived))
    yield measure("whatif_add", city.name, "yiquan", lambda: trials.gain(next(places)), calls=len(city.points))
    yield measure("gains_10k", city.name, "yiquan", lambda: gains(*ask_sites))
    yield measure("hours_168", city.name, "yiquan", lambda: people_by_hour(city, targets, lived, sets), repeats=3)


def weighed(share: Floats, people: Floats) -> float:
    """Sum of people times share, without a matrix library whose waiting threads would be counted as work."""
    return float((share * people).sum())


def people_by_centre(city: City, targets: Targets, travel: search.Field, lived: Inhabited) -> float:
    """People of the cells whose centre is within reach: quicker, and another answer at every resolution."""
    time_ds, _ = search.point_times(city.graph, targets, travel, lived.grid.centre)
    return float(lived.people[time_ds <= TEN_MINUTES_DS].sum())


def open_by_hour(facilities: int) -> NDArray[np.bool_]:
    """Which facilities are open at every hour of a week: some of them, in as many sets as real hours give."""
    random = np.random.default_rng(HOURS)
    sets = random.random((SETS, facilities)) < np.linspace(0.1, 1.0, SETS)[:, None]
    return sets[random.integers(0, SETS, HOURS)]


def people_by_hour(city: City, targets: Targets, lived: Inhabited, opening: NDArray[np.bool_]) -> list[float]:
    """People within ten minutes of a facility that is open, for every hour of a week."""
    sets, set_of_hour = np.unique(opening, axis=0, return_inverse=True)
    covered = np.zeros(len(sets))
    for row, share in shares_of_sets(lived.grid, city.graph, targets, TEN_MINUTES_DS, sets, lived.people > 0):
        covered[row] = weighed(share, lived.people)
    return [float(people) for people in covered[set_of_hour]]
