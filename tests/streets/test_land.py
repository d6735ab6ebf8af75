from __future__ import annotations

import numpy as np
import pytest
from shapely import MultiPolygon, box

from geo.streets.land import GREEN, INDUSTRIAL, RESIDENTIAL, Land, LandFileError, land_kind

QUARTER = MultiPolygon([box(120.30, 36.10, 120.31, 36.11).difference(box(120.303, 36.103, 120.305, 36.105))])
WORKS = MultiPolygon([box(120.40, 36.10, 120.41, 36.11), box(120.42, 36.10, 120.43, 36.11)])


@pytest.mark.parametrize("pieces", [[], [(RESIDENTIAL, QUARTER), (INDUSTRIAL, WORKS)]])
def test_stored_land_comes_back_as_it_was(tmp_path, pieces):
    land = Land.of(pieces)
    land.save(tmp_path / "land.fgb")
    back = Land.load(tmp_path / "land.fgb")
    assert np.array_equal(back.kind, land.kind)
    assert [one.equals(other) for one, other in zip(back.shape, land.shape, strict=True)] == [True] * len(pieces)


def test_the_same_land_makes_the_same_file(tmp_path):
    written = []
    for _ in range(2):
        Land.of([(RESIDENTIAL, QUARTER), (INDUSTRIAL, WORKS)]).save(tmp_path / "land.fgb")
        written.append((tmp_path / "land.fgb").read_bytes())
    assert written[0] == written[1]


def test_a_damaged_or_missing_file_is_named(tmp_path):
    with pytest.raises(LandFileError, match=r"land\.fgb holds no land use"):
        Land.load(tmp_path / "land.fgb")
    (tmp_path / "land.fgb").write_bytes(b"fgb" * 100)
    with pytest.raises(LandFileError):
        Land.load(tmp_path / "land.fgb")


def test_land_beyond_an_outline_is_left_out():
    land = Land.of([(RESIDENTIAL, QUARTER), (INDUSTRIAL, WORKS)])
    assert land.touching(box(120.42, 36.0, 120.5, 36.2)).counts() == {"industrial": 1}


def test_a_city_of_parks_has_no_built_up_land():
    assert not Land.of([(GREEN, QUARTER)]).is_mapped
    assert Land.of([(INDUSTRIAL, QUARTER)]).is_mapped


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"landuse": "residential"}, RESIDENTIAL),
        ({"leisure": "park", "landuse": "industrial"}, INDUSTRIAL),
        ({"landuse": "farmland"}, None),
    ],
)
def test_land_is_told_by_its_tags(tags, kind):
    assert land_kind(tags) == kind
