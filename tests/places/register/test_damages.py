"""Damaged registers: each is refused in one sentence or reported row by row, quickly and in little memory."""

from __future__ import annotations

import csv
import resource
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from geo.datum import Datum
from geo.places.register import RegisterError, read_register
from geo.places.register.workbook_child import COLUMN_LIMIT, ROW_LIMIT
from tests.support.damaged_registers import (
    DAMAGES,
    HEADINGS,
    edit_member,
    good_register,
    write_csv,
    write_xlsx,
)
from tests.support.real_data import real_data

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def real_rows() -> list[list[str]]:
    text = real_data("zhengzhou/stations_gcj02.gb18030.csv").read_text("gb18030")
    return list(csv.reader(text.splitlines()))


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("source", ["drawn", "real"])
def test_a_damaged_register_is_refused_or_reported(name: str, source: str, tmp_path: Path) -> None:
    rows = good_register() if source == "drawn" else real_rows()
    damage = DAMAGES[name]
    path = damage.make(rows, tmp_path)
    if damage.refused_as:
        with pytest.raises(RegisterError) as refusal:
            read_register(path, datum=Datum.GCJ02)
        assert refusal.value.code == damage.refused_as
        assert "\n" not in str(refusal.value)
        assert "；" in refusal.value.zh, "says what to do"
    else:
        read = read_register(path, datum=Datum.GCJ02)
        count = len(rows) - 1
        assert read.rows_read == count
        assert len(read.rows) == count - damage.bad_rows(count)
        assert read.rows_failed == damage.bad_rows(count)
        codes = {problem.code for problem in read.errors}
        assert codes == ({damage.rows_reported_as} if damage.rows_reported_as else set())
        assert all(problem.row and problem.row > 1 and problem.remedy and problem.remedy_en for problem in read.errors)


def test_swapped_columns_are_told_to_be_exchanged(tmp_path: Path) -> None:
    read = read_register(DAMAGES["swapped columns"].make(good_register(1), tmp_path), datum=Datum.GCJ02)
    (problem,) = read.errors
    assert (problem.row, problem.column) == (2, "经度")
    assert problem.value.startswith("36.")
    assert "对调" in problem.remedy
    assert "exchange" in problem.remedy_en


def test_a_far_cell_is_named_with_its_place(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(HEADINGS)
    book.active["A1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(RegisterError, match="A1048576"):
        read_register(tmp_path / "far.xlsx", datum=Datum.GCJ02)
    book = Workbook()
    book.active.append(HEADINGS)
    book.active["XFD2"] = "x"
    book.save(tmp_path / "wide.xlsx")
    with pytest.raises(RegisterError, match=f"XFD2.*{COLUMN_LIMIT}"):
        read_register(tmp_path / "wide.xlsx", datum=Datum.GCJ02)


def test_entities_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(good_register(3), tmp_path / "laughs.xlsx")
    laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet '
    edit_member(path, "xl/worksheets/sheet1.xml", "<worksheet ", laughs)
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "entities"


def test_entities_hidden_in_the_shared_strings_are_refused(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE w [<!ENTITY a "ha">]><sst><si><t>&a;</t></si></sst>'
    path = with_shared_strings(tmp_path / "laughs.xlsx", laughs, rows=5)
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "entities"


def test_one_long_text_shared_by_every_cell_is_stopped(tmp_path: Path) -> None:
    path = with_shared_strings(
        tmp_path / "shared.xlsx", f"<sst {NAMESPACE}><si><t>{'x' * 1900}</t></si></sst>", rows=5000
    )
    assert path.stat().st_size < 100_000
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "too_much_text"


def with_shared_strings(path: Path, strings: str, rows: int) -> Path:
    """A workbook whose cells all show the first of its shared strings."""
    write_xlsx([["x"]], path)
    row = "<row>" + '<c t="s"><v>0</v></c>' * 9 + "</row>"
    cells = row * rows
    edit_member(path, "xl/worksheets/sheet1.xml", "</sheetData>", cells + "</sheetData>")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    edit_member(path, "[Content_Types].xml", "</Types>", override)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
    return path


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_more_rows_than_the_limit_are_refused(suffix: str, tmp_path: Path) -> None:
    rows = [HEADINGS, *[["x"] + [""] * 8] * (ROW_LIMIT + 1)]
    path = (write_csv if suffix == "csv" else write_xlsx)(rows, tmp_path / f"many.{suffix}")
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "too_many_rows"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "empty_file"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old_excel"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n", "unknown_format"),
        ("page.xls", b"<html><table></table></html>", "unknown_format"),
        ("no_zip.xlsx", b"hello", "damaged_workbook"),
        ("binary.csv", "编号,站点名称\n\x01\x02,x".encode(), "unknown_encoding"),
        ("cut.csv", "编号,站点名称,经度,纬度\n1,驿站,120.3,36".encode()[:-14], "cut_off"),
        ("quote.csv", '编号,站点名称,经度,纬度\n1,"驿站,120.3,36\n'.encode(), "cut_off"),
        ("lost.csv", "编号,站点名称,经度,纬度\n1,��站,120.3,36\n".encode(), "mojibake"),
        ("words.csv", "你好\n世界\n".encode(), "no_headings"),
        ("headings.csv", "编号,站点名称,经度,纬度\n".encode(), "no_rows"),
        ("double.csv", "站点名称,经度,lon,纬度\na,120.3,120.3,36\n".encode(), "double_headings"),
        ("cut.geojson", b'{"type": "FeatureCollection", "features": [{"type"', "cut_off"),
        ("list.geojson", b"[1, 2]", "not_points"),
        ("nan.geojson", b'{"features": [NaN]}', "bad_json"),
        ("deep.geojson", b'{"features": ' + b"[" * 100_000, "bad_json"),
    ],
)
def test_what_is_no_register_is_refused_in_one_sentence(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == code


def test_too_big_a_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b"x" * (5 * 2**20 + 1))
    with pytest.raises(RegisterError, match="5 MB"):
        read_register(path, datum=Datum.GCJ02)
    with pytest.raises(RegisterError, match=r"nowhere\.csv"):
        read_register(tmp_path / "nowhere.csv", datum=Datum.GCJ02)


def test_masses_of_styles_and_merges_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(good_register(3), tmp_path / "styles.xlsx")
    style = "".join(f'<xf numFmtId="{number % 99}" fontId="0"/>' for number in range(210_000))
    edit_member(path, "xl/styles.xml", "</cellXfs>", style + "</cellXfs>")
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "unpacks_too_big"

    for count in (100, 2000):
        path = write_xlsx(good_register(3000), tmp_path / "merges.xlsx")
        merges = "<mergeCells>" + '<mergeCell ref="A2:ZZZ1048576"/>' * count + "</mergeCells></worksheet>"
        edit_member(path, "xl/worksheets/sheet1.xml", "</worksheet>", merges)
        with pytest.raises(RegisterError) as refusal:
            read_register(path, datum=Datum.GCJ02)
        assert refusal.value.code == "too_many_merges"


def test_odd_members_of_an_archive_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(good_register(3), tmp_path / "odd.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../etc/passwd", "x")
    with pytest.raises(RegisterError) as refusal:
        read_register(path, datum=Datum.GCJ02)
    assert refusal.value.code == "strange_member"
    with zipfile.ZipFile(tmp_path / "plain.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(RegisterError) as refusal:
        read_register(tmp_path / "plain.xlsx", datum=Datum.GCJ02)
    assert refusal.value.code == "unknown_format"


def test_reading_workbooks_costs_this_process_little_memory(tmp_path: Path) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read_register(DAMAGES["200,000 empty rows"].make(good_register(), tmp_path), datum=Datum.GCJ02)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 200_000
