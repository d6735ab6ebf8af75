"""The kernels on real streets and on the demo city's, against scipy's Dijkstra over every facility: no difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from geo.streets import search
from geo.streets.build import StreetWays, build_graph
from geo.streets.extract import read_extract
from geo.streets.graph import LONGEST_DS, StreetGraph
from geo.streets.hubs import hub_times, link_hubs
from geo.streets.incremental import FieldChange, add_facility, remove_facility, undo
from geo.streets.modes import EBIKE, WALK, Mode
from geo.streets.search import HubTimes, Targets
from geo.streets.snap import EdgeIndex, Snaps
from geo.types import UNREACHED, Bools, Longs
from tests.support.helsinki import helsinki_extract
from tests.support.oracle import NOTHING, Oracle, first, least
from tests.support.real_data import real_data

FACILITIES = 120
POINTS = 2000
BY_SEARCH = 50
"""How many of the points are asked for without hubs, which takes a search of half the city for a rare facility."""
CHANGES = 300
TEN_MINUTES_DS = 6000

CITIES: dict[str, Callable[[pytest.FixtureRequest], Path]] = {
    "porto": lambda _: real_data("porto/streets.osm.pbf"),
    "porto_alegre": lambda _: real_data("porto_alegre/poa_osm.pbf"),
    "helsinki": lambda _: helsinki_extract(),
    "demo": lambda request: request.getfixturevalue("whole_files").extract,
}


@dataclass(frozen=True)
class Survey:
    """A city with facilities and points, and by scipy the key (time, facility) of every facility from everywhere."""

    graph: StreetGraph
    targets: Targets
    points: Snaps
    from_nodes: Longs
    from_points: Longs

    @property
    def filters(self) -> list[Bools | None]:
        """Everyone, most, some, few, one."""
        random, count = np.random.default_rng(7), self.targets.count
        return [None, *(random.random(count) < share for share in (0.8, 0.3, 0.05)), np.arange(count) == count // 2]

    @property
    def hubs(self) -> HubTimes:
        """The table of hubs."""
        return hub_times(self.graph, self.targets, link_hubs(self.graph))


@lru_cache(maxsize=1)
def ways_of(extract: Path) -> StreetWays:
    return read_extract(extract).streets


def scattered(graph: StreetGraph, count: int, seed: int) -> Snaps:
    """Half of them near streets, half all over the box of the city; some are off the network, as in life."""
    random = np.random.default_rng(seed)
    box, near = graph.bounds, random.integers(0, graph.node_count, count // 2)
    lon = graph.node_lon[near] + random.normal(0, 0.0005, len(near)), random.uniform(box.west, box.east, count // 2)
    lat = graph.node_lat[near] + random.normal(0, 0.0005, len(near)), random.uniform(box.south, box.north, count // 2)
    return EdgeIndex(graph).snap(np.concatenate(lon), np.concatenate(lat))


def surveyed(ways: StreetWays, mode: Mode) -> Survey:
    graph, _ = build_graph(ways, mode)
    facilities, points = scattered(graph, FACILITIES, 1), scattered(graph, POINTS, 2)
    targets = Targets.join(graph, facilities, mode.arrival_overhead_ds)
    keys = Oracle(graph, facilities, points, mode.arrival_overhead_ds).keys()
    return Survey(graph, targets, points, *keys)


@pytest.fixture(
    scope="module",
    params=[(city, mode) for city in CITIES for mode in (WALK, EBIKE)],
    ids=lambda param: f"{param[0]}-{param[1].code}",
)
def survey(request: pytest.FixtureRequest) -> Survey:
    city, mode = request.param
    return surveyed(ways_of(CITIES[city](request)), mode)


pytestmark = pytest.mark.slow


def test_fields_equal_scipy_on_every_node(survey: Survey):
    for eligible in survey.filters:
        for cutoff_ds in (None, TEN_MINUTES_DS):
            got = search.field(survey.graph, survey.targets, eligible, cutoff_ds)
            wanted = least(survey.from_nodes, eligible, cutoff_ds)
            assert differences((got.time_ds, got.facility), wanted) == 0
    assert (least(survey.from_nodes)[0] < UNREACHED).mean() > 0.9


def test_k_labels_equal_scipy_on_every_node(survey: Survey):
    for eligible, cutoff_ds in ((None, None), (survey.filters[2], TEN_MINUTES_DS)):
        got = search.k_labels(survey.graph, survey.targets, 8, eligible, cutoff_ds)
        assert differences((got.time_ds, got.facility), first(survey.from_nodes, 8, eligible, cutoff_ds)) == 0


def test_point_times_equal_scipy_on_two_thousand_points(survey: Survey):
    for eligible in survey.filters:
        field = search.field(survey.graph, survey.targets, eligible)
        got = search.point_times(survey.graph, survey.targets, field, survey.points, eligible)
        assert differences(got, least(survey.from_points, eligible)) == 0
    assert (survey.points.edge >= 0).sum() > POINTS / 4


def test_times_from_hubs_equal_scipy_on_every_hub(survey: Survey):
    hubs = survey.hubs
    wanted = np.minimum(survey.from_nodes[hubs.row >= 0] >> 32, LONGEST_DS + 1)
    assert len(wanted) > 10
    assert (hubs.time_ds != wanted).sum() == 0


def test_nearest_equals_scipy_on_two_thousand_points_by_hubs_and_on_some_by_labels_alone(survey: Survey):
    labels, hubs = search.k_labels(survey.graph, survey.targets, 16), survey.hubs
    for eligible in survey.filters:
        for cutoff_ds in (None, TEN_MINUTES_DS):
            time_ds, facility = first(survey.from_points, 5, eligible, cutoff_ds)
            for known, step in ((hubs, 1), (search.NO_HUBS, POINTS // BY_SEARCH)):
                some = survey.points.take(np.arange(0, POINTS, step))
                place = (survey.graph, survey.targets, labels, some, 5)
                got = search.nearest_of_many(*place, eligible, cutoff_ds, hubs=known)
                assert differences(got, (facility[::step], time_ds[::step])) == 0


def test_bounded_searches_from_a_point_equal_scipy(survey: Survey):
    asked = [survey.points.take(np.array([p])) for p in range(0, POINTS, POINTS // BY_SEARCH)]
    for eligible in survey.filters:
        for cutoff_ds in (None, TEN_MINUTES_DS):
            keys = survey.from_points[:: POINTS // BY_SEARCH]
            time_ds, facility = first(keys, 5, eligible, cutoff_ds)
            for p, point in enumerate(asked):
                there = facility[p] >= 0
                got = search.nearest(survey.graph, survey.targets, None, point, 5, eligible, cutoff_ds)
                np.testing.assert_array_equal(got, (facility[p][there], time_ds[p][there]))


def test_changes_of_a_field_equal_scipy_on_every_node(survey: Survey):
    random, count = np.random.default_rng(784), survey.targets.count
    for cutoff_ds in (None, TEN_MINUTES_DS):
        eligible = random.random(count) < 0.5
        live = search.field(survey.graph, survey.targets, eligible, cutoff_ds)
        done: list[tuple[int, FieldChange]] = []
        for step, facility in enumerate(random.integers(0, count, CHANGES).tolist(), 1):
            if done and random.random() < 0.2:
                facility, change = done.pop()
                undo(live, change)
                eligible[facility] = ~eligible[facility]
            else:
                eligible[facility] = ~eligible[facility]
                place = (survey.graph, survey.targets, live, facility)
                changed = add_facility(*place, cutoff_ds) if eligible[facility] else None
                done.append((facility, changed or remove_facility(*place, eligible, cutoff_ds)))
            if step % 30 == 0:
                wanted = least(survey.from_nodes, eligible, cutoff_ds)
                assert differences((live.time_ds, live.facility), wanted) == 0


def differences(got: tuple[np.ndarray, np.ndarray], wanted: tuple[np.ndarray, np.ndarray]) -> int:
    """In how many places two answers of a pair of columns differ."""
    return sum(int((ours != theirs).sum()) for ours, theirs in zip(got, wanted, strict=True))


def test_what_scipy_says_is_no_empty_word(survey: Survey):
    assert (survey.from_nodes != NOTHING).mean() > 0.5
