"""Merged cells tell the same story as the cells they are made of."""

import numpy as np
import pytest

from geo.cells import cells_to_points, parents, points_to_cells
from web_map.lattice import (
    NO_DATA,
    decode_lattice,
    minutes_to_bytes,
    people_to_bytes,
    shares_to_bytes,
    whole_minutes_to_bytes,
)
from web_map.layers import CoverageLayer, TooFineError


@pytest.fixture(scope="module")
def cells():
    """Cells of resolution 10 around a crossing in Qingdao."""
    rng = np.random.default_rng(1)
    return np.unique(points_to_cells(rng.uniform(120.35, 120.45, 4_000), rng.uniform(36.05, 36.12, 4_000), 10))


def painted(layer, where, *columns):
    """The three bytes under the centre of each of some cells."""
    lon, lat = cells_to_points(where)
    return decode_lattice(layer.encode(*columns))[0].values_at(lon, lat)


def test_at_their_own_resolution_cells_are_sent_as_they_are(cells):
    time_ds = np.arange(len(cells), dtype=np.int32) * 3
    share = np.linspace(0, 1, len(cells))
    people = np.arange(len(cells), dtype=np.float64)
    sent = painted(CoverageLayer.of(cells, 10), cells, time_ds, share, people)
    assert np.array_equal(sent, [minutes_to_bytes(time_ds), shares_to_bytes(share), people_to_bytes(people)])


def test_a_merged_cell_has_all_people_their_share_and_the_minutes_of_most(cells):
    rng = np.random.default_rng(2)
    time_ds = rng.integers(0, 20_000, len(cells)).astype(np.int32)
    share, people = rng.random(len(cells)), rng.integers(1, 500, len(cells)).astype(np.float64)
    above = parents(cells, 8)
    merged = np.unique(above)
    minutes, shares, counts = painted(CoverageLayer.of(cells, 8), merged, time_ds, share, people)
    for row, parent in enumerate(merged):
        own = above == parent
        assert counts[row] == people_to_bytes([people[own].sum()])[0]
        assert shares[row] == shares_to_bytes([(people[own] * share[own]).sum() / people[own].sum()])[0]
        most = people[own] == people[own].max()
        assert minutes[row] in minutes_to_bytes(time_ds[own][most])


def test_merged_cells_without_people_still_have_a_share(cells):
    nobody, half = np.zeros(len(cells)), np.full(len(cells), 0.5)
    _, shares, counts = painted(
        CoverageLayer.of(cells, 8), np.unique(parents(cells, 8)), np.zeros(len(cells), np.int32), half, nobody
    )
    assert set(shares.tolist()) == {125}
    assert set(counts.tolist()) == {0}
    assert NO_DATA not in shares


def test_finer_than_computed_is_refused(cells):
    with pytest.raises(TooFineError, match="resolution 10"):
        CoverageLayer.of(cells, 11)


def test_packed_columns_are_those_asked_for_without_the_cells_nobody_lives_in(cells):
    rng = np.random.default_rng(4)
    time_ds, share = rng.integers(0, 20_000, len(cells)).astype(np.int32), rng.random(len(cells))
    people = np.where(rng.random(len(cells)) < 0.5, 0.0, 7.0)
    lon, lat = cells_to_points(cells)
    layer = CoverageLayer.of(cells)
    for uninhabited in (False, True):
        data = layer.encode_packed(time_ds, share, people, ("minutes", "people"), uninhabited=uninhabited)
        minutes, counts = decode_lattice(data)[0].values_at(lon, lat)
        shown = (people > 0) | uninhabited
        assert np.array_equal(minutes, np.where(shown, whole_minutes_to_bytes(time_ds), NO_DATA))
        assert np.array_equal(counts, np.where(shown, people_to_bytes(people), NO_DATA))


def test_where_no_people_are_known_packed_cells_are_all_there(cells):
    nobody = np.zeros(len(cells))
    data = CoverageLayer.of(cells).encode_packed(
        np.zeros(len(cells), np.int32), nobody, nobody, ("minutes",), uninhabited=False
    )
    assert (decode_lattice(data)[0].columns[0] != NO_DATA).sum() == len(cells)
