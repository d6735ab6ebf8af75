"""Features as bytes: GeoJSON, JSON-FG, GeoJSON text sequences, CSV, FlatGeobuf."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from api.ogc.media import CSV, FLATGEOBUF, GEOJSON, GEOJSONSEQ, JSONFG, Medium
from geo.features.crs import ReferenceSystem
from geo.features.frames import flat_cells, frame_of
from geo.features.paging import Rows
from geo.features.table import Column, FeatureTable

RECORD_SEPARATOR = b"\x1e"
"""What stands before every text of a sequence (RFC 8142, 2.2)."""

BYTE_ORDER_MARK = "\ufeff"
"""What tells a spreadsheet program that a table is UTF-8; without it Chinese comes out as noise."""

JSONFG_CONFORMS = ("http://www.opengis.net/spec/json-fg-1/1.0/conf/core",)


@dataclass(frozen=True)
class Selection:
    """What to write: rows of a table in order, which properties, shapes or not, in which reference system."""

    table: FeatureTable
    rows: Rows
    properties: tuple[str, ...] | None
    skip_geometry: bool
    crs: ReferenceSystem
    time_property: str | None = None

    @property
    def columns(self) -> list[Column]:
        """The columns to write, in the collection's order."""
        there = self.table.columns.values()
        return [column for column in there if self.properties is None or column.name in self.properties]

    def shapes(self) -> np.ndarray[Any, Any]:
        """The shapes in the reference system asked for, rounded to what a position can mean."""
        moved = self.crs.from_crs84(self.table.geometry[self.rows])
        return np.asarray(shapely.transform(moved, lambda xy: np.round(xy, self.crs.decimals)), dtype=object)


def features(selection: Selection) -> list[dict[str, Any]]:
    """Features as GeoJSON objects; shapes are JSON already."""
    columns = [(column.name, column.plain(selection.rows)) for column in selection.columns]
    shapes = [None] * len(selection.rows) if selection.skip_geometry else json_shapes(selection.shapes())
    return [
        {
            "type": "Feature",
            "id": identity,
            "geometry": shape,
            "properties": {name: values[place] for name, values in columns},
        }
        for place, (identity, shape) in enumerate(zip(selection.table.ids[selection.rows], shapes, strict=True))
    ]


def json_shapes(shapes: np.ndarray[Any, Any]) -> list[orjson.Fragment]:
    """Shapes as GeoJSON that is put into an answer as it stands."""
    return [orjson.Fragment(text) for text in shapely.to_geojson(shapes).tolist()]


def jsonfg_features(selection: Selection) -> list[dict[str, Any]]:
    """
    Features as JSON-FG (OGC 21-045): time and place beside the GeoJSON.

    `geometry` is for whoever reads GeoJSON, so it is CRS84 always; `place` holds the shape in any other system.
    """
    time_of = times(selection)
    plain = features(with_crs84(selection))
    places = [None] * len(plain) if selection.crs.is_crs84 else json_shapes(selection.shapes())
    return [
        feature | {"time": time, "place": place} for feature, time, place in zip(plain, time_of, places, strict=True)
    ]


def with_crs84(selection: Selection) -> Selection:
    """The same in CRS84, or without shapes where another system says where things are."""
    return Selection(
        selection.table,
        selection.rows,
        selection.properties,
        selection.skip_geometry or not selection.crs.is_crs84,
        selection.crs,
    )


def times(selection: Selection) -> list[dict[str, Any] | None]:
    """The day of every feature, where its collection has one."""
    if selection.time_property is None:
        return [None] * len(selection.rows)
    days = selection.table.columns[selection.time_property].plain(selection.rows)
    return [None if day is None else {"date": day} for day in days]


def as_geojson(selection: Selection, envelope: Mapping[str, Any]) -> bytes:
    """A GeoJSON collection (RFC 7946)."""
    return orjson.dumps({"type": "FeatureCollection", **envelope, "features": features(selection)})


def as_jsonfg(selection: Selection, envelope: Mapping[str, Any]) -> bytes:
    """A JSON-FG collection."""
    head = {
        "type": "FeatureCollection",
        "conformsTo": JSONFG_CONFORMS,
        "coordRefSys": selection.crs.uri,
        "featureType": envelope["featureType"],
    }
    return orjson.dumps({**head, **envelope, "features": jsonfg_features(selection)})


def as_sequence(selection: Selection, envelope: Mapping[str, Any]) -> bytes:
    """GeoJSON texts one after the other (RFC 8142)."""
    return b"".join(RECORD_SEPARATOR + orjson.dumps(one) + b"\n" for one in features(selection))


def as_csv(selection: Selection, envelope: Mapping[str, Any]) -> bytes:
    """A table (RFC 4180) with its heading even when it is empty; points as two columns, other shapes as WKT."""
    columns = selection.columns
    shapes, headings = shape_columns(selection)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", *(column.name for column in columns), *headings])
    values = [flat_cells(column, selection.rows) for column in columns]
    writer.writerows(zip(selection.table.ids[selection.rows], *values, *shapes, strict=True))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8")


def shape_columns(selection: Selection) -> tuple[list[Sequence[Any]], list[str]]:
    """Shapes as columns of a table, with their headings."""
    if selection.skip_geometry:
        return [], []
    shapes = selection.shapes()
    if len(shapes) and (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():
        first, second = shapely.get_x(shapes).tolist(), shapely.get_y(shapes).tolist()
        return [first, second], ["lat", "lon"] if selection.crs.is_latitude_first else ["lon", "lat"]
    return [shapely.to_wkt(shapes, rounding_precision=selection.crs.decimals).tolist()], ["geometry"]


def as_flatgeobuf(selection: Selection, envelope: Mapping[str, Any]) -> bytes:
    """FlatGeobuf with its index, in CRS84 or the system asked for, x before y as the format has it."""
    frame = frame_of(selection.table, selection.rows, selection.columns)
    if not selection.crs.is_crs84:
        frame = frame.to_crs(selection.crs.authority)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.fgb"
        kinds = {} if len(frame) else {"geometry_type": envelope["geometryType"]}
        frame.to_file(path, driver="FlatGeobuf", engine="pyogrio", **kinds)
        return path.read_bytes()


WRITERS: Mapping[Medium, Callable[[Selection, Mapping[str, Any]], bytes]] = {
    GEOJSON: as_geojson,
    JSONFG: as_jsonfg,
    GEOJSONSEQ: as_sequence,
    CSV: as_csv,
    FLATGEOBUF: as_flatgeobuf,
}
