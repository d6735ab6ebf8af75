"""The datum shift: known vectors, exact inverse everywhere, nothing moved abroad, no tear at the region's edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datum import (
    CHINA_BOX,
    FADE_DEG,
    Datum,
    PositionError,
    convert,
    from_wgs84,
    region_polygon,
    shift_weight,
    to_wgs84,
)
from geo.types import Floats
from tests.support.real_data import real_data

METRES_PER_DEGREE = 111_320.0
SHIFTING = [Datum.GCJ02, Datum.BD09]

ABROAD = {
    "Taipei": (121.5654, 25.0330),
    "Kaohsiung": (120.3014, 22.6273),
    "Seoul": (126.9780, 37.5665),
    "Pyongyang": (125.7625, 39.0392),
    "Jeju": (126.5312, 33.4996),
    "Fukuoka": (130.4017, 33.5902),
    "Tokyo": (139.6917, 35.6895),
    "Vladivostok": (131.8869, 43.1155),
    "Ulaanbaatar": (106.9057, 47.8864),
    "Almaty": (76.8897, 43.2389),
    "Bishkek": (74.5698, 42.8746),
    "Islamabad": (73.0479, 33.6844),
    "Delhi": (77.2090, 28.6139),
    "Kathmandu": (85.3240, 27.7172),
    "Thimphu": (89.6390, 27.4728),
    "Hanoi": (105.8342, 21.0278),
    "Vientiane": (102.6331, 17.9757),
    "Manila": (120.9842, 14.5995),
    "Porto Alegre": (-51.2177, -30.0346),
    "Helsinki": (24.9384, 60.1699),
    "North Pole": (0.0, 90.0),
    "date line": (180.0, -20.0),
}

AT_HOME = {
    "Qingdao": (120.3826, 36.0671),
    "Kashgar": (75.9898, 39.4704),
    "Mohe": (122.5386, 52.9721),
    "Heihe": (127.5285, 50.2453),
    "Fuyuan": (134.3077, 48.3647),
    "Hunchun": (130.3659, 42.8628),
    "Dandong": (124.3545, 40.0005),
    "Ruili": (97.8518, 24.0128),
    "Dongxing": (107.9718, 21.5479),
    "Sanya": (109.5119, 18.2528),
    "Yongxing Island": (112.3386, 16.8335),
    "Hong Kong": (114.1694, 22.3193),
    "Macao": (113.5439, 22.1987),
    "Xiamen": (118.0894, 24.4798),
    "Zhoushan": (122.2072, 29.9853),
    "Lhasa": (91.1409, 29.6456),
}


def distance_m(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Distance (in metres) between near positions."""
    east = (other_lon - lon) * np.cos(np.radians(lat))
    return np.asarray(np.hypot(east, other_lat - lat) * METRES_PER_DEGREE)


def test_the_known_position_in_qingdao_has_its_known_images() -> None:
    assert np.allclose(from_wgs84(120.3826, 36.0671, Datum.GCJ02), (120.3877331, 36.0673762), rtol=0, atol=5e-8)
    assert np.allclose(from_wgs84(120.3826, 36.0671, Datum.BD09), (120.3942131, 36.0734168), rtol=0, atol=5e-8)


def test_over_qingdao_the_shift_is_what_was_measured() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(119.5, 121.0, 5000), rng.uniform(35.6, 37.2, 5000)
    gcj = from_wgs84(lon, lat, Datum.GCJ02)
    bd = from_wgs84(lon, lat, Datum.BD09)
    moved_m = distance_m(lon, lat, *gcj)
    assert 405 < moved_m.min() < moved_m.max() < 522
    assert 1150 < distance_m(lon, lat, *bd).min() < distance_m(lon, lat, *bd).max() < 1350


@pytest.mark.parametrize("datum", SHIFTING)
def test_there_and_back_is_exact_to_a_micrometre_all_over_china_and_around_it(datum: Datum) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(60, 150, 60_000), rng.uniform(-5, 62, 60_000)
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert distance_m(lon, lat, *back).max() < 1e-6
    there = from_wgs84(*to_wgs84(lon, lat, datum), datum)
    assert distance_m(lon, lat, *there).max() < 1e-6


@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from(list(Datum)))
def test_there_and_back_is_exact_for_any_position_on_earth(lon: float, lat: float, datum: Datum) -> None:
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert abs(back_lon - lon) < 1e-11
    assert abs(back_lat - lat) < 1e-11


@pytest.mark.parametrize("datum", SHIFTING)
def test_at_the_edge_of_the_region_the_shift_has_no_tear_and_stays_invertible(datum: Datum) -> None:
    corners = np.asarray(region_polygon().exterior.segmentize(0.05).coords)
    rng = np.random.default_rng(2)
    lon = np.repeat(corners[:, 0], 4) + rng.uniform(-2 * FADE_DEG, 2 * FADE_DEG, 4 * len(corners))
    lat = np.repeat(corners[:, 1], 4) + rng.uniform(-2 * FADE_DEG, 2 * FADE_DEG, 4 * len(corners))
    assert distance_m(lon, lat, *to_wgs84(*from_wgs84(lon, lat, datum), datum)).max() < 1e-6

    # one metre of the world is never more than one metre and a half of the map, nor less than half of one
    near_lon, near_lat = lon + 9e-6, lat + 9e-6
    stretch = distance_m(*from_wgs84(lon, lat, datum), *from_wgs84(near_lon, near_lat, datum))
    stretch /= distance_m(lon, lat, near_lon, near_lat)
    assert 0.5 < stretch.min() < stretch.max() < 1.5


@pytest.mark.parametrize("name", ABROAD)
def test_abroad_and_in_taiwan_nothing_moves(name: str) -> None:
    for datum in Datum:
        assert from_wgs84(*ABROAD[name], datum) == ABROAD[name]
        assert to_wgs84(*ABROAD[name], datum) == ABROAD[name]


@pytest.mark.parametrize("name", AT_HOME)
def test_border_towns_islands_and_the_two_regions_get_the_whole_shift(name: str) -> None:
    lon, lat = np.asarray(AT_HOME[name][0]), np.asarray(AT_HOME[name][1])
    assert shift_weight(lon, lat) == 1
    assert 100 < distance_m(lon, lat, *from_wgs84(lon, lat, Datum.GCJ02)) < 900


def test_cgcs2000_is_passed_through() -> None:
    assert from_wgs84(120.38, 36.07, Datum.CGCS2000) == (120.38, 36.07)
    assert to_wgs84(120.38, 36.07, Datum.CGCS2000) == (120.38, 36.07)


def test_convert_goes_by_way_of_wgs84() -> None:
    gcj = from_wgs84([120.38], [36.07], Datum.GCJ02)
    bd = from_wgs84([120.38], [36.07], Datum.BD09)
    assert np.allclose(convert(*gcj, source=Datum.GCJ02, target=Datum.BD09), bd, rtol=0, atol=1e-11)
    assert np.allclose(convert(*bd, source=Datum.BD09, target=Datum.GCJ02), gcj, rtol=0, atol=1e-11)
    assert convert(120.38, 36.07, source=Datum.BD09, target=Datum.BD09) == (120.38, 36.07)


def test_shapes_are_kept_and_inputs_are_not_touched() -> None:
    lon, lat = np.full((2, 3), 120.38), np.full((2, 3), 36.07)
    moved_lon, moved_lat = to_wgs84(lon, lat, Datum.BD09)
    assert moved_lon.shape == moved_lat.shape == (2, 3)
    assert (lon == 120.38).all()
    assert (lat == 36.07).all()
    empty_lon, empty_lat = to_wgs84([], [], Datum.GCJ02)
    assert empty_lon.size == empty_lat.size == 0


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        ([120.0, np.nan], [36.0, 36.0], "1 of 2 positions .* place 1: longitude nan"),
        ([np.inf], [36.0], "longitude inf"),
        ([36.07], [120.38], "latitude 120.38"),
        ([181.0], [0.0], "longitude 181.0"),
        ([1.0, 2.0], [1.0], "2 longitudes came with 1 latitudes"),
    ],
)
def test_what_is_no_position_is_refused_with_its_place(lon: list[float], lat: list[float], words: str) -> None:
    with pytest.raises(PositionError, match=words):
        to_wgs84(lon, lat, Datum.GCJ02)


def test_chinas_box_holds_every_place_at_home() -> None:
    for lon, lat in AT_HOME.values():
        assert CHINA_BOX.west < lon < CHINA_BOX.east
        assert CHINA_BOX.south < lat < CHINA_BOX.north


def test_the_pairs_of_other_peoples_converters_agree_within_a_metre() -> None:
    """632 towns of Qingdao, published in both datums by others."""
    import pandas as pd

    towns = pd.read_csv(real_data("qingdao/town_community_points.csv"))
    lon_wgs, lat_wgs = to_wgs84(towns["lon_gcj02"], towns["lat_gcj02"], Datum.GCJ02)
    apart_m = distance_m(towns["lon_wgs84"].to_numpy(), towns["lat_wgs84"].to_numpy(), lon_wgs, lat_wgs)
    assert apart_m.max() < 1.0
