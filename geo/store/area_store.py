"""Districts and streets (镇街) of a city: shapes with names and official codes."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, bindparam, delete, func, select, update

from geo.store.bulk import copy_rows
from geo.store.tables import area, source

COLUMNS = ("level", "code", "name", "name_en", "parent_code", "admin_level")
AREAS = (
    select(*(area.c[name] for name in COLUMNS), func.ST_AsBinary(area.c.geom).label("geometry"))
    .where(area.c.city_id == bindparam("city_id"))
    .order_by(area.c.level, area.c.code)
)
FILES = (
    select(area.c.level, source.c.sha256)
    .select_from(area.join(source, area.c.source_id == source.c.source_id))
    .where(area.c.city_id == bindparam("city_id"), area.c.street_network_id.is_(None))
    .distinct()
)
SET_PARENT = (
    update(area)
    .where(
        area.c.city_id == bindparam("of_city"),
        area.c.level == bindparam("of_level"),
        area.c.code == bindparam("of_code"),
    )
    .values(parent_code=bindparam("parent_code"))
)


def load_areas(connection: Connection, city_id: int) -> gpd.GeoDataFrame:
    """All areas of a city by level and code; columns as stored, with `geometry` in EPSG:4326."""
    result = connection.execute(AREAS, {"city_id": city_id})
    rows = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    shapes = shapely.from_wkb([bytes(shape) for shape in rows.pop("geometry")])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")


def codes_of_level(connection: Connection, city_id: int, level: str) -> list[tuple[str, str]]:
    """Code and name of the areas of a level that have a code, by code."""
    wanted = select(area.c.code, area.c.name).where(
        area.c.city_id == city_id, area.c.level == level, area.c.code.is_not(None)
    )
    return [(str(row.code), str(row.name)) for row in connection.execute(wanted.order_by(area.c.code))]


def levels_from_files(connection: Connection, city_id: int) -> dict[str, str]:
    """Levels whose areas came from an area file and not from a street extract, with the digest of that file."""
    return {str(level): str(sha256) for level, sha256 in connection.execute(FILES, {"city_id": city_id})}


def replace_level(
    connection: Connection,
    city_id: int,
    level: str,
    areas: gpd.GeoDataFrame,
    *,
    source_id: int,
    street_network_id: int | None = None,
) -> int:
    """Put these areas in place of all areas of a level; returns how many. Columns as `load_areas` gives them."""
    connection.execute(delete(area).where(area.c.city_id == city_id, area.c.level == level))
    rows = pd.DataFrame({name: areas[name].to_numpy() for name in COLUMNS if name in areas})
    rows["level"] = level
    rows["city_id"] = city_id
    rows["source_id"] = source_id
    if street_network_id is not None:
        rows["street_network_id"] = street_network_id
    rows["geom"] = shapely.to_wkb(areas.geometry.to_numpy(), hex=True, include_srid=True)
    return copy_rows(connection, area, rows)


def set_parents(connection: Connection, city_id: int, areas: gpd.GeoDataFrame) -> None:
    """Write the `parent_code` of areas, matched by level and code."""
    named = areas[areas["parent_code"].notna()]
    if len(named):
        rows = named[["level", "code", "parent_code"]].rename(columns={"level": "of_level", "code": "of_code"})
        connection.execute(SET_PARENT, [{"of_city": city_id, **row} for row in rows.to_dict("records")])
