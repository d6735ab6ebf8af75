"""
The register of the demo city as a union would hand it over: one Excel sheet, Chinese headings, GCJ-02 positions, a
few faults.

The faults are deliberate and listed, so that a test can hold the import to reporting exactly them.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import Cell as OneCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.demo.plane import to_degrees
from data.demo.stations import UNCLEAR_HOURS, Station
from geo.datum import Datum, from_wgs84
from geo.places.vocabulary import (
    AMENITIES,
    ATTENDED,
    BIKE_PARKING,
    ENTRY_METHODS,
    FACILITY_CLASSES,
    FACILITY_TYPES,
    HOST_TYPES,
    NETWORKS,
    SERVICES,
    STATUSES,
    USER_GROUPS,
    Table,
    label,
)

NOTE = "演示数据(虚构)"
"""What stands in the remarks of every row: nothing here exists."""

Cell = str | int | float | date | None
Row = dict[str, Cell]

WIDTHS = {
    "编号": 16, "名称": 34, "类型": 22, "所属网络": 14, "类别": 14, "状态": 10, "区市": 9,
    "镇街": 16, "地址": 36, "位置提示": 20, "楼层": 6, "依托单位类型": 14, "经度": 12, "纬度": 12,
    "坐标系": 9, "坐标来源": 10, "开放时间": 38, "值守方式": 12, "进入方式": 20, "服务对象": 30, "设施": 60,
    "有限设施": 16, "故障设施": 16, "没有的设施": 22, "服务项目": 30, "座位数": 8, "停车条件": 12, "联系电话": 15,
    "核实日期": 12, "备注": 18,
}  # fmt: skip
"""Headings in order, with the width of each column in characters."""

_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")
_PHONE = "0532-00000000"
"""A number that cannot be called."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One deliberate fault. `row` counts as Excel does, the headings being row 1; an error keeps the row out."""

    kind: Literal["duplicate_code", "swapped_position", "empty_name", "no_position", "unclear_hours", "at_sea"]
    row: int
    column: str
    value: str
    severity: Literal["error", "warning"]


def write_register(path: Path, stations: list[Station]) -> tuple[Fault, ...]:
    """Write the register and return its faults, by row. The same stations give the same bytes."""
    rows = _rows(stations)
    faults = _spoil(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("工会驿站台账(演示)")
    sheet.freeze_panes = "C2"
    for number, width in enumerate(WIDTHS.values(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading_cell(sheet, heading) for heading in WIDTHS])
    for row in rows:
        sheet.append([row.get(heading) for heading in WIDTHS])
    book.save(path)
    _without_clock(path)
    return faults


def _heading_cell(sheet: WriteOnlyWorksheet, heading: str) -> OneCell:
    cell = WriteOnlyCell(sheet, value=heading)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", start_color="1F5F8B")
    return cell


def _rows(stations: list[Station]) -> list[Row]:
    """One row per station, in words and GCJ-02."""
    lon, lat = to_degrees([row.x_m for row in stations], [row.y_m for row in stations])
    gcj_lon, gcj_lat = from_wgs84(lon, lat, Datum.GCJ02)
    return [
        _row(station, round(float(gcj_lon[number]), 6), round(float(gcj_lat[number]), 6), number)
        for number, station in enumerate(stations)
    ]


def _row(station: Station, lon: float, lat: float, number: int) -> Row:
    """A station in the words of the register."""
    return {
        "编号": station.code,
        "名称": station.name,
        "类型": label(FACILITY_TYPES, station.facility_type),
        "所属网络": label(NETWORKS, station.network),
        "类别": label(FACILITY_CLASSES, station.facility_class),
        "状态": label(STATUSES, station.status),
        "区市": station.district,
        "镇街": station.street,
        "地址": station.address,
        "位置提示": station.landmark,
        "楼层": station.floor,
        "依托单位类型": label(HOST_TYPES, station.host_type),
        "经度": lon,
        "纬度": lat,
        "坐标系": "GCJ-02",
        "坐标来源": "synthetic",
        "开放时间": station.hours or None,
        "值守方式": label(ATTENDED, station.attended),
        "进入方式": _words(ENTRY_METHODS, station.entry_methods),
        "服务对象": _words(USER_GROUPS, station.user_groups),
        "设施": _in_state(station, "available"),
        "有限设施": _in_state(station, "limited"),
        "故障设施": _in_state(station, "broken"),
        "没有的设施": _in_state(station, "absent"),
        "服务项目": _words(SERVICES, station.services),
        "座位数": station.seats,
        "停车条件": label(BIKE_PARKING, station.bike_parking) if station.bike_parking else None,
        "联系电话": _PHONE if number % 3 == 0 else None,
        "核实日期": station.verified_on,
        "备注": NOTE,
    }


def _words(table: Table, codes: list[str]) -> str | None:
    return "、".join(label(table, code) for code in codes) or None


def _in_state(station: Station, state: str) -> str | None:
    return _words(AMENITIES, [code for code, found in station.amenities.items() if found == state])


def _spoil(rows: list[Row]) -> tuple[Fault, ...]:
    """
    Put the deliberate faults in.

    What spoils a row for good comes as a row of its own, so that the sound rows still are as many as declared; what
    only deserves a warning happens to a sound row.
    """
    for place, hours in zip((0.11, 0.37, 0.62), UNCLEAR_HOURS, strict=True):
        rows[_union_row(rows, place)]["开放时间"] = hours
    sea_lon, sea_lat = from_wgs84(np.array([120.42]), np.array([35.98]), Datum.GCJ02)
    at_sea = rows[_union_row(rows, 0.81)]
    at_sea |= {"经度": round(float(sea_lon[0]), 6), "纬度": round(float(sea_lat[0]), 6)}

    spoilt: list[tuple[float, Literal["duplicate_code", "swapped_position", "empty_name", "no_position"], Row]] = []
    first, second, third, fourth = (dict(rows[_union_row(rows, place)]) for place in (0.2, 0.45, 0.7, 0.93))
    spoilt.append((0.25, "duplicate_code", first | {"名称": f"{first['名称']}(新址)"}))
    swapped = {"编号": "370202-YZ-9001", "经度": second["纬度"], "纬度": second["经度"]}
    spoilt.append((0.5, "swapped_position", second | swapped | {"名称": f"{second['名称']}(东门)"}))
    spoilt.append((0.75, "empty_name", third | {"编号": "370202-YZ-9002", "名称": None}))
    lost = {"编号": "370202-YZ-9003", "名称": f"{fourth['名称']}(西门)", "经度": None, "纬度": None}
    spoilt.append((0.97, "no_position", fourth | lost))
    added = []
    for place, kind, row in spoilt:
        rows.insert(round(place * len(rows)), row)
        added.append((kind, row))
    return _located(rows, added, at_sea)


def _union_row(rows: list[Row], place: float) -> int:
    """Position of a union station some way down the register, never a smart one."""
    basic = [
        number
        for number, row in enumerate(rows)
        if row["类型"] == "工会驿站" and row["类别"] == "基本型" and row["开放时间"]
    ]
    return basic[int(place * len(basic))]


_FAULT_COLUMN = {
    "duplicate_code": "编号",
    "swapped_position": "经度",
    "empty_name": "名称",
    "no_position": "经度",
}


def _located(
    rows: list[Row],
    added: list[tuple[Literal["duplicate_code", "swapped_position", "empty_name", "no_position"], Row]],
    at_sea: Row,
) -> tuple[Fault, ...]:
    """The faults with the rows they ended up in."""

    def sheet_row(row: Row) -> int:
        return next(number for number, other in enumerate(rows, start=2) if other is row)

    faults = [
        Fault(kind, sheet_row(row), _FAULT_COLUMN[kind], str(row[_FAULT_COLUMN[kind]] or ""), "error")
        for kind, row in added
    ]
    faults.append(Fault("at_sea", sheet_row(at_sea), "经度", str(at_sea["经度"]), "warning"))
    unclear = [row for row in rows if row["开放时间"] in UNCLEAR_HOURS]
    faults += [Fault("unclear_hours", sheet_row(row), "开放时间", str(row["开放时间"]), "warning") for row in unclear]
    return tuple(sorted(faults, key=lambda fault: fault.row))


def _without_clock(path: Path) -> None:
    """Take the time of writing out of an Excel file, which keeps it in every part and in its properties."""
    with zipfile.ZipFile(path) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    fixed = datetime(2026, 1, 1).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts:
            if name == "docProps/core.xml":
                content = _TIMES.sub(lambda found: found[1] + fixed + found[2], content)
            book.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
