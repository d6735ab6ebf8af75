"""Area files: districts or streets (镇街) as GeoJSON, whatever their columns are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import MultiPolygon
from shapely.geometry import shape

from geo.datum import Datum, to_wgs84
from geo.errors import InputError
from geo.streets.areas import as_multipolygon

NAMES = {
    "district": ("name:zh", "name", "名称", "district", "区市", "区县", "行政区", "NAME", "Name", "fullname"),
    "street": ("name:zh", "name", "名称", "street", "street_name", "镇街", "街道", "乡镇", "NAME", "Name", "fullname"),
}
"""Where the name stands, likeliest first, by level."""
CODES = {
    "district": (
        "adcode",
        "code",
        "district_code",
        "代码",
        "行政区划代码",
        "adcode6",
        "CN:adcode",
        "ref",
        "id",
        "osm_id",
    ),
    "street": (
        "division_code",
        "street_code",
        "adcode9",
        "code",
        "代码",
        "行政区划代码",
        "adcode",
        "ref",
        "id",
        "osm_id",
    ),
}
"""Where the code stands, likeliest first, by level."""
PARENTS = ("parent_code", "district_code", "adcode6", "区县代码", "区划代码")
ENGLISH = ("name_en", "name:en", "英文名")


class AreaFileError(InputError):
    """A file does not hold areas that can be used."""


def read_area_file(path: Path, *, level: str, datum: Datum = Datum.WGS84) -> gpd.GeoDataFrame:
    """
    Areas of one level by code: `level`, `code`, `name`, `name_en`, `parent_code`, `geometry` in EPSG:4326.

    Parts of one area may come as several features; areas without a code get their name for one. `datum` says what the
    file's coordinates refer to.

    Raises
    ------
    AreaFileError
        Not GeoJSON, not in degrees, or an area without a name, without a polygon, or with another one's code.
    """
    features = _features(path)
    rows = [_row(path, number, feature, level) for number, feature in enumerate(features, start=1)]
    table = pd.DataFrame([facts for facts, _ in rows])
    shapes = _in_wgs84(path, [polygon for _, polygon in rows], datum)
    _refuse_shared_codes(path, table)
    parts = gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:4326")
    whole = parts.dissolve(by="code", as_index=False, sort=True)
    whole["geometry"] = [as_multipolygon(geometry) for geometry in whole.geometry]
    return whole[["level", "code", "name", "name_en", "parent_code", "geometry"]]


def _features(path: Path) -> list[dict[str, Any]]:
    """The features of a GeoJSON file."""
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        features = content["features"]
    except FileNotFoundError:
        raise AreaFileError(f"There is no file {path}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise AreaFileError(f"{path.name} is no GeoJSON with features. Export the areas as GeoJSON in UTF-8.") from None
    if not isinstance(features, list) or not features:
        raise AreaFileError(f"{path.name} holds no area.")
    named = str((content.get("crs") or {}).get("properties", {}).get("name", "CRS84"))
    if not any(known in named for known in ("CRS84", "4326", "4490")):
        raise AreaFileError(f"{path.name} is in {named}. Export the areas in degrees (EPSG:4326 or CGCS2000).")
    return features


def _row(path: Path, number: int, feature: Any, level: str) -> tuple[dict[str, Any], MultiPolygon]:
    """Name, code and shape of one feature."""
    place = f"{path.name}, feature {number}"
    try:
        properties = feature.get("properties") or {}
        polygon = as_multipolygon(shape(feature["geometry"]))
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
        polygon = None
        properties = {}
    if polygon is None:
        raise AreaFileError(f"{place} has no polygon. Areas are polygons; remove what is not one.")
    name = _first(properties, NAMES[level])
    if name is None:
        raise AreaFileError(
            f"{place} has no name. Call the property 'name'; there are: {', '.join(properties) or 'none'}."
        )
    code = _first(properties, CODES[level]) or name
    parent = _first(properties, PARENTS) if level == "street" else None
    facts = {
        "level": level,
        "code": code,
        "name": name,
        "name_en": _first(properties, ENGLISH),
        "parent_code": parent,
    }
    return facts, polygon


def _first(properties: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of some properties that says anything, as text."""
    for key in keys:
        value = properties.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()
    return None


def _in_wgs84(path: Path, polygons: list[MultiPolygon], datum: Datum) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The polygons in WGS-84; refuses coordinates that are no degrees."""
    shapes = np.array(polygons, dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise AreaFileError(f"{path.name} is not in degrees of longitude and latitude. Export it in EPSG:4326.")

    def shifted(pairs: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.column_stack(to_wgs84(pairs[:, 0], pairs[:, 1], datum))

    return np.asarray(shapely.transform(shapes, shifted), dtype=object)


def _refuse_shared_codes(path: Path, table: pd.DataFrame) -> None:
    """Two areas may not have one code; two parts of one area may."""
    names = table.groupby("code")["name"].unique()
    shared = names[names.str.len() > 1]
    if len(shared):
        code, both = shared.index[0], "、".join(shared.iloc[0])
        raise AreaFileError(f"{path.name} gives code {code} to several areas ({both}). Give every area its own code.")
