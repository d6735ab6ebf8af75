"""Workbooks that go out: problems marked and inert, the template readable by our own reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from geo.datum import Datum
from geo.places.register import RegisterError, read_register, register_template, write_problem_workbook
from tests.support.damaged_registers import DAMAGES, good_register, write_csv

HOSTILE = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1+1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0")


def test_the_bad_rows_go_back_coloured_with_what_to_do(tmp_path: Path) -> None:
    read = read_register(DAMAGES["text in numbers"].make(good_register(), tmp_path), datum=Datum.GCJ02)
    write_problem_workbook(read, tmp_path / "back.xlsx")
    sheet = load_workbook(tmp_path / "back.xlsx")["登记表"]
    assert [cell.value for cell in sheet[1]][-5:] == ["级别", "问题", "处理办法", "Problem", "Remedy"]
    assert [sheet.cell(place, 10).value for place in (2, 3, 4, 5)] == ["错误", "错误", "错误", None]
    assert sheet.cell(2, 5).fill.start_color.rgb.endswith("F8C9C4")
    assert sheet.cell(2, 6).fill.fill_type is None
    assert sheet.cell(2, 5).value == "约120.38"
    assert "不是数字" in sheet.cell(2, 11).value


def test_a_mended_workbook_comes_in_again(tmp_path: Path) -> None:
    rows = good_register()
    read = read_register(DAMAGES["text in numbers"].make(rows, tmp_path), datum=Datum.GCJ02)
    write_problem_workbook(read, tmp_path / "back.xlsx")
    book = load_workbook(tmp_path / "back.xlsx")
    for place in (2, 3, 4):
        book["登记表"].cell(place, 5).value = rows[place - 1][4]
    book.save(tmp_path / "mended.xlsx")
    mended = read_register(tmp_path / "mended.xlsx", datum=Datum.GCJ02)
    assert mended.problems == []
    assert [row.name for row in mended.rows] == [row[1] for row in rows[1:]]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_goes_out_as_a_formula(text: str, tmp_path: Path) -> None:
    rows = good_register(2)
    rows[1][1], rows[2][2], rows[2][4] = text, text, text
    read = read_register(write_csv(rows, tmp_path / "r.csv", "utf-8"), datum=Datum.GCJ02)
    write_problem_workbook(read, tmp_path / "back.xlsx")
    book = load_workbook(tmp_path / "back.xlsx")
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    written = [cell for cell in cells if str(cell.value).strip() == text.strip()]
    assert written
    assert all(cell.quotePrefix for cell in written)


def test_the_template_is_understood_column_by_column_and_its_example_is_no_station(tmp_path: Path) -> None:
    register_template(tmp_path / "template.xlsx")
    with pytest.raises(RegisterError) as refusal:
        read_register(tmp_path / "template.xlsx")
    assert refusal.value.code == "no_rows"

    book = load_workbook(tmp_path / "template.xlsx")
    sheet = book["登记表"]
    sheet["A2"] = "QD001"
    book.save(tmp_path / "filled.xlsx")
    read = read_register(tmp_path / "filled.xlsx")
    assert read.problems == []
    assert len(read.headings) == sheet.max_column
    (row,) = read.rows
    assert (row.datum, row.facility_class, row.attended, row.bike_parking) == (
        Datum.GCJ02,
        "smart24h",
        "staffed",
        "kerb",
    )
    assert row.hours.certain
    assert len(row.amenities) == 5
    assert {validation.type for validation in sheet.data_validations.dataValidation} == {"list", None}
