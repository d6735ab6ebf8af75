"""Spreading people: wherever they are brought, the sum stays what it was."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import (
    cell_areas_km2,
    cells_to_points,
    children,
    parents,
    points_to_cells,
    polygon_to_cells,
    positions_in,
)
from geo.coverage.demand import PeopleByCell, homes_km2, share_out, spread_districts, spread_to_grid, sum_by_cell
from geo.coverage.grid import cut_streets
from geo.errors import InputError
from tests.support.grid_city import grid_graph, lon_lat

GRAPH = grid_graph()
NO_STREETS = (np.zeros(0, dtype=np.uint64), np.zeros(0))


def people_around(resolution: int, people: list[float]) -> PeopleByCell:
    """Some people in the first cells of the toy city's square."""
    cells = polygon_to_cells(shapely.box(*lon_lat(-2000, -2000), *lon_lat(2700, 2700)), resolution)
    return PeopleByCell(cells[: len(people)], np.array(people[: len(cells)], dtype=np.float64))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(7, 11),
    st.integers(7, 11),
    st.lists(st.one_of(st.integers(0, 100_000), st.floats(0, 1e5)), min_size=1, max_size=6),
)
def test_nobody_is_lost_between_resolutions(of_source, of_grid, people):
    source = people_around(of_source, people)
    pieces = cut_streets(GRAPH, of_grid)
    spread = spread_to_grid(source, of_grid, pieces.cells, pieces.street_m)
    assert spread.total == pytest.approx(source.total, rel=1e-12, abs=1e-9)
    if all(float(one).is_integer() for one in people):
        assert spread.total == source.total
        assert spread.people[::-1].sum() == np.cumsum(spread.people)[-1:].sum() == source.total
    assert (spread.people >= 0).all()
    assert (np.diff(spread.cells.astype(np.int64)) > 0).all()


def test_people_go_where_the_streets_are_in_proportion_to_their_length():
    pieces = cut_streets(GRAPH, 10)
    home = parents(pieces.cells, 9)[len(pieces.cells) // 2]
    spread = spread_to_grid(PeopleByCell(np.array([home]), np.array([900.0])), 10, pieces.cells, pieces.street_m)
    inside = np.isin(pieces.cells, children(np.array([home]), 10)[0])
    length = pieces.street_m[inside]
    assert spread.people == pytest.approx(900.0 * length / length.sum())


def test_people_of_a_cell_without_streets_are_spread_over_its_area():
    cell = points_to_cells([121.0], [36.5], 9)
    spread = spread_to_grid(PeopleByCell(cell, np.array([700.0])), 10, *NO_STREETS)
    areas = cell_areas_km2(spread.cells)
    assert len(spread.cells) == 7
    assert spread.people == pytest.approx(700.0 * areas / areas.sum())


def test_finer_people_are_summed_into_their_parent():
    below, _ = children(points_to_cells([121.0], [36.5], 8), 10)
    spread = spread_to_grid(sum_by_cell(below, np.arange(49.0)), 8, *NO_STREETS)
    assert spread.people.tolist() == [sum(range(49))]


def test_cells_where_nobody_is_do_not_enter_the_grid():
    cells = np.sort(points_to_cells([121.0, 121.5], [36.5, 36.5], 10))
    assert spread_to_grid(PeopleByCell(cells, np.array([0.0, 3.0])), 10, *NO_STREETS).cells.tolist() == [cells[1]]
    assert spread_to_grid(PeopleByCell(cells, np.zeros(2)), 9, *NO_STREETS).total == 0


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5))
def test_shares_sum_to_their_totals(data, groups):
    totals = np.array(data.draw(st.lists(st.integers(0, 10_000_000), min_size=groups, max_size=groups)), dtype=float)
    group = np.array(data.draw(st.lists(st.integers(0, groups - 1), max_size=40)), dtype=np.int64)
    weight = np.array([data.draw(st.floats(0.0, 1e4)) for _ in group], dtype=float)
    shared = share_out(totals, group, weight)
    weighed = np.bincount(group, weights=weight, minlength=groups) > 0
    sums = np.bincount(group, weights=shared, minlength=groups)
    assert (sums[weighed] == totals[weighed]).all()
    assert (shared >= 0).all()


def test_a_census_follows_residential_streets_then_any_street_then_area():
    """Three districts of two cells each: with residential streets, with other streets only, and with none."""
    cells = np.sort(points_to_cells(120.4 + np.arange(6) * 0.01, np.full(6, 36.1), 10))
    district = np.array([0, 0, 1, 1, 2, 2])
    residential_m = np.array([300.0, 100.0, 0, 0, 0, 0])
    street_m = np.array([300.0, 900.0, 50.0, 150.0, 0, 0])
    spread = spread_districts(np.array([400.0, 80.0, 10.0]), cells, district, residential_m, street_m)
    assert spread.people[:4] == pytest.approx([300.0, 100.0, 20.0, 60.0])
    assert spread.people[4:].sum() == pytest.approx(10.0)
    assert spread.people[4] == pytest.approx(5.0, rel=0.01)


def test_unmapped_ground_along_residential_streets_counts_like_mapped_ground_and_work_a_tenth():
    # a hectare of mapped homes, 200 m of residential street on unmapped ground, and 200 m among works
    homes = homes_km2(np.array([0.01, 0, 0]), np.array([0, 200.0, 0]), np.array([0, 0, 200.0]))
    assert homes == pytest.approx([0.01, 0.01, 0.001])


def test_a_district_with_people_and_no_cell_is_refused():
    cells = points_to_cells([120.4], [36.1], 10)
    with pytest.raises(InputError, match="1 of 2 districts"):
        spread_districts(np.array([5.0, 5.0]), cells, np.array([0]), np.ones(1), np.ones(1))


def test_every_street_cell_of_the_toy_city_is_found_again():
    pieces = cut_streets(GRAPH, 10)
    lon, lat = cells_to_points(pieces.cells)
    assert (positions_in(pieces.cells, points_to_cells(lon, lat, 10)) == np.arange(len(pieces.cells))).all()
