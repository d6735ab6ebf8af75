"""What a choice of sites covers on the cut streets is what the coverage field with these sites counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import points_to_cells
from geo.coverage.field import cell_coverage
from geo.coverage.grid import build_grid, cut_streets
from geo.siting.cover import reached_rows
from geo.siting.covering import Effort, solve_cover
from geo.siting.problem import Question, Sites, SitingInputError
from geo.siting.reach import OffNetworkSiteError, lists_of_points, street_rows
from geo.streets.search import Targets, field, point_times
from geo.streets.snap import EdgeIndex
from tests.support.grid_city import grid_graph, lon_lat

GRAPH = grid_graph(12, 12)
INDEX = EdgeIndex(GRAPH)
BESIDE = points_to_cells(*[[one] for one in lon_lat(-120, 500)], 10)
GRID = build_grid(INDEX, cut_streets(GRAPH, 10), 10, BESIDE)
PEOPLE = np.random.default_rng(7).integers(1, 500, len(GRID)).astype(np.float64)
SPOTS_M = st.lists(st.tuples(st.floats(-20, 1120), st.floats(-20, 1120)), min_size=1, max_size=7)
GRAIN_SUMS = 0.01
"""People by which sums may differ: every part of a street is rounded to a millionth of a person."""


def snapped(spots):
    return INDEX.snap(*np.array([lon_lat(*spot) for spot in spots]).T)


def counted_by_field(sites, chosen, limit_ds, overhead_ds=0):
    targets = Targets.join(GRAPH, sites.take(np.asarray(chosen, np.int32)), overhead_ds)
    coverage = cell_coverage(GRID, GRAPH, targets, field(GRAPH, targets), limit_ds)
    return float((coverage.share * PEOPLE).sum())


@settings(max_examples=40, deadline=None)
@given(SPOTS_M, st.integers(0, 9000), st.data())
def test_any_choice_covers_what_the_coverage_field_counts(spots, limit_ds, data):
    sites = snapped(spots)
    rows = street_rows(GRAPH, GRID, PEOPLE, sites, limit_ds, overhead_ds=30)
    assert rows.people.sum() == pytest.approx(PEOPLE.sum(), abs=GRAIN_SUMS)
    chosen = [site for site in range(len(spots)) if data.draw(st.booleans())]
    covered = rows.people[reached_rows(rows.lists, np.array(chosen, np.int64))].sum()
    expected = counted_by_field(sites, chosen, limit_ds, 30) if chosen else 0.0
    assert covered == pytest.approx(expected, abs=GRAIN_SUMS)


def test_the_objective_of_an_answer_is_the_recount_of_the_coverage_field():
    random = np.random.default_rng(3)
    sites = snapped(random.uniform(0, 1100, (60, 2)).tolist())
    rows = street_rows(GRAPH, GRID, PEOPLE, sites, 2400)
    question = Question.of(rows.lists, rows.people, sites=Sites.of(60, standing=[0, 1, 2]), choose=4)
    answer = solve_cover(question, Effort(seconds=5))
    assert answer.gap < 0.01
    assert answer.before == pytest.approx(counted_by_field(sites, [0, 1, 2], 2400), abs=GRAIN_SUMS)
    everywhere = [0, 1, 2, *answer.chosen.tolist()]
    assert answer.covered == pytest.approx(counted_by_field(sites, everywhere, 2400), abs=GRAIN_SUMS)


def test_points_are_reached_when_point_times_say_so():
    random = np.random.default_rng(4)
    sites, points = (snapped(random.uniform(0, 1100, (20, 2)).tolist()) for _ in range(2))
    lists = lists_of_points(GRAPH, points, sites, 3000, overhead_ds=100)
    for site in range(20):
        targets = Targets.join(GRAPH, sites.take(np.array([site], np.int32)), 100)
        time_ds, _ = point_times(GRAPH, targets, field(GRAPH, targets), points)
        assert lists.rows_of(site).tolist() == np.flatnonzero(time_ds <= 3000).tolist()
        part = slice(lists.site_start[site], lists.site_start[site + 1])
        assert lists.time_ds[part].tolist() == time_ds[time_ds <= 3000].tolist()


def test_sites_off_the_network_are_named():
    sites = snapped([(100, 100), (9000, 9000)])
    with pytest.raises(OffNetworkSiteError, match=r"1 sites are off the street network \(site 1\)"):
        street_rows(GRAPH, GRID, PEOPLE, sites, 3000)


def test_a_city_without_people_has_no_demand():
    with pytest.raises(SitingInputError, match="no demand"):
        street_rows(GRAPH, GRID, np.zeros(len(GRID)), snapped([(0, 0)]), 3000)
