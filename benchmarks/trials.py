"""One station more, from its place to the people it brings: the streets around it are measured anew, nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from benchmarks.cities import City
from benchmarks.timing import Row, measure
from geo.coverage.changes import CellLinks
from geo.coverage.grid import build_grid, cut_streets
from geo.coverage.trial import Trials
from geo.streets.search import Targets
from geo.streets.snap import EdgeIndex

TEN_MINUTES_DS = 6000
RESOLUTION = 10


def trials(city: City, targets: Targets) -> Iterator[Row]:
    """Gains of two thousand places in cells of resolution 10, where a person lives on every metre of street."""
    graph = city.graph
    grid = build_grid(EdgeIndex(graph), cut_streets(graph, RESOLUTION), RESOLUTION, np.empty(0, np.uint64))
    links = CellLinks.of_grid(graph, grid)
    ready = Trials.within(graph, grid, links, targets, TEN_MINUTES_DS, grid.street_m)
    places = itertools.cycle([city.points.take(np.array([p])) for p in range(len(city.points))])
    yield measure("whatif_add", city.name, "yiquan", lambda: ready.gain(next(places)), calls=len(city.points))
