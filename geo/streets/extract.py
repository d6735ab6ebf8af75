"""
Reading an OSM extract: streets for every mode, administrative areas, and places that could take a station in.

The file is read in a few passes, each filtered in C++ before Python sees an object, because the time goes into Python
objects: relations first, then the ways they and we need, then the nodes those need. Nothing is guessed: what cannot be
used is counted and named in the report.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.filter import KeyFilter
from osmium.osm import NODE, RELATION, WAY
from shapely import LineString, MultiPolygon, Polygon

from geo.errors import InputError
from geo.progress import Progress, silent
from geo.streets.areas import LEVELS, AdminArea, admin_level, area_from, as_multipolygon, rings_to_polygons
from geo.streets.build import StreetWays
from geo.streets.graph import HIGHWAYS
from geo.streets.hosts import HOST_KEYS, Host, host_from, host_type, is_private
from geo.streets.modes import EBIKE, RULE_KEYS, WALK, Mode, barrier_stops, directions
from geo.types import Floats, Longs

TELL_EVERY = 10_000
"""How many objects pass between two words of progress."""
NO_NAME = -1
_CLASS_NUMBER = {highway: number for number, highway in enumerate(HIGHWAYS)}


class ExtractError(InputError):
    """A file cannot be read as an OSM extract with streets."""


@dataclass(frozen=True)
class ExtractReport:
    """What was found in an extract, and what could not be used and why."""

    ways: int
    ways_by_class: dict[str, int]
    ways_taken: dict[str, int]
    missing_nodes: int
    barriers: dict[str, int]
    hosts: dict[str, int]
    private_hosts: int
    areas: dict[str, int]
    unclosed_areas: list[str]


@dataclass(frozen=True)
class Extract:
    """What an OSM extract gives a city. Degrees are WGS-84."""

    streets: StreetWays
    areas: list[AdminArea]
    hosts: list[Host]
    report: ExtractReport


def read_extract(path: Path, *, modes: Sequence[Mode] = (WALK, EBIKE), progress: Progress | None = None) -> Extract:
    """
    Read an OSM extract (`.osm.pbf`; any other format that osmium knows by its ending works as well).

    Raises
    ------
    ExtractError
        The file is not there, is not OSM data, is damaged, holds several versions of objects, or holds no street.
    """
    reading = _Reading(path, modes, progress or silent)
    with _one_clear_error(path):
        reading.check_header()
        reading.read_relations()
        reading.read_ways()
        reading.read_member_ways()
        reading.read_nodes()
        reading.read_host_nodes()
    if not reading.way_id:
        raise ExtractError(f"{path.name} holds no street (no way with a 'highway' tag). Is it an extract of a city?")
    return reading.extract()


@contextmanager
def _one_clear_error(path: Path) -> Iterator[None]:
    """Turn whatever osmium says about a bad file into one sentence with a remedy."""
    if not path.is_file():
        raise ExtractError(f"There is no file {path}.")
    try:
        yield
    except (RuntimeError, ValueError) as problem:
        reason = str(problem).strip().rstrip(".") or type(problem).__name__
        raise ExtractError(
            f"{path.name} cannot be read as OpenStreetMap data ({reason}). Download the extract again (.osm.pbf)."
        ) from problem


@dataclass
class _Relation:
    """A relation whose member ways have to be found: an area or a host."""

    osm_id: str
    tags: dict[str, str]
    outer: list[int]
    inner: list[int]


@dataclass
class _Reading:
    """What the passes over one file have gathered so far."""

    path: Path
    modes: Sequence[Mode]
    progress: Progress
    relations: list[_Relation] = field(default_factory=list)
    rings: list[tuple[str, dict[str, str], list[int]]] = field(default_factory=list)
    member_refs: dict[int, list[int]] = field(default_factory=dict)
    refs: array[int] = field(default_factory=lambda: array("q"))
    way_size: array[int] = field(default_factory=lambda: array("q"))
    way_id: array[int] = field(default_factory=lambda: array("q"))
    highway: array[int] = field(default_factory=lambda: array("B"))
    name_id: array[int] = field(default_factory=lambda: array("i"))
    names: dict[str, int] = field(default_factory=dict)
    ways_by_class: Counter[str] = field(default_factory=Counter)
    directions: dict[str, array[int]] = field(default_factory=dict)
    barriers: dict[str, array[int]] = field(default_factory=dict)
    node_id: Longs = field(default_factory=lambda: np.empty(0, np.int64))
    node_lon: Floats = field(default_factory=lambda: np.empty(0))
    node_lat: Floats = field(default_factory=lambda: np.empty(0))
    hosts: list[Host] = field(default_factory=list)
    private_hosts: int = 0
    unclosed: list[str] = field(default_factory=list)
    known_rules: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mode in self.modes:
            self.directions[mode.code] = array("B")
            self.barriers[mode.code] = array("q")

    def objects(self, step: str, kind: Any, *filters: Any) -> Iterator[Any]:
        """The objects of one kind that pass the filters, telling how far the pass has come."""
        processor = osmium.FileProcessor(str(self.path), kind)
        for each in filters:
            processor = processor.with_filter(each)
        count = 0
        for count, item in enumerate(processor, start=1):
            if count % TELL_EVERY == 0:
                self.progress(step, count)
            yield item
        self.progress(step, count, count)

    def check_header(self) -> None:
        """Refuse files of changes and histories: an object must stand in them once."""
        header = osmium.FileProcessor(str(self.path), NODE).header
        if header.has_multiple_object_versions:
            raise ExtractError(f"{self.path.name} holds several versions of objects; use an ordinary extract.")

    def read_relations(self) -> None:
        """Take the boundaries and the hosts that are made of several ways."""
        for relation in self.objects("relations", RELATION, KeyFilter("boundary", *HOST_KEYS)):
            tags = dict(relation.tags)
            if admin_level(tags) is None and not self.is_host(tags):
                continue
            members = [(member.ref, member.role) for member in relation.members if member.type == "w"]
            outer = [ref for ref, role in members if role in ("outer", "")]
            inner = [ref for ref, role in members if role == "inner"]
            self.relations.append(_Relation(f"r{relation.id}", tags, outer, inner))

    def read_ways(self) -> None:
        """Take the streets, and the rings that are areas or hosts by themselves."""
        for way in self.objects("ways", WAY, KeyFilter("highway", "boundary", *HOST_KEYS)):
            tags = dict(way.tags)
            refs = [node.ref for node in way.nodes]
            if "highway" in tags:
                self.take_street(way.id, tags, refs)
            if len(refs) > 3 and refs[0] == refs[-1] and (admin_level(tags) is not None or self.is_host(tags)):
                self.rings.append((f"w{way.id}", tags, refs))

    def take_street(self, way_id: int, tags: dict[str, str], refs: list[int]) -> None:
        """Note a way that some mode may use; count the others."""
        highway = tags["highway"]
        self.ways_by_class[highway] += 1
        allowed = self.allowed(tags)
        if not any(allowed) or len(refs) < 2:
            return
        self.way_id.append(way_id)
        self.refs.extend(refs)
        self.way_size.append(len(refs))
        self.highway.append(_CLASS_NUMBER.get(highway, 0))
        name = tags.get("name:zh") or tags.get("name")
        self.name_id.append(self.names.setdefault(name, len(self.names)) if name else NO_NAME)
        for mode, bits in zip(self.modes, allowed, strict=True):
            self.directions[mode.code].append(bits)

    def allowed(self, tags: Mapping[str, str]) -> tuple[int, ...]:
        """Direction bits for every mode; ways of the same tags are judged once."""
        relevant = tuple(item for item in tags.items() if item[0] in RULE_KEYS)
        if relevant not in self.known_rules:
            self.known_rules[relevant] = tuple(directions(mode, tags) for mode in self.modes)
        return self.known_rules[relevant]

    def is_host(self, tags: Mapping[str, str]) -> bool:
        """Whether an object is a place that could take a station in; counts those behind closed doors."""
        if host_type(tags) is None:
            return False
        if is_private(tags):
            self.private_hosts += 1
            return False
        return True

    def read_member_ways(self) -> None:
        """Take the ways that the relations name."""
        wanted = {ref for relation in self.relations for ref in (*relation.outer, *relation.inner)}
        if not wanted:
            return
        for way in self.objects("boundaries", WAY, osmium.filter.IdFilter(wanted)):
            self.member_refs[way.id] = [node.ref for node in way.nodes]

    def read_nodes(self) -> None:
        """Take the positions of every node that a way needs, and the barriers among them."""
        wanted = osmium.IdTracker()
        loose = [ref for refs in self.member_refs.values() for ref in refs]
        loose += [ref for _, _, refs in self.rings for ref in refs]
        for ref in np.union1d(np.array(self.refs, np.int64), np.array(loose, np.int64)).tolist():
            wanted.add_node(ref)
        ids, xs, ys = array("q"), array("i"), array("i")
        for node in self.objects("nodes", NODE, wanted.id_filter()):
            location = node.location
            if not location.valid():
                continue
            ids.append(node.id)
            xs.append(location.x)
            ys.append(location.y)
            if node.tags:
                self.take_barrier(node.id, dict(node.tags))
        order = np.argsort(np.array(ids, np.int64), kind="stable")
        self.node_id = np.array(ids, np.int64)[order]
        self.node_lon = np.array(xs, np.int32)[order] / 1e7
        self.node_lat = np.array(ys, np.int32)[order] / 1e7

    def take_barrier(self, node_id: int, tags: Mapping[str, str]) -> None:
        """Note which modes a barrier stops."""
        for mode in self.modes:
            if barrier_stops(mode, tags):
                self.barriers[mode.code].append(node_id)

    def read_host_nodes(self) -> None:
        """Take the hosts that are single points."""
        for node in self.objects("hosts", NODE, KeyFilter(*HOST_KEYS)):
            tags = dict(node.tags)
            if self.is_host(tags) and node.location.valid():
                self.add_host(f"n{node.id}", tags, node.location.lon, node.location.lat)

    def add_host(self, osm_id: str, tags: Mapping[str, str], lon: float, lat: float) -> None:
        """Note a host at its place."""
        code = host_type(tags)
        if code is not None:
            self.hosts.append(host_from(osm_id, code, tags, lon, lat))

    def line(self, refs: list[int]) -> LineString | None:
        """The line through nodes, None if one of them is missing."""
        ids = np.array(refs, np.int64)
        at = np.searchsorted(self.node_id, ids)
        at[at == len(self.node_id)] = 0
        if len(ids) < 2 or not len(self.node_id) or (self.node_id[at] != ids).any():
            return None
        return LineString(np.column_stack((self.node_lon[at], self.node_lat[at])))

    def shape_of(self, relation: _Relation) -> MultiPolygon | None:
        """The area of a relation, None if a member is missing or the boundary stays open."""
        lines = [
            [self.line(self.member_refs.get(ref, [])) for ref in role] for role in (relation.outer, relation.inner)
        ]
        if any(line is None for role in lines for line in role):
            return None
        outer, inner = ([line for line in role if line is not None] for role in lines)
        return rings_to_polygons(outer, inner)

    def shapes(self) -> Iterator[tuple[str, dict[str, str], MultiPolygon]]:
        """Every area and extended host with its shape; what does not close is noted and left out."""
        for relation in self.relations:
            shape = self.shape_of(relation)
            if shape is not None:
                yield relation.osm_id, relation.tags, shape
            elif admin_level(relation.tags) is not None:
                self.unclosed.append(_title(relation.osm_id, relation.tags))
        for osm_id, tags, refs in self.rings:
            line = self.line(refs)
            shape = None if line is None else as_multipolygon(Polygon(line))
            if shape is not None:
                yield osm_id, tags, shape
            elif admin_level(tags) is not None:
                self.unclosed.append(_title(osm_id, tags))

    def extract(self) -> Extract:
        """Put together what the passes have gathered."""
        areas: dict[tuple[str, str], AdminArea] = {}
        for osm_id, tags, shape in self.shapes():
            if admin_level(tags) is not None:
                found = area_from(osm_id, tags, shape)
                # the outer way of a relation is often tagged like the relation itself; the relation came first
                areas.setdefault((found.level, found.code), found)
            else:
                inside = shape.representative_point()
                self.add_host(osm_id, tags, inside.x, inside.y)
        streets = self.streets()
        missing = len(np.setdiff1d(streets.refs, streets.node_id))
        found_areas = list(areas.values())
        return Extract(streets, found_areas, self.hosts, self.report(found_areas, missing))

    def streets(self) -> StreetWays:
        """The streets as arrays."""
        return StreetWays(
            node_id=self.node_id,
            node_lon=self.node_lon,
            node_lat=self.node_lat,
            refs=np.array(self.refs, np.int64),
            way_start=np.concatenate(([0], np.cumsum(np.array(self.way_size, np.int64)))),
            way_id=np.array(self.way_id, np.int64),
            highway=np.array(self.highway, np.uint8),
            name_id=np.array(self.name_id, np.int32),
            names=list(self.names),
            directions={code: np.array(bits, np.uint8) for code, bits in self.directions.items()},
            barriers={code: np.unique(np.array(ids, np.int64)) for code, ids in self.barriers.items()},
        )

    def report(self, areas: list[AdminArea], missing_nodes: int) -> ExtractReport:
        """Count what was taken and what was not."""
        levels = Counter(area.level for area in areas)
        return ExtractReport(
            ways=self.ways_by_class.total(),
            ways_by_class=dict(self.ways_by_class.most_common()),
            ways_taken={code: int(np.count_nonzero(bits)) for code, bits in self.directions.items()},
            missing_nodes=missing_nodes,
            barriers={code: len(ids) for code, ids in self.barriers.items()},
            hosts=dict(Counter(host.host_type for host in self.hosts).most_common()),
            private_hosts=self.private_hosts,
            areas={level: levels[level] for level in LEVELS.values()},
            unclosed_areas=self.unclosed,
        )


def _title(osm_id: str, tags: Mapping[str, str]) -> str:
    """What to call an area in a report."""
    return f"{tags.get('name', 'unnamed')} ({osm_id})"
