"""Pairs within a limit, facilities counted along streets, times along streets: each against plainer ways to know."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.streets import search
from geo.streets.search import Targets, TooManyPairsError
from tests.support.graphs import graph_of, snaps_at, towns
from tests.support.oracle import Oracle

SMALL = settings(max_examples=200, deadline=None)
CUTS = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1), min_size=2, max_size=2)


def joined(town):
    return Targets.join(town.graph, town.facilities, town.overhead_ds)


def whole_edges(graph):
    edges = np.arange(graph.edge_count, dtype=np.int32)
    return edges, np.zeros(len(edges)), np.ones(len(edges))


def pieces_of(graph, data):
    """One piece of every edge."""
    parts = np.sort([data.draw(CUTS) for _ in range(graph.edge_count)], axis=1)
    return np.arange(graph.edge_count, dtype=np.int32), parts[:, 0].copy(), parts[:, 1].copy()


def covered_m(town, targets, limit_ds, pieces, eligible):
    travel = search.field(town.graph, targets, eligible)
    return search.covered_length_m(town.graph, targets, travel, limit_ds, *pieces, eligible)


@SMALL
@given(towns(), st.integers(0, 400))
def test_reach_lists_hold_exactly_the_pairs_scipy_finds(town, limit_ds):
    targets = joined(town)
    _, keys = Oracle(town.graph, town.facilities, town.points, town.overhead_ds).keys()
    for eligible in (None, town.eligible):
        reach = search.reach_lists(town.graph, targets, town.points, limit_ds, eligible)
        found = {(f, p): t for f, p, t in zip(reach.facility, reach.point, reach.time_ds, strict=True)}
        assert len(found) == len(reach.point)
        true = {
            (f, p): keys[p, f] >> 32
            for p, f in zip(*np.nonzero(keys >> 32 <= limit_ds), strict=True)
            if eligible is None or eligible[f]
        }
        assert found == true


@SMALL
@given(towns(), st.integers(0, 400), st.data())
def test_counts_along_streets_are_the_sum_of_every_facility_by_itself(town, limit_ds, data):
    targets, pieces = joined(town), pieces_of(town.graph, data)
    count = targets.count
    labels = search.k_labels(town.graph, targets, count, town.eligible)
    weight = np.ones(town.graph.edge_count)
    within_m, alone = search.facilities_within_m(town.graph, targets, labels, limit_ds, *pieces, weight, town.eligible)
    each = [
        covered_m(town, targets, limit_ds, pieces, np.arange(count) == f) if town.eligible[f] else weight * 0
        for f in range(count)
    ]
    np.testing.assert_allclose(within_m.sum(axis=1), np.sum(each, axis=0), atol=1e-9)
    whole = covered_m(town, targets, limit_ds, pieces, town.eligible)
    np.testing.assert_allclose(within_m[:, 0], whole, atol=1e-9)
    for f in range(count):
        others = covered_m(town, targets, limit_ds, pieces, town.eligible & (np.arange(count) != f))
        assert alone[f] == pytest.approx((whole - others).sum(), abs=1e-9)


@SMALL
@given(towns(), st.integers(0, 400), st.integers(1, 3))
def test_three_labels_count_to_three(town, limit_ds, k):
    targets, pieces = joined(town), whole_edges(town.graph)
    weight = np.ones(town.graph.edge_count)
    few, every = (
        search.facilities_within_m(
            town.graph, targets, search.k_labels(town.graph, targets, labels), limit_ds, *pieces, weight
        )[0]
        for labels in (k, 9)
    )
    np.testing.assert_allclose(few, every[:, :k], atol=1e-9)


@SMALL
@given(towns(), st.sampled_from([1, 7, 60]), st.data())
def test_the_histogram_adds_up_to_the_length_covered_at_every_limit(town, bin_ds, data):
    targets, pieces = joined(town), pieces_of(town.graph, data)
    cells = town.graph.edge_count
    shares = np.arange(cells + 1), np.zeros(cells, np.int32), np.ones(cells)
    travel = search.field(town.graph, targets, town.eligible)
    numbered = *pieces, np.arange(cells, dtype=np.int32)
    histogram, time_sum = search.time_histogram(
        town.graph, targets, travel, numbered, shares, rows=1, bins=12, bin_ds=bin_ds, eligible=town.eligible
    )
    length_m = ((pieces[2] - pieces[1]) * town.graph.edges.length_m).sum()
    assert histogram.sum() == pytest.approx(length_m, abs=1e-9)
    for limit, within_m in enumerate(np.cumsum(histogram[0, :13])):
        covered = covered_m(town, targets, limit * bin_ds, pieces, town.eligible).sum()
        assert within_m == pytest.approx(covered, abs=1e-6)
    assert time_sum[0] >= -1e-9


def test_the_mean_time_of_a_street_with_a_door_at_its_end_is_half_its_length():
    graph = graph_of([(0, 1, 600, 600)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 1.0, 0)]))
    shares = np.array([0, 2]), np.array([0, 1], np.int32), np.array([1.0, 3.0])
    pieces = *whole_edges(graph), np.zeros(1, np.int32)
    travel = search.field(graph, targets)
    histogram, time_sum = search.time_histogram(graph, targets, travel, pieces, shares, rows=2, bins=10, bin_ds=60)
    assert time_sum.tolist() == pytest.approx([72 * 300, 3 * 72 * 300])
    assert histogram[0, 1:11].tolist() == pytest.approx([7.2] * 10)
    assert histogram[0, 0] == histogram[0, 11] == histogram[0, 12] == 0


def test_more_pairs_than_asked_for_are_refused():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    points = snaps_at([(0, 0.5, 0)] * 5)
    targets = Targets.join(graph, points)
    assert len(search.reach_lists(graph, targets, points, 100).point) == 25
    with pytest.raises(TooManyPairsError, match="More than 24 pairs"):
        search.reach_lists(graph, targets, points, 100, most_pairs=24)


def test_lists_longer_than_the_first_room_are_whole():
    graph = graph_of([(v, v + 1, 1, 1) for v in range(3000)], node_count=3001)
    points = snaps_at([(e, 0.0, 0) for e in range(3000)])
    targets = Targets.join(graph, snaps_at([(1500, 0.0, 0), (0, 0.0, 0)]))
    reach = search.reach_lists(graph, targets, points, 1600)
    assert np.diff(reach.start).tolist() == [3000, 1601]
    last = reach.point[reach.start[1] :]
    np.testing.assert_array_equal(reach.time_ds[reach.start[1] :], last)
