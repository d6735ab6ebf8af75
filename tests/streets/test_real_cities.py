"""The kernels on real streets, against scipy's Dijkstra over every facility: not one difference."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from geo.streets import search
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.graph import StreetGraph
from geo.streets.modes import EBIKE, WALK
from geo.streets.search import Targets
from geo.streets.snap import EdgeIndex, Snaps
from geo.types import Bools
from tests.support.helsinki import helsinki_extract
from tests.support.oracle import NOTHING, Oracle, first
from tests.support.real_data import real_data

FILTERS = 5
POINTS = 2000


@cache
def graphs(path: Path) -> dict[str, StreetGraph]:
    streets = read_extract(path).streets
    return {mode.code: build_graph(streets, mode)[0] for mode in (WALK, EBIKE)}


def scattered(graph: StreetGraph, count: int, seed: int) -> Snaps:
    """Points all over the box of a city; some are off the network, as in life."""
    random = np.random.default_rng(seed)
    box = graph.bounds
    return EdgeIndex(graph).snap(random.uniform(box.west, box.east, count), random.uniform(box.south, box.north, count))


def filters(count: int) -> list[Bools | None]:
    """Everyone, most, some, few, one."""
    random = np.random.default_rng(7)
    return [None, *(random.random(count) < share for share in (0.8, 0.3, 0.05)), np.arange(count) == count // 2]


CITIES = {
    "porto_alegre": (lambda: real_data("porto_alegre/poa_osm.pbf"), 300),
    "helsinki": (helsinki_extract, 200),
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["walk", "ebike"])
@pytest.mark.parametrize("city", CITIES)
def test_nearest_equals_scipy_on_two_thousand_points_and_five_filters(city, mode):
    path, facility_count = CITIES[city]
    graph = graphs(path())[mode]
    facilities, points = scattered(graph, facility_count, 1), scattered(graph, POINTS, 2)
    overhead_ds = graph.mode.arrival_overhead_ds
    targets = Targets.join(graph, facilities, overhead_ds)
    labels = search.k_labels(graph, targets, 16)
    _, keys = Oracle(graph, facilities, points, overhead_ds).keys()
    single = [points.take(np.array([p])) for p in range(POINTS)]
    differences = 0
    for eligible in filters(facility_count):
        time_ds, facility = first(keys, 5, eligible)
        field = search.field(graph, targets, eligible)
        at_once = search.point_times(graph, targets, field, points, eligible)
        differences += int((at_once[0] != time_ds[:, 0]).sum() + (at_once[1] != facility[:, 0]).sum())
        for p in range(POINTS):
            there = facility[p] >= 0
            got = search.nearest(graph, targets, labels, single[p], 5, eligible)
            same = np.array_equal(got[0], facility[p][there]) and np.array_equal(got[1], time_ds[p][there])
            differences += not same
    assert differences == 0
    assert (points.edge >= 0).sum() > POINTS / 20  # the points are not all in the sea


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_field_and_labels_of_porto_equal_scipy_on_every_node(mode):
    graph = graphs(real_data("porto/streets.osm.pbf"))[mode]
    facilities = scattered(graph, 120, 3)
    targets = Targets.join(graph, facilities, graph.mode.arrival_overhead_ds)
    oracle = Oracle(graph, facilities, scattered(graph, 1, 4), graph.mode.arrival_overhead_ds)
    keys = np.full((graph.node_count, 120), NOTHING, np.int64)
    for f, from_nodes, _ in oracle.rows():
        keys[:, f] = np.where(from_nodes < NOTHING >> 32, (from_nodes << 32) | f, NOTHING)
    labels = search.k_labels(graph, targets, 8)
    time_ds, facility = first(keys, 8)
    assert (labels.time_ds != time_ds).sum() + (labels.facility != facility).sum() == 0
    for eligible in filters(120):
        for cutoff_ds in (None, 6000):
            field = search.field(graph, targets, eligible, cutoff_ds)
            time_ds, facility = first(keys, 1, eligible, cutoff_ds)
            assert (field.time_ds != time_ds[:, 0]).sum() + (field.facility != facility[:, 0]).sum() == 0
