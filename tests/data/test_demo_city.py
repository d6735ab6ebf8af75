"""The demo city is the same for the same seed, has what is declared, and lies on land."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from data.demo.areas import borders, street_shapes
from data.demo.geography import ISLANDS, blob_shape, district_shapes, mainland
from data.demo.plane import to_degrees, to_plane
from data.demo.stations import CHENGYANG_STATIONS
from data.demo_city import DemoFiles, DemoScaleError, make_demo_city
from data.qingdao import DISTRICTS, TOTAL_PEOPLE
from geo.datum import Datum, to_wgs84
from geo.places.hours import parse_hours
from tests.data.conftest import OsmTables, read_rows
from tests.support.demo_city import SMALL

DECLARED_COUNTS = {
    "工会驿站": 784,
    "新时代区域共享职工之家": 168,
    "镇街网格工作站": 23,
    "基层网格工作站": 269,
    "环卫爱心驿站": 350,
    "爱心妈妈小屋": 400,
    "爱心托管驿站": 300,
}


def digests(files: DemoFiles) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in (files.extract, files.register, files.census)]


def test_the_same_seed_gives_the_same_bytes(small_files: DemoFiles, tmp_path: Path):
    again = make_demo_city(tmp_path, scale=SMALL)
    assert digests(again) == digests(small_files)
    assert again.faults == small_files.faults


def test_another_seed_gives_another_city_on_the_same_land(small_files: DemoFiles, tmp_path: Path):
    other = make_demo_city(tmp_path, seed=7, scale=SMALL)
    extract, register, census = (a == b for a, b in zip(digests(other), digests(small_files), strict=True))
    assert (extract, register, census) == (False, False, True)
    assert other.facts.counts == small_files.facts.counts


def test_a_folder_with_an_older_city_is_overwritten(tmp_path: Path):
    make_demo_city(tmp_path, seed=7, scale=0.02)
    second = digests(make_demo_city(tmp_path, seed=8, scale=0.02))
    assert second == digests(make_demo_city(tmp_path / "fresh", seed=8, scale=0.02))


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_scale_that_cannot_be_drawn_is_refused(scale: float, tmp_path: Path):
    with pytest.raises(DemoScaleError, match="above 0 and at most 1"):
        make_demo_city(tmp_path, scale=scale)


def test_progress_is_told_step_by_step(tmp_path: Path):
    told: list[tuple[int, int | None]] = []
    make_demo_city(tmp_path, scale=0.02, progress=lambda step, done=0, total=None: told.append((done, total)))
    assert [done for done, _ in told] == list(range(len(told)))
    assert {total for _, total in told} == {len(told)}


# people


def test_the_census_file_has_every_district_and_every_person(small_files: DemoFiles):
    with small_files.census.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == [district.code for district in DISTRICTS]
    assert sum(int(row["people"]) for row in rows) == TOTAL_PEOPLE == small_files.facts.people


# the register


def test_sound_rows_are_as_many_as_declared(whole_files: DemoFiles, whole_rows: list[dict[str, object]]):
    broken = {fault.row for fault in whole_files.faults if fault.severity == "error"}
    sound = [row for number, row in enumerate(whole_rows, start=2) if number not in broken]
    assert Counter(row["类型"] for row in sound) == DECLARED_COUNTS
    assert sum(row["等级"] == "24小时智能化" for row in sound) == 87
    assert whole_files.facts.counts["union_station"] == 784
    stations = [row for row in sound if row["类型"] == "工会驿站"]
    assert sum(row["区市"] == "城阳区" for row in stations) == CHENGYANG_STATIONS


def test_only_smart_stations_never_close(whole_rows: list[dict[str, object]]):
    for row in whole_rows:
        if row["类型"] == "工会驿站":
            rules = parse_hours(str(row["开放时间"] or "")).rules
            never_closes = len(rules) == 1 and (rules[0].opens_min, rules[0].closes_min) == (0, 1440)
            assert never_closes == (row["等级"] == "24小时智能化"), row["开放时间"]


def test_networks_of_the_west_coast_stay_there(whole_rows: list[dict[str, object]]):
    for row in whole_rows:
        if row["类型"] in ("镇街网格工作站", "基层网格工作站", "环卫爱心驿站"):
            assert row["区市"] == "黄岛区"
    towns = [row["镇街"] for row in whole_rows if row["类型"] == "镇街网格工作站"]
    assert len(towns) == len(set(towns)) == 23


def test_every_row_says_that_it_is_invented_and_no_phone_can_be_called(whole_rows: list[dict[str, object]]):
    assert {row["备注"] for row in whole_rows} == {"演示数据(虚构)"}
    assert {row["演示数据"] for row in whole_rows} == {"是"}
    assert {row["联系电话"] for row in whole_rows} == {None, "0532-00000000"}


def test_positions_are_gcj02_and_lie_in_the_street_that_the_row_names(
    whole_files: DemoFiles, whole_rows: list[dict[str, object]]
):
    faulty = {fault.row for fault in whole_files.faults}
    rows = [row for number, row in enumerate(whole_rows, start=2) if number not in faulty]
    assert {row["坐标系"] for row in rows} == {"GCJ-02"}
    lon, lat = to_wgs84([row["经度"] for row in rows], [row["纬度"] for row in rows], Datum.GCJ02)
    x_m, y_m = to_plane(lon, lat)
    # Doors stand up to 25 m beside their street, which may run along a border.
    names = {street.code: street.name for street in _streets()}
    shapes = {names[code]: shape.buffer(60.0) for code, shape in street_shapes().items() if code in names}
    outside = [
        row["站点名称"]
        for row, x, y in zip(rows, x_m.tolist(), y_m.tolist(), strict=True)
        if not shapely.contains_xy(shapes[str(row["镇街"])], x, y)
    ]
    # Two offices' twins and shared doors are moved by a few metres.
    assert outside == []


def _streets():
    from data.qingdao import STREETS

    names = Counter(street.name for street in STREETS)
    assert max(names.values()) == 1
    return STREETS


def test_names_are_unique_and_some_stations_share_a_door(whole_files: DemoFiles, whole_rows: list[dict[str, object]]):
    faulty = {fault.row for fault in whole_files.faults}
    rows = [row for number, row in enumerate(whole_rows, start=2) if number not in faulty]
    assert len({row["站点名称"] for row in rows}) == len(rows)
    x_m, y_m = to_plane([row["经度"] for row in rows], [row["纬度"] for row in rows])
    points = shapely.points(x_m, y_m)
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=30.0)
    pairs = [(rows[a]["类型"], rows[b]["类型"]) for a, b in zip(first, second, strict=True) if a < b]
    assert Counter(pairs)[("工会驿站", "环卫爱心驿站")] >= 30
    assert Counter(pairs)[("工会驿站", "工会驿站")] >= 5


def test_the_faults_are_where_they_are_said_to_be(whole_files: DemoFiles, whole_rows: list[dict[str, object]]):
    kinds = Counter(fault.kind for fault in whole_files.faults)
    assert kinds == {
        "code_twice": 1,
        "swapped": 1,
        "name_empty": 1,
        "position_missing": 1,
        "out_of_city": 1,
        "hours_uncertain": 3,
    }
    for fault in whole_files.faults:
        row = whole_rows[fault.row - 2]
        value = f"{row['经度']}, {row['纬度']}" if fault.kind == "out_of_city" else row[fault.column]
        assert str("" if value is None else value) == fault.value


def test_no_other_row_is_at_fault(whole_files: DemoFiles, whole_rows: list[dict[str, object]]):
    faulty = {fault.row for fault in whole_files.faults}
    codes = Counter(row["编号"] for row in whole_rows)
    assert [code for code, times in codes.items() if times > 1] == [
        fault.value for fault in whole_files.faults if fault.kind == "code_twice"
    ]
    for number, row in enumerate(whole_rows, start=2):
        if number not in faulty:
            assert row["站点名称"]
            assert 119 < row["经度"] < 122
            assert 35 < row["纬度"] < 38
            assert row["开放时间"] is None or parse_hours(str(row["开放时间"])).certain, row["开放时间"]


def test_a_small_city_has_its_share_of_everything(small_files: DemoFiles):
    assert small_files.facts.counts["union_station"] == round(784 * SMALL)
    assert len(small_files.faults) == 8
    assert len(read_rows(small_files.register)) == sum(small_files.facts.counts.values()) + 4


# the land


def test_districts_fit_together_and_are_about_as_large_as_the_real_ones():
    real_km2 = [30, 65, 2129, 396, 99, 584, 1921, 1324, 3176, 1568]
    shapes = district_shapes()
    for district, area_km2 in zip(DISTRICTS, real_km2, strict=True):
        assert shapes[district.code].area / 1e6 == pytest.approx(area_km2, rel=0.25)
        assert shapes[district.code].is_valid
    islands = sum(blob_shape(blob).area for blobs in ISLANDS.values() for blob in blobs)
    total = sum(shape.area for shape in shapes.values())
    assert mainland().area + islands == pytest.approx(total, rel=1e-6)
    assert len(mainland().interiors) == 0


def test_every_border_is_written_once_and_every_area_closes():
    ways = [border.area_codes for border in borders()]
    assert all(1 <= sum(len(code) == 9 for code in codes) <= 2 for codes in ways)
    for code, shape in street_shapes().items():
        lines = [border.line for border in borders() if code in border.area_codes]
        closed = shapely.polygonize(lines)
        assert shapely.area(closed) == pytest.approx(shape.area, abs=2_000)


# the extract


def test_relations_are_the_ten_districts_and_all_streets(small_tables: OsmTables):
    levels = Counter(tags["admin_level"] for tags, _ in small_tables.relations)
    assert levels == {"6": 10, "8": 141}
    assert all(tags["source"] == "synthetic" for tags, _ in small_tables.relations)
    assert {tags["ref"] for tags, _ in small_tables.relations if tags["admin_level"] == "6"} == {
        district.code for district in DISTRICTS
    }


def test_no_street_runs_through_sea_or_bay(whole_tables: OsmTables):
    nodes = whole_tables.nodes_of(walkable=True)
    x_m, y_m = to_plane(whole_tables.lon[nodes], whole_tables.lat[nodes])
    land = shapely.union_all([mainland(), *(blob_shape(blob) for blobs in ISLANDS.values() for blob in blobs)])
    shapely.prepare(land)
    assert int((~shapely.contains_xy(land, x_m, y_m)).sum()) == 0


def test_the_whole_city_is_of_the_size_it_should_be(whole_files: DemoFiles, whole_tables: OsmTables):
    assert whole_files.extract.stat().st_size < 15e6
    degree = np.zeros(len(whole_tables.lon) + 1, np.int64)
    for tags, nodes in whole_tables.ways:
        if "highway" in tags and not tags["highway"].startswith("motorway"):
            np.add.at(degree, nodes[:-1], 1)
            np.add.at(degree, nodes[1:], 1)
    assert 60_000 < int(((degree != 2) & (degree > 0)).sum()) < 120_000


def test_every_kind_of_street_is_there(whole_tables: OsmTables):
    kinds = Counter(tags["highway"] for tags, _ in whole_tables.ways if "highway" in tags)
    expected = "motorway motorway_link trunk primary secondary tertiary residential unclassified living_street service "
    expected += "footway steps cycleway"
    assert set(kinds) == set(expected.split())
    assert any(tags.get("bridge") and tags["name"] == "胶州湾大桥" for tags, _ in whole_tables.ways)
    assert sum("oneway" in tags for tags, _ in whole_tables.ways) > 200


def test_toilets_are_as_many_as_declared_and_most_never_close(whole_tables: OsmTables):
    toilets = [tags for tags in whole_tables.tagged if tags.get("amenity") == "toilets"]
    assert len(toilets) == 1_300
    assert sum(tags["opening_hours"] == "24/7" for tags in toilets) == 782


def test_some_gates_are_private(whole_tables: OsmTables):
    gates = [tags for tags in whole_tables.tagged if tags.get("barrier") == "gate"]
    assert 0 < sum(tags.get("access") == "private" for tags in gates) < len(gates)


# where the sheet meets the globe


def test_sheet_and_degrees_are_each_others_inverse():
    lon, lat = np.array([119.5, 120.38, 121.0]), np.array([35.5, 36.07, 37.2])
    back = to_degrees(*to_plane(lon, lat))
    assert np.allclose(back, (lon, lat), atol=1e-7)
