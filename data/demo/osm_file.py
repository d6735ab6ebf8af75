"""The sheet written as an OpenStreetMap extract: nodes, ways, boundary relations, in the order OSM files have."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable
from shapely.geometry.polygon import orient

from data.demo.areas import borders
from data.demo.geography import ISLANDS, blob_shape, mainland
from data.demo.hosts import Ground, Place
from data.demo.plane import to_degrees
from data.demo.sheet import Sheet, Tags
from data.demo.villages import Village
from data.qingdao import DISTRICTS, STREETS
from geo.types import Floats

SYNTHETIC = {"source": "synthetic", "note": "演示数据(虚构) / invented for demonstration"}
"""Tags on every boundary, so that the extract says what it is even when it is cut up."""

_GENERATOR = "yiquan demo city (synthetic)"


@dataclass(slots=True)
class _Extract:
    """Nodes and ways waiting to be written; OSM wants all nodes first."""

    x_m: list[Floats] = field(default_factory=list)
    y_m: list[Floats] = field(default_factory=list)
    count: int = 0
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)

    def add_nodes(self, x_m: Floats, y_m: Floats) -> list[int]:
        """Take nodes in and return their OSM numbers, from 1."""
        self.x_m.append(np.asarray(x_m, float))
        self.y_m.append(np.asarray(y_m, float))
        numbers = range(self.count + 1, self.count + len(x_m) + 1)
        self.count += len(x_m)
        return list(numbers)

    def add_way(self, nodes: list[int], tags: Tags) -> int:
        """Take a way in and return its OSM number, from 1."""
        self.ways.append((nodes, tags))
        return len(self.ways)


def write_extract(
    path: Path, sheet: Sheet, places: list[Place], grounds: list[Ground], villages: list[Village]
) -> None:
    """Write the city as an .osm.pbf file; the same city gives the same bytes."""
    extract = _Extract()
    numbers = extract.add_nodes(*sheet.positions())
    for way in sheet.ways:
        extract.add_way([numbers[point] for point in way.points], way.tags)
    extract.node_tags = {numbers[point]: tags for point, tags in sheet.point_tags.items()}
    _add_places(extract, places, villages)
    for ground in grounds:
        ring = extract.add_nodes(ground.x_m, ground.y_m)
        extract.add_way([*ring, ring[0]], ground.tags)
    members = _add_borders(extract)
    _add_coast(extract)
    _write(path, extract, members)


def _add_places(extract: _Extract, places: list[Place], villages: list[Village]) -> None:
    """Points of interest and the names of villages."""
    x_m, y_m = (np.array([getattr(place, axis) for place in places]) for axis in ("x_m", "y_m"))
    for number, place in zip(extract.add_nodes(x_m, y_m), places, strict=True):
        extract.node_tags[number] = place.tags
    x_m, y_m = (np.array([getattr(village, axis) for village in villages]) for axis in ("x_m", "y_m"))
    for number, village in zip(extract.add_nodes(x_m, y_m), villages, strict=True):
        extract.node_tags[number] = {"place": "village", "name": village.name}


def _add_borders(extract: _Extract) -> dict[str, list[int]]:
    """Border ways, each once, and the ways of every area by its code."""
    node_at: dict[tuple[float, float], int] = {}
    members: dict[str, list[int]] = defaultdict(list)
    for border in borders():
        nodes = [_node_at(extract, node_at, point) for point in border.line.coords]
        level = "6" if any(len(code) == 6 for code in border.area_codes) else "8"
        # A closed way with these tags would be an area of its own; island shores are told by their relation alone.
        closed = nodes[0] == nodes[-1]
        way = extract.add_way(nodes, {} if closed else {"boundary": "administrative", "admin_level": level})
        for code in border.area_codes:
            members[code].append(way)
    return members


def _node_at(extract: _Extract, node_at: dict[tuple[float, float], int], point: tuple[float, ...]) -> int:
    """The node at a corner of a border, made when first met."""
    key = (point[0], point[1])
    if key not in node_at:
        node_at[key] = extract.add_nodes(np.array([key[0]]), np.array([key[1]]))[0]
    return node_at[key]


def _add_coast(extract: _Extract) -> None:
    """The shoreline with land on its left, as OSM draws it."""
    for shape in (mainland(), *(blob_shape(blob) for blobs in ISLANDS.values() for blob in blobs)):
        x_m, y_m = np.array(orient(shape).exterior.coords[:-1]).T
        ring = extract.add_nodes(x_m, y_m)
        extract.add_way([*ring, ring[0]], {"natural": "coastline"})


def _write(path: Path, extract: _Extract, members: dict[str, list[int]]) -> None:
    """Write nodes, ways and relations to the file."""
    lon, lat = to_degrees(np.concatenate(extract.x_m), np.concatenate(extract.y_m))
    header = osmium.io.Header()
    header.set("generator", _GENERATOR)
    header.add_box(osmium.osm.Box(119.3, 35.3, 121.2, 37.3))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        empty: Tags = {}
        for number, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), start=1):
            writer.add_node(mutable.Node(id=number, location=place, tags=extract.node_tags.get(number, empty)))
        for number, (nodes, tags) in enumerate(extract.ways, start=1):
            writer.add_way(mutable.Way(id=number, nodes=nodes, tags=tags))
        for number, (code, tags) in enumerate(_area_tags(), start=1):
            ways = [("w", way, "outer") for way in members[code]]
            writer.add_relation(mutable.Relation(id=number, members=ways, tags=tags))


def _area_tags() -> list[tuple[str, Tags]]:
    """Code and tags of every district and street."""
    shared = {"type": "boundary", "boundary": "administrative"} | SYNTHETIC
    districts = [(area.code, shared | _names(area.code, area.name, area.name_en, "6")) for area in DISTRICTS]
    streets = [(area.code, shared | _names(area.code, area.name, area.name_en, "8")) for area in STREETS]
    return districts + streets


def _names(code: str, name: str, name_en: str, level: str) -> Tags:
    return {"admin_level": level, "name": name, "name:zh": name, "name:en": name_en, "ref": code}
