"""Which datum the points fit: told apart by streets and by districts, and silent when it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.datum import Datum, from_wgs84
from geo.places.register import datum_hint, datum_hint_by_district
from geo.types import Floats


def streets() -> tuple[Floats, Floats]:
    """Street points every ten metres or so, along streets 200 to 700 m apart in both directions."""
    rng = np.random.default_rng(2)
    lon = 120.30 + np.cumsum(rng.uniform(0.002, 0.008, 25))
    lat = 36.05 + np.cumsum(rng.uniform(0.002, 0.006, 25))
    east, north = np.arange(lon[0], lon[-1], 0.0001), np.arange(lat[0], lat[-1], 0.0001)
    street_lon = np.concatenate([np.tile(east, lat.size), np.repeat(lon, north.size)])
    return street_lon, np.concatenate([np.repeat(lat, east.size), np.tile(north, lon.size)])


def distance_to_street_m(lon: Floats, lat: Floats) -> Floats:
    """Distance to the nearest street point, in a plane where degrees of longitude are as long as those of latitude."""
    east, north = streets()
    scale = np.cos(np.radians(36.1))
    tree = shapely.STRtree(list(shapely.points(east * scale, north)))
    _, degrees = tree.query_nearest(shapely.points(lon * scale, lat), return_distance=True, all_matches=False)
    return np.asarray(degrees) * 111_320.0


def stations(count: int = 60) -> tuple[Floats, Floats]:
    """Doors some twenty metres beside the streets."""
    rng = np.random.default_rng(3)
    lon, lat = streets()
    chosen = rng.integers(0, lon.size, count)
    return lon[chosen] + 0.0002, lat[chosen] + 0.00018


@pytest.mark.parametrize("truth", [Datum.WGS84, Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("stated", list(Datum))
def test_streets_tell_a_wrong_datum(truth: Datum, stated: Datum) -> None:
    raw = from_wgs84(*stations(), truth)
    hint = datum_hint(*raw, stated, distance_to_street_m=distance_to_street_m)
    right = stated is truth or {stated, truth} == {Datum.CGCS2000, Datum.WGS84}
    assert hint.best is truth
    assert hint.doubtful is not right
    assert bool(hint.sentence) is not right


def test_districts_tell_a_wrong_datum() -> None:
    areas = {"东": shapely.box(120.35, 36, 120.40, 36.2), "西": shapely.box(120.30, 36, 120.35, 36.2)}
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(120.345, 120.355, 200), rng.uniform(36.05, 36.15, 200)
    district = ["东" if east > 120.35 else "西" for east in lon]
    raw = from_wgs84(lon, lat, Datum.GCJ02)
    hint = datum_hint_by_district(*raw, Datum.WGS84, district=district, areas=areas)
    assert (hint.best, hint.doubtful, hint.scores[Datum.GCJ02]) == (Datum.GCJ02, True, 1.0)
    assert "gcj02" in hint.sentence
    assert not datum_hint_by_district(*raw, Datum.GCJ02, district=district, areas=areas).doubtful


def test_few_points_and_no_points_raise_no_doubt() -> None:
    raw = from_wgs84(*stations(5), Datum.BD09)
    assert not datum_hint(*raw, Datum.WGS84, distance_to_street_m=distance_to_street_m).doubtful
    assert not datum_hint([], [], Datum.WGS84, distance_to_street_m=distance_to_street_m).doubtful
    assert not datum_hint_by_district([], [], Datum.WGS84, district=[], areas={}).doubtful
