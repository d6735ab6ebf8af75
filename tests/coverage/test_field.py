"""Coverage by the share of streets: what can be counted on the fingers of a square town, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import points_to_cells
from geo.coverage.field import CellState, cell_coverage, minutes_of, people_by_fate, street_share
from geo.coverage.grid import build_grid, cut_streets
from geo.streets.search import Targets, field
from geo.streets.snap import EdgeIndex
from geo.types import UNREACHED
from tests.support.grid_city import grid_graph, lon_lat

GRAPH = grid_graph(12, 12)
INDEX = EdgeIndex(GRAPH)
NEAR_STREET = points_to_cells(*[[one] for one in lon_lat(-120, 500)], 10)
FAR = points_to_cells([121.5], [36.6], 10)
GRIDS = {
    resolution: build_grid(INDEX, cut_streets(GRAPH, resolution), resolution, FAR if resolution == 10 else FAR[:0])
    for resolution in (7, 8, 9, 10, 11)
}
GRID = GRIDS[10]
PEOPLE = np.random.default_rng(7).integers(0, 500, len(GRID)).astype(np.float64)

SPOTS_M = st.lists(st.tuples(st.floats(0, 1100), st.floats(0, 1100)), min_size=1, max_size=5)


def stations(spots):
    lon, lat = np.array([lon_lat(*spot) for spot in spots]).T
    return Targets.join(GRAPH, INDEX.snap(lon, lat))


def judged(targets, minutes, grid=GRID, eligible=None, outside_area=None):
    return cell_coverage(
        grid,
        GRAPH,
        targets,
        field(GRAPH, targets, eligible),
        round(minutes * 600),
        eligible=eligible,
        outside_area=outside_area,
    )


def covered_people(coverage):
    return people_by_fate(PEOPLE, coverage.share, GRID.off_network, np.zeros(len(GRID), dtype=bool))[:, 0].sum()


def covered_m(coverage, grid):
    return (coverage.share * grid.street_m).sum()


def test_within_five_blocks_of_a_corner_there_are_thirty_blocks_of_street():
    """From the corner at 1.2 m/s, 500 m reach k + 1 nodes on row k's diagonal: 1 + 2 + … + 5 blocks each way."""
    targets = stations([(0, 0)])
    for grid in GRIDS.values():
        assert covered_m(judged(targets, 500 / 1.2 / 60, grid), grid) == pytest.approx(2 * 15 * 100, rel=2e-3)


@pytest.mark.parametrize("minutes", [1, 3.5, 7, 12])
def test_the_share_of_the_city_is_the_same_at_every_resolution(minutes):
    targets = stations([(250, 330), (900, 940)])
    lengths = [covered_m(judged(targets, minutes, grid), grid) for grid in GRIDS.values()]
    assert lengths == pytest.approx([lengths[0]] * len(lengths), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.floats(0, 30), st.floats(0, 30))
def test_more_minutes_never_cover_less(spots, one, other):
    targets = stations(spots)
    shorter, longer = judged(targets, min(one, other)), judged(targets, max(one, other))
    assert (longer.share >= shorter.share).all()
    assert covered_people(longer) >= covered_people(shorter)


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.data(), st.floats(0.5, 15))
def test_another_station_never_covers_less(spots, data, minutes):
    targets = stations(spots)
    some = np.array([data.draw(st.booleans()) for _ in spots])
    few, all_of_them = judged(targets, minutes, eligible=some), judged(targets, minutes)
    assert (all_of_them.share >= few.share).all()
    assert (all_of_them.time_ds <= few.time_ds).all()
    assert covered_people(all_of_them) >= covered_people(few)


def test_without_stations_nobody_is_covered():
    targets = stations([(250, 330), (900, 940)])
    nothing = judged(targets, 60, eligible=np.zeros(2, dtype=bool))
    assert (nothing.share == 0).all()
    assert (nothing.time_ds == UNREACHED).all()
    assert covered_people(nothing) == 0
    assert set(nothing.state) == {CellState.OUTSIDE, CellState.OFF_NETWORK}


def test_with_time_enough_everybody_on_the_network_is_covered():
    coverage = judged(stations([(0, 0)]), 60)
    on_network = GRID.street_m > 0
    assert (coverage.share[on_network] == 1.0).all()
    assert (coverage.state[on_network] == CellState.COVERED).all()


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.floats(0, 20), st.integers(0, 2**31))
def test_every_person_has_one_fate(spots, minutes, seed):
    outside = np.random.default_rng(seed).random(len(GRID)) < 0.2
    coverage = judged(stations(spots), minutes, outside_area=outside)
    fates = people_by_fate(PEOPLE, coverage.share, GRID.off_network, outside)
    assert (fates >= 0).all()
    assert fates.sum(axis=1) == pytest.approx(PEOPLE, rel=1e-12)
    assert ((fates[:, 3] > 0) == (outside & (PEOPLE > 0))).all()


def test_a_cell_far_from_any_street_is_off_the_network_and_not_uncovered():
    coverage = judged(stations([(0, 0)]), 10)
    lonely = np.flatnonzero(GRID.cells == FAR[0])[0]
    assert coverage.state[lonely] == CellState.OFF_NETWORK
    assert coverage.state[lonely] == CellState.OFF_NETWORK
    assert coverage.share[lonely] == 0


def test_a_cell_beside_the_streets_is_judged_by_the_way_from_its_centre():
    grid = build_grid(INDEX, cut_streets(GRAPH, 10), 10, NEAR_STREET)
    place = np.flatnonzero(grid.cells == NEAR_STREET[0])[0]
    assert grid.street_m[place] == 0
    targets = stations([(0, 500)])
    time_ds = int(judged(targets, 10, grid).time_ds[place])
    assert 300 < time_ds < UNREACHED
    assert judged(targets, time_ds / 600, grid).share[place] == 1.0
    assert judged(targets, (time_ds - 1) / 600, grid).share[place] == 0.0


def test_shares_lie_between_none_and_all():
    share = street_share(GRID, GRAPH, stations([(250, 330)]), field(GRAPH, stations([(250, 330)])), 2400)
    assert share.min() == 0.0
    assert share.max() == 1.0
    assert ((share > 0) & (share < 1)).any()


def test_minutes_are_missing_where_nothing_is_reached():
    assert np.isnan(minutes_of(np.array([UNREACHED], dtype=np.int32))).all()
    assert minutes_of(np.array([6000], dtype=np.int32)).tolist() == [10.0]
