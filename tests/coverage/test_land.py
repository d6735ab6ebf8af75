from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import cells_to_polygons, points_to_cells
from geo.coverage.land import LAND_BASIS, STREET_BASIS, BuiltUp, LandCells
from geo.measure import polygon_areas_km2
from geo.streets.land import GREEN, INDUSTRIAL, RESIDENTIAL, Land
from tests.support.grid_city import box_area

HOLED = shapely.MultiPolygon([box_area(0, 0, 900, 700).geoms[0].difference(box_area(200, 200, 400, 500))])


def km2(*shapes):
    return float(polygon_areas_km2([shapely.union_all(shapes)])[0])


@pytest.mark.parametrize("resolution", [8, 9, 10, 11])
def test_cutting_land_at_cells_loses_none_of_it(resolution):
    land = LandCells.of(Land.of([(INDUSTRIAL, HOLED)]), resolution)
    # areas of cells and of shapes are two formulas of the same ellipsoid
    assert land.built_km2.sum() == pytest.approx(km2(HOLED), rel=1e-5)
    assert land.residential_km2.sum() == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-500, 500)] * 2, *[st.floats(5, 400)] * 2), min_size=1, max_size=6))
def test_land_drawn_twice_counts_once(boxes):
    shapes = [box_area(x, y, x + width, y + height) for x, y, width, height in boxes]
    land = LandCells.of(Land.of([(RESIDENTIAL, shape) for shape in shapes]), 10)
    assert land.built_km2.sum() == pytest.approx(km2(*shapes), rel=1e-5)
    assert np.array_equal(land.residential_km2, land.built_km2)


def test_homes_among_works_are_both():
    homes, works = box_area(0, 0, 500, 500), box_area(250, 0, 1000, 500)
    land = LandCells.of(Land.of([(RESIDENTIAL, homes), (INDUSTRIAL, works)]), 10)
    assert land.built_km2.sum() == pytest.approx(km2(homes, works), rel=1e-5)
    assert land.residential_km2.sum() == pytest.approx(km2(homes), rel=1e-5)
    assert (land.residential_km2 <= land.built_km2).all()


def test_land_smaller_than_a_cell_lies_in_one():
    corner = points_to_cells([120.3], [36.1], 9)
    middle = cells_to_polygons(corner)[0].centroid
    yard = shapely.MultiPolygon([middle.buffer(1e-4)])
    land = LandCells.of(Land.of([(RESIDENTIAL, yard)]), 9)
    assert land.cells.tolist() == corner.tolist()


def test_parks_are_not_built_up():
    assert len(LandCells.of(Land.of([(GREEN, HOLED)]), 10).cells) == 0


def test_stored_land_by_cell_comes_back(tmp_path):
    land = LandCells.of(Land.of([(INDUSTRIAL, HOLED)]), 10)
    land.save(tmp_path / "land")
    back = LandCells.load(tmp_path / "land")
    assert np.array_equal(back.cells, land.cells)
    assert np.array_equal(back.built_km2, land.built_km2)


def test_without_land_use_the_streets_stand_in_and_it_is_said():
    built_up = BuiltUp.of_streets(0.25)
    assert (built_up.basis, built_up.share, built_up.km2) == (STREET_BASIS, 0.25, None)
    assert built_up.basis != LAND_BASIS
