"""
Where a station could go: buildings of the street extract, a union's own list, points along streets as a fallback.

Every candidate is looked at by a checklist (临街, 一楼, 停车, 厕所, 取餐点 50 米内). What nobody knows stays unknown:
it neither scores nor excludes, unless asked for. Why a candidate was left out is kept, so that an answer can say it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.cells import parents
from geo.errors import InputError
from geo.measure import distances_m
from geo.places.candidate_list import ListedCandidate
from geo.places.hours import Timetable, parse_hours
from geo.places.vocabulary import HOST_TYPES, Table, Term
from geo.types import Bools, Floats, Longs

if TYPE_CHECKING:
    from geo.coverage.question import Question
    from geo.snapshot.model import ModeLayer, Snapshot
    from geo.streets.snap import Snaps

RULES = Table(
    "siting rules",
    (
        Term("street_facing", "临街", "Faces the street"),
        Term("ground_floor", "一楼", "On the ground floor"),
        Term("parking", "停车", "Room to park"),
        Term("toilet", "厕所", "Toilet in it or within 50 m"),
        Term("near_pickup", "取餐点 50 米内", "Within 50 m of a pick-up place"),
    ),
)
"""What a place is checked for; the words a meeting uses."""

SOURCES: Final = ("hosts", "list", "streets")
PICKUP_HOSTS: Final = frozenset({"restaurant", "mall"})
"""Hosts where riders pick orders up."""
NEAR_M = 50.0

MOST_STREET_POINTS = 2_000
"""How many points along streets stand in where no hosts are known: those amid most people without a station."""
STREET_POINT_RESOLUTION = 9
"""One point along the streets in each cell of this resolution, some 350 m apart."""

LEFT_OUT: Final = {
    "off_network": ("附近没有可通行的街道", "no permitted street near"),
    "zone": ("在排除区域内", "inside an excluded zone"),
    "rule": ("不符合要求的条件", "fails a condition asked for"),
    "closed_then": ("在所问时段不开放", "closed at the hour asked"),
    "no_cost": ("没有写明费用", "its cost is not known"),
    "same_place": ("与另一候选点是同一地点", "the place of another candidate"),
}
"""Why a candidate takes no part, in Chinese and English; the first that holds counts."""


class CandidateError(InputError):
    """Candidates that cannot be asked for like this."""


class NoCandidatesError(InputError):
    """Nothing is left to choose from."""

    def __init__(self, considered: int, left_out: Mapping[str, int]) -> None:
        why = "; ".join(f"{count} {LEFT_OUT[reason][1]}" for reason, count in left_out.items())
        super().__init__(
            f"None of the {considered:,} candidates can take part ({why or 'there are none'}): "
            "give a list of candidates, other types of hosts, or ask for points along streets."
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place (WGS-84 degrees). `key` names it in questions and answers; `checks` has True, False or None by rule."""

    key: str
    name: str
    kind: str | None
    lon: float
    lat: float
    cost: float | None = None
    hours: str | None = None
    capacity: int | None = None
    checks: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def score(self) -> int:
        """How many rules hold, less those that do not."""
        return sum(1 if known else -1 for known in self.checks.values() if known is not None)

    def as_dict(self) -> dict[str, Any]:
        """The candidate as plain data."""
        return {
            "key": self.key,
            "name": self.name,
            "kind": self.kind,
            "lon": self.lon,
            "lat": self.lat,
            "cost": self.cost,
            "hours": self.hours,
            "capacity": self.capacity,
            "checks": dict(self.checks),
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Which places are candidates.

    Without `sources`: the list where one is given, else hosts where the city has any, else points along streets.
    `zones` is GeoJSON text of polygons (WGS-84) in which no station may open. `require` names rules a candidate must
    not fail; with `strict` it must be known to keep them.
    """

    sources: tuple[str, ...] = ()
    host_types: tuple[str, ...] = ()
    listed: tuple[ListedCandidate, ...] = ()
    zones: str | None = None
    require: tuple[str, ...] = ()
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse words their lists do not hold."""
        for words, known, what in (
            (self.sources, SOURCES, "source of candidates"),
            (self.host_types, HOST_TYPES.codes, "type of host"),
            (self.require, RULES.codes, "rule"),
        ):
            for word in words:
                if word not in known:
                    raise CandidateError(f"`{word[:40]}` is no {what}; there are {', '.join(known)}.")
        if "list" in self.sources and not self.listed:
            raise CandidateError("The list of candidates is empty; give one, or ask for hosts or streets.")
        if self.zones is not None:
            excluded_area(self.zones)

    def as_dict(self) -> dict[str, Any]:
        """The wish as plain data."""
        return {
            "sources": list(self.sources),
            "host_types": list(self.host_types),
            "listed": [one.as_dict() for one in self.listed],
            "zones": None if self.zones is None else json.loads(self.zones),
            "require": list(self.require),
            "strict": self.strict,
        }


@dataclass(frozen=True, eq=False)
class Gathered:
    """
    Candidates of a question: those that may be chosen, where they join the streets, and how many were left out and why.

    `source` is what they come from. `thinned` points along streets were not looked at, because others lie amid more
    people.
    """

    usable: tuple[Candidate, ...]
    snaps: Snaps
    left_out: Mapping[str, int]
    left_out_keys: Mapping[str, str]
    considered: int
    source: str
    thinned: int = 0


def gather(
    snapshot: Snapshot,
    question: Question,
    wish: Wish,
    outside_people: Floats,
    *,
    default_cost: float | None,
    priced: bool,
) -> Gathered:
    """
    The candidates of a question.

    `outside_people` are those without a station in every cell of the mode's grid. Where the question is `priced`, a
    candidate without a cost takes the default one, and is left out where there is none.

    Raises
    ------
    NoCandidatesError
        Nothing is left to choose from.
    """
    layer = snapshot.layer(question.mode)
    sources = wish.sources or (("list",) if wish.listed else ("hosts",) if len(snapshot.hosts) else ("streets",))
    found: list[Candidate] = []
    thinned = 0
    if "list" in sources:
        found += [_of_list(one) for one in wish.listed]
    if "hosts" in sources:
        found += _of_hosts(snapshot, wish.host_types)
    if "streets" in sources:
        points, thinned = _of_streets(layer, outside_people)
        found += points
    checked = with_checks(snapshot, found)
    lon, lat = positions(checked)
    snaps = layer.index.snap(lon, lat)
    cost = [default_cost if one.cost is None else one.cost for one in checked]
    reasons = {
        "off_network": snaps.edge < 0,
        "zone": _in_zones(wish.zones, lon, lat),
        "rule": np.array([_fails(one, wish) for one in checked], np.bool_),
        "closed_then": closed_then(question, checked),
        "no_cost": np.array([priced and one is None for one in cost], np.bool_),
        "same_place": _repeated(lon, lat),
    }
    why = np.full(len(checked), "", dtype=object)
    for reason, holds in reversed(reasons.items()):
        why[holds] = reason
    stays = np.flatnonzero(why == "")
    left_out = {reason: count for reason, count in Counter(why.tolist()).items() if reason}
    if not stays.size:
        raise NoCandidatesError(len(checked), left_out)
    return Gathered(
        usable=tuple(checked[place] for place in stays.tolist()),
        snaps=snaps.take(stays.astype(np.int32)),
        left_out=left_out,
        left_out_keys={one.key: reason for one, reason in zip(checked, why.tolist(), strict=True) if reason},
        considered=len(checked),
        source="+".join(sources),
        thinned=thinned,
    )


def positions(candidates: list[Candidate]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes."""
    return np.array([one.lon for one in candidates]), np.array([one.lat for one in candidates])


def with_checks(snapshot: Snapshot, candidates: list[Candidate]) -> list[Candidate]:
    """The candidates with what the map knows of them filled in where nobody stated it."""
    lon, lat = positions(candidates)
    toilet = _near_hosts(snapshot, lon, lat, frozenset({"toilet"}))
    pickup = _near_hosts(snapshot, lon, lat, PICKUP_HOSTS)
    map_has_pickups = snapshot.hosts["host_type"].isin(PICKUP_HOSTS).any()
    checked = []
    for one, has_toilet, has_pickup in zip(candidates, toilet.tolist(), pickup.tolist(), strict=True):
        stated = {rule: one.checks.get(rule) for rule in RULES.codes}
        if stated["toilet"] is not True and has_toilet:
            stated["toilet"] = True
        if stated["near_pickup"] is None and map_has_pickups:
            stated["near_pickup"] = has_pickup
        checked.append(
            Candidate(one.key, one.name, one.kind, one.lon, one.lat, one.cost, one.hours, one.capacity, stated)
        )
    return checked


def closed_then(question: Question, candidates: list[Candidate]) -> Bools:
    """Candidates known to be closed at the hour asked; hours nobody knows close nothing."""
    return np.asarray(hours_then(question, candidates) == 0, np.bool_)


def hours_then(question: Question, candidates: list[Candidate]) -> Longs:
    """Whether each candidate is open at the hour asked: 1, 0, or -1 where that is not known or no hour is asked."""
    answer = np.full(len(candidates), -1, np.int64)
    stated = [place for place, one in enumerate(candidates) if one.hours]
    if question.slot is not None and stated:
        read = [parse_hours(candidates[place].hours or "") for place in stated]
        answer[stated] = Timetable.from_hours(read).open_mask_slot(question.slot)
    return answer


def excluded_area(zones: str) -> shapely.Geometry:
    """
    The union of the polygons of a GeoJSON text.

    Raises
    ------
    CandidateError
        It is no GeoJSON, or holds no polygon, or lies outside of longitude and latitude.
    """
    try:
        shapes = shapely.from_geojson(zones)
    except shapely.errors.GEOSException:
        raise CandidateError("The excluded zones are no GeoJSON; give polygons in longitude and latitude.") from None
    polygons = [part for part in shapely.get_parts(shapes) if part.geom_type in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise CandidateError("The excluded zones hold no polygon; draw them as polygons.")
    west, south, east, north = shapely.total_bounds(polygons)
    if min(west + 180, south + 90, 180 - east, 90 - north) < 0:
        raise CandidateError("The excluded zones are not in degrees; save them in WGS-84 longitude and latitude.")
    return shapely.union_all(shapely.make_valid(polygons))


def _of_list(one: ListedCandidate) -> Candidate:
    checks = {
        "street_facing": one.street_facing,
        "ground_floor": one.ground_floor,
        "parking": one.parking,
        "toilet": one.toilet,
    }
    return Candidate(
        f"list:{one.row}", one.name, one.host_type, one.lon, one.lat, one.cost, one.hours, one.capacity, checks
    )


def _of_hosts(snapshot: Snapshot, host_types: tuple[str, ...]) -> list[Candidate]:
    hosts = snapshot.hosts
    kept = hosts[hosts["host_type"].isin(host_types)] if host_types else hosts
    columns = (kept[name].tolist() for name in ("osm_id", "name", "host_type", "lon", "lat", "opening_hours"))
    return [
        Candidate(f"host:{osm_id}", name or HOST_TYPES.term(kind).zh, kind, lon, lat, hours=hours or None)
        for osm_id, name, kind, lon, lat, hours in zip(*columns, strict=True)
    ]


def _of_streets(layer: ModeLayer, outside_people: Floats) -> tuple[list[Candidate], int]:
    """One point on a street in every coarse cell, where most people without a station live; how many were left."""
    grid = layer.grid
    may = np.flatnonzero((grid.centre.edge >= 0) & (outside_people > 0))
    coarse = parents(grid.cells[may], min(STREET_POINT_RESOLUTION, grid.resolution))
    _, group = np.unique(coarse, return_inverse=True)
    whom = np.bincount(group, outside_people[may])
    order = np.lexsort((may, -outside_people[may], group))
    first = order[np.concatenate(([True], np.diff(group[order]) > 0))] if len(order) else order
    best = first[np.lexsort((may[first], -whom[group[first]]))]
    kept = may[best[:MOST_STREET_POINTS]]
    lon, lat = grid.centre.lon[kept].tolist(), grid.centre.lat[kept].tolist()
    points = [Candidate(f"street:{x:.5f},{y:.5f}", "街边点", None, x, y) for x, y in zip(lon, lat, strict=True)]
    return points, max(0, len(best) - MOST_STREET_POINTS)


def _near_hosts(snapshot: Snapshot, lon: Floats, lat: Floats, kinds: frozenset[str]) -> Bools:
    """Which points have a host of some kinds within 50 m."""
    near = np.zeros(len(lon), np.bool_)
    hosts = snapshot.hosts[snapshot.hosts["host_type"].isin(kinds)]
    if hosts.empty or not len(lon):
        return near
    # degrees first, generously, then metres
    reach = NEAR_M / 100_000 / max(0.05, float(np.cos(np.radians(np.abs(lat).max()))))
    points = np.asarray(shapely.points(hosts["lon"].to_numpy(float), hosts["lat"].to_numpy(float)))
    tree = shapely.STRtree(points)
    point, host = tree.query(shapely.points(lon, lat), predicate="dwithin", distance=reach)
    to_lon, to_lat = hosts["lon"].to_numpy(float)[host], hosts["lat"].to_numpy(float)[host]
    near[point[distances_m(lon[point], lat[point], to_lon, to_lat) <= NEAR_M]] = True
    return near


def _in_zones(zones: str | None, lon: Floats, lat: Floats) -> Bools:
    if zones is None:
        return np.zeros(len(lon), np.bool_)
    area = excluded_area(zones)
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, lon, lat), np.bool_)


def _fails(one: Candidate, wish: Wish) -> bool:
    return any(one.checks[rule] is False or (wish.strict and one.checks[rule] is None) for rule in wish.require)


def _repeated(lon: Floats, lat: Floats) -> Bools:
    """Points at which a candidate before them stands already, to a metre."""
    place = np.round(np.stack([lon, lat], axis=1), 5)
    _, first = np.unique(place, axis=0, return_index=True)
    repeated = np.ones(len(lon), np.bool_)
    repeated[first] = False
    return repeated
