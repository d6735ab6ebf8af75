from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.streets import search
from geo.streets.search import Targets
from geo.types import UNREACHED
from tests.support.graphs import Town, graph_of, snaps_at, towns
from tests.support.oracle import Oracle, first, least

SMALL = settings(max_examples=200, deadline=None)


def asked(town: Town) -> tuple[Targets, Oracle]:
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    return targets, Oracle(town.graph, town.facilities, town.points, town.overhead_ds)


@SMALL
@given(towns(), st.one_of(st.none(), st.integers(0, 400)))
def test_field_equals_scipy_on_every_node(town, cutoff_ds):
    targets, oracle = asked(town)
    nodes, _ = oracle.keys()
    for eligible in (None, town.eligible):
        field = search.field(town.graph, targets, eligible, cutoff_ds)
        time_ds, facility = least(nodes, eligible, cutoff_ds)
        np.testing.assert_array_equal(field.time_ds, time_ds)
        np.testing.assert_array_equal(field.facility, facility)


@SMALL
@given(towns())
def test_point_times_equal_scipy_on_every_point(town):
    targets, oracle = asked(town)
    _, points = oracle.keys()
    for eligible in (None, town.eligible):
        field = search.field(town.graph, targets, eligible)
        got = search.point_times(town.graph, targets, field, town.points, eligible)
        np.testing.assert_array_equal(got, least(points, eligible))


@SMALL
@given(towns(), st.integers(1, 9))
def test_k_labels_equal_scipy_on_every_node(town, k):
    targets, oracle = asked(town)
    nodes, _ = oracle.keys()
    for eligible in (None, town.eligible):
        labels = search.k_labels(town.graph, targets, k, eligible)
        time_ds, facility = first(nodes, k, eligible)
        np.testing.assert_array_equal(labels.time_ds, time_ds)
        np.testing.assert_array_equal(labels.facility, facility)


@SMALL
@given(towns(), st.integers(1, 4), st.integers(1, 9), st.one_of(st.none(), st.integers(0, 400)))
def test_nearest_equals_scipy_by_labels_and_by_search(town, k, limit, cutoff_ds):
    targets, oracle = asked(town)
    _, points = oracle.keys()
    labels = search.k_labels(town.graph, targets, k)
    for eligible in (None, town.eligible):
        time_ds, facility = first(points, limit, eligible, cutoff_ds)
        for p in range(len(town.points)):
            there = facility[p] >= 0
            for by in (labels, None):
                got = search.nearest(
                    town.graph, targets, by, town.points.take(np.array([p])), limit, eligible, cutoff_ds
                )
                np.testing.assert_array_equal(got[0], facility[p][there])
                np.testing.assert_array_equal(got[1], time_ds[p][there])


@SMALL
@given(towns(), st.integers(1, 4), st.integers(1, 9))
def test_nearest_of_many_equals_scipy_row_by_row(town, k, limit):
    targets, oracle = asked(town)
    _, points = oracle.keys()
    labels = search.k_labels(town.graph, targets, k)
    for eligible in (None, town.eligible):
        got = search.nearest_of_many(town.graph, targets, labels, town.points, limit, eligible)
        width = got[0].shape[1]
        time_ds, facility = first(points, limit, eligible)
        np.testing.assert_array_equal(got[0], facility[:, :width])
        np.testing.assert_array_equal(got[1], time_ds[:, :width])


@SMALL
@given(towns())
def test_times_to_each_facility_equal_scipy(town):
    targets, oracle = asked(town)
    _, points = oracle.keys()
    everyone = np.arange(len(town.facilities), dtype=np.int32)[::-1]
    for p in range(len(town.points)):
        got = search.times_to(town.graph, targets, None, town.points.take(np.array([p])), everyone)
        np.testing.assert_array_equal(got, (points[p] >> 32)[::-1])


@SMALL
@given(towns(), st.integers(0, 400))
def test_covered_length_equals_dense_sampling(town, limit_ds):
    samples = 400
    targets, oracle = asked(town)
    nodes, _ = oracle.keys()
    node_ds, _ = least(nodes, town.eligible)
    field = search.field(town.graph, targets, town.eligible, limit_ds)
    edges = town.graph.edges
    every = np.arange(town.graph.edge_count, dtype=np.int32)
    zeros, ones = np.zeros(len(every)), np.ones(len(every))
    got = search.covered_length_m(town.graph, targets, field, limit_ds, every, zeros, ones, town.eligible)

    x = (np.arange(samples) + 0.5) / samples
    for e in every:
        forward, backward = float(edges.forward_ds[e]), float(edges.backward_ds[e])
        best = np.full(samples, np.inf)
        if backward >= 0 and node_ds[edges.tail[e]] != UNREACHED:
            best = np.minimum(best, node_ds[edges.tail[e]] + backward * x)
        if forward >= 0 and node_ds[edges.head[e]] != UNREACHED:
            best = np.minimum(best, node_ds[edges.head[e]] + forward * (1 - x))
        for f in np.flatnonzero((town.facilities.edge == e) & town.eligible):
            at, extra = town.facilities.fraction[f], town.facilities.access_ds[f] + town.overhead_ds
            if forward >= 0:
                best = np.where(x <= at, np.minimum(best, extra + forward * (at - x)), best)
            if backward >= 0:
                best = np.where(x >= at, np.minimum(best, extra + backward * (x - at)), best)
        share = np.count_nonzero(best <= limit_ds) / samples
        # one sample for every end of a covered span: two nodes and the facilities on the edge
        allowed = (4 + 2 * len(town.facilities)) / samples * edges.length_m[e] + 1e-9
        assert got[e] == pytest.approx(share * edges.length_m[e], abs=allowed)


@SMALL
@given(towns(), st.integers(0, 400), st.lists(st.floats(0, 1), max_size=5))
def test_pieces_of_an_edge_add_up_to_the_whole(town, limit_ds, cuts):
    targets = Targets.join(town.graph, town.facilities)
    field = search.field(town.graph, targets)
    stops = np.array([0.0, *sorted(cuts), 1.0])
    every = np.arange(town.graph.edge_count, dtype=np.int32)
    whole = search.covered_length_m(
        town.graph, targets, field, limit_ds, every, np.zeros(len(every)), np.ones(len(every))
    )
    pieces = search.covered_length_m(
        town.graph,
        targets,
        field,
        limit_ds,
        np.repeat(every, len(stops) - 1),
        np.tile(stops[:-1], len(every)),
        np.tile(stops[1:], len(every)),
    )
    np.testing.assert_allclose(pieces.reshape(len(every), -1).sum(axis=1), whole, atol=1e-9)
    assert (whole <= town.graph.edges.length_m + 1e-9).all()


def test_a_station_behind_on_a_one_way_street_needs_the_way_round():
    # 0 -> 1 one-way in 100, back 1 -> 0 in 500; the station stands at a quarter, the rider at three quarters
    graph = graph_of([(0, 1, 100, -1), (1, 0, 500, -1)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.25, 0)]))
    field = search.field(graph, targets)
    ahead, behind = search.point_times(graph, targets, field, snaps_at([(0, 0.0, 0), (0, 0.75, 0)]))[0]
    assert ahead == 25
    assert behind == 25 + 500 + 25


def test_same_edge_trip_is_direct_even_if_the_ends_are_far():
    graph = graph_of([(0, 1, 1000, 1000)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]), overhead_ds=600)
    field = search.field(graph, targets)
    assert search.point_times(graph, targets, field, snaps_at([(0, 0.6, 30)]))[0].tolist() == [100 + 600 + 30]


def test_equal_times_go_to_the_facility_that_comes_first():
    graph = graph_of([(0, 1, 10, 10), (1, 2, 10, 10)], node_count=3)
    targets = Targets.join(graph, snaps_at([(1, 1.0, 0), (0, 0.0, 0), (0, 0.0, 0)]))
    field = search.field(graph, targets)
    assert field.facility.tolist() == [1, 0, 0]
    assert search.k_labels(graph, targets, 3).facility[1].tolist() == [0, 1, 2]


def test_no_eligible_facility_leaves_everyone_unreached():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    nobody = np.zeros(1, np.bool_)
    field = search.field(graph, targets, nobody)
    assert (field.time_ds == UNREACHED).all()
    assert (field.facility == -1).all()
    assert len(search.nearest(graph, targets, None, snaps_at([(0, 0.5, 0)]), 5, nobody)[0]) == 0


def test_times_that_would_overflow_are_unreached():
    far = 2**30 - 1
    graph = graph_of([(0, 1, far, far), (1, 2, far, far), (2, 3, far, far)], node_count=4)
    targets = Targets.join(graph, snaps_at([(0, 0.0, 0)]))
    assert search.field(graph, targets).time_ds.tolist() == [0, far, UNREACHED, UNREACHED]
    found = search.nearest(graph, targets, None, snaps_at([(2, 1.0, 0)]), 1)
    assert len(found[0]) == 0


def test_a_filter_of_the_wrong_length_is_refused():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    with pytest.raises(InputError, match="3 rows for 1 facilities"):
        search.field(graph, targets, np.ones(3, np.bool_))


def test_searches_in_threads_do_not_disturb_one_another():
    from concurrent.futures import ThreadPoolExecutor

    size = 400
    graph = graph_of([(i, i + 1, 7, 7) for i in range(size)], node_count=size + 1)
    targets = Targets.join(graph, snaps_at([(i, 0.5, 0) for i in range(0, size, 40)]))
    points = snaps_at([(i, 0.2, 0) for i in range(size)])

    def ask(p: int) -> list[int]:
        return search.nearest(graph, targets, None, points.take(np.array([p])), 5)[1].tolist()

    alone = [ask(p) for p in range(size)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(size))) == alone
