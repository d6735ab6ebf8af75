"""Registers as unions hand them over: any table, encoding, heading and datum, checked row by row."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from geo.datum import Datum, from_wgs84
from geo.errors import InputError
from geo.measure import distances_m
from geo.places.hours import OpeningHours, parse_hours
from geo.places.register import RegisterError, RegisterRead, read_register
from geo.types import Box
from tests.support.damaged_registers import good_register, write_csv, write_xlsx
from tests.support.real_data import real_data

HEADINGS = ["编号", "站点名称", "经度", "纬度"]


def read_rows(tmp_path: Path, rows: list[list[str]], datum: Datum | None = Datum.WGS84) -> RegisterRead:
    return read_register(write_csv(rows, tmp_path / "register.csv", "utf-8"), datum=datum)


def read_one(tmp_path: Path, **cells: str) -> RegisterRead:
    row = {"站点名称": "驿站", "经度": "120.382600", "纬度": "36.067100"} | cells
    return read_rows(tmp_path, [list(row), list(row.values())])


def codes(read: RegisterRead) -> list[str]:
    return [problem.code for problem in read.problems]


def test_the_real_register_of_zhengzhou_comes_in_whole() -> None:
    path = real_data("zhengzhou/stations_gcj02.gb18030.csv")
    read = read_register(path, datum=Datum.GCJ02, network="工会驿站")
    truth = json.loads(real_data("zhengzhou/stations.geojson").read_text("utf-8"))
    by_code = {str(feature["properties"]["id"]): feature["geometry"]["coordinates"] for feature in truth["features"]}

    assert (len(read.rows), read.rows_read, read.encoding, read.errors) == (82, 82, "gb18030", [])
    lon, lat = np.array([by_code[row.code or ""] for row in read.rows]).T
    apart_m = distances_m(lon, lat, [row.lon for row in read.rows], [row.lat for row in read.rows])
    assert apart_m.max() < 0.1

    forms = {row.hours.text: row.hours for row in read.rows}
    assert len(forms) == 17
    assert {text for text, hours in forms.items() if not hours.certain} == {"工作日开放"}
    assert Counter(codes(read)) == {"hours_uncertain": 2}
    assert all(set(row.amenities) >= {"water_cold", "seat", "phone_charge"} for row in read.rows)
    assert {row.networks for row in read.rows} == {("union_station",)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found_out(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = good_register(12)
    read = read_register(write_csv(rows, tmp_path / "r.csv", encoding, delimiter), datum=Datum.GCJ02)
    assert [row.name for row in read.rows] == [row[1] for row in rows[1:]]
    assert read.delimiter == delimiter
    assert read.encoding == encoding.removesuffix("-le").removesuffix("-be")


def test_a_workbook_a_csv_and_a_geojson_of_one_register_are_read_alike(tmp_path: Path) -> None:
    rows = good_register(8)
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(rows[0], row, strict=True)) | {"服务设施": ["饮水", "空调", "座椅"]},
            "geometry": {"type": "Point", "coordinates": [float(row[4]), float(row[5])]},
        }
        for row in rows[1:]
    ]
    geojson = tmp_path / "r.geojson"
    geojson.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    with pytest.raises(RegisterError) as refusal:
        read_register(geojson, datum=Datum.GCJ02)
    assert refusal.value.code == "double_headings", "properties that repeat the geometry may contradict it"
    for feature in features:
        del feature["properties"]["经度"], feature["properties"]["纬度"]
    geojson.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")

    reads = [
        read_register(write_csv(rows, tmp_path / "r.csv"), datum=Datum.GCJ02),
        read_register(write_xlsx(rows, tmp_path / "r.xlsx"), datum=Datum.GCJ02),
        read_register(geojson, datum=Datum.GCJ02),
    ]
    facts = [[(row.code, row.name, row.lon, row.lat, row.amenities, row.hours) for row in read.rows] for read in reads]
    assert facts[0] == facts[1] == facts[2]
    assert [row.row for row in reads[0].rows] == list(range(2, 10))
    assert [row.row for row in reads[2].rows] == list(range(1, 9))


def test_a_geojson_that_names_its_crs_needs_no_datum(tmp_path: Path) -> None:
    document = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "a"},
                "geometry": {"type": "Point", "coordinates": [120.38261, 36.0671]},
            },
            {"type": "Feature", "properties": {"name": "b"}, "geometry": {"type": "LineString", "coordinates": []}},
        ],
    }
    path = tmp_path / "r.geojson"
    path.write_text(json.dumps(document), "utf-8")
    read = read_register(path)
    assert [(row.name, row.datum) for row in read.rows] == [("a", Datum.WGS84)]
    assert [(problem.row, problem.code) for problem in read.errors] == [(2, "position_missing")]


def test_the_datum_is_asked_for_and_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="--datum"):
        read_rows(tmp_path, good_register(3), datum=None)


def test_the_datum_may_stand_in_a_column_or_in_the_headings(tmp_path: Path) -> None:
    gcj, bd = (from_wgs84(120.3826, 36.0671, datum) for datum in (Datum.GCJ02, Datum.BD09))
    rows = [
        [*HEADINGS, "坐标系"],
        ["1", "a", f"{gcj[0]:.7f}", f"{gcj[1]:.7f}", "高德"],
        ["2", "b", f"{bd[0]:.7f}", f"{bd[1]:.7f}", "百度坐标"],
        ["3", "c", "120.3826000", "36.0671000", "WGS84"],
        ["4", "d", "120.3826000", "36.0671000", "北京54"],
        ["5", "e", "120.3826000", "36.0671000", ""],
    ]
    read = read_rows(tmp_path, rows, datum=None)
    assert np.allclose([[row.lon, row.lat] for row in read.rows], [[120.3826, 36.0671]] * 3, atol=2e-7)
    assert [(problem.row, problem.code) for problem in read.errors] == [(5, "datum_unknown"), (6, "datum_unknown")]

    headings = ["编号", "站点名称", "经度（GCJ-02）", "纬度（GCJ-02）"]
    read = read_rows(tmp_path, [headings, rows[1][:4]], datum=None)
    assert read.datum is Datum.GCJ02
    with pytest.raises(RegisterError, match=r"gcj02.*bd09"):
        read_rows(tmp_path, [headings, rows[1][:4]], datum=Datum.BD09)


def test_titles_above_the_headings_and_remarks_below_are_no_stations(tmp_path: Path) -> None:
    rows = [
        ["青岛市工会驿站一览表", "", "", ""],
        ["2026年3月", "", "", ""],
        ["站点 编号", "站点名称*", "经度 (°)", "纬度：(°)"],
        ["1", "甲驿站", "120.38261", "36.06711"],
        ["", "", "", ""],
        ["2", "乙驿站", "120.38262", "36.06712"],
        ["合计", "2", "", ""],
        ["注：坐标由各区上报", "", "", ""],
    ]
    read = read_rows(tmp_path, rows)
    assert [(row.row, row.name) for row in read.rows] == [(4, "甲驿站"), (6, "乙驿站")]
    assert (read.rows_read, read.errors) == (2, [])
    assert codes(read) == ["not_a_station", "not_a_station"]


def test_english_headings_and_codes_are_understood(tmp_path: Path) -> None:
    rows = [
        ["id", "name", "longitude", "latitude", "type", "amenities", "opening hours", "capacity", "entry", "status"],
        [
            "7",
            "Pier",
            "120.3201",
            "36.0601",
            "sanitation_station",
            "wifi, aed",
            "Mo-Fr 08:00-18:00; PH off",
            "12",
            "pin",
            "active",
        ],
    ]
    (row,) = read_rows(tmp_path, rows).rows
    assert (row.code, row.facility_type, row.capacity_people, row.entry_methods) == (
        "7",
        "sanitation_station",
        12,
        ("pin",),
    )
    assert row.amenities == {"wifi": "available", "aed": "available"}
    assert row.hours.rules == parse_hours("周一至周五 8:00-18:00，节假日休息").rules


def test_of_two_columns_that_mean_the_same_the_plainer_word_is_read(tmp_path: Path) -> None:
    rows = [
        ["id", "单位名称", "站点名称", "编号", "经度", "纬度"],
        ["9", "某公司", "甲", "QD1", "120.38261", "36.06711"],
    ]
    read = read_rows(tmp_path, rows)
    assert [(row.code, row.name) for row in read.rows] == [("QD1", "甲")]
    assert [(problem.column, problem.code) for problem in read.problems] == [
        ("单位名称", "heading_twice"),
        ("id", "heading_twice"),
    ]


def test_of_very_many_properties_the_common_ones_are_read(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [120.38261, 36.06711]}
    features = [
        {"type": "Feature", "geometry": point, "properties": {"name": f"n{i}", "opening_hours": "24/7", f"tag{i}": "x"}}
        for i in range(500)
    ]
    path = tmp_path / "osm.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    read = read_register(path, datum=Datum.WGS84)
    assert len(read.rows) == 500
    assert all(row.hours.certain for row in read.rows)


def test_one_column_may_hold_both_coordinates(tmp_path: Path) -> None:
    for text in ("120.382600,36.067100", "（120.382600， 36.067100）", "120.382600 36.067100"):
        (row,) = read_rows(tmp_path, [["名称", "坐标"], ["甲", text]]).rows
        assert (row.lon, row.lat) == (120.3826, 36.0671)
    read = read_rows(tmp_path, [["名称", "坐标"], ["甲", "36.067100,120.382600"], ["乙", "120.38"]])
    assert [problem.code for problem in read.errors] == ["swapped", "not_a_pair"]


@pytest.mark.parametrize(
    "text",
    [
        "120.382600",
        "１２０．３８２６００",
        "'120.382600",
        "120.382600°",
        "E120.382600",
        " 120.382600\u200b",
        "1.203826e2",
        "120°22′57.36″",
    ],
)
def test_numbers_are_read_however_they_are_typed(text: str, tmp_path: Path) -> None:
    (row,) = read_one(tmp_path, 经度=text).rows
    assert row.lon == pytest.approx(120.3826, abs=1e-9)


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"站点名称": ""}, "name_empty", "站点名称"),
        ({"站点名称": "\u200b \u3000"}, "name_empty", "站点名称"),
        ({"站点名称": "很" * 401}, "name_long", "站点名称"),
        ({"经度": "", "纬度": ""}, "position_missing", "经度"),
        ({"纬度": ""}, "position_missing", "纬度"),
        ({"经度": "nan"}, "not_a_number", "经度"),
        ({"经度": "120,38"}, "not_a_number", "经度"),
        ({"经度": "0", "纬度": "0"}, "out_of_china", "经度"),
        ({"经度": "139.691700", "纬度": "35.689500"}, "out_of_china", "经度"),
        ({"经度": "36.067100", "纬度": "120.382600"}, "swapped", "经度"),
        ({"经度": "40531234.5", "纬度": "3993210.1"}, "projected", "经度"),
    ],
)
def test_what_keeps_a_row_out_is_said_with_its_place(
    cells: dict[str, str], code: str, column: str, tmp_path: Path
) -> None:
    read = read_one(tmp_path, **cells)
    assert read.rows == []
    assert [(problem.row, problem.column, problem.code) for problem in read.errors] == [(2, column, code)]
    assert read.errors[0].problem
    assert read.errors[0].remedy


def test_doubts_let_a_row_in_and_keep_what_was_written(tmp_path: Path) -> None:
    read = read_one(
        tmp_path,
        类型="茶馆",
        服务设施="热水、游泳池、空调（损坏）、无厕所、微波炉2台、桌椅，WiFi",
        开放时间="看店主心情",
        进入方式="刷脸",
        容纳人数="很多",
        核实日期="去年",
        状态="不清楚",
        备注="靠海",
        经度="120.38",
        纬度="36.07",
        天气="晴",
    )
    (row,) = read.rows
    assert row.facility_type == "union_station"
    assert row.amenities == {
        "water_hot": "available",
        "aircon": "broken",
        "toilet_inside": "absent",
        "microwave": "available",
        "table": "available",
        "seat": "available",
        "wifi": "available",
    }
    assert row.hours == OpeningHours((), "看店主心情", certain=False)
    assert (row.capacity_people, row.last_verified_on, row.status) == (None, None, "active")
    assert row.note == "靠海；类型：茶馆；状态：不清楚；服务设施：游泳池"
    assert set(codes(read)) == {
        *("type_unknown", "word_unknown", "hours_uncertain", "face_only", "number_unread", "date_unread"),
        *("coarse_position", "heading_unknown"),
    }


def test_amenities_may_have_a_column_each(tmp_path: Path) -> None:
    read = read_one(tmp_path, 空调="有", 微波炉="2", 冰箱="0", 雨伞="√", 饮水机="", 打气筒="也许", 热水="无")
    assert read.rows[0].amenities == {
        "aircon": "available",
        "microwave": "available",
        "fridge": "absent",
        "umbrella": "available",
        "tyre_pump": "unknown",
        "water_hot": "absent",
    }
    assert codes(read) == ["state_unknown"]


def test_details_are_read_into_their_types(tmp_path: Path) -> None:
    read = read_one(
        tmp_path,
        站点编号="54.0",
        面积="约30㎡",
        座位数="8个",
        星级="5",
        服务对象="外卖骑手、快递员、环卫工人",
        入门方式="微信扫码、身份证",
        是否无障碍="是",
        启用日期="2025年3月",
        核实日期="2026/3/1",
        联系电话="0532-12351",
        依托单位类型="银行",
        楼层="1",
        所属网络="工会驿站、司机之家",
    )
    (row,) = read.rows
    assert (row.area_m2, row.seats, row.star, row.step_free) == (30.0, 8, 5, True)
    assert row.user_groups == ("rider", "courier", "sanitation")
    assert row.entry_methods == ("wechat_scan", "id_card")
    assert (row.opened_on, row.last_verified_on) == (date(2025, 3, 1), date(2026, 3, 1))
    assert (row.public_phone, row.host_type, row.networks) == ("0532-12351", "bank", ("union_station", "driver_home"))
    assert read.problems == []


def test_invisible_characters_go_and_markup_stays_text(tmp_path: Path) -> None:
    (row,) = read_one(tmp_path, 站点名称="\ufeff中\u200b山\u202e公园\u00a0 驿站<script>alert(1)</script>").rows
    assert row.name == "中山公园 驿站<script>alert(1)</script>"


def test_personal_columns_are_left_where_they_are(tmp_path: Path) -> None:
    read = read_one(tmp_path, 负责人="张三", 手机号="13800000000")
    assert "张三" not in repr(read.rows)
    assert "13800000000" not in repr(read.rows)
    assert read.problems == []


def test_rows_of_another_width_are_damage_in_text_files(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "编号,站点名称,经度,纬度\n1,甲,120.38261,36.06711\n2,乙,路口,120.38261,36.06711\n3,丙,120.38261\n", "utf-8"
    )
    read = read_register(path, datum=Datum.WGS84)
    assert [row.name for row in read.rows] == ["甲"]
    assert {(problem.row, problem.code) for problem in read.errors} >= {(3, "row_long"), (4, "row_short")}


def test_merged_data_cells_are_used_for_each_of_their_rows(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append([*HEADINGS, "所属区"])
    book.active.append([1, "甲", 120.38261, 36.06711, "市南区"])
    book.active.append([2, "乙", 120.38262, 36.06712, None])
    book.active.merge_cells("E2:E3")
    book.save(tmp_path / "r.xlsx")
    read = read_register(tmp_path / "r.xlsx", datum=Datum.WGS84)
    assert [row.district for row in read.rows] == ["市南区", "市南区"]
    assert codes(read) == ["merged_data"]


def test_the_sheet_with_headings_is_read_and_others_are_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "封面"
    book.active.append(["青岛市总工会"])
    for name in ("市南", "市北"):
        sheet = book.create_sheet(name)
        sheet.append(HEADINGS)
        sheet.append([1, f"{name}驿站", 120.38261, 36.06711])
    book.save(tmp_path / "r.xlsx")
    read = read_register(tmp_path / "r.xlsx", datum=Datum.WGS84)
    assert [row.name for row in read.rows] == ["市南驿站"]
    assert [problem.problem for problem in read.problems] == ["还有别的工作表有内容，未读：市北"]


def test_positions_outside_the_city_are_doubted_not_refused(tmp_path: Path) -> None:
    path = write_csv(
        [HEADINGS, ["1", "甲", "120.38261", "36.06711"], ["2", "乙", "121.38261", "36.06711"]], tmp_path / "r.csv"
    )
    read = read_register(path, datum=Datum.WGS84, city_box=Box(120.0, 35.9, 120.9, 37.1))
    (problem,) = read.warnings
    assert (problem.row, problem.code) == (3, "out_of_city")
    assert 40 < problem.facts["distance_km"] < 46
    assert len(read.rows) == 2


def test_unknown_networks_and_types_of_the_caller_are_refused(tmp_path: Path) -> None:
    path = write_csv(good_register(2), tmp_path / "r.csv")
    with pytest.raises(InputError, match="no '茶馆'"):
        read_register(path, datum=Datum.GCJ02, network="茶馆")
    with pytest.raises(InputError, match="no 'x'"):
        read_register(path, datum=Datum.GCJ02, default_type="x")


def test_the_same_file_has_the_same_digest_and_the_same_rows(tmp_path: Path) -> None:
    path = write_csv(good_register(20), tmp_path / "r.csv")
    first, second = (read_register(path, datum=Datum.GCJ02) for _ in range(2))
    assert first.sha256 == second.sha256
    assert first.rows == second.rows
