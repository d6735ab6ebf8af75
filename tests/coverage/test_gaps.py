"""Gaps: patches that hang together, counted once, named the same in every run."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import neighbours, polygon_to_cells
from geo.coverage.field import CellCoverage, CellState
from geo.coverage.gaps import DIVIDE_ABOVE_CELLS, Borders, find_gaps, gap_id, patches, unite
from geo.coverage.grid import build_grid, cut_streets
from geo.streets.snap import EdgeIndex
from geo.types import UNREACHED
from tests.support.grid_city import grid_graph

GRAPH = grid_graph(16, 16)
GRID = build_grid(EdgeIndex(GRAPH), cut_streets(GRAPH, 10), 10, np.zeros(0, dtype=np.uint64))
COUNT = len(GRID)
ONE_AREA = np.zeros(COUNT, dtype=np.int32)
TEN_EACH = np.full(COUNT, 10.0)

MANY = polygon_to_cells(shapely.box(120.3, 36.0, 120.36, 36.05), 10)
MANY_AROUND = neighbours(MANY).astype(np.int32)
NOWHERE = np.zeros(len(MANY), dtype=np.int32)
MANY_BORDERS = Borders.of_grid(MANY, MANY_AROUND, NOWHERE, NOWHERE)


def coverage_of(share):
    state = np.where(share >= 1, CellState.COVERED, np.where(share > 0, CellState.PARTLY, CellState.OUTSIDE))
    return CellCoverage(
        time_ds=np.where(share > 0, 3000, 9000).astype(np.int32),
        facility=np.zeros(COUNT, dtype=np.int32),
        share=share,
        state=state.astype(np.uint8),
    )


def gaps_of(share, people=TEN_EACH, district=ONE_AREA, street=ONE_AREA, **more):
    coverage = coverage_of(np.asarray(share, dtype=float))
    return found(coverage, people, district, street, **more).listed


def found(coverage, people, district=ONE_AREA, street=ONE_AREA, **more):
    borders = Borders.of_grid(GRID.cells, GRID.around, district, street)
    left_out = people * (1 - coverage.share)
    return find_gaps(GRID, coverage, left_out, borders=borders, district=district, street=street, **more)


def flood(around, chosen, start):
    """The cells that hang together with one, the slow and simple way."""
    found, stack = {start}, [start]
    while stack:
        for neighbour in around[stack.pop()]:
            if neighbour >= 0 and chosen[neighbour] and int(neighbour) not in found:
                found.add(int(neighbour))
                stack.append(int(neighbour))
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_components_are_what_a_flood_fill_finds(seed, density):
    chosen = np.random.default_rng(seed).random(len(MANY)) < density
    label = unite(np.arange(len(MANY)), np.concatenate([MANY_BORDERS.inner, MANY_BORDERS.outer]), chosen)
    assert (label[~chosen] == np.flatnonzero(~chosen)).all()
    for start in np.flatnonzero(chosen)[::37].tolist():
        patch = flood(MANY_AROUND, chosen, start)
        assert set(np.flatnonzero(label == label[start]).tolist()) == patch
        assert label[start] == min(patch)


def test_two_neighbours_in_two_streets_are_two_gaps():
    share = np.ones(COUNT)
    share[0] = 0.0
    neighbour = int(GRID.around[0][GRID.around[0] >= 0][0])
    share[neighbour] = 0.0
    assert [len(gap.members) for gap in gaps_of(share)] == [2]
    street = ONE_AREA.copy()
    street[neighbour] = 1
    both = gaps_of(share, street=street)
    assert sorted((len(gap.members), gap.street) for gap in both) == [(1, 0), (1, 1)]


def test_gaps_are_ranked_by_people_left_out_and_each_is_counted_once():
    share = np.ones(COUNT)
    first, second = 0, int(np.flatnonzero(~np.isin(np.arange(COUNT), [0, *GRID.around[0]]))[-1])
    share[[first, second]] = 0.25, 0.0
    people = np.zeros(COUNT)
    people[[first, second]] = 400.0, 200.0
    gaps = gaps_of(share, people)
    assert [(gap.rank, gap.people) for gap in gaps] == [(1, 300.0), (2, 200.0)]
    first_only = found(coverage_of(share), people, limit=1)
    assert [gap.stable_id for gap in first_only.listed] == [gaps[0].stable_id]
    assert (first_only.count, first_only.people) == (2, 500.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_all_people_of_mostly_uncovered_cells_are_in_exactly_one_gap(seed):
    chance = np.random.default_rng(seed)
    share, people = chance.choice([0.0, 0.3, 0.7, 1.0], COUNT), chance.integers(2, 100, COUNT).astype(float)
    gaps = gaps_of(share, people)
    members = np.concatenate([gap.members for gap in gaps]) if gaps else np.zeros(0, dtype=int)
    assert len(np.unique(members)) == len(members)
    assert set(members.tolist()) == set(np.flatnonzero(share <= 0.5).tolist())
    assert sum(gap.people for gap in gaps) == pytest.approx((people * (1 - share))[share <= 0.5].sum())
    assert [gap.people for gap in gaps] == sorted((gap.people for gap in gaps), reverse=True)


def test_a_patch_too_large_for_a_station_is_divided():
    sizes = np.bincount(patches(MANY_BORDERS, np.ones(len(MANY), dtype=bool)))
    assert len(MANY) > 2 * 343
    assert len(sizes) > 1
    assert sizes.max() <= 343


def test_a_patch_a_station_could_serve_is_not_cut_at_the_borders_of_coarser_cells():
    crossing = MANY_BORDERS.outer[0]
    middle = np.zeros(len(MANY), dtype=bool)
    middle[crossing] = True
    for _ in range(4):
        middle[MANY_AROUND[middle][MANY_AROUND[middle] >= 0]] = True
    assert middle.sum() <= DIVIDE_ABOVE_CELLS
    assert set(patches(MANY_BORDERS, middle)[middle]) == {0}


def test_the_name_of_a_gap_is_made_of_its_cells_alone():
    some = GRID.cells[[4, 2, 9]]
    assert gap_id(some) == gap_id(np.sort(some))
    assert gap_id(some) != gap_id(some[:2])
    share = np.ones(COUNT)
    share[5] = 0.0
    again = gaps_of(share, TEN_EACH * 3)
    assert [gap.stable_id for gap in gaps_of(share)] == [gap.stable_id for gap in again] == [gap_id(GRID.cells[[5]])]


def test_the_suggested_point_is_on_a_street_near_most_people():
    share = np.zeros(COUNT)
    people = np.ones(COUNT)
    people[17] = 10_000.0
    gap = gaps_of(share, people)[0]
    assert gap.suggested == pytest.approx((GRID.centre.lon[17], GRID.centre.lat[17]))
    assert EdgeIndex(GRAPH).snap(*[np.array([one]) for one in gap.suggested]).distance_m[0] < 0.01
    assert (gap.nearest, gap.time_ds) == (0, 9000)


def test_nobody_left_out_is_no_gap():
    assert gaps_of(np.ones(COUNT)) == []
    assert gaps_of(np.zeros(COUNT), np.zeros(COUNT)) == []
    assert gaps_of(np.zeros(COUNT), np.full(COUNT, 0.5 / COUNT)) == []


def test_a_gap_that_reaches_nothing_says_so():
    coverage = coverage_of(np.zeros(COUNT))
    coverage.time_ds[:], coverage.facility[:] = UNREACHED, -1
    gap = found(coverage, TEN_EACH).listed[0]
    assert (gap.nearest, gap.time_ds) == (-1, UNREACHED)
    assert gap.suggested is not None
