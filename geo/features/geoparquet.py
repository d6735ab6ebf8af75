"""
GeoParquet 1.1: columns with types, shapes as well-known binary, the box of every row beside it.

Written in groups of rows as they come, so the memory it takes does not grow with the file. Readers that look for a box
(DuckDB, GDAL, geopandas with `bbox=`) skip the groups whose boxes lie elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from geo.features.arrow import GEOMETRY, batches, schema_of
from geo.features.selection import Selection

GEOPARQUET_VERSION = "1.1.0"
ROWS_PER_GROUP = 10_000
"""Rows that are at hand at once. Readers like larger groups; a city has no more than a few of these."""

BOX = "bbox"
SIDES = ("xmin", "ymin", "xmax", "ymax")
BOX_TYPE = pa.struct([(side, pa.float64()) for side in SIDES])


class Outflow(io.RawIOBase):
    """What the Parquet writer writes to: keeps what has come since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """Whether one can write to it."""
        return True

    def write(self, piece: Any) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        self._written += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        """How many bytes have come in all; the footer of the file names places by them."""
        return self._written

    def taken(self) -> bytes:
        """What has come since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def pieces(selection: Selection) -> Iterator[bytes]:
    """A selection as a GeoParquet file, piece by piece."""
    schema = whole_schema(selection)
    flow = Outflow()
    with pq.ParquetWriter(flow, schema, compression="zstd", write_statistics=True) as writer:
        for batch in batches(selection, ROWS_PER_GROUP):
            writer.write_batch(with_boxes(batch, schema))
            yield flow.taken()
    yield flow.taken()


def whole_schema(selection: Selection) -> pa.Schema:
    """The columns of the file, with the box of every row, and what GeoParquet says of them."""
    schema = schema_of(selection)
    said = orjson.dumps(metadata(selection))
    return schema.insert(len(schema), pa.field(BOX, BOX_TYPE)).with_metadata({b"geo": said})


def with_boxes(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with the boxes of its shapes, as written."""
    shapes = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
    sides = shapely.bounds(shapes).reshape(-1, 4)
    boxes = pa.StructArray.from_arrays(
        [pa.array(sides[:, place]) for place in range(4)], fields=[*BOX_TYPE], mask=pa.array(np.isnan(sides[:, 0]))
    )
    return pa.record_batch([*batch.columns, boxes], schema=schema)


def metadata(selection: Selection) -> dict[str, Any]:
    """The `geo` key of the file (GeoParquet 1.1, file metadata)."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [] if selection.skip_geometry else selection.shape_types(),
        "crs": CRS.from_user_input(selection.crs.authority).to_json_dict(),
        "orientation": "counterclockwise",
        "covering": {"bbox": {side: [BOX, side] for side in SIDES}},
    }
    box = box_of(selection)
    if box is not None:
        column["bbox"] = box
    return {"version": GEOPARQUET_VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def box_of(selection: Selection) -> list[float] | None:
    """West, south, east, north of all shapes in the reference system asked for; None of nothing."""
    if selection.skip_geometry or not len(selection.rows):
        return None
    parts = [shapely.total_bounds(part.shapes_east_first()) for part in selection.parts(ROWS_PER_GROUP)]
    sides = np.array(parts)
    return [*sides[:, :2].min(axis=0).tolist(), *sides[:, 2:].max(axis=0).tolist()]
