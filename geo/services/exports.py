"""
Coverage as frames and as files that other programs open: GeoPackage for a GIS, a workbook for everybody else.

Files are the same bytes whenever the same facts are written: what the formats stamp with the clock is set to the
moment of the facts. Nothing a register holds can become a formula.
"""

from __future__ import annotations

import io
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo.cells import cells_to_polygons, cells_to_texts
from geo.coverage.field import STATE_CODES
from geo.coverage.question import DS_PER_MINUTE
from geo.services.coverage import CoverageAnswer, gap_frame
from geo.types import UNREACHED

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

WGS84 = "EPSG:4326"

# ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# Numbers are int64 and float64 throughout: `GeoDataFrame.explore` cannot draw shorter ones.


def cells_frame(answered: CoverageAnswer, *, inhabited: bool = True) -> gpd.GeoDataFrame:
    """
    The cells of an answer as hexagons (EPSG:4326), those with people unless told otherwise.

    Columns h3 (text), minutes (at the centre, NaN where nothing can be reached), share (of its streets within the
    limit), people, covered_people, state.
    """
    chosen = answered.people > 0 if inhabited else np.ones(len(answered.cells), dtype=np.bool_)
    coverage, time_ds = answered.coverage, answered.coverage.time_ds[chosen].astype(np.float64)
    columns = {
        "h3": cells_to_texts(answered.cells[chosen]),
        "minutes": np.where(time_ds == UNREACHED, np.nan, time_ds / DS_PER_MINUTE).round(2),
        "share": coverage.share[chosen].round(4),
        "people": answered.people[chosen].round(3),
        "covered_people": answered.covered_people[chosen].round(3),
        "state": np.array(STATE_CODES, dtype=object)[coverage.state[chosen]],
    }
    return gpd.GeoDataFrame(columns, geometry=cells_to_polygons(answered.cells[chosen]), crs=WGS84)


def points_frame(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """A table with columns lon and lat (WGS-84 degrees) as points, the two columns kept."""
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=WGS84)


def gaps_frame(snapshot: Snapshot, answered: CoverageAnswer) -> gpd.GeoDataFrame:
    """
    The gaps of an answer as patches (EPSG:4326), those with most people first.

    Columns rank, gap (its lasting name), people, cells, district, street, nearest (name of the nearest station),
    minutes (to it), lon and lat of the suggested place; texts empty and numbers NaN where there is none.
    """
    gaps = gap_frame(snapshot, answered)
    names = snapshot.facilities["name"]
    return gpd.GeoDataFrame(
        {
            "rank": gaps["rank"].to_numpy(dtype=np.int64),
            "gap": gaps["stable_id"].to_numpy(dtype=object),
            "people": gaps["people"].to_numpy(dtype=np.float64).round(2),
            "cells": gaps["cells"].to_numpy(dtype=np.int64),
            "district": [value or "" for value in gaps["district"]],
            "street": [value or "" for value in gaps["street"]],
            "nearest": ["" if one is None else str(names.loc[one]) for one in gaps["nearest_facility_id"]],
            "minutes": [np.nan if one is None else round(one / DS_PER_MINUTE, 2) for one in gaps["nearest_ds"]],
            "lon": [np.nan if one is None else one.x for one in gaps["suggested_geom"]],
            "lat": [np.nan if one is None else one.y for one in gaps["suggested_geom"]],
        },
        geometry=gaps.geometry.to_numpy(),
        crs=WGS84,
    )


def areas_frame(snapshot: Snapshot, table: pd.DataFrame, level: str) -> gpd.GeoDataFrame:
    """The district or street table of an answer with its areas' outlines (EPSG:4326), without rows of no area."""
    areas = snapshot.areas[snapshot.areas["level"] == level]
    shape_of = dict(zip(areas["code"], areas.geometry, strict=True))
    kept = table[table["code"].isin(list(shape_of))].reset_index(drop=True)
    shapes = [
        shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
        for shape in (shape_of[code] for code in kept["code"])
    ]
    return gpd.GeoDataFrame(kept, geometry=np.array(shapes, dtype=object), crs=WGS84)


# ── GeoPackage ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a GeoPackage: its table's name, what it is in words, and how QGIS draws it (QML; None: anyhow)."""

    name: str
    title: str
    frame: pd.DataFrame
    qml: str | None = None


STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)"""
"""Where QGIS looks for the styles of a GeoPackage's layers; its own layout."""


def geopackage(layers: Sequence[Layer], *, made_at: datetime) -> bytes:
    """Write layers (EPSG:4326) with their styles as one GeoPackage."""
    with tempfile.TemporaryDirectory(prefix="yiquan-") as folder:
        path = Path(folder) / "report.gpkg"
        for layer in layers:
            pyogrio.write_dataframe(
                layer.frame, path, layer=layer.name, driver="GPKG", append=path.exists(),
                layer_options={"DESCRIPTION": layer.title, "IDENTIFIER": layer.title},
                geometry_type=_geometry_type(layer.frame),
            )  # fmt: skip
        _finish(path, layers, made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        return path.read_bytes()


def _geometry_type(frame: pd.DataFrame) -> str | None:
    """The type of a layer, told beforehand because an empty frame has none; None for a plain table."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    kinds = set(frame.geometry.geom_type)
    return kinds.pop() if len(kinds) == 1 else "MultiPolygon"


def _finish(path: Path, layers: Sequence[Layer], stamp: str) -> None:
    """Put the styles in, and the moment of the facts where the format has put the clock's."""
    connection = sqlite3.connect(path)
    try:
        connection.execute(STYLES_TABLE)
        connection.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
            [(one.name, one.name, one.qml, one.title, stamp) for one in layers if one.qml is not None],
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS', ?)",
            (stamp,),
        )
        connection.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
        connection.commit()
    finally:
        connection.close()


# ── workbook ────────────────────────────────────────────────────────────────────────────────────────────────────────

NUMBER_FORMATS = {
    "count": "#,##0",
    "signed": "+#,##0;-#,##0;0",
    "share": "0.0%",
    "decimal": "0.0",
    "degrees": "0.00000",
}
"""How a column's numbers are shown, by its kind; a column of another kind holds text."""

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML cannot hold."""

LONGEST_TEXT = 32_000
"""Longest text of a cell; Excel itself ends at 32,767."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet could take for a formula when a cell is edited or saved as CSV."""

_HEAD = PatternFill("solid", fgColor="FFE3EBF4")
_WARNING = PatternFill("solid", fgColor="FFFFE9B8")
_LINE = Border(bottom=Side(style="thin", color="FFB8C2CC"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: heading, kind (a key of `NUMBER_FORMATS`, or text) and width in characters."""

    heading: str
    kind: str = "text"
    width: float = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    One sheet: notes above, then a table with headings that can be filtered.

    `warning` (such as: made-up data) stands first, in colour.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    notes: Sequence[str] = ()
    warning: str | None = None
    can_filter: bool = True


def workbook(sheets: Sequence[Sheet], *, title: str, made_at: datetime) -> bytes:
    """Write sheets as one Excel workbook (xlsx)."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = title, "Yiquan 驿圈"
    stamp = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = stamp
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet)
    written = io.BytesIO()
    book.save(written)
    return _restamped(written.getvalue(), stamp)


def _fill(page: Worksheet, sheet: Sheet) -> None:
    row = 1
    for place, note in enumerate([*([sheet.warning] if sheet.warning else []), *sheet.notes]):
        cell = page.cell(row, 1)
        _put(cell, note)
        cell.font = Font(bold=sheet.warning is not None and place == 0)
        if sheet.warning is not None and place == 0:
            cell.fill = _WARNING
        row += 1
    head = row
    for number, column in enumerate(sheet.columns, start=1):
        cell = page.cell(head, number)
        _put(cell, column.heading)
        cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _LINE
        cell.alignment = Alignment(horizontal="left" if column.kind == "text" else "right", vertical="center")
        page.column_dimensions[get_column_letter(number)].width = column.width
    for values in sheet.rows:
        row += 1
        for number, (column, value) in enumerate(zip(sheet.columns, values, strict=True), start=1):
            cell = page.cell(row, number)
            _put(cell, value)
            if column.kind in NUMBER_FORMATS:
                cell.number_format = NUMBER_FORMATS[column.kind]
            elif column.width >= 40:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.freeze_panes = f"A{head + 1}"
    if sheet.can_filter and row > head:
        page.auto_filter.ref = f"A{head}:{get_column_letter(len(sheet.columns))}{row}"


def _put(cell: Cell | MergedCell, value: Any) -> None:
    """Write a value: a text as text whatever it begins with, a missing number as an empty cell."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return
    if isinstance(value, str):
        text = UNWRITABLE.sub("", value)[:LONGEST_TEXT]
        cell.value = text
        cell.data_type = "s"  # openpyxl would make a formula of a text with an equals sign
        if text.startswith(FORMULA_SIGNS):
            cell.quotePrefix = True
        return
    cell.value = value.item() if isinstance(value, np.generic) else value


def _restamped(file: bytes, stamp: datetime) -> bytes:
    """The workbook with the moment of the facts in place of the clock's, in its parts and in its properties."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as before, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            body = before.read(part)
            if part.filename == "docProps/core.xml":
                moment = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                body = re.sub(rb"(<\w+:modified[^>]*>)[^<]*", rb"\g<1>" + moment, body)
            fixed = zipfile.ZipInfo(part.filename, stamp.timetuple()[:6])
            fixed.compress_type, fixed.external_attr = zipfile.ZIP_DEFLATED, part.external_attr
            after.writestr(fixed, body)
    return written.getvalue()
