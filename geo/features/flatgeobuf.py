"""
FlatGeobuf from Arrow batches: GDAL draws them one after the other, so no more than one is in memory.

With an index, features lie in the order of the index, which serves whoever reads parts of a file over HTTP; without
one, in the order asked for, which is what an answer to `sortby` must keep.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyogrio

from geo.features.arrow import GEOMETRY, batches, schema_of
from geo.features.selection import Selection

ROWS_AT_ONCE = 5_000


def write_flatgeobuf(selection: Selection, path: Path, *, shape: str, indexed: bool) -> None:
    """
    Write features to a file.

    Parameters
    ----------
    shape
        What an empty file says its shapes would be: `Point`, `MultiPolygon` …
    """
    # GDAL takes no shape of another type into a layer that names one
    types = selection.shape_types() or [shape]
    reader = pa.RecordBatchReader.from_batches(
        schema_of(selection, lists=False), batches(selection, ROWS_AT_ONCE, lists=False)
    )
    pyogrio.write_arrow(
        reader,
        path,
        driver="FlatGeobuf",
        geometry_name=GEOMETRY,
        geometry_type=types[0] if len(types) == 1 else "Unknown",
        crs=selection.crs.authority,
        # the index needs every feature's box, and a feature without a shape has none
        SPATIAL_INDEX="YES" if indexed and len(selection.rows) and not selection.skip_geometry else "NO",
    )
