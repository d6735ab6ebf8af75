"""Features as bytes, piece by piece: GeoJSON, JSON-FG, GeoJSON text sequences, CSV, FlatGeobuf, GeoParquet."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from api.ogc.media import CSV, FLATGEOBUF, GEOJSON, GEOJSONSEQ, GEOPARQUET, JSONFG, Medium
from geo.features.frames import flat_cells
from geo.features.selection import Selection

Envelope = Mapping[str, Any]
"""What a collection says around its features; formats that have no place for it leave it out."""

ROWS_PER_PIECE = 1_000
BYTES_PER_PIECE = 1 << 18

RECORD_SEPARATOR = b"\x1e"
"""What stands before every text of a sequence (RFC 8142, 2.2)."""

BYTE_ORDER_MARK = "\ufeff"
"""What tells a spreadsheet program that a table is UTF-8; without it Chinese comes out as noise."""

JSONFG_CONFORMS = ("http://www.opengis.net/spec/json-fg-1/1.0/conf/core",)


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


def as_geojson(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """A GeoJSON collection (RFC 7946)."""
    return around({"type": "FeatureCollection", **envelope}, map(features, selection.parts(ROWS_PER_PIECE)))


def as_jsonfg(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """A JSON-FG collection."""
    head = {
        "type": "FeatureCollection",
        "conformsTo": JSONFG_CONFORMS,
        "coordRefSys": selection.crs.uri,
        "featureType": envelope["featureType"],
    }
    return around({**head, **envelope}, map(jsonfg_features, selection.parts(ROWS_PER_PIECE)))


def around(head: Mapping[str, Any], parts: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A JSON object with features as its last member, which come part by part."""
    opened = orjson.dumps({**head, "features": []}).removesuffix(b"]}")
    for part in parts:
        yield opened + orjson.dumps(part)[1:-1]
        opened = b","
    yield b"]}" if opened == b"," else opened + b"]}"


def as_sequence(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """GeoJSON texts one after the other (RFC 8142)."""
    for part in selection.parts(ROWS_PER_PIECE):
        yield b"".join(RECORD_SEPARATOR + orjson.dumps(one) + b"\n" for one in features(part))


def as_csv(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """A table (RFC 4180) with its heading even when it is empty; points as two columns, other shapes as WKT."""
    shape = envelope["geometryType"]
    headings = ["id", *(column.name for column in selection.columns), *shape_headings(selection, shape)]
    yield BYTE_ORDER_MARK.encode() + csv_lines([headings])
    for part in selection.parts(ROWS_PER_PIECE):
        values = [flat_cells(column, part.rows) for column in part.columns]
        yield csv_lines(zip(part.table.ids[part.rows], *values, *shape_columns(part, shape), strict=True))


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows of a table."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def shape_headings(selection: Selection, shape: str) -> list[str]:
    """What the columns of shapes are called."""
    if selection.skip_geometry:
        return []
    if shape == "Point":
        return ["lat", "lon"] if selection.crs.is_latitude_first else ["lon", "lat"]
    return ["geometry"]


def shape_columns(selection: Selection, shape: str) -> list[Sequence[Any]]:
    """Shapes as columns of a table."""
    if selection.skip_geometry:
        return []
    shapes = selection.shapes()
    if shape == "Point":
        return [shapely.get_x(shapes).tolist(), shapely.get_y(shapes).tolist()]
    return [shapely.to_wkt(shapes, rounding_precision=selection.crs.decimals).tolist()]


def as_flatgeobuf(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """FlatGeobuf in the order asked for; GDAL writes it to a file, which is sent and removed."""
    from geo.features.flatgeobuf import write_flatgeobuf  # Arrow is loaded where a file is asked for, riders need none

    with tempfile.TemporaryDirectory(prefix="yiquan-") as folder:
        path = Path(folder) / "features.fgb"
        write_flatgeobuf(selection, path, shape=envelope["geometryType"], indexed=False)
        with path.open("rb") as file:
            while piece := file.read(BYTES_PER_PIECE):
                yield piece


def as_geoparquet(selection: Selection, envelope: Envelope) -> Iterator[bytes]:
    """GeoParquet, group of rows by group of rows."""
    from geo.features.geoparquet import pieces

    return pieces(selection)


Writer = Callable[[Selection, Envelope], Iterator[bytes]]

WRITERS: Mapping[Medium, Writer] = {
    GEOJSON: as_geojson,
    JSONFG: as_jsonfg,
    GEOJSONSEQ: as_sequence,
    CSV: as_csv,
    FLATGEOBUF: as_flatgeobuf,
    GEOPARQUET: as_geoparquet,
}
"""Each gives its bytes in pieces, made as they are taken: memory does not grow with the answer."""
