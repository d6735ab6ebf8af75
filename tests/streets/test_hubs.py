"""Times from hubs are those of scipy's Dijkstra, and answers that read them are the same as without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.streets import hubs as module
from geo.streets.graph import LONGEST_DS
from geo.streets.hubs import hub_times, hubs_of, link_hubs, quarter_bits_for
from geo.streets.search import Targets, k_labels, nearest, nearest_of_many
from tests.support.graphs import Town, graph_of, snaps_at, towns
from tests.support.oracle import Oracle, first

SMALL = settings(max_examples=200, deadline=None)
BITS = st.integers(0, 3)
"""Quarters of one node (then every node with an arc to another is a hub) to eight, for towns of nine."""


def asked(town: Town) -> tuple[Targets, Oracle]:
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    return targets, Oracle(town.graph, town.facilities, town.points, town.overhead_ds)


@SMALL
@given(towns(), BITS)
def test_times_from_every_hub_equal_scipy(town, bits):
    targets, oracle = asked(town)
    nodes, _ = oracle.keys()
    times = hub_times(town.graph, targets, link_hubs(town.graph, bits))
    by_scipy = np.minimum(nodes[times.row >= 0] >> 32, LONGEST_DS + 1)
    np.testing.assert_array_equal(times.time_ds, by_scipy)


@SMALL
@given(towns(), BITS, st.integers(1, 4), st.integers(1, 9), st.one_of(st.none(), st.integers(0, 400)))
def test_nearest_by_hubs_equals_scipy_for_every_filter(town, bits, k, limit, cutoff_ds):
    targets, oracle = asked(town)
    _, points = oracle.keys()
    labels = k_labels(town.graph, targets, k)
    hubs = hub_times(town.graph, targets, link_hubs(town.graph, bits))
    everyone = np.arange(targets.count)
    for eligible in (None, town.eligible, *(everyone == one for one in everyone)):
        time_ds, facility = first(points, limit, eligible, cutoff_ds)
        many = nearest_of_many(town.graph, targets, labels, town.points, limit, eligible, cutoff_ds, hubs=hubs)
        width = many[0].shape[1]
        np.testing.assert_array_equal(many, (facility[:, :width], time_ds[:, :width]))
        for p in range(len(town.points)):
            there = facility[p] >= 0
            point = town.points.take(np.array([p]))
            got = nearest(town.graph, targets, labels, point, limit, eligible, cutoff_ds, hubs=hubs)
            np.testing.assert_array_equal(got, (facility[p][there], time_ds[p][there]))


@SMALL
@given(towns(), BITS)
def test_no_arc_between_quarters_is_without_a_hub(town, bits):
    hubs = hubs_of(town.graph, bits)
    tail = np.repeat(np.arange(town.graph.node_count), np.diff(town.graph.forward.indptr))
    head = town.graph.forward.head
    leaves = tail >> bits != head >> bits
    assert (np.isin(tail[leaves], hubs) | np.isin(head[leaves], hubs)).all()


def test_hubs_at_no_distance_from_one_another_keep_their_links():
    # 1 and 2 are one place; from either, 3 is 50 away on streets of its own, which the other's are no quicker than
    graph = graph_of([(0, 1, 9, 9), (1, 2, 0, 0), (1, 3, 50, 50), (2, 3, 50, 50), (3, 4, 7, 7)], node_count=5)
    targets = Targets.join(graph, snaps_at([(4, 1.0, 0), (0, 0.0, 0)]))
    times = hub_times(graph, targets, link_hubs(graph, 0))
    assert times.time_ds[times.row[[1, 2]]].tolist() == [[57, 9], [57, 9]]


def test_ways_too_long_to_count_lead_nowhere():
    far = LONGEST_DS
    graph = graph_of([(0, 1, far, far), (1, 2, far, far), (2, 3, 1, 1)], node_count=4)
    targets = Targets.join(graph, snaps_at([(2, 1.0, 0)]))
    times = hub_times(graph, targets, link_hubs(graph, 0))
    assert times.time_ds[:, 0].tolist() == [far + 1, far + 1, 1]


def test_a_table_that_would_be_too_large_gets_larger_quarters_and_fewer_hubs(monkeypatch: pytest.MonkeyPatch):
    graph = graph_of([(v, v + 1, 10, 10) for v in range(1023)], node_count=1024)
    monkeypatch.setattr(module, "QUARTER_BITS", 2)
    monkeypatch.setattr(module, "LARGEST_TABLE", 4 * 10 * 20)
    assert len(hubs_of(graph, 2)) == 1024 / 4 - 1
    assert quarter_bits_for(graph, 20) == 7
    assert len(hubs_of(graph, 7)) == 1024 / 128 - 1
    assert quarter_bits_for(graph, 1) == 3


def test_a_graph_of_one_quarter_has_no_hubs():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    assert hub_times(graph, targets, link_hubs(graph)).time_ds.shape == (0, 1)
