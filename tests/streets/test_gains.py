"""The gain of a site is what coverage rises by when that site alone is added and everything is computed anew."""

from __future__ import annotations

from dataclasses import fields as columns_of

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.grid import cut_streets
from geo.errors import InputError
from geo.streets import gains as module
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.gains import Crowd, gains, people_covered
from geo.streets.modes import EBIKE, WALK
from geo.streets.search import Targets, covered_length_m, field, point_times
from geo.streets.snap import EdgeIndex, Snaps
from tests.support.graphs import FRACTIONS, Town, graph_of, snaps_at, towns
from tests.support.real_data import real_data

MANY = settings(max_examples=100, deadline=None)


def together(facilities: Snaps, sites: Snaps, site: int) -> Snaps:
    """The facilities and one site more."""
    one = sites.take(np.array([site]))
    both = {c.name: np.concatenate([getattr(facilities, c.name), getattr(one, c.name)]) for c in columns_of(Snaps)}
    return Snaps(**both)


def people_within(graph, facilities, overhead_ds, limit_ds, pieces, piece_people, points, point_people, eligible):
    """Everything computed anew: people along pieces and at points who reach a facility in time."""
    targets = Targets.join(graph, facilities, overhead_ds)
    travel = field(graph, targets, eligible, limit_ds)
    covered_m = covered_length_m(graph, targets, travel, limit_ds, *pieces, eligible)
    length_m = (pieces[2] - pieces[1]) * graph.edges.length_m[pieces[0]]
    along = np.divide(covered_m, length_m, out=np.zeros(len(length_m)), where=length_m > 0) @ piece_people
    time_ds, _ = point_times(graph, targets, travel, points, eligible)
    return along + point_people[time_ds <= limit_ds].sum()


@MANY
@given(towns(), st.integers(0, 400), st.lists(st.integers(1, 15), max_size=3, unique=True), st.data())
def test_gains_equal_adding_each_site_alone(town: Town, limit_ds, cuts, data):
    graph = town.graph
    stops = np.array([0, *sorted(cuts), 16]) / 16
    edge = np.repeat(np.arange(graph.edge_count, dtype=np.int32), len(stops) - 1)
    start, end = np.tile(stops[:-1], graph.edge_count), np.tile(stops[1:], graph.edge_count)
    numbers = np.random.default_rng(data.draw(st.integers(0, 9)))
    # nobody can be counted along a street of no length, by shares of its length
    people = np.where(graph.edges.length_m[edge] > 0, numbers.integers(0, 100, len(edge)), 0).astype(float)
    at_points = numbers.integers(0, 100, len(town.points)).astype(float)
    last = graph.edge_count - 1
    places = st.lists(st.tuples(st.integers(-1, last), FRACTIONS, st.integers(0, 5)), min_size=1, max_size=8)
    sites = snaps_at(data.draw(places))

    crowd = Crowd.along(graph, (edge, start, end), people, town.points, at_points)
    targets = Targets.join(graph, town.facilities, town.overhead_ds)
    for eligible in (None, town.eligible):
        travel = field(graph, targets, eligible, limit_ds)
        got = gains(graph, targets, travel, limit_ds, crowd, sites, overhead_ds=town.overhead_ds, eligible=eligible)
        ground = (town.overhead_ds, limit_ds, (edge, start, end), people, town.points, at_points)
        before = people_within(graph, town.facilities, *ground, eligible)
        assert people_covered(graph, targets, travel, limit_ds, crowd, eligible) == pytest.approx(before, abs=1e-6)
        for site in range(len(sites)):
            wider = None if eligible is None else np.append(eligible, True)
            after = people_within(graph, together(town.facilities, sites, site), *ground, wider)
            assert got[site] == pytest.approx(after - before, abs=1e-6)


def test_a_site_gains_the_street_it_stands_on_and_half_of_the_next():
    graph = graph_of([(0, 1, 100, 100), (1, 2, 100, 100)], node_count=3)
    every = np.arange(2, dtype=np.int32)
    crowd = Crowd.along(graph, (every, np.zeros(2), np.ones(2)), np.array([10.0, 10.0]))
    nobody = Targets.join(graph, snaps_at([]))
    travel = field(graph, nobody)
    site = snaps_at([(0, 0.5, 0), (0, 0.0, 0), (-1, 0.0, 0)])
    assert gains(graph, nobody, travel, 100, crowd, site).tolist() == [15.0, 10.0, 0.0]
    there = Targets.join(graph, snaps_at([(0, 0.0, 0)]))
    assert gains(graph, there, field(graph, there), 100, crowd, site).tolist() == [5.0, 0.0, 0.0]


def test_gains_do_not_depend_on_the_room_a_search_begins_with(monkeypatch):
    graph = graph_of([(v, v + 1, 1, 1) for v in range(300)], node_count=301)
    every = np.arange(300, dtype=np.int32)
    crowd = Crowd.along(graph, (every, np.zeros(300), np.ones(300)), np.ones(300))
    nobody = Targets.join(graph, snaps_at([]))
    site = snaps_at([(150, 0.5, 0), (7, 0.25, 0)])
    whole = gains(graph, nobody, field(graph, nobody), 1000, crowd, site)
    monkeypatch.setattr(module, "FIRST_ROOM", 2)
    np.testing.assert_array_equal(gains(graph, nobody, field(graph, nobody), 1000, crowd, site), whole)
    assert whole.tolist() == [300.0, 300.0]


def test_a_filter_of_another_length_is_refused():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    crowd = Crowd.along(graph, (np.zeros(1, np.int32), np.zeros(1), np.ones(1)), np.ones(1))
    with pytest.raises(InputError, match="2 rows for 1"):
        gains(graph, targets, field(graph, targets), 5, crowd, snaps_at([]), eligible=np.ones(2, np.bool_))
    with pytest.raises(InputError, match="out of range"):
        gains(graph, targets, field(graph, targets), -1, crowd, snaps_at([]))


@pytest.mark.slow
@pytest.mark.parametrize("mode", [WALK, EBIKE], ids=lambda mode: mode.code)
def test_gains_in_porto_equal_a_full_search_for_each_of_sixty_sites(mode):
    graph, _ = build_graph(read_extract(real_data("porto/streets.osm.pbf")).streets, mode)
    index, random = EdgeIndex(graph), np.random.default_rng(60)
    near = random.integers(0, graph.node_count, 784 + 60 + 500)
    places = index.snap(graph.node_lon[near], graph.node_lat[near] + random.normal(0, 0.0005, len(near)))
    facilities, sites, points = (places.take(np.arange(a, b)) for a, b in ((0, 784), (784, 844), (844, len(near))))
    cut = cut_streets(graph, mode.cell_resolution)
    pieces = cut.edge, cut.start, cut.end
    people = np.where(cut.length_m > 0, random.integers(0, 50, len(cut.edge)), 0).astype(float)
    at_points = random.integers(0, 50, len(points)).astype(float)

    overhead_ds, limit_ds = 0, 6000
    targets = Targets.join(graph, facilities, overhead_ds)
    crowd = Crowd.along(graph, pieces, people, points, at_points)
    got = gains(graph, targets, field(graph, targets, None, limit_ds), limit_ds, crowd, sites)
    ground = (overhead_ds, limit_ds, pieces, people, points, at_points)
    before = people_within(graph, facilities, *ground, None)
    wanted = [people_within(graph, together(facilities, sites, s), *ground, None) - before for s in range(len(sites))]
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-4)
    assert (np.floor(got + 1e-4) == np.floor(np.array(wanted) + 1e-4)).all()
