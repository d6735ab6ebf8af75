"""
Administrative areas from boundary relations: districts (level 6) and streets and towns (level 8), put together from
the ways they name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

LEVELS = {6: "district", 8: "street"}
"""OSM's `admin_level` and what stands there in a Chinese city."""
FRAME_LEVELS = frozenset({"4", "5", "6"})
"""Levels a whole city may have: a municipality like Shanghai, a prefecture like Qingdao, a county."""
CODE_TAGS = ("CN:adcode", "adcode", "ref:adcode", "china_adcode", "ref:GB", "admin_ref", "ref")
"""Where mappers write an area's official code, surest first."""


@dataclass(frozen=True)
class AdminArea:
    """One administrative area. `code` is its official code, or its OSM number where none is mapped."""

    osm_id: str
    level: str
    admin_level: int
    code: str
    name: str
    name_en: str | None
    geometry: MultiPolygon


def admin_level(tags: Mapping[str, str]) -> int | None:
    """The level of an administrative boundary that is wanted here, None for every other thing."""
    if tags.get("boundary") != "administrative":
        return None
    level = tags.get("admin_level", "")
    return int(level) if level.isdigit() and int(level) in LEVELS else None


def frame_level(tags: Mapping[str, str], names: Collection[str]) -> int | None:
    """The level of the boundary that frames a whole city of one of these names, None for every other thing."""
    if tags.get("boundary") != "administrative" or tags.get("admin_level") not in FRAME_LEVELS:
        return None
    called = {tags.get(key) for key in ("name", "name:zh", "name:en")}
    return int(tags["admin_level"]) if called & set(names) else None


def area_from(osm_id: str, tags: Mapping[str, str], geometry: MultiPolygon) -> AdminArea:
    """An area with its name and code as they are tagged."""
    level = int(tags["admin_level"])
    code = next((tags[tag].strip() for tag in CODE_TAGS if tags.get(tag, "").strip()), f"osm-{osm_id}")
    name = tags.get("name:zh") or tags.get("name") or tags.get("name:en") or code
    return AdminArea(osm_id, LEVELS[level], level, code, name.strip(), tags.get("name:en"), geometry)


def rings_to_polygons(outer: list[LineString], inner: list[LineString]) -> MultiPolygon | None:
    """
    Put the member ways of a relation together; None if they do not close.

    Ways may come in any order and direction and several outer rings are several parts. A boundary with one open end
    is refused whole: a guessed closing line would move people into the wrong district.
    """
    filled = _closed(outer)
    holes = _closed(inner)
    if filled is None or holes is None or filled.is_empty:
        return None
    return as_multipolygon(filled.difference(holes))


def as_multipolygon(geometry: BaseGeometry) -> MultiPolygon | None:
    """The polygons of any geometry, made valid; None if it has none."""
    parts = [
        part
        for part in shapely.get_parts(shapely.make_valid(geometry)).tolist()
        if isinstance(part, Polygon) and part.area > 0
    ]
    merged = shapely.union_all(parts)
    if isinstance(merged, Polygon):
        return None if merged.is_empty else MultiPolygon([merged])
    return merged if isinstance(merged, MultiPolygon) else None


def _closed(lines: list[LineString]) -> BaseGeometry | None:
    """The area inside lines that close, empty for no lines, None if an end stays open."""
    if not lines:
        return Polygon()
    polygons, _, dangles, _ = shapely.polygonize_full([shapely.union_all(lines)])
    if not shapely.is_empty(dangles):
        return None
    return shapely.union_all(shapely.get_parts(polygons))
