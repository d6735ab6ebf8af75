"""Labels of a filter answer it exactly, are made when it comes back, and do not pile up."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.streets import filtered as module
from geo.streets.filtered import FilteredLabels
from geo.streets.search import Targets, k_labels, nearest
from tests.support.graphs import Town, graph_of, snaps_at, towns
from tests.support.oracle import Oracle, first

STREET = graph_of([(v, v + 1, 10, 10) for v in range(20)], node_count=21)
TARGETS = Targets.join(STREET, snaps_at([(v, 0.5, 0) for v in range(20)]))


def one_of_twenty(number: int) -> np.ndarray:
    return np.arange(20) == number


@settings(max_examples=200, deadline=None)
@given(towns(), st.integers(1, 4), st.integers(1, 9), st.one_of(st.none(), st.integers(0, 400)), st.data())
def test_labels_of_a_filter_answer_it_and_every_narrower_one_as_scipy_does(town: Town, k, limit, cutoff_ds, data):
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    labels = k_labels(town.graph, targets, k, town.eligible)
    _, points = Oracle(town.graph, town.facilities, town.points, town.overhead_ds).keys()
    keep = data.draw(st.lists(st.booleans(), min_size=targets.count, max_size=targets.count))
    for eligible in (town.eligible, town.eligible & np.array(keep)):
        time_ds, facility = first(points, limit, eligible, cutoff_ds)
        for p in range(len(town.points)):
            there = facility[p] >= 0
            point = town.points.take(np.array([p]))
            got = nearest(town.graph, targets, labels, point, limit, eligible, cutoff_ds)
            np.testing.assert_array_equal(got[0], facility[p][there])
            np.testing.assert_array_equal(got[1], time_ds[p][there])


def test_a_filter_that_comes_back_gets_labels_of_its_own():
    of_all = k_labels(STREET, TARGETS, 4)
    cache = FilteredLabels(STREET, TARGETS, of_all)
    few = one_of_twenty(3)
    assert cache.labels(few) is of_all
    cache.settle()
    assert cache.labels(few) is of_all
    cache.settle()
    own = cache.labels(few)
    assert own is not of_all
    assert set(own.facility[:, 0].tolist()) == {3}
    assert cache.labels(few) is own


def test_a_filter_that_most_pass_is_answered_by_the_labels_of_all():
    of_all = k_labels(STREET, TARGETS, 4)
    cache = FilteredLabels(STREET, TARGETS, of_all)
    for _ in range(3):
        assert cache.labels(~one_of_twenty(3)) is of_all
        cache.settle()


def test_only_the_latest_filters_are_kept():
    of_all = k_labels(STREET, TARGETS, 4)
    cache = FilteredLabels(STREET, TARGETS, of_all)
    for number in range(module.KEPT_FILTERS + 1):
        for _ in range(2):
            cache.labels(one_of_twenty(number))
            cache.settle()
    assert cache.labels(one_of_twenty(module.KEPT_FILTERS)) is not of_all
    assert cache.labels(one_of_twenty(1)) is not of_all
    assert cache.labels(one_of_twenty(0)) is of_all
