"""Lengths and areas on the ellipsoid, against figures that anyone can look up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.measure import (
    MissingCrsError,
    WrongCrsError,
    distances_m,
    line_lengths_m,
    polygon_areas_km2,
    require_crs,
    step_lengths_m,
)


def test_a_degree_is_as_long_as_the_ellipsoid_says():
    """One degree of longitude at the equator is 111,319.49 m; one of latitude at 45° (44.5 to 45.5) 111,131.78 m."""
    assert distances_m(0, 0, 1, 0) == pytest.approx(111_319.491, abs=0.001)
    assert distances_m(7, 44.5, 7, 45.5) == pytest.approx(111_131.78, abs=0.01)


def test_one_point_measures_against_many():
    assert distances_m(0, 0, [0, 1], [0, 0]) == pytest.approx([0.0, 111_319.491], abs=0.001)
    assert distances_m([], [], [], []).size == 0


def test_steps_sum_to_the_line_and_lines_do_not_run_into_one_another():
    first, second = shapely.LineString([(0, 0), (0.5, 0), (1, 0)]), shapely.LineString([(5, 5), (5, 5.01)])
    lengths = line_lengths_m([first, second, shapely.LineString()])
    assert lengths[0] == pytest.approx(step_lengths_m([0, 0.5, 1], [0, 0, 0]).sum())
    assert lengths[1] == pytest.approx(distances_m(5, 5, 5, 5.01)[0])
    assert lengths[2] == 0


def test_an_area_does_not_depend_on_the_way_round_and_a_hole_is_taken_off():
    ring = [(120, 36), (120.01, 36), (120.01, 36.01), (120, 36.01)]
    hole = [(120.004, 36.004), (120.006, 36.004), (120.006, 36.006), (120.004, 36.006)]
    whole, clockwise = shapely.Polygon(ring), shapely.Polygon(ring[::-1])
    holed, outer, inner = polygon_areas_km2([shapely.Polygon(ring, [hole]), clockwise, shapely.Polygon(hole)])
    assert outer == polygon_areas_km2([whole])[0]
    assert outer == pytest.approx(0.9999, rel=2e-3)
    assert holed == pytest.approx(outer - inner)
    assert polygon_areas_km2([shapely.Polygon()])[0] == 0


def test_a_frame_must_say_its_reference_system():
    points = [shapely.Point(120, 36)]
    require_crs(gpd.GeoDataFrame(geometry=points, crs="EPSG:4326"), "places")
    require_crs(gpd.GeoDataFrame(geometry=points, crs="OGC:CRS84"), "places")
    with pytest.raises(MissingCrsError, match="`places` has no reference system"):
        require_crs(gpd.GeoDataFrame(geometry=points), "places")
    with pytest.raises(WrongCrsError, match="`places` is in WGS 84 / Pseudo-Mercator"):
        require_crs(gpd.GeoDataFrame(geometry=points, crs="EPSG:3857"), "places")


def test_measures_keep_the_order_of_what_is_measured():
    sizes = np.array([0.03, 0.01, 0.02])
    areas = polygon_areas_km2([shapely.box(0, 0, size, size) for size in sizes])
    assert np.argsort(areas).tolist() == np.argsort(sizes).tolist()
