"""
Features as Arrow batches: what GeoParquet is written from, and what GDAL is fed with.

A type for every kind of column, so that whoever reads the file gets whole numbers, days and lists, not texts that look
like them. Whoever imports this module pays for Arrow, so the service's modules do it where a file is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geo.features.selection import Selection
from geo.features.table import Column, Kind

GEOMETRY = "geometry"

TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.WORDS: pa.list_(pa.string()),
}

FromValues = Callable[[np.ndarray[Any, Any]], Any]

READY: Mapping[Kind, FromValues] = {
    Kind.INTEGER: lambda values: values.astype(np.int64),
    Kind.DATE: lambda values: values.astype("datetime64[D]"),
    Kind.INSTANT: lambda values: np.array([text.removesuffix("Z") for text in values], dtype="datetime64[us]"),
    Kind.WORDS: lambda values: [list(words) for words in values],
}
"""What of a column's values Arrow takes, where it does not take them as they are."""


def schema_of(selection: Selection, *, lists: bool = True) -> pa.Schema:
    """
    The columns of a selection: the id, its properties, the shapes as well-known binary.

    Without `lists` words are one text, parted by semicolons, for formats that have none.
    """
    own = [
        pa.field(column.name, pa.string() if column.kind is Kind.WORDS and not lists else TYPES[column.kind])
        for column in selection.columns
    ]
    return pa.schema([pa.field("id", pa.string(), nullable=False), *own, pa.field(GEOMETRY, pa.binary())])


def batches(selection: Selection, rows_at_once: int, *, lists: bool = True) -> Iterator[pa.RecordBatch]:
    """A selection as batches of `schema_of`, in order."""
    schema = schema_of(selection, lists=lists)
    for part in selection.parts(rows_at_once):
        own = [filled(column, part.rows, schema.field(column.name).type) for column in part.columns]
        ids = pa.array(part.table.ids[part.rows], pa.string())
        yield pa.record_batch([ids, *own, binary_shapes(part)], schema=schema)


def filled(column: Column, rows: np.ndarray[Any, Any], kind: pa.DataType) -> pa.Array:
    """Some values of a column, null where nothing is known."""
    values, unknown = column.values[rows], ~column.known[rows]
    if column.kind is Kind.WORDS and pa.types.is_string(kind):
        joined = np.array([";".join(words) for words in values], dtype=object)
        return pa.array(joined, kind, mask=unknown)
    ready = READY[column.kind](values) if column.kind in READY else values
    return pa.array(ready, kind, mask=unknown)


def binary_shapes(part: Selection) -> pa.Array:
    """Shapes as well-known binary, east before north; all null where none are wanted."""
    if part.skip_geometry:
        return pa.nulls(len(part.rows), pa.binary())
    return pa.array(shapely.to_wkb(part.shapes_east_first(), flavor="iso"), pa.binary())
