"""
Reading an OSM extract: streets for every mode, administrative areas, places that could take a station in, land use.

The file is read in a few passes, each filtered in C++ before Python sees an object: relations, ways, the ways that
relations name, nodes. What comes in large numbers comes in bulk (`geo.streets.bulk`), because the time goes into Python
objects, not into the file. Nothing is guessed: what cannot be used is counted and named in the report.
"""

from __future__ import annotations

import tempfile
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
import shapely
from osmium.filter import IdFilter, KeyFilter
from osmium.osm import NODE, RELATION
from shapely import LineString, MultiPolygon

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
from geo.streets.bulk import Places, References, distinct, ways_as_text
from geo.streets.clip import HALO_M, clip_streets, inside, widened
from geo.streets.graph import HIGHWAYS
from geo.streets.hosts import HOST_KEYS, Host, host_from, host_type, is_private
from geo.streets.land import LAND_KEYS, Land, land_kind
from geo.streets.modes import EBIKE, PLATFORM_TAGS, RULE_KEYS, WALK, Mode, barrier_stops, directions, street_class
from geo.types import Longs

TELL_EVERY = 10_000
"""How many objects pass between two words of progress."""
NO_NAME = -1
FOR_THE_MAP = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
"""Classes that are kept for drawing although no mode may use them: a map without its expressways is a puzzle."""
SHAPE_KEYS = tuple(sorted({"boundary", *HOST_KEYS, *LAND_KEYS}))
"""Keys of whatever may be an area, an extended host or land."""
WAY_KEYS = tuple(sorted({"highway", *SHAPE_KEYS, *(key for key, _ in PLATFORM_TAGS)}))
"""Keys of every way that is looked at."""
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
    land: dict[str, int]
    unclosed_areas: list[str]
    clipped_to: str | None
    ways_outside: int


@dataclass(frozen=True)
class Extract:
    """What an OSM extract gives a city. Degrees are WGS-84."""

    streets: StreetWays
    areas: list[AdminArea]
    hosts: list[Host]
    land: Land
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
    with _one_clear_error(path), tempfile.TemporaryDirectory(prefix="yiquan-") as scratch:
        reading.check_header()
        reading.read_relations()
        reading.read_ways(Path(scratch))
        reading.read_member_ways(Path(scratch))
        reading.read_places(Path(scratch))
        reading.read_points()
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
"""OSM number, tags and shape of an area, an extended host or a piece of land."""


@dataclass
class _Relation:
    """A relation whose member ways have to be found: an area, a host or land."""

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
    ring_tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ring_refs: References = field(default_factory=References)
    member_at: dict[int, int] = field(default_factory=dict)
    member_refs: References = field(default_factory=References)
    street_refs: References = field(default_factory=References)
    way_id: array[int] = field(default_factory=lambda: array("q"))
    highway: array[int] = field(default_factory=lambda: array("B"))
    name_id: array[int] = field(default_factory=lambda: array("i"))
    names: dict[str, int] = field(default_factory=dict)
    ways_by_class: Counter[str] = field(default_factory=Counter)
    directions: dict[str, array[int]] = field(default_factory=dict)
    barriers: dict[str, array[int]] = field(default_factory=dict)
    places: Places = field(default_factory=lambda: Places(np.empty(0, np.int64), np.empty(0), np.empty(0)))
    hosts: list[Host] = field(default_factory=list)
    private_hosts: int = 0
    unclosed: list[str] = field(default_factory=list)
    known_rules: dict[tuple[str | None, ...], tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mode in self.modes:
            self.directions[mode.code] = array("B")
            self.barriers[mode.code] = array("q")

    def told(self, step: str, things: Iterator[Any]) -> Iterator[Any]:
        """The things, telling how far the step has come."""
        count = 0
        for count, thing in enumerate(things, start=1):
            if count % TELL_EVERY == 0:
                self.progress(step, count)
            yield thing
        self.progress(step, count, count)

    def objects(self, kind: Any, *filters: Any) -> Iterator[Any]:
        """The objects of one kind that pass the filters."""
        processor = osmium.FileProcessor(str(self.path), kind)
        for each in filters:
            processor = processor.with_filter(each)
        return iter(processor)

    def check_header(self) -> None:
        """Refuse files of changes and histories: an object must stand in them once."""
        header = osmium.FileProcessor(str(self.path), NODE).header
        if header.has_multiple_object_versions:
            raise ExtractError(f"{self.path.name} holds several versions of objects; use an ordinary extract.")

    def read_relations(self) -> None:
        """Take the boundaries, the hosts and the land that are made of several ways."""
        for relation in self.told("relations", self.objects(RELATION, KeyFilter(*SHAPE_KEYS))):
            tags = dict(relation.tags)
            if not self.is_wanted_shape(tags):
                continue
            members = [(member.ref, member.role) for member in relation.members if member.type == "w"]
            outer = [ref for ref, role in members if role in ("outer", "")]
            inner = [ref for ref, role in members if role == "inner"]
            self.relations.append(_Relation(f"r{relation.id}", tags, outer, inner))

    def read_ways(self, scratch: Path) -> None:
        """Take the streets, and the rings that are areas, hosts or land by themselves."""
        ways = ways_as_text(self.path, scratch / "ways.opl", KeyFilter(*WAY_KEYS))
        for way_id, tags, refs in self.told("ways", ways):
            highway = street_class(tags)
            if highway is not None:
                self.take_street(way_id, highway, tags, refs)
            if _is_ring(refs) and self.is_wanted_shape(tags):
                self.ring_tags.append((f"w{way_id}", tags))
                self.ring_refs.append(refs)

    def take_street(self, way_id: int, highway: str, tags: Mapping[str, str], refs: str) -> None:
        """Note a way that some mode may use, or that a map shows; count the others."""
        self.ways_by_class[highway] += 1
        allowed = self.allowed(tags)
        if not (any(allowed) or highway in FOR_THE_MAP) or "," not in refs:
            return
        self.way_id.append(way_id)
        self.street_refs.append(refs)
        self.highway.append(_CLASS_NUMBER.get(highway, 0))
        name = tags.get("name:zh") or tags.get("name")
        self.name_id.append(self.names.setdefault(name, len(self.names)) if name else NO_NAME)
        for mode, bits in zip(self.modes, allowed, strict=True):
            self.directions[mode.code].append(bits)

    def allowed(self, tags: Mapping[str, str]) -> tuple[int, ...]:
        """Direction bits for every mode; ways that agree in what the rules read are judged once."""
        relevant = tuple(item for key, value in tags.items() if key in RULE_KEYS for item in (key, value))
        known = self.known_rules.get(relevant)
        if known is None:
            known = self.known_rules[relevant] = tuple(directions(mode, tags) for mode in self.modes)
        return known

    def is_wanted_shape(self, tags: Mapping[str, str]) -> bool:
        """Whether a closed line is an area, a host or land."""
        return self.is_boundary(tags) or self.is_host(tags) or land_kind(tags) is not None

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

    def read_member_ways(self, scratch: Path) -> None:
        """Take the ways that the relations name."""
        wanted = {ref for relation in self.relations for ref in (*relation.outer, *relation.inner)}
        if not wanted:
            return
        ways = ways_as_text(self.path, scratch / "members.opl", IdFilter(wanted))
        for way_id, _, refs in self.told("boundaries", ways):
            if refs:
                self.member_at[way_id] = len(self.member_refs)
                self.member_refs.append(refs)

    def read_places(self, scratch: Path) -> None:
        """Take the places of every node that a way needs."""
        self.progress("nodes")
        refs = [column.columns()[0] for column in (self.street_refs, self.ring_refs, self.member_refs)]
        self.places = Places.read(self.path, scratch / "nodes.list", distinct(np.concatenate(refs)))
        self.progress("nodes", len(self.places.node_id), len(self.places.node_id))

    def read_points(self) -> None:
        """Take the barriers, and the hosts that are single points."""
        for node in self.told("points", self.objects(NODE, KeyFilter("barrier", *HOST_KEYS))):
            tags = dict(node.tags)
            self.take_barrier(node.id, tags)
            if self.is_host(tags) and node.location.valid():
                self.add_host(f"n{node.id}", tags, node.location.lon, node.location.lat)

    def take_barrier(self, node_id: int, tags: Mapping[str, str]) -> None:
        """Note which modes a barrier stops."""
        for mode in self.modes:
            if barrier_stops(mode, tags):
                self.barriers[mode.code].append(node_id)

    def add_host(self, osm_id: str, tags: Mapping[str, str], lon: float, lat: float) -> None:
        """Note a host at its place."""
        code = host_type(tags)
        if code is not None:
            self.hosts.append(host_from(osm_id, code, tags, lon, lat))

    def line(self, refs: Longs) -> LineString | None:
        """The line through nodes, None if one of them is missing."""
        at = self.places.find(refs)
        if len(refs) < 2 or (at < 0).any():
            return None
        return LineString(np.column_stack((self.places.lon[at], self.places.lat[at])))

    def shapes(self) -> Iterator[_Shape]:
        """Every area, extended host and piece of land with its shape; what does not close is noted and left out."""
        for osm_id, tags, shape in (*self.shapes_of_relations(), *self.shapes_of_rings()):
            if shape is not None:
                yield osm_id, tags, shape
            elif self.is_boundary(tags):
                self.unclosed.append(_title(osm_id, tags))

    def shapes_of_relations(self) -> Iterator[tuple[str, dict[str, str], MultiPolygon | None]]:
        """Every relation's area, None if a member is missing or the boundary stays open."""
        refs, start = self.member_refs.columns()
        lines = {way_id: self.line(refs[start[at] : start[at + 1]]) for way_id, at in self.member_at.items()}
        for relation in self.relations:
            roles = [[lines.get(ref) for ref in role] for role in (relation.outer, relation.inner)]
            outer, inner = ([line for line in role if line is not None] for role in roles)
            whole = all(line is not None for role in roles for line in role)
            yield relation.osm_id, relation.tags, rings_to_polygons(outer, inner) if whole else None

    def shapes_of_rings(self) -> Iterator[tuple[str, dict[str, str], MultiPolygon | None]]:
        """Every closed way's area, None if a node is missing."""
        refs, start = self.ring_refs.columns()
        at, ring = self.places.find(refs), np.repeat(np.arange(len(self.ring_refs)), np.diff(start))
        whole = np.bincount(ring[at < 0], minlength=len(self.ring_refs)) == 0
        taken, (kept, number) = at[whole[ring]], np.unique(ring[whole[ring]], return_inverse=True)
        shapes: list[MultiPolygon | None] = [None] * len(self.ring_refs)
        if len(taken):
            points = np.column_stack((self.places.lon[taken], self.places.lat[taken]))
            polygons = np.asarray(shapely.polygons(shapely.linearrings(points, indices=number)))
            sound = np.asarray(shapely.is_valid(polygons) & (shapely.area(polygons) > 0))
            for row, polygon, is_sound in zip(kept.tolist(), polygons.tolist(), sound.tolist(), strict=True):
                # what is sound needs no mending, and mending is what costs
                shapes[row] = MultiPolygon([polygon]) if is_sound else as_multipolygon(polygon)
        for (osm_id, tags), shape in zip(self.ring_tags, shapes, strict=True):
            yield osm_id, tags, shape

    def extract(self) -> Extract:
        """Put together what the passes have gathered."""
        shapes = list(self.shapes())
        frame = self.frame(shapes)
        areas = self.areas([one for one in shapes if admin_level(one[1]) is not None], frame)
        for osm_id, tags, shape in shapes:
            if not self.is_boundary(tags) and host_type(tags) is not None and not is_private(tags):
                within = shape.representative_point()
                self.add_host(osm_id, tags, within.x, within.y)
        streets, hosts, everything = self.streets(), self.hosts, len(self.way_id)
        kinds = [(land_kind(tags), shape) for _, tags, shape in shapes]
        land = Land.of([(kind, shape) for kind, shape in kinds if kind is not None])
        if frame is not None:
            land = land.touching(widened(frame[1], HALO_M))
            streets = clip_streets(streets, frame[1])
            places = np.array([(host.lon, host.lat) for host in hosts]).reshape(-1, 2)
            hosts = list(compress(hosts, inside(frame[1], places[:, 0], places[:, 1])))
        missing = len(distinct(streets.refs[self.places.find(streets.refs) < 0]))
        report = ExtractReport(
            ways=self.ways_by_class.total(),
            ways_by_class=dict(self.ways_by_class.most_common()),
            ways_taken={code: int(np.count_nonzero(bits)) for code, bits in streets.directions.items()},
            missing_nodes=missing,
            barriers={code: len(ids) for code, ids in streets.barriers.items()},
            hosts=dict(Counter(host.host_type for host in hosts).most_common()),
            private_hosts=self.private_hosts,
            areas={level: sum(area.level == level for area in areas) for level in LEVELS.values()},
            land=land.counts(),
            unclosed_areas=self.unclosed,
            clipped_to=None if frame is None else frame[0],
            ways_outside=everything - len(streets.way_id),
        )
        return Extract(streets, areas, hosts, land, report)

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
        refs, way_start = self.street_refs.columns()
        places = self.places.of(distinct(refs))
        barriers = {code: distinct(np.array(ids, np.int64)) for code, ids in self.barriers.items()}
        return StreetWays(
            node_id=places.node_id,
            node_lon=places.lon,
            node_lat=places.lat,
            refs=refs,
            way_start=way_start,
            way_id=np.array(self.way_id, np.int64),
            highway=np.array(self.highway, np.uint8),
            name_id=np.array(self.name_id, np.int32),
            names=list(self.names),
            directions={code: np.array(bits, np.uint8) for code, bits in self.directions.items()},
            barriers={code: ids[places.find(ids) >= 0] for code, ids in barriers.items()},
        )


def _is_ring(refs: str) -> bool:
    """Whether a way's nodes, written `n1,n2,n3`, lead back to where they begin, around something."""
    return refs.count(",") > 2 and refs[: refs.index(",")] == refs[refs.rindex(",") + 1 :]


def _title(osm_id: str, tags: Mapping[str, str]) -> str:
    """What to call an area in a report."""
    return f"{tags.get('name', 'unnamed')} ({osm_id})"
