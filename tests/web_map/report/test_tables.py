"""A workbook anyone can open: sheets that filter, numbers that are numbers, and no formula from a register."""

import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from geo.services.exports import Column, Sheet, geopackage, workbook
from geo.services.planner_report import made_at_utc
from web_map.report.tables import xlsx_of

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", '=HYPERLINK("http://evil.example")')


@pytest.fixture(scope="module")
def book(report):
    return openpyxl.load_workbook(io.BytesIO(xlsx_of(report, "zh")))


def rows_of(sheet):
    """The rows below the headings, which are where the panes are frozen."""
    first = int(sheet.freeze_panes[1:])
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


def test_the_sheets_are_those_a_planner_asks_for(book):
    assert book.sheetnames == ["说明", "总体", "区", "街道", "空白区", "驿站"]


def test_tables_filter_and_stay_in_sight(book):
    for name in ("总体", "区", "街道", "空白区", "驿站"):
        sheet = book[name]
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row))
        assert int(sheet.freeze_panes[1:]) > 2


def test_numbers_are_numbers_with_a_format(book, report):
    first = rows_of(book["区"])[0]
    assert first[2] == report.document["districts"][0]["people"]
    sheet = book["区"]
    formats = [cell.number_format for cell in sheet[int(sheet.freeze_panes[1:])]]
    assert formats[2] == "#,##0"
    assert formats[6] == "0.0%"


def test_every_station_is_there_with_its_whole_name(book, report):
    assert [row[2] for row in rows_of(book["驿站"])] == report.snapshot.facilities["name"].tolist()


def test_every_gap_is_there(book, report):
    assert len(rows_of(book["空白区"])) == len(report.document["gaps"])


def test_every_sheet_warns_of_made_up_data(book):
    assert {sheet["A1"].value for sheet in book} == {"演示数据：本报告所用城市、驿站与人口均为虚构，不代表任何真实城市"}


def test_nothing_in_a_register_becomes_a_formula(report):
    sheet = Sheet("a", [Column("=heading")], [[text] for text in FORMULAS], ["=note"], "=warning")
    body = workbook([sheet], title="=title", made_at=made_at_utc(report))
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(body))["a"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells[3:]] == [text.replace("\t", "\t") for text in FORMULAS]
    assert all(cell.quotePrefix for cell in cells[3:])
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_what_xml_cannot_hold_is_left_out(report):
    sheet = Sheet("a", [Column("a")], [["a\x00b\x1fc\ufffe"], ["x" * 40_000]])
    body = workbook([sheet], title="t", made_at=made_at_utc(report))
    page = openpyxl.load_workbook(io.BytesIO(body))["a"]
    assert page["A2"].value == "abc"
    assert len(page["A3"].value) == 32_000


def test_files_carry_the_moment_of_the_facts_and_no_clock(report):
    sheet = Sheet("a", [Column("a")], [["b"]])
    body = workbook([sheet], title="t", made_at=made_at_utc(report))
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(2026, 1, 5, 8, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert core.count("2026-01-05T08:00:00Z") == 2


def test_a_city_without_gaps_still_makes_a_geopackage(report):
    from geo.services.exports import Layer, gaps_frame

    empty = gaps_frame(report.snapshot, report.answered).head(0)
    body = geopackage(
        [Layer("gaps", "gaps", empty), Layer("about", "about", pd.DataFrame({"a": ["b"]}))], made_at=made_at_utc(report)
    )
    assert body.startswith(b"SQLite format 3")
