"""A union's list of candidates: good rows come in, every bad one is told by number, column, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from geo.datum import Datum, from_wgs84
from geo.places.candidate_list import CandidateListError, meaning, on_ground_floor, read_candidate_list

HEAD = "候选点名称,经度,纬度,类型,费用（元）,楼层,临街,停车,厕所,开放时间,容纳人数\n"


def listed(folder: Path, text: str, **how: object):
    path = folder / "候选.csv"
    path.write_text(text, encoding="utf-8")
    return read_candidate_list(path, **{"datum": Datum.WGS84, **how})


def test_a_row_says_what_it_says_and_leaves_the_rest_unknown(tmp_path):
    read = listed(
        tmp_path,
        HEAD
        + '建行,120.38,36.07,银行,"30,000元",一楼,是,有,无,周一至周五 9:00-17:00,12人\n公厕,120.39,36.07,,,,,,,,\n',
    )
    assert (read.rows_read, read.rows_refused, read.problems) == (2, 0, ())
    bank, plain = read.rows
    assert (bank.host_type, bank.cost, bank.ground_floor, bank.capacity) == ("bank", 30_000, True, 12)
    assert (bank.street_facing, bank.parking, bank.toilet, bank.hours) == (True, True, False, "周一至周五 9:00-17:00")
    assert plain.as_dict() == {"row": 3, "name": "公厕", "lon": 120.39, "lat": 36.07}


def test_every_bad_row_is_told_with_number_column_value_and_remedy(tmp_path):
    rows = [
        ",120.38,36.07,银行,1,,,,,,",
        "甲,abc,36.07,银行,1,,,,,,",
        "乙,36.07,120.38,银行,1,,,,,,",
        "丙,12.5,36.07,银行,1,,,,,,",
        "丁,120.38,36.07,银行,-5,,,,,,",
        "戊,120.38,36.07,银行,很贵,,,,,,",
        "己,120.38,36.07,银行,1,,,,,,许多",
        "庚,120.38,36.07,火箭站,1,,也许,,,随缘,",
        "辛,120.380001,36.07,银行,1,,,,,,",
    ]
    read = listed(tmp_path, HEAD + "\n".join(rows) + "\n")
    found = [(p.row, p.column, p.value, p.code) for p in read.problems if p.severity == "error"]
    assert found == [
        (2, "候选点名称", "", "no_name"),
        (3, "经度", "abc", "bad_position"),
        (4, "经度", "36.07", "swapped"),
        (5, "经度", "12.5", "far_away"),
        (6, "费用(元)", "-5", "negative_cost"),
        (7, "费用(元)", "很贵", "bad_cost"),
        (8, "容纳人数", "许多", "bad_capacity"),
        (10, "候选点名称", "辛", "same_place"),
    ]
    doubts = {p.code for p in read.problems if p.severity == "warning"}
    assert doubts == {"unknown_type", "unclear_hours", "unclear_answer"}
    assert [row.name for row in read.rows] == ["庚"]
    assert read.rows_refused == 8
    told = read.problems[-1].as_dict()
    assert told["problem"] == "与第 9 行是同一地点"
    assert told["remedy_en"] == "keep one of the two rows"


def test_a_workbook_in_amaps_datum_lands_where_it_is(tmp_path):
    lon, lat = from_wgs84([120.38], [36.07], Datum.GCJ02)
    book = Workbook()
    sheet = book.active
    for row in (
        ["市南区候选点"],
        ["名称", "经度(GCJ-02)", "纬度", "成本"],
        ["公厕", float(lon[0]), float(lat[0]), 8000],
    ):
        sheet.append(row)
    path = tmp_path / "list.xlsx"
    book.save(path)
    (row,) = read_candidate_list(path).rows
    assert (row.lon, row.lat) == pytest.approx((120.38, 36.07), abs=1e-6)
    assert row.cost == 8000


@pytest.mark.parametrize(("text", "says"), [("名称,费用\n甲,1\n", "columns name, lon"), ("名称,经度,纬度\n", "datum")])
def test_a_list_that_cannot_be_understood_is_refused_in_a_sentence(tmp_path, text, says):
    with pytest.raises(CandidateListError, match=says):
        listed(tmp_path, text, datum=None)


@pytest.mark.parametrize(
    ("floor", "is_ground"),
    [
        ("一楼", True),
        ("1F", True),
        ("1", True),
        ("首层", True),
        ("3层", False),
        ("B1", False),
        ("负一", False),
        ("?", None),
    ],
)
def test_a_floor_is_read_as_people_write_it(floor, is_ground):
    assert on_ground_floor(floor) is is_ground


def test_headings_of_a_register_and_of_a_list_mean_the_same():
    assert [meaning(word) for word in ("站点名称", "Cost", "是否临街", "依托单位类型", "备注")] == [
        *("name", "cost", "street_facing", "host_type"),
        None,
    ]
