"""Frames as files: plain values in JSON, shapes as WKB. Exact there and back, and nothing in them can run."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

NUMBERS = ("lon", "lat")


def save_facilities(facilities: pd.DataFrame, path: Path) -> None:
    """Write the facility frame, column by column."""
    columns: dict[str, list[Any]] = {"facility_id": facilities.index.tolist()}
    columns |= {str(name): [plain(value) for value in column.tolist()] for name, column in facilities.items()}
    path.write_bytes(orjson.dumps(columns))


def load_facilities(path: Path) -> pd.DataFrame:
    """Read the facility frame; the index is `facility_id`, in ascending order."""
    columns = orjson.loads(path.read_bytes())
    index = pd.Index(np.array(columns.pop("facility_id"), dtype=np.int64), name="facility_id")
    # As objects: pandas would turn the None of a text column into NaN.
    series = {
        name: pd.Series(values, index=index, dtype="float64" if name in NUMBERS else object)
        for name, values in columns.items()
    }
    return pd.DataFrame(series, index=index)


def save_hosts(hosts: pd.DataFrame, path: Path) -> None:
    """Write the host frame, column by column."""
    columns = {str(name): [plain(value) for value in column.tolist()] for name, column in hosts.items()}
    path.write_bytes(orjson.dumps(columns))


def load_hosts(path: Path) -> pd.DataFrame:
    """Read the host frame, in the order in which it was written."""
    columns = orjson.loads(path.read_bytes())
    series = {
        name: pd.Series(values, dtype="float64" if name in NUMBERS else object) for name, values in columns.items()
    }
    return pd.DataFrame(series)


def save_areas(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write the areas with their shapes."""
    columns = {
        str(name): [plain(value) for value in column.tolist()] for name, column in areas.items() if name != "geometry"
    }
    columns["geometry"] = shapely.to_wkb(areas.geometry.to_numpy(), hex=True).tolist()
    path.write_bytes(orjson.dumps(columns))


def load_areas(path: Path) -> gpd.GeoDataFrame:
    """Read the areas, in the order in which they were written."""
    columns = orjson.loads(path.read_bytes())
    shapes = shapely.from_wkb(np.array(columns.pop("geometry"), dtype=object))
    return gpd.GeoDataFrame(pd.DataFrame(columns, dtype=object), geometry=shapes, crs="EPSG:4326")


def plain(value: Any) -> Any:
    """A value as JSON holds it; dates become texts, empty cells null."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
