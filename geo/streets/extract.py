"""
Reading an OSM extract: streets for every mode, administrative areas, and places that could take a station in.

The file is read in a few passes, each filtered in C++ before Python sees an object, because the time goes into Python
objects: relations first, then the ways they and we need, then the nodes those need. Nothing is guessed: what cannot be
used is counted and named in the report.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import osmium
from osmium.filter import KeyFilter
from osmium.osm import NODE, RELATION, WAY
from shapely import LineString, MultiPolygon, Polygon

from geo.errors import InputError
from geo.progress import Progress, silent
from geo.streets.areas import (
    LEVELS,
    AdminArea,
    admin_level,
    area_from,
    as_multipolygon,
    frame_level,
    rings_to_polygons,
)
from geo.streets.build import StreetWays
from geo.streets.clip import clip_streets, inside
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
    clipped_to: str | None
    ways_outside: int


@dataclass(frozen=True)
class Extract:
    """What an OSM extract gives a city. Degrees are WGS-84."""

    streets: StreetWays
    areas: list[AdminArea]
    hosts: list[Host]
    report: ExtractReport


def read_extract(
    path: Path,
    *,
    modes: Sequence[Mode] = (WALK, EBIKE),
    city_names: Collection[str] = (),
    progress: Progress | None = None,
) -> Extract:
    """
    Read an OSM extract (`.osm.pbf`; any other format that osmium knows by its ending works as well).

    Extracts come by province. If the boundary of a city of one of `city_names` is in it, only what lies inside is
    taken, and the streets some kilometres around.

    Raises
    ------
    ExtractError
        The file is not there, is not OSM data, is damaged, holds several versions of objects, or holds no street.
    """
    reading = _Reading(path, modes, frozenset(city_names), progress or silent)
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


_Shape: TypeAlias = tuple[str, dict[str, str], MultiPolygon]
"""OSM number, tags and shape of an area or an extended host."""


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
    city_names: frozenset[str]
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
            if not self.is_boundary(tags) and not self.is_host(tags):
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
            if len(refs) > 3 and refs[0] == refs[-1] and (self.is_boundary(tags) or self.is_host(tags)):
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

    def is_boundary(self, tags: Mapping[str, str]) -> bool:
        """Whether an object is an area of the city, or the city itself."""
        return admin_level(tags) is not None or frame_level(tags, self.city_names) is not None

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

    def shapes(self) -> Iterator[_Shape]:
        """Every area and extended host with its shape; what does not close is noted and left out."""
        for relation in self.relations:
            shape = self.shape_of(relation)
            if shape is not None:
                yield relation.osm_id, relation.tags, shape
            elif self.is_boundary(relation.tags):
                self.unclosed.append(_title(relation.osm_id, relation.tags))
        for osm_id, tags, refs in self.rings:
            line = self.line(refs)
            shape = None if line is None else as_multipolygon(Polygon(line))
            if shape is not None:
                yield osm_id, tags, shape
            elif self.is_boundary(tags):
                self.unclosed.append(_title(osm_id, tags))

    def extract(self) -> Extract:
        """Put together what the passes have gathered."""
        shapes = list(self.shapes())
        frame = self.frame(shapes)
        areas = self.areas([one for one in shapes if admin_level(one[1]) is not None], frame)
        for osm_id, tags, shape in shapes:
            if not self.is_boundary(tags):
                within = shape.representative_point()
                self.add_host(osm_id, tags, within.x, within.y)
        streets, hosts, everything = self.streets(), self.hosts, len(self.way_id)
        if frame is not None:
            streets = clip_streets(streets, frame[1])
            places = np.array([(host.lon, host.lat) for host in hosts]).reshape(-1, 2)
            hosts = list(compress(hosts, inside(frame[1], places[:, 0], places[:, 1])))
        missing = len(np.setdiff1d(streets.refs, streets.node_id))
        report = ExtractReport(
            ways=self.ways_by_class.total(),
            ways_by_class=dict(self.ways_by_class.most_common()),
            ways_taken={code: int(np.count_nonzero(bits)) for code, bits in streets.directions.items()},
            missing_nodes=missing,
            barriers={code: len(ids) for code, ids in streets.barriers.items()},
            hosts=dict(Counter(host.host_type for host in hosts).most_common()),
            private_hosts=self.private_hosts,
            areas={level: sum(area.level == level for area in areas) for level in LEVELS.values()},
            unclosed_areas=self.unclosed,
            clipped_to=None if frame is None else frame[0],
            ways_outside=everything - len(streets.way_id),
        )
        return Extract(streets, areas, hosts, report)

    def frame(self, shapes: list[_Shape]) -> tuple[str, MultiPolygon] | None:
        """
        Name and outline of the whole city, the largest if several boundaries bear its name; None if there is none.
        """
        levels = [(frame_level(tags, self.city_names), tags, shape) for _, tags, shape in shapes]
        found = [(level, tags["name"], shape) for level, tags, shape in levels if level is not None]
        return min(found, key=itemgetter(0))[1:] if found else None

    def areas(self, shapes: list[_Shape], frame: tuple[str, MultiPolygon] | None) -> list[AdminArea]:
        """The areas, each once, those inside the frame if there is one."""
        areas: dict[tuple[str, str], AdminArea] = {}
        for osm_id, tags, shape in shapes:
            if frame is not None and not frame[1].contains(shape.representative_point()):
                continue
            found = area_from(osm_id, tags, shape)
            first = areas.setdefault((found.level, found.code), found)
            if first is not found and first.name != found.name:
                # two areas with one code: a slip of a mapper, and no reason to lose one of them
                areas[found.level, f"osm-{osm_id}"] = replace(found, code=f"osm-{osm_id}")
        return list(areas.values())

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


def _title(osm_id: str, tags: Mapping[str, str]) -> str:
    """What to call an area in a report."""
    return f"{tags.get('name', 'unnamed')} ({osm_id})"
