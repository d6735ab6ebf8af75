"""Measures on real streets: what is counted along them is what points thrown on them find."""

from __future__ import annotations

import numpy as np
import pytest

from geo.coverage.access import choice, travel_times
from geo.coverage.field import street_share
from geo.coverage.grid import build_grid, cut_streets
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.modes import WALK
from geo.streets.search import Targets, field, k_labels, nearest_of_many, point_times, reach_lists
from geo.streets.snap import EdgeIndex, Snaps
from geo.types import UNREACHED
from tests.support.real_data import real_data

STATIONS = 300
THROWN = 20_000
LIMIT_DS = 6000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def porto():
    graph = build_graph(read_extract(real_data("porto/streets.osm.pbf")).streets, WALK)[0]
    index, chance = EdgeIndex(graph), np.random.default_rng(300)
    pick = chance.integers(0, graph.node_count, STATIONS)
    targets = Targets.join(graph, index.snap(graph.node_lon[pick] + 1e-4, graph.node_lat[pick] + 1e-4))
    grid = build_grid(index, cut_streets(graph, 10), 10, np.zeros(0, dtype=np.uint64))
    return graph, targets, grid


@pytest.fixture(scope="module")
def thrown(porto):
    """Points on Porto's streets, as many on a metre as on any other."""
    graph, chance = porto[0], np.random.default_rng(5)
    along = np.sort(chance.random(THROWN)) * graph.edges.length_m.sum()
    ends = np.cumsum(graph.edges.length_m)
    edge = np.searchsorted(ends, along).astype(np.int32)
    fraction = 1 - (ends[edge] - along) / graph.edges.length_m[edge]
    nowhere = np.zeros(THROWN)
    return Snaps(edge, fraction, nowhere, np.zeros(THROWN, dtype=np.int32), nowhere, nowhere)


def chance_of(share):
    """Four standard errors of a share found by throwing points."""
    return 4 * np.sqrt(max(share * (1 - share), 1e-3) / THROWN)


def test_choice_along_streets_is_what_thrown_points_can_choose_from(porto, thrown):
    graph, targets, grid = porto
    labels, everyone = k_labels(graph, targets, 8), np.ones(STATIONS, dtype=bool)
    picked, _ = choice(grid, graph, targets, labels, grid.street_m, LIMIT_DS, everyone)
    facility, _ = nearest_of_many(graph, targets, labels, thrown, 3, None, LIMIT_DS)
    counted = (facility >= 0).sum(axis=1)
    shares = (picked.share * grid.street_m[:, None]).sum(axis=0) / grid.street_m.sum()
    for at_least, share in enumerate(shares, start=1):
        assert (counted >= at_least).mean() == pytest.approx(share, abs=chance_of(share))
    covered = street_share(grid, graph, targets, field(graph, targets), LIMIT_DS)
    np.testing.assert_allclose(picked.share[:, 0], covered, atol=1e-9)
    alone = np.bincount(facility[counted == 1, 0], minlength=STATIONS) / THROWN
    busiest = int(np.argmax(picked.people_alone))
    expected = picked.people_alone[busiest] / grid.street_m.sum()
    assert alone[busiest] == pytest.approx(expected, abs=chance_of(expected))


def test_minutes_along_streets_are_those_of_thrown_points(porto, thrown):
    graph, targets, grid = porto
    travel = field(graph, targets)
    every = np.arange(len(grid))
    one_row = np.zeros(len(grid), dtype=np.int64)
    times = travel_times(grid, graph, targets, travel, grid.centre.edge, every, one_row, grid.street_m, 1)
    time_ds = point_times(graph, targets, travel, thrown)[0]
    reached = time_ds[time_ds < UNREACHED] / 600
    assert times.mean_min[0] == pytest.approx(reached.mean(), abs=4 * reached.std() / np.sqrt(THROWN))
    for part in (0.5, 0.9):
        within = (time_ds / 600 <= times.quantile_min(part)[0]).mean()
        assert within == pytest.approx(part, abs=chance_of(part))


def test_lists_of_pairs_hold_every_nearest_station_and_its_time(porto, thrown):
    graph, targets, _ = porto
    reach = reach_lists(graph, targets, thrown, LIMIT_DS)
    least = np.full(THROWN, UNREACHED, dtype=np.int64)
    np.minimum.at(least, reach.point, reach.time_ds)
    time_ds = point_times(graph, targets, field(graph, targets), thrown)[0]
    np.testing.assert_array_equal(least, np.where(time_ds <= LIMIT_DS, time_ds, UNREACHED))
    # all of a point's stations, not the nearest only
    facility, time_ds = nearest_of_many(graph, targets, k_labels(graph, targets, 8), thrown, 40, None, LIMIT_DS)
    assert (facility[:, -1] < 0).all()
    pairs = set(zip(reach.facility.tolist(), reach.point.tolist(), reach.time_ds.tolist(), strict=True))
    point, place = np.nonzero(facility >= 0)
    found = zip(facility[point, place].tolist(), point.tolist(), time_ds[point, place].tolist(), strict=True)
    assert pairs == set(found)


def test_a_city_has_thousands_of_pairs_in_reach(porto):
    graph, targets, grid = porto
    reach = reach_lists(graph, targets, grid.centre, LIMIT_DS)
    assert len(reach.point) > 5_000
