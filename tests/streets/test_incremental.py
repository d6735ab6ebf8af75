"""Fields that change facility by facility are, to the bit, fields searched anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.incremental import add_facility, copy_of, rejoined, remove_facility, undo
from geo.streets.modes import EBIKE, WALK
from geo.streets.search import Targets, field
from geo.streets.snap import EdgeIndex
from geo.types import UNREACHED
from tests.support.graphs import FRACTIONS, Town, graph_of, snaps_at, towns
from tests.support.real_data import real_data

MANY = settings(max_examples=300, deadline=None)
CUTOFFS = st.one_of(st.none(), st.integers(0, 400))


def same_field(one, other):
    np.testing.assert_array_equal(one.time_ds, other.time_ds)
    np.testing.assert_array_equal(one.facility, other.facility)


@MANY
@given(towns(), CUTOFFS, st.lists(st.tuples(st.sampled_from(["toggle", "undo"]), st.integers(0, 7)), max_size=25))
def test_any_sequence_of_changes_equals_a_search_anew(town: Town, cutoff_ds, steps):
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    eligible = town.eligible.copy()
    live = field(town.graph, targets, eligible, cutoff_ds)
    done = []
    for what, number in steps:
        if what == "undo" and done:
            facility, change = done.pop()
            undo(live, change)
            eligible[facility] = ~eligible[facility]
        elif what == "toggle":
            facility = number % targets.count
            eligible[facility] = ~eligible[facility]
            if eligible[facility]:
                change = add_facility(town.graph, targets, live, facility, cutoff_ds)
            else:
                change = remove_facility(town.graph, targets, live, facility, eligible, cutoff_ds)
            assert len(np.unique(change.node)) == len(change.node)
            done.append((facility, change))
        same_field(live, field(town.graph, targets, eligible, cutoff_ds))


@MANY
@given(towns())
def test_a_change_names_every_node_it_touched_and_no_other(town: Town):
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    before = field(town.graph, targets)
    for facility in range(targets.count):
        after = copy_of(before)
        change = remove_facility(town.graph, targets, after, facility)
        differs = (before.time_ds != after.time_ds) | (before.facility != after.facility)
        np.testing.assert_array_equal(np.sort(change.node), np.flatnonzero(differs))
        np.testing.assert_array_equal(change.time_ds, before.time_ds[change.node])
        assert (change.facility == facility).all()


@MANY
@given(towns(), st.data())
def test_facilities_that_move_are_joined_as_if_they_had_always_stood_there(town: Town, data):
    targets = Targets.join(town.graph, town.facilities, town.overhead_ds)
    last = town.graph.edge_count - 1
    places = data.draw(st.lists(st.tuples(st.integers(-1, last), FRACTIONS, st.integers(0, 5)), min_size=1, max_size=5))
    old = data.draw(st.lists(st.integers(0, targets.count - 1), max_size=len(places), unique=True))
    numbers = np.array([*old, *range(targets.count, targets.count + len(places) - len(old))], np.int32)
    got = rejoined(town.graph, targets, numbers, snaps_at(places), town.overhead_ds)

    stand = list(
        zip(*(vars(town.facilities)[name].tolist() for name in ("edge", "fraction", "access_ds")), strict=True)
    )
    for number, place in zip(numbers.tolist(), places, strict=True):
        stand[number : number + 1] = [place]
    wanted = Targets.join(town.graph, snaps_at(stand), town.overhead_ds)
    for name, column in vars(wanted).items():
        np.testing.assert_array_equal(vars(got)[name], column, err_msg=name)


def test_the_last_facility_leaves_everyone_unreached_and_comes_back():
    graph = graph_of([(0, 1, 10, 10), (1, 2, 0, 0)], node_count=4)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    live = field(graph, targets)
    change = remove_facility(graph, targets, live, 0)
    assert live.time_ds.tolist() == [UNREACHED] * 4
    assert live.facility.tolist() == [-1] * 4
    undo(live, change)
    same_field(live, field(graph, targets))


def test_a_facility_off_the_network_changes_nothing():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0), (-1, 0.0, 0)]))
    live = field(graph, targets, np.array([True, False]))
    assert len(add_facility(graph, targets, live, 1).node) == 0
    assert len(remove_facility(graph, targets, live, 1).node) == 0


def test_strangers_are_refused():
    graph = graph_of([(0, 1, 10, 10)], node_count=2)
    targets = Targets.join(graph, snaps_at([(0, 0.5, 0)]))
    live = field(graph, targets)
    with pytest.raises(InputError, match="no facility 1 among 1"):
        add_facility(graph, targets, live, 1)
    with pytest.raises(InputError, match="2 rows for 1"):
        remove_facility(graph, targets, live, 0, np.ones(2, np.bool_))
    with pytest.raises(InputError, match="from 1 on"):
        rejoined(graph, targets, np.array([2], np.int32), snaps_at([(0, 0.5, 0)]))


@pytest.mark.slow
@pytest.mark.parametrize("mode", [WALK, EBIKE], ids=lambda mode: mode.code)
def test_a_thousand_changes_in_porto_leave_not_one_difference(mode):
    graph, _ = build_graph(read_extract(real_data("porto/streets.osm.pbf")).streets, mode)
    random = np.random.default_rng(784)
    box = graph.bounds
    count = 800
    places = random.uniform(box.west, box.east, count), random.uniform(box.south, box.north, count)
    targets = Targets.join(graph, EdgeIndex(graph).snap(*places), mode.arrival_overhead_ds)
    eligible = random.random(count) < 0.5
    live = field(graph, targets, eligible)
    done = []
    for step, facility in enumerate(random.integers(0, count, 1000).tolist(), 1):
        if done and random.random() < 0.2:
            facility, change = done.pop()
            undo(live, change)
            eligible[facility] = ~eligible[facility]
        else:
            eligible[facility] = ~eligible[facility]
            if eligible[facility]:
                done.append((facility, add_facility(graph, targets, live, facility)))
            else:
                done.append((facility, remove_facility(graph, targets, live, facility, eligible)))
        if step % 50 == 0:
            same_field(live, field(graph, targets, eligible))
