"""
Whole collections as files: what a GIS bureau downloads once and keeps.

One file a collection, format and version of the facts, made when somebody first asks and kept beside the snapshots
until an hour after the facts have changed. It is written under another name and renamed when it is whole, so whoever
reads one reads all of it, and two processes that make the same one do no harm.
"""

from __future__ import annotations

import csv
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from geo.errors import InputError
from geo.features.frames import frame_of
from geo.features.selection import Selection
from geo.features.table import NUMERIC, FeatureTable
from geo.services.collections import Collection
from geo.services.exports import Column, Layer, Sheet, geopackage, workbook

DECIMALS = 7
"""Decimals of a degree in text formats: a centimetre."""

KEPT_S = 3600
"""How long (in seconds) a file of older facts stays: a slow download in parts must end as it began."""

PMTILES_ZOOMS = (6, 14)
"""First and last zoom of a tile archive."""


class UnknownFormatError(InputError):
    """A format collections are not written in."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"A collection is not written as {kind[:20]}; there are: {', '.join(FORMATS)}.")


@dataclass(frozen=True)
class Order:
    """What to write: a collection's table, its names, when its facts were put together."""

    collection: Collection
    table: FeatureTable
    lang: str
    made_at: datetime

    @property
    def title(self) -> str:
        """The collection's name."""
        return self.collection.title[self.lang]


@dataclass(frozen=True)
class Format:
    """One format: how its files end, its media type, its name for people, who writes it."""

    kind: str
    media_type: str
    title: str
    write: Callable[[Order, Path], None]


def write_geojson(order: Order, path: Path) -> None:
    """GeoJSON (RFC 7946)."""
    frame = frame_of(order.table)
    frame.to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES", ID_FIELD="id", **empty(order, frame))


def write_indexed_flatgeobuf(order: Order, path: Path) -> None:
    """FlatGeobuf with its index: readable in parts over HTTP."""
    from geo.features.flatgeobuf import write_flatgeobuf  # Arrow is loaded where a file is asked for

    write_flatgeobuf(Selection.everything(order.table), path, shape=order.collection.geometry_type, indexed=True)


def write_geoparquet(order: Order, path: Path) -> None:
    """GeoParquet, neighbours beside each other: whoever reads a box skips the groups of rows that lie elsewhere."""
    from geo.features.geoparquet import pieces

    along_a_curve = np.argsort(gpd.GeoSeries(order.table.geometry).hilbert_distance().to_numpy(), kind="stable")
    with path.open("wb") as file:
        file.writelines(pieces(replace(Selection.everything(order.table), rows=along_a_curve)))


def write_pmtiles(order: Order, path: Path) -> None:
    """Vector tiles in one archive."""
    first, last = PMTILES_ZOOMS
    frame = frame_of(order.table).set_crs("EPSG:4326", allow_override=True)
    pyogrio.write_dataframe(
        frame, path, driver="PMTiles", layer=order.collection.id, MINZOOM=first, MAXZOOM=last, **empty(order, frame)
    )


def write_geopackage(order: Order, path: Path) -> None:
    """GeoPackage with a style for QGIS."""
    frame = frame_of(order.table).set_crs("EPSG:4326", allow_override=True)
    layer = Layer(order.collection.id.replace("-", "_"), order.title, frame, STYLES[shape_family(order)])
    path.write_bytes(geopackage([layer], made_at=order.made_at))


def write_csv(order: Order, path: Path) -> None:
    """A table with its heading; points as lon and lat, other shapes as WKT. Spreadsheets see that it is UTF-8."""
    headings, rows = flat_table(order)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)


def write_workbook(order: Order, path: Path) -> None:
    """An Excel workbook: properties and, of points, where they are."""
    headings, rows = flat_table(order)
    shown = len(headings) if shape_family(order) == "point" else len(headings) - 1
    names = {column.name: column.title[order.lang] for column in order.table.columns.values()}
    numeric = {column.name for column in order.table.columns.values() if column.kind in NUMERIC} | {"lon", "lat"}
    columns = [
        Column(names.get(one, one), "degrees" if one in ("lon", "lat") else "number" if one in numeric else "text")
        for one in headings[:shown]
    ]
    sheet = Sheet(
        re.sub(r"[\\/*?:\[\]]", " ", order.title)[:31],
        columns,
        [row[:shown] for row in rows],
        [order.collection.description[order.lang]],
    )
    path.write_bytes(workbook([sheet], title=order.title, made_at=order.made_at))


def flat_table(order: Order) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of a table without shapes of its own."""
    frame = frame_of(order.table)
    plain = frame.drop(columns="geometry").astype(object)
    plain = plain.where(plain.notna(), None)
    if shape_family(order) == "point":
        plain["lon"], plain["lat"] = frame.geometry.x.round(DECIMALS), frame.geometry.y.round(DECIMALS)
    else:
        plain["geometry"] = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=DECIMALS)
    return plain.columns.tolist(), plain.to_numpy(dtype=object).tolist()


def empty(order: Order, frame: gpd.GeoDataFrame) -> dict[str, str]:
    """What GDAL must be told of a layer without features."""
    return {} if len(frame) else {"geometry_type": order.collection.geometry_type}


def shape_family(order: Order) -> str:
    """Points, lines or areas."""
    return {"Point": "point", "LineString": "line"}.get(order.collection.geometry_type, "area")


def style(symbol: str, kind: str, properties: Mapping[str, str]) -> str:
    """The smallest QML that draws every feature alike."""
    options = "".join(f'<Option name="{name}" value="{value}" type="QString"/>' for name, value in properties.items())
    return (
        '<!DOCTYPE qgis><qgis styleCategories="Symbology"><renderer-v2 type="singleSymbol"><symbols>'
        f'<symbol type="{kind}" name="0"><layer class="{symbol}"><Option type="Map">{options}</Option></layer></symbol>'
        "</symbols></renderer-v2></qgis>"
    )


STYLES: Mapping[str, str] = {
    "point": style(
        "SimpleMarker", "marker", {"color": "43,92,155,255", "size": "2.4", "outline_color": "255,255,255,255"}
    ),
    "line": style("SimpleLine", "line", {"line_color": "106,116,128,255", "line_width": "0.3"}),
    "area": style("SimpleFill", "fill", {"color": "143,191,227,110", "outline_color": "43,92,155,255"}),
}

FORMATS: Mapping[str, Format] = {
    one.kind: one
    for one in (
        Format("gpkg", "application/geopackage+sqlite3", "GeoPackage", write_geopackage),
        Format("geojson", "application/geo+json", "GeoJSON", write_geojson),
        Format("fgb", "application/flatgeobuf", "FlatGeobuf", write_indexed_flatgeobuf),
        Format("parquet", "application/vnd.apache.parquet", "GeoParquet", write_geoparquet),
        Format("csv", "text/csv; charset=utf-8", "CSV", write_csv),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel", write_workbook),
        Format("pmtiles", "application/vnd.pmtiles", "PMTiles", write_pmtiles),
    )
}
"""The formats a collection is written in, by how its files end."""


def write_collection(order: Order, kind: str, path: Path) -> None:
    """
    Write a collection to a file, whole or not at all.

    Raises
    ------
    UnknownFormatError
        There is no such format.
    """
    if kind not in FORMATS:
        raise UnknownFormatError(kind)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as folder:
        draft = Path(folder) / f"{order.collection.id}.{kind}"
        FORMATS[kind].write(order, draft)
        draft.replace(path)


def kept_file(order: Order, kind: str, folder: Path) -> Path:
    """The file of a collection as its facts are now, made if it is not there; those of older facts are removed."""
    home = folder / order.collection.id
    home.mkdir(parents=True, exist_ok=True)
    version = re.sub("[^0-9A-Za-z-]", "_", order.collection.version)
    path = home / f"{version}.{order.lang}.{kind}"
    if not path.exists():
        write_collection(order, kind, path)
        remove_former(home, version)
    return path


def remove_former(home: Path, version: str) -> None:
    """Remove files of older facts, but not one that somebody may be in the middle of."""
    for former in home.glob("*.*"):
        if not former.name.startswith(f"{version}.") and time.time() - former.stat().st_mtime > KEPT_S:
            former.unlink(missing_ok=True)
