"""Cells are painted where h3 says they are, in the classes of the page."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import cells_to_points, disk, points_to_cells
from geo.types import Box
from web_map.lattice import NO_DATA, LatticeFrame, decode_lattice, minutes_to_bytes, people_to_bytes
from web_map.report.painting import (
    BEYOND,
    WITHIN,
    Window,
    merge_level,
    minute_classes,
    paint,
    palette,
    patch_means,
    reduced,
)

MIDDLE = 120.38, 36.07


@pytest.fixture(scope="module")
def cells():
    return disk(int(points_to_cells([MIDDLE[0]], [MIDDLE[1]], 10)[0]), 12)


def test_a_pixel_has_the_colour_of_the_cell_it_lies_in(cells):
    lon, lat = cells_to_points(cells)
    window = Window.around(Box(lon.min(), lat.min(), lon.max(), lat.max()), 300, 260, margin=0.1)
    values = (np.arange(len(cells)) % 200).astype(np.uint8)
    inhabited = np.ones(len(cells), dtype=np.uint8)
    inhabited[::7] = 0
    colours = [f"#{value:02x}8040" for value in range(NO_DATA)] + [None]
    grids = decode_lattice(LatticeFrame.of(cells).encode([values, inhabited]))
    picture = paint(window, grids, colours, mask=1)

    rng = np.random.default_rng(7)
    x, y = rng.integers(0, 300, 2000), rng.integers(0, 260, 2000)
    box = window.box
    top, bottom = (math.asinh(math.tan(math.radians(one))) for one in (box.north, box.south))
    at_lon = box.west + (x + 0.5) / 300 * (box.east - box.west)
    at_lat = np.degrees(np.arctan(np.sinh(top - (y + 0.5) / 260 * (top - bottom))))
    found = points_to_cells(at_lon, at_lat, 10)
    places = np.searchsorted(cells, found).clip(max=len(cells) - 1)
    known = (cells[places] == found) & (inhabited[places] > 0)
    assert known.sum() > 500
    assert (picture[y, x, 3] == np.where(known, 255, 0)).all()
    assert (picture[y, x, 0][known] == values[places][known]).all()


def test_places_are_fractions_from_the_upper_left_corner():
    window = Window.around(Box(120, 36, 121, 37), 400, 500, margin=0)
    west, south, east, north = window.box
    corners = window.place(np.array([west, east]), np.array([north, south]))
    assert corners == pytest.approx(np.array([[0, 0], [1, 1]]), abs=1e-9)
    assert (west, east) <= (120, 121)
    assert window.width_km == pytest.approx((east - west) * 111.32 * math.cos(math.radians((south + north) / 2)))


@given(st.floats(1, 120))
def test_the_classes_break_at_the_limit(limit):
    classes = minute_classes(limit)
    assert [one.over for one in classes[1:]] == [one.top for one in classes[:-1]]
    assert limit in [one.top for one in classes]
    assert classes[-1].top == math.inf
    for one in classes:
        assert (one.colour in WITHIN) == (one.top <= limit)
        assert (one.colour in BEYOND) == (one.top > limit)


def test_a_cell_within_the_limit_is_blue_and_one_beyond_is_not():
    colours = palette(minute_classes(10))
    within, beyond, far = minutes_to_bytes(np.array([6000, 6001, 2**31 - 1])).tolist()
    assert colours[within] in WITHIN
    assert colours[beyond] == BEYOND[0]
    assert colours[far] == BEYOND[-1]
    assert colours[NO_DATA] is None


def test_what_melts_together_is_averaged_by_opacity():
    picture = np.zeros((2, 2, 4), dtype=np.uint8)
    picture[0, 0] = (200, 100, 0, 255)
    picture[1, 1] = (100, 50, 0, 255)
    assert reduced(picture, 2).tolist() == [[[150, 75, 0, 127]]]
    assert reduced(picture, 1).tolist() == picture.tolist()


def test_cells_too_small_to_be_seen_are_merged_into_the_mean_of_their_people(cells):
    lon, lat = cells_to_points(cells)
    near = points_to_cells(lon, lat, 10) == cells[0]
    minutes = minutes_to_bytes(np.where(near, 20, 4) * 600)
    people = people_to_bytes(np.where(near, 1_000_000, 1))
    (grid,) = decode_lattice(LatticeFrame.of(cells).encode([minutes, people]))
    means = patch_means(grid.columns[0], grid.columns[1], 8)
    assert np.unique(means[means != NO_DATA]).tolist() == [80]  # a million at 20 minutes outweigh all others at 4
    alike = people_to_bytes(np.ones(len(cells)))
    (grid,) = decode_lattice(LatticeFrame.of(cells).encode([minutes, alike]))
    mean = float(minutes.mean())
    assert patch_means(grid.columns[0], grid.columns[1], 8)[0, 0] == pytest.approx(mean, abs=1)
    assert patch_means(grid.columns[0], grid.columns[1], 0) is grid.columns[0]


def test_a_window_of_a_continent_merges_and_one_of_a_street_does_not(cells):
    lon, lat = cells_to_points(cells)
    (grid,) = decode_lattice(LatticeFrame.of(cells).encode([np.zeros(len(cells), np.uint8)] * 2))
    near = Window.around(Box(lon.min(), lat.min(), lon.max(), lat.max()), 300, 300)
    far = Window.around(Box(110, 30, 130, 42), 300, 300)
    assert merge_level(grid, near, 1) == 0
    assert merge_level(grid, far, 3) == merge_level(grid, far.scaled(3), 9) > merge_level(grid, far, 1) > 4
