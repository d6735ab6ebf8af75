"""H3 as columns: the same answers as h3 gives one at a time, and areas as the ellipsoid has them."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import cells
from geo.errors import InputError
from geo.measure import polygon_areas_km2

LON = st.floats(-179.9, 179.9)
LAT = st.floats(-85.0, 85.0)

AROUND_QINGDAO = cells.polygon_to_cells(shapely.box(120.3, 36.0, 120.34, 36.03), 10)


@given(LON, LAT, st.integers(0, 15))
def test_a_cell_contains_its_own_centre(lon, lat, resolution):
    """Going from a point to its cell, to the centre, and to a cell again gives the same cell."""
    cell = cells.points_to_cells([lon], [lat], resolution)
    assert cells.points_to_cells(*cells.cells_to_points(cell), resolution) == cell


@given(LON, LAT, st.integers(1, 15), st.data())
def test_parents_read_from_the_bits_are_those_of_h3(lon, lat, resolution, data):
    coarser = data.draw(st.integers(0, resolution))
    cell = cells.points_to_cells([lon], [lat], resolution)
    assert cells.cells_to_texts(cells.parents(cell, coarser)) == [h3.cell_to_parent(f"{int(cell[0]):x}", coarser)]


@given(LON, LAT, st.integers(0, 15))
def test_texts_and_integers_are_two_ways_to_write_one_cell(lon, lat, resolution):
    cell = cells.points_to_cells([lon], [lat], resolution)
    text = cells.cells_to_texts(cell)[0]
    for written in (text, text.upper(), f"0x{text}", str(int(cell[0])), int(cell[0])):
        assert cells.texts_to_cells([written]) == cell
    assert cells.from_signed(cells.to_signed(cell)) == cell


def test_a_bad_cell_is_named_with_its_place():
    with pytest.raises(cells.BadCellError, match=r"`not-a-cell` \(entry 2\)"):
        cells.texts_to_cells(["8a31aa42a8effff", "not-a-cell"])


@pytest.mark.parametrize("value", ["", "8a31aa42a8e", "ffffffffffffffff", "-1", None, True, 3.5])
def test_what_is_no_cell_is_refused(value):
    with pytest.raises(cells.BadCellError):
        cells.texts_to_cells([value])


def test_points_that_are_not_numbers_are_refused():
    with pytest.raises(InputError, match="finite"):
        cells.points_to_cells([120.0, np.nan], [36.0, 36.0], 10)


def test_a_parent_cannot_be_finer_than_its_child():
    with pytest.raises(InputError, match="resolution 10 have no parent at resolution 11"):
        cells.parents(AROUND_QINGDAO, 11)


def test_every_child_has_its_parent():
    below, parent = cells.children(AROUND_QINGDAO[:20], 12)
    assert len(below) == 20 * 49
    assert (cells.parents(below, 10) == AROUND_QINGDAO[:20][parent]).all()


def test_a_cell_in_the_middle_has_six_neighbours_and_they_have_it():
    around = cells.neighbours(AROUND_QINGDAO)
    inner = (around != cells.NO_CELL).all(axis=1)
    assert inner.sum() > 100
    assert (~inner).sum() > 10
    for position in np.flatnonzero(inner)[:50]:
        expected = set(h3.grid_disk(f"{int(AROUND_QINGDAO[position]):x}", 1)) - {f"{int(AROUND_QINGDAO[position]):x}"}
        assert set(cells.cells_to_texts(AROUND_QINGDAO[around[position]])) == expected
        assert all(position in around[neighbour] for neighbour in around[position])


def test_a_pentagon_has_five_neighbours():
    pentagon = int(h3.get_pentagons(3).pop(), 16)
    disk = np.sort(cells.texts_to_cells(h3.grid_disk(f"{pentagon:x}", 1)))
    around = cells.neighbours(disk)[np.searchsorted(disk, np.uint64(pentagon))]
    assert (around != cells.NO_CELL).sum() == 5


def test_positions_say_where_and_whether():
    some = AROUND_QINGDAO[[3, 5, 8]]
    assert cells.positions_in(some, AROUND_QINGDAO[[5, 4, 8]]).tolist() == [1, cells.NO_CELL, 2]
    assert cells.positions_in(some[:0], some).tolist() == [cells.NO_CELL] * 3


def test_areas_are_those_of_the_ellipsoid():
    """pyproj, on the outline of each cell, gives the same area to one part in a million."""
    worldwide = cells.points_to_cells([120.4, 0.1, -51.2, 25.0], [36.1, 0.1, -30.0, 70.0], 9)
    some = np.concatenate([AROUND_QINGDAO[:50], worldwide])
    measured = polygon_areas_km2(cells.cells_to_polygons(some))
    assert cells.cell_areas_km2(some) == pytest.approx(measured, rel=1e-6)


def test_cells_by_centre_tile_a_box_and_overlap_covers_it():
    box = shapely.box(120.3, 36.0, 120.34, 36.03)
    centre = cells.polygon_to_cells(box, 10)
    overlap = cells.polygon_to_cells(box, 10, containment="overlap")
    assert set(centre) < set(overlap)
    assert shapely.union_all(cells.cells_to_polygons(overlap)).buffer(1e-9).contains(box)
    assert cells.polygon_to_cells(shapely.Polygon(), 10).size == 0


def test_an_outline_melts_neighbours_and_keeps_holes():
    centre = AROUND_QINGDAO[(cells.neighbours(AROUND_QINGDAO) != cells.NO_CELL).all(axis=1)][:1]
    ring = AROUND_QINGDAO[cells.neighbours(AROUND_QINGDAO)[cells.positions_in(AROUND_QINGDAO, centre)[0]]]
    outline = cells.cells_to_outline(ring)
    assert len(outline.geoms) == 1
    assert len(outline.geoms[0].interiors) == 1
    assert polygon_areas_km2([outline])[0] == pytest.approx(cells.cell_areas_km2(ring).sum(), rel=1e-6)


def test_resolutions_that_differ_are_named():
    mixed = np.concatenate([AROUND_QINGDAO[:1], cells.parents(AROUND_QINGDAO[:1], 7)])
    with pytest.raises(cells.MixedResolutionError, match="resolutions 7, 10"):
        cells.common_resolution(mixed)
    with pytest.raises(InputError, match="no cells"):
        cells.common_resolution(mixed[:0])
