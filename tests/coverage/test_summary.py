"""Whole numbers that add up: cells to streets, streets to districts, districts to the city, to the last person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import parents, points_to_cells, polygon_to_cells
from geo.coverage.areas import LEVELS, NO_AREA, area_of_cells, area_of_points, outside_study_area
from geo.coverage.grid import build_grid, cut_streets
from geo.coverage.ground import Ground, Settled
from geo.coverage.summary import FATES, apportion, tally
from geo.streets.snap import EdgeIndex
from tests.support.grid_city import areas_frame, box_area, grid_graph, lon_lat

AREAS = areas_frame(
    [
        ("district", "370202", "市南区", None, box_area(0, 0, 1000, 2000)),
        ("district", "370203", "市北区", None, box_area(1000, 0, 2000, 2000)),
        ("street", "370202001", "八大峡街道", "370202", box_area(0, 0, 1000, 1000)),
        ("street", "370203001", "大港街道", "370203", box_area(1000, 0, 2000, 1000)),
        ("street", "370203002", "即墨路街道", "370203", box_area(1000, 1000, 2000, 2000)),
    ]
)
"""Two districts side by side; the north of the first belongs to no street."""

NO_AREAS = areas_frame([])
STREETS = grid_graph(2, 2)
CELLS = polygon_to_cells(box_area(-300, -300, 2300, 2300), 10)
GRID = build_grid(EdgeIndex(STREETS), cut_streets(STREETS, 10), 10, CELLS)
CELLS, LON, LAT = GRID.cells, GRID.lon, GRID.lat
STATIONS = tuple(np.array([lon_lat(100, 100), lon_lat(1500, 500), lon_lat(1500, 600)]).T)


def ground(areas, people):
    levels = {level: area_of_cells(CELLS, LON, LAT, areas, level) for level in ("district", "street")}
    return Ground.lay("青岛市", GRID, Settled.of_grid(CELLS, people, levels), areas, levels, *STATIONS)


def fates_of(people, outside, seed):
    chance = np.random.default_rng(seed)
    covered = people * chance.choice([0, 1, 0.5, 1 / 3], len(people))
    off = chance.random(len(people)) < 0.1
    fates = np.zeros((len(people), 4))
    fates[:, 0], fates[:, 1] = covered, people - covered
    fates[off] = 0
    fates[off, 2] = people[off]
    fates[outside] = 0
    fates[outside, 3] = people[outside]
    return fates


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_the_largest_remainder_keeps_the_sum_and_moves_nobody_by_one(values):
    figures = np.array(values)
    target = round(float(figures.sum()))
    rounded = apportion(figures, np.zeros(len(figures), dtype=np.int64), np.array([target]))
    assert rounded.sum() == target
    assert (np.abs(rounded - figures) < 1).all()


def test_ties_go_to_the_first():
    rounded = apportion(np.array([0.5, 0.5, 0.5, 0.5]), np.array([0, 0, 1, 1]), np.array([1, 1]))
    assert rounded.tolist() == [1, 0, 1, 0]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_every_grouping_sums_to_everybody(seed, fractions):
    chance = np.random.default_rng(seed)
    people = chance.random(len(CELLS)) * 90 if fractions else chance.integers(0, 90, len(CELLS)).astype(float)
    laid = ground(AREAS, people)
    fates = fates_of(laid.group_people, laid.group_outside, seed)
    whole, districts, streets = laid.tables(fates, np.ones(3, dtype=bool))
    assert whole.total == round(people.sum())
    assert whole.covered + whole.outside + whole.off_network + whole.outside_area == whole.total
    for fate in FATES[:3]:
        assert districts[fate].sum() == getattr(whole, fate)
        by_district = streets.groupby("district_code")[fate].sum()
        assert by_district.to_dict() == dict(zip(districts["code"], districts[fate], strict=True))
    assert (districts["people"] == districts[list(FATES[:3])].sum(axis=1)).all()
    assert districts["people"].sum() + whole.outside_area == whole.total


def test_tables_name_areas_and_count_their_stations():
    laid = ground(AREAS, np.ones(len(CELLS)))
    fates = laid.fates(np.zeros(len(GRID)))
    _, districts, streets = laid.tables(fates, np.array([True, True, False]))
    assert districts["name"].tolist() == ["市南区", "市北区"]
    assert districts["stations"].tolist() == [1, 1]
    named = streets[streets["code"] != ""]
    assert dict(zip(named["name"], named["stations"], strict=True)) == {
        "八大峡街道": 1,
        "大港街道": 1,
        "即墨路街道": 0,
    }
    rest = streets[(streets["code"] == "") & (streets["district"] == "市南区")]
    assert len(rest) == 1
    assert rest["people"].item() > 20


def test_a_city_without_areas_has_no_outside_and_no_tables():
    laid = ground(NO_AREAS, np.full(len(CELLS), 2.5))
    whole, districts, streets = laid.tables(laid.fates(np.ones(len(GRID))), np.ones(3, dtype=bool))
    assert not laid.outside.any()
    assert (whole.total, whole.outside, whole.outside_area) == (round(2.5 * len(CELLS)), 0, 0)
    assert whole.covered > 0
    assert whole.off_network > 0
    assert districts.empty
    assert streets.empty


def test_a_city_with_streets_alone_sums_them_to_the_city():
    streets_only = AREAS[AREAS["level"] == "street"].reset_index(drop=True)
    people = np.full(len(CELLS), 1.7)
    laid = ground(streets_only, people)
    whole, districts, streets = laid.tables(fates_of(laid.group_people, laid.group_outside, 3), np.ones(3, dtype=bool))
    assert districts.empty
    for fate in FATES[:3]:
        assert streets[fate].sum() == getattr(whole, fate)
    assert whole.outside_area > 0


def test_nobody_at_all_is_a_city_of_zeros():
    assert tally(np.zeros((0, 4))).as_dict() == {
        "total": 0,
        "covered": 0,
        "outside": 0,
        "off_network": 0,
        "outside_area": 0,
        "share": 0.0,
    }


def test_a_cell_at_the_shore_belongs_to_the_land_it_touches():
    by_centre = area_of_points(LON, LAT, AREAS, "district")
    by_touch = area_of_cells(CELLS, LON, LAT, AREAS, "district")
    assert (by_touch[by_centre != NO_AREA] == by_centre[by_centre != NO_AREA]).all()
    shore = (by_centre == NO_AREA) & (by_touch != NO_AREA)
    assert 10 < shore.sum() < 100
    assert (by_touch == NO_AREA).any()
    west = shore & (lon_lat(900, 0)[0] > LON)
    assert set(by_touch[west]) == {0}


def test_overlapping_areas_give_the_first():
    twice = areas_frame(
        [("district", "1", "甲", None, box_area(0, 0, 9, 9)), ("district", "2", "乙", None, box_area(0, 0, 9, 9))]
    )
    lon, lat = lon_lat(5, 5)
    assert area_of_points(np.array([lon]), np.array([lat]), twice, "district").tolist() == [0]
    assert area_of_points(np.array([lon]), np.array([lat]), twice, "street").tolist() == [NO_AREA]


def test_outside_is_judged_by_the_largest_level_there_is():
    nowhere, somewhere = np.full(3, NO_AREA), np.array([0, NO_AREA, 1])
    streets_only = AREAS[AREAS["level"] == "street"].reset_index(drop=True)
    assert outside_study_area(AREAS, {"district": somewhere, "street": nowhere}, 3).tolist() == [False, True, False]
    assert outside_study_area(AREAS, {"district": nowhere, "street": somewhere}, 3).all()
    assert outside_study_area(streets_only, {"district": nowhere, "street": somewhere}, 3).sum() == 1
    assert not outside_study_area(NO_AREAS, {}, 3).any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([7, 8, 9]))
def test_a_district_has_the_same_people_on_every_grid(seed, resolution):
    """A coarse cell across the border keeps its people on their own side."""
    people = np.random.default_rng(seed).integers(0, 90, len(CELLS)).astype(float)
    fine = ground(AREAS, people)
    grid = build_grid(EdgeIndex(STREETS), cut_streets(STREETS, resolution), resolution, parents(CELLS, resolution))
    levels = {level: area_of_cells(grid.cells, grid.lon, grid.lat, AREAS, level) for level in LEVELS}
    settled = Settled.of_grid(CELLS, people, {"district": fine.district, "street": fine.street})
    coarse = Ground.lay("青岛市", grid, settled, AREAS, levels, *STATIONS)
    everyone = np.ones(3, dtype=bool)
    _, expected, expected_streets = fine.tables(fine.fates(np.zeros(len(GRID))), everyone)
    whole, districts, streets = coarse.tables(coarse.fates(np.zeros(len(grid))), everyone)
    assert coarse.people.sum() == people.sum() == whole.total
    assert districts["people"].tolist() == expected["people"].tolist()
    assert streets["people"].tolist() == expected_streets["people"].tolist()


def test_a_grid_without_the_cells_of_the_people_is_refused():
    elsewhere = Settled(points_to_cells([121.9], [36.9], 10), np.ones(1), np.zeros(1, int), np.zeros(1, int))
    with pytest.raises(ValueError, match="lacks the cells of 1 group"):
        Ground.lay("青岛市", GRID, elsewhere, NO_AREAS, {}, *STATIONS)
