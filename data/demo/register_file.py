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
    AMENITY_STATES,
    ATTENDED,
    BIKE_PARKING,
    ENTRY_METHODS,
    FACILITY_CLASSES,
    FACILITY_TYPES,
    FIRST_USE_NEEDS,
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

CORE_AMENITIES = (
    "water_hot", "microwave", "seat", "aircon", "phone_charge", "toilet_inside", "first_aid", "wifi", "fridge",
    "tyre_pump", "ebike_charge", "battery_swap",
)  # fmt: skip
"""Amenities with a column of their own, which can also say that a thing is broken or missing."""

WIDTHS = {
    "编号": 16, "站点名称": 34, "类型": 22, "所属网络": 14, "等级": 14, "状态": 10, "区市": 9, "镇街": 16, "地址": 36,
    "位置提示": 20, "楼层": 6, "依托单位类型": 14, "经度": 12, "纬度": 12, "坐标系": 9, "开放时间": 38, "值守方式": 12,
    "进入方式": 20, "首次使用": 12, "服务对象": 30,
    **{label(AMENITIES, code): 9 for code in CORE_AMENITIES},
    "服务设施": 48, "服务项目": 30, "座位数": 8, "停车条件": 12, "联系电话": 15, "核实日期": 12, "演示数据": 9,
    "备注": 18,
}  # fmt: skip
"""Headings in order, with the width of each column in characters."""

_TIMES = re.compile(rb"(<\w+:(?:created|modified)[^>]*>)[^<]*(</)")
"""The clock's traces in a workbook, whatever prefix their namespace has: other libraries in the process rename it."""

_PHONE = "0532-00000000"
"""A number that cannot be called."""


Kind = Literal["code_twice", "swapped", "name_empty", "position_missing", "hours_uncertain", "out_of_city"]
"""What is wrong, in the code of the register reader's message for it (geo/places/register/messages.py)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One deliberate fault. `row` counts as Excel does, the headings being row 1; an error keeps the row out.

    A position at sea shows only to a reader who was told where the city is; every other fault shows in the file alone.
    """

    kind: Kind
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
        "站点名称": station.name,
        "类型": label(FACILITY_TYPES, station.facility_type),
        "所属网络": label(NETWORKS, station.network),
        "等级": label(FACILITY_CLASSES, station.facility_class),
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
        "开放时间": station.hours or None,
        "值守方式": label(ATTENDED, station.attended),
        "进入方式": _words(ENTRY_METHODS, station.entry_methods),
        "首次使用": label(FIRST_USE_NEEDS, _first_use(station)),
        "服务对象": _words(USER_GROUPS, station.user_groups),
        **_core_amenities(station),
        "服务设施": _words(AMENITIES, [code for code, state in station.amenities.items() if _is_listed(code, state)]),
        "服务项目": _words(SERVICES, station.services),
        "座位数": station.seats,
        "停车条件": label(BIKE_PARKING, station.bike_parking) if station.bike_parking else None,
        "联系电话": _PHONE if number % 3 == 0 else None,
        "核实日期": station.verified_on,
        "演示数据": "是",
        "备注": NOTE,
    }


def _first_use(station: Station) -> str:
    """What a first visit needs, as the ways in suggest."""
    if "app_qr" in station.entry_methods:
        return "app"
    return "register" if {"id_card", "member_qr", "wechat_scan"} & set(station.entry_methods) else "none"


def _core_amenities(station: Station) -> Row:
    """The state of each amenity with a column of its own; an empty cell is one that nobody checked."""
    return {
        label(AMENITIES, code): label(AMENITY_STATES, station.amenities[code]) if code in station.amenities else None
        for code in CORE_AMENITIES
    }


def _is_listed(code: str, state: str) -> bool:
    """Whether an amenity stands in the list of the others: there, and without a column."""
    return state in ("available", "limited") and code not in CORE_AMENITIES


def _words(table: Table, codes: list[str]) -> str | None:
    return "、".join(label(table, code) for code in codes) or None


def _spoil(rows: list[Row]) -> tuple[Fault, ...]:
    """
    Put the deliberate faults in.

    What spoils a row for good comes as a row of its own, so that the sound rows still are as many as declared; what
    only deserves a warning happens to a sound row.
    """
    for place, hours in zip((0.11, 0.37, 0.62), UNCLEAR_HOURS, strict=True):
        rows[_union_row(rows, place)]["开放时间"] = hours
    sea_lon, sea_lat = from_wgs84(np.array([121.32]), np.array([35.96]), Datum.GCJ02)
    at_sea = rows[_union_row(rows, 0.81)]
    at_sea |= {"经度": round(float(sea_lon[0]), 6), "纬度": round(float(sea_lat[0]), 6)}

    first, second, third, fourth = (dict(rows[_union_row(rows, place)]) for place in (0.2, 0.45, 0.7, 0.93))
    swapped = {"编号": "370202-YZ-9001", "经度": second["纬度"], "纬度": second["经度"]}
    lost = {"编号": "370202-YZ-9003", "站点名称": f"{fourth['站点名称']}(西门)", "经度": None, "纬度": None}
    spoilt: list[tuple[Kind, Row]] = [
        ("code_twice", first | {"站点名称": f"{first['站点名称']}(新址)"}),
        ("swapped", second | swapped | {"站点名称": f"{second['站点名称']}(东门)"}),
        ("name_empty", third | {"编号": "370202-YZ-9002", "站点名称": None}),
        ("position_missing", fourth | lost),
    ]
    for place, (_, row) in zip((0.4, 0.5, 0.75, 0.97), spoilt, strict=True):
        rows.insert(round(place * len(rows)), row)
    return _located(rows, spoilt, at_sea)


def _union_row(rows: list[Row], place: float) -> int:
    """Position of a union station some way down the register, never a smart one."""
    basic = [
        number
        for number, row in enumerate(rows)
        if row["类型"] == "工会驿站" and row["等级"] == "基本型" and row["开放时间"]
    ]
    return basic[int(place * len(basic))]


_FAULT_COLUMN: dict[Kind, str] = {
    "code_twice": "编号",
    "swapped": "经度",
    "name_empty": "站点名称",
    "position_missing": "经度",
}


def _located(rows: list[Row], spoilt: list[tuple[Kind, Row]], at_sea: Row) -> tuple[Fault, ...]:
    """The faults with the rows they ended up in."""

    def sheet_row(row: Row) -> int:
        return next(number for number, other in enumerate(rows, start=2) if other is row)

    faults = [
        Fault(kind, sheet_row(row), _FAULT_COLUMN[kind], str(row[_FAULT_COLUMN[kind]] or ""), "error")
        for kind, row in spoilt
    ]
    faults.append(Fault("out_of_city", sheet_row(at_sea), "经度", f"{at_sea['经度']}, {at_sea['纬度']}", "warning"))
    unclear = [row for row in rows if row["开放时间"] in UNCLEAR_HOURS]
    faults += [Fault("hours_uncertain", sheet_row(row), "开放时间", str(row["开放时间"]), "warning") for row in unclear]
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
