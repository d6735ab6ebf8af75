"""
Twelve ways a register arrives damaged, made from a good one, and what each of them has to lead to.

`good_register` draws a small register of its own, so that none of this needs data made by others; `DAMAGES` names a
maker for each damage: it takes the rows of a good table (headings first) and a folder, and returns the file it wrote.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from geo.datum import Datum, from_wgs84

Rows = list[list[str]]
"""A table as texts, the headings first."""

HEADINGS = ["编号", "站点名称", "地址", "所属区", "经度", "纬度", "服务设施", "开放时间", "容纳人数"]


@dataclass(frozen=True)
class Damage:
    """One damage: how it is made, and whether the file is refused or rows of it are reported."""

    make: Callable[[Rows, Path], Path]
    refused_as: str | None = None
    """Code of the RegisterError; None when the file is read and rows are reported."""
    rows_reported_as: str | None = None
    """Code of the problem that bad rows are reported with."""
    bad_rows: Callable[[int], int] = lambda _: 0
    """How many of so many rows are kept out."""


def good_register(count: int = 40) -> Rows:
    """A register of stations in Qingdao, GCJ-02, as a union would hand it over."""
    rng = np.random.default_rng(20)
    lon, lat = from_wgs84(rng.uniform(120.30, 120.48, count), rng.uniform(36.05, 36.20, count), Datum.GCJ02)
    rows = [list(HEADINGS)]
    for place in range(count):
        hours = ["08:00-20:00", "24小时", "周一至周五 08:00-12:00,14:00-18:00", "18:00-次日02:00"][place % 4]
        rows.append(
            [
                f"QD{place + 1:03d}",
                f"第{place + 1}工会驿站",
                f"青岛市市北区第{place + 1}路{place + 1}号",
                "市北区",
                f"{lon[place]:.6f}",
                f"{lat[place]:.6f}",
                "饮水、空调、座椅",
                hours,
                "8",
            ]
        )
    return rows


def write_csv(rows: Rows, path: Path, encoding: str = "gb18030", delimiter: str = ",") -> Path:
    """Write rows as delimited text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(rows: Rows, path: Path) -> Path:
    """Write rows as a workbook, numbers as numbers."""
    book = workbook(rows)
    book.save(path)
    return path


def workbook(rows: Rows) -> Workbook:
    """A workbook of rows."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append([number_or_text(cell) for cell in row])
    return book


def number_or_text(cell: str) -> str | float:
    """A cell as a spreadsheet would take it when it is typed in."""
    try:
        return float(cell)
    except ValueError:
        return cell


def column(rows: Rows, heading: str) -> int:
    """The place of a heading."""
    return rows[0].index(heading)


def swapped_columns(rows: Rows, folder: Path) -> Path:
    """Longitudes under 纬度 and latitudes under 经度."""
    swapped = [list(row) for row in rows]
    lon, lat = column(rows, "经度"), column(rows, "纬度")
    for row in swapped[1:]:
        row[lon], row[lat] = row[lat], row[lon]
    return write_csv(swapped, folder / "swapped.csv")


def text_in_numbers(rows: Rows, folder: Path) -> Path:
    """A few longitudes are words."""
    spoilt = [list(row) for row in rows]
    for row, text in zip(spoilt[1:4], ("约120.38", "待定", "120.38.26"), strict=True):
        row[column(rows, "经度")] = text
    return write_csv(spoilt, folder / "text_in_numbers.csv")


def missing_heading(rows: Rows, folder: Path) -> Path:
    """Nobody named the column of latitudes."""
    headings = list(rows[0])
    headings[column(rows, "纬度")] = ""
    return write_csv([headings, *rows[1:]], folder / "missing_heading.csv")


def wrong_encoding(rows: Rows, folder: Path) -> Path:
    """GB18030 taken for Latin-1 and saved again as UTF-8: every Chinese character is two accented letters."""
    good = write_csv(rows, folder / "wrong_encoding.csv")
    good.write_bytes(good.read_bytes().decode("latin-1").encode("utf-8"))
    return good


def duplicated_codes(rows: Rows, folder: Path) -> Path:
    """Three stations carry the code of the first."""
    doubled = [list(row) for row in rows]
    for row in doubled[2:5]:
        row[column(rows, "编号")] = doubled[1][column(rows, "编号")]
    return write_csv(doubled, folder / "duplicated_codes.csv")


def empty_rows(rows: Rows, folder: Path) -> Path:
    """200,000 empty formatted rows below the table."""
    path = write_xlsx(rows, folder / "empty_rows.xlsx")
    blank = "".join(
        f'<row r="{place}" ht="15"><c r="A{place}" s="0"/></row>' for place in range(len(rows) + 1, 200_001)
    )
    return edit_member(path, "xl/worksheets/sheet1.xml", "</sheetData>", blank + "</sheetData>")


def formula_cells(rows: Rows, folder: Path) -> Path:
    """Longitudes that are computed, by a program that stored no values."""
    book = workbook(rows)
    sheet = book.active
    for place in range(2, 7):
        sheet.cell(place, column(rows, "经度") + 1).value = f"=A{place}+120"
    path = folder / "formula_cells.xlsx"
    book.save(path)
    return path


def merged_headings(rows: Rows, folder: Path) -> Path:
    """One heading 坐标 over two columns."""
    book = workbook(rows)
    sheet = book.active
    lon = column(rows, "经度") + 1
    sheet.cell(1, lon).value = "坐标"
    sheet.merge_cells(start_row=1, start_column=lon, end_row=1, end_column=lon + 1)
    path = folder / "merged_headings.xlsx"
    book.save(path)
    return path


def zip_bomb(rows: Rows, folder: Path) -> Path:
    """A workbook of some kilobytes whose sheet unpacks to far more than memory should give."""
    path = write_xlsx(rows, folder / "zip_bomb.xlsx")
    blank = "<row><c/></row>" * 6_000_000
    return edit_member(path, "xl/worksheets/sheet1.xml", "</sheetData>", blank + "</sheetData>")


def truncated_file(rows: Rows, folder: Path) -> Path:
    """A workbook of which only the first part arrived."""
    path = write_xlsx(rows, folder / "truncated.xlsx")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    return path


def points_in_the_sea(rows: Rows, folder: Path) -> Path:
    """Five stations in the Pacific, where the longitude was mistyped."""
    drowned = [list(row) for row in rows]
    for row in drowned[1:6]:
        row[column(rows, "经度")] = f"{float(row[column(rows, '经度')]) + 30:.6f}"
    return write_csv(drowned, folder / "points_in_the_sea.csv")


def wrong_datum(rows: Rows, folder: Path) -> Path:
    """GCJ-02 positions in a table that says it is BD-09; the import says GCJ-02."""
    stated = [[*row, "坐标系" if place == 0 else "BD-09"] for place, row in enumerate(rows)]
    return write_csv(stated, folder / "wrong_datum.csv")


def edit_member(path: Path, member: str, old: str, new: str) -> Path:
    """Write a workbook again with a change in one of its members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[member] = members[member].decode().replace(old, new).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


DAMAGES: dict[str, Damage] = {
    "swapped columns": Damage(swapped_columns, rows_reported_as="swapped", bad_rows=lambda rows: rows),
    "text in numbers": Damage(text_in_numbers, rows_reported_as="not_a_number", bad_rows=lambda _: 3),
    "missing heading": Damage(missing_heading, refused_as="missing_columns"),
    "wrong encoding": Damage(wrong_encoding, refused_as="mojibake"),
    "duplicated codes": Damage(duplicated_codes, rows_reported_as="code_twice", bad_rows=lambda _: 3),
    "200,000 empty rows": Damage(empty_rows, bad_rows=lambda _: 0),
    "formula cells": Damage(formula_cells, rows_reported_as="formula_empty", bad_rows=lambda _: 5),
    "merged headings": Damage(merged_headings, refused_as="merged_headings"),
    "zip bomb": Damage(zip_bomb, refused_as="unpacks_too_big"),
    "truncated file": Damage(truncated_file, refused_as="damaged_workbook"),
    "points in the sea": Damage(points_in_the_sea, rows_reported_as="out_of_china", bad_rows=lambda _: 5),
    "wrong datum": Damage(wrong_datum, rows_reported_as="datum_conflict", bad_rows=lambda rows: rows),
}
"""Every damage of the acceptance list, by name."""
