"""The browser finds every cell by one matrix; these tests hold that matrix and its bytes to h3's own answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import cells_to_points, neighbours, points_to_cells, points_to_faces
from geo.types import UNREACHED
from web_map.lattice import (
    MINUTE_STEPS,
    NO_DATA,
    LatticeError,
    LatticeFrame,
    decode_lattice,
    encode_lattice,
    minutes_to_bytes,
    people_to_bytes,
    shares_to_bytes,
    whole_minutes_to_bytes,
)

QINGDAO = (119.6, 121.0, 35.6, 36.9)
ACROSS_FACES = (105.0, 135.0, 15.0, 45.0)


def scattered_cells(box, resolution, count, seed=1):
    """Cells of random points in a box, sorted, with the points."""
    rng = np.random.default_rng(seed)
    west, east, south, north = box
    lon, lat = rng.uniform(west, east, count), rng.uniform(south, north, count)
    return np.unique(points_to_cells(lon, lat, resolution)), lon, lat


def looked_up(data, lon, lat, columns=1):
    """What the file says under each point, whichever block holds it."""
    return np.min([grid.values_at(lon, lat) for grid in decode_lattice(data)], axis=0)[:columns]


@pytest.mark.parametrize("resolution", [7, 8, 9, 10])
def test_a_point_finds_the_cell_that_h3_finds(resolution):
    cells, lon, lat = scattered_cells(QINGDAO, resolution, 20_000)
    values = np.random.default_rng(2).integers(0, NO_DATA, len(cells)).astype(np.uint8)
    found = looked_up(encode_lattice(cells, [values], resolution), lon, lat)[0]
    expected = values[np.searchsorted(cells, points_to_cells(lon, lat, resolution))]
    assert (found != expected).sum() == 0


def test_points_outside_every_cell_have_no_data():
    cells = points_to_cells([120.38], [36.07], 9)
    data = encode_lattice(cells, [np.array([7], dtype=np.uint8)], 9)
    assert looked_up(data, [120.38, 120.45, -59.62], [36.07, 36.07, -36.07])[0].tolist() == [7, NO_DATA, NO_DATA]


def test_a_region_on_several_faces_becomes_one_block_per_face_and_stays_exact():
    cells, _, _ = scattered_cells(ACROSS_FACES, 5, 20_000)
    lon, lat = cells_to_points(cells)
    values = np.arange(len(cells), dtype=np.int64).astype(np.uint8) % NO_DATA
    data = encode_lattice(cells, [values], 5)
    assert len(decode_lattice(data)) == len(np.unique(points_to_faces(lon, lat))) > 1
    assert np.array_equal(looked_up(data, lon, lat)[0], values)


@settings(max_examples=25, deadline=None)
@given(lon=st.floats(73, 135), lat=st.floats(18, 53), resolution=st.integers(6, 11))
def test_one_cell_alone_is_enough_for_the_fit(lon, lat, resolution):
    cells = points_to_cells([lon], [lat], resolution)
    at_lon, at_lat = cells_to_points(cells)
    data = encode_lattice(cells, [np.array([42], dtype=np.uint8)], resolution)
    assert looked_up(data, at_lon, at_lat)[0].tolist() == [42]


def test_neighbouring_cells_are_neighbouring_places():
    cells, _, _ = scattered_cells((120.3, 120.4, 36.0, 36.1), 9, 4_000)
    lon, lat = cells_to_points(cells)
    position = np.arange(len(cells)) % 250
    data = encode_lattice(cells, [position.astype(np.uint8)], 9)
    around = neighbours(cells)
    middle = np.flatnonzero((around >= 0).all(axis=1))[:50]
    for cell in middle:
        assert looked_up(data, lon[around[cell]], lat[around[cell]])[0].tolist() == position[around[cell]].tolist()


def test_a_frame_encodes_new_columns_without_finding_places_again():
    cells, _, _ = scattered_cells(QINGDAO, 8, 2_000)
    frame = LatticeFrame.of(cells)
    first, second = np.full(len(cells), 3, np.uint8), np.full(len(cells), 9, np.uint8)
    both = decode_lattice(frame.encode([first, second]))[0]
    assert [np.unique(column).tolist() for column in both.columns] == [[3, NO_DATA], [9, NO_DATA]]
    assert both.resolution == 8


def test_a_column_that_would_be_cut_silently_is_refused():
    cells, _, _ = scattered_cells(QINGDAO, 7, 50)
    with pytest.raises(LatticeError, match="int64"):
        encode_lattice(cells, [np.full(len(cells), 300)], 7)
    with pytest.raises(LatticeError, match="shape"):
        encode_lattice(cells, [np.zeros(3, np.uint8)], 7)
    with pytest.raises(LatticeError, match="resolution 7"):
        encode_lattice(cells, [np.zeros(len(cells), np.uint8)], 9)


def test_no_cells_make_an_empty_file():
    nothing = np.zeros(0, dtype=np.uint64)
    assert encode_lattice(nothing, [np.zeros(0, np.uint8)], 9) == b""
    assert decode_lattice(b"") == []


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:50], lambda data: b"X" + data[1:]])
def test_damaged_bytes_are_refused(damage):
    cells, _, _ = scattered_cells(QINGDAO, 7, 50)
    data = encode_lattice(cells, [np.zeros(len(cells), np.uint8)], 7)
    with pytest.raises(LatticeError):
        decode_lattice(damage(data))


def test_minutes_round_up_so_that_colour_never_flatters():
    assert minutes_to_bytes([0, 1, 6000, 6001, 38_100, 60_000, UNREACHED]).tolist() == [0, 1, 40, 41, 254, 254, 254]


def test_whole_minutes_lie_within_the_same_whole_limits():
    time_ds = np.arange(0, 45_000, 7)
    quarters, whole = minutes_to_bytes(time_ds), whole_minutes_to_bytes(time_ds)
    for limit in range(1, 61):
        assert np.array_equal(whole <= limit * MINUTE_STEPS, quarters <= limit * MINUTE_STEPS)
    assert set((whole[whole < 254] % MINUTE_STEPS).tolist()) == {0}
    assert whole_minutes_to_bytes([0, 1, 600, 601, 37_800, 37_801, UNREACHED]).tolist() == [0, 4, 4, 8, 252, 254, 254]


def test_shares_and_people_have_their_exact_ends():
    assert shares_to_bytes([0, 0.5, 1, np.nan]).tolist() == [0, 125, 250, NO_DATA]
    counts = np.array([0, 0.01, 1, 100, 2_500, 1e9])
    steps = people_to_bytes(counts)
    assert steps[0] == 0
    assert steps[1] == 1
    assert steps[-1] == NO_DATA - 1
    assert np.expm1(steps[2:5] / 20) == pytest.approx(counts[2:5], rel=0.05)


def test_packed_cells_are_those_that_were_kept_and_say_the_same():
    cells, _, _ = scattered_cells(ACROSS_FACES, 5, 20_000)
    lon, lat = cells_to_points(cells)
    rng = np.random.default_rng(3)
    columns = [rng.integers(0, NO_DATA, len(cells)).astype(np.uint8) for _ in range(2)]
    kept = rng.random(len(cells)) < 0.7
    frame = LatticeFrame.of(cells)
    packed = frame.encode_packed(columns, kept)
    assert len(packed) < len(frame.encode(columns)) / 2
    for found, column in zip(looked_up(packed, lon, lat, columns=2), columns, strict=True):
        assert np.array_equal(found, np.where(kept, column, NO_DATA))


@pytest.mark.parametrize("length", [50, 100, -1])
def test_packed_bytes_that_were_cut_short_are_refused(length):
    cells, _, _ = scattered_cells(QINGDAO, 7, 50)
    data = LatticeFrame.of(cells).encode_packed([np.zeros(len(cells), np.uint8)], np.ones(len(cells), np.bool_))
    with pytest.raises(LatticeError):
        decode_lattice(data[:length])
