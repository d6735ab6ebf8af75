"""Features as plain cells and as frames, for every file format that has no lists and no three truths."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.features.table import NUMERIC, Column, FeatureTable, Kind


def flat_cells(column: Column, rows: NDArray[np.intp]) -> list[Any]:
    """Cells of a column: nothing for what is unknown, several words parted by semicolons, `true` and `false`."""
    cells = column.plain(rows)
    if column.kind is Kind.WORDS:
        return [None if cell is None else ";".join(cell) for cell in cells]
    if column.kind is Kind.BOOLEAN:
        return [None if cell is None else str(cell).lower() for cell in cells]
    return cells


def frame_of(
    table: FeatureTable, rows: NDArray[np.intp] | None = None, columns: list[Column] | None = None
) -> gpd.GeoDataFrame:
    """Features as a frame in CRS84, numbers as numbers and the rest as texts; all rows and columns unless told."""
    chosen = np.arange(len(table)) if rows is None else rows
    written = {"id": pd.Series(table.ids[chosen], dtype=object)} | {
        column.name: pd.Series(flat_cells(column, chosen), dtype="float64" if column.kind in NUMERIC else object)
        for column in (table.columns.values() if columns is None else columns)
    }
    return gpd.GeoDataFrame(pd.DataFrame(written), geometry=table.geometry[chosen], crs="OGC:CRS84")
